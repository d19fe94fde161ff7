//! The same question to several models at once, each in a session of its own. It must not know how it is drawn.

import type { App } from "./app.svelte";
import { Conversation } from "./conversation.svelte";

export const MOST_COLUMNS = 4;

export class Column {
  conversation: Conversation;
  model = $state<string | undefined>();
  /** Why its model was not asked. */
  refusal = $state("");

  constructor(
    private readonly app: App,
    model: string | undefined,
  ) {
    this.model = model;
    this.conversation = $state.raw(new Conversation(app.weft));
  }

  async ask(text: string): Promise<void> {
    this.refusal = "";
    const outcome = await this.conversation.ask({ text, model: this.model });
    if (outcome.kind === "refused") this.refusal = outcome.message;
  }

  /** Another model begins without what the first one said. */
  use(model: string): void {
    this.conversation.stop();
    this.model = model;
    this.conversation = new Conversation(this.app.weft);
    this.refusal = "";
  }
}

export class Comparison {
  columns = $state.raw<Column[]>([]);

  constructor(private readonly app: App) {}

  get busy(): boolean {
    return this.columns.some((column) => column.conversation.busy);
  }

  /** Two columns, once it is known which models there are. */
  begin(): void {
    if (this.columns.length > 0) return;
    const names = this.installed();
    if (names.length > 0) this.columns = [0, 1].map((index) => new Column(this.app, names[index] ?? names[0]));
  }

  add(): void {
    const names = this.installed();
    const unused = names.find((name) => this.columns.every((column) => column.model !== name));
    this.columns = [...this.columns, new Column(this.app, unused ?? names[0])];
  }

  remove(column: Column): void {
    column.conversation.stop();
    this.columns = this.columns.filter((one) => one !== column);
  }

  async ask(text: string): Promise<void> {
    await Promise.all(this.columns.map((column) => column.ask(text)));
    void this.app.loadSessions();
    this.app.announce("All answers are complete.");
  }

  stop(): void {
    for (const column of this.columns) column.conversation.stop();
  }

  clear(): void {
    this.stop();
    this.columns = this.columns.map((column) => new Column(this.app, column.model));
  }

  /** The one in use first. */
  private installed(): string[] {
    const models = this.app.models.filter((model) => model.installed);
    return models.sort((a, b) => Number(b.current) - Number(a.current)).map((model) => model.name);
  }
}
