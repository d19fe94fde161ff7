//! What the page of the models does beyond choosing one: what is in memory, and downloads that go on while another page
//! is shown. It must not know how anything is drawn.

import { messageOf } from "../rpc/connection";
import type { App } from "./app.svelte";
import type { LoadedModel, LocalApi, PullProgress } from "./local_api";

export class Pull {
  progress = $state.raw<PullProgress>({ status: "begins" });
  error = $state("");
  readonly abort = new AbortController();
}

export class ModelStore {
  loaded = $state.raw<LoadedModel[]>([]);
  error = $state("");
  pulls = $state.raw<ReadonlyMap<string, Pull>>(new Map());

  constructor(
    private readonly app: App,
    private readonly api: LocalApi,
  ) {}

  get memory(): number {
    return this.loaded.reduce((sum, model) => sum + model.bytes, 0);
  }

  async look(): Promise<void> {
    void this.app.loadModels();
    try {
      this.loaded = await this.api.loaded();
      this.error = "";
    } catch (error) {
      this.error = messageOf(error);
    }
  }

  async unload(name: string): Promise<void> {
    try {
      await this.api.unload(name);
      this.app.announce(`${name} is no longer in memory.`);
    } catch (error) {
      this.app.say(`${name} cannot be taken out of memory. ${messageOf(error)}`);
    }
    await this.look();
  }

  async pull(name: string): Promise<void> {
    const pull = new Pull();
    this.pulls = new Map(this.pulls).set(name, pull);
    this.app.announce(`${name} is being downloaded.`);
    try {
      await this.api.pull(name, pull.abort.signal, (progress) => (pull.progress = progress));
      this.app.say(`${name} is ready.`);
      this.forget(name);
    } catch (error) {
      if (pull.abort.signal.aborted) {
        this.app.say(`The download of ${name} was stopped. What has arrived is kept.`);
        this.forget(name);
      } else {
        pull.error = messageOf(error);
      }
    }
    await this.app.loadModels();
  }

  stop(name: string): void {
    this.pulls.get(name)?.abort.abort();
  }

  private forget(name: string): void {
    const pulls = new Map(this.pulls);
    pulls.delete(name);
    this.pulls = pulls;
  }
}
