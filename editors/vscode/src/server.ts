// The life of the server: found, started, started again after a crash with growing pauses, given up, stopped.
// It must not show anything: it reports each phase, and whoever listens shows it.
import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { findBinary } from "./binary.ts";
import { type ClientEvents, makeClient } from "./client.ts";
import { afterCrash } from "./restarts.ts";
import { configuredPath } from "./settings.ts";

/** Where the server stands. */
export type Phase =
  | { kind: "starting" }
  | { kind: "running"; client: LanguageClient; program: string; version: string }
  | { kind: "restarting"; reason: string; inMs: number }
  | { kind: "failed"; message: string }
  | { kind: "stopped" };

/** How long a server that hangs may take to leave before it is killed. */
const STOP_TIMEOUT_MS = 2_000;

/** See the file's head. */
export class Server implements vscode.Disposable {
  private readonly bundled: string;
  private readonly log: vscode.LogOutputChannel;
  private readonly events: Omit<ClientEvents, "closed">;
  private readonly phases = new vscode.EventEmitter<Phase>();
  private current: Phase = { kind: "stopped" };
  private crashes: number[] = [];
  private timer: NodeJS.Timeout | undefined;
  private client: LanguageClient | undefined;
  /** Counts starts, so that what belongs to an earlier one is known as such. */
  private generation = 0;

  /** Each new phase. */
  readonly onPhase = this.phases.event;

  /** `bundled` is the folder of the program that comes with the extension. */
  constructor(bundled: string, log: vscode.LogOutputChannel, events: Omit<ClientEvents, "closed">) {
    this.bundled = bundled;
    this.log = log;
    this.events = events;
  }

  /** The phase now. */
  get phase(): Phase {
    return this.current;
  }

  /** The client, while it runs. */
  get running(): LanguageClient | undefined {
    return this.current.kind === "running" ? this.current.client : undefined;
  }

  /** Starts, or starts anew; forgets earlier crashes. */
  async restart(): Promise<void> {
    this.crashes = [];
    await this.launch();
  }

  dispose(): void {
    void this.shutdown();
  }

  /** Stops the server and stays so. */
  async shutdown(): Promise<void> {
    this.generation += 1;
    await this.stopClient();
    this.enter({ kind: "stopped" });
    this.phases.dispose();
  }

  private async launch(): Promise<void> {
    this.generation += 1;
    const generation = this.generation;
    this.enter({ kind: "starting" });
    await this.stopClient();
    const binary = await findBinary({ configured: configuredPath(), bundled: this.bundled, path: process.env["PATH"] ?? "" });
    if (generation !== this.generation) {
      return;
    }
    if (binary.kind === "unusable") {
      this.log.error(binary.message);
      this.enter({ kind: "failed", message: `Weft cannot start: ${binary.message}.` });
      return;
    }
    this.log.info(`starting ${binary.path} (version ${binary.version})`);
    const closed = (reason: string) => {
      if (generation === this.generation) {
        this.crashed(reason);
      }
    };
    const client = makeClient(binary.path, this.log, { ...this.events, closed });
    this.client = client;
    try {
      await client.start();
    } catch (error) {
      // Where the process ended, `closed` tells it; one that lives but refuses to begin is told here.
      this.log.error(`weft lsp did not start: ${String(error)}`);
      closed(error instanceof Error ? error.message : String(error));
      return;
    }
    if (generation === this.generation) {
      this.enter({ kind: "running", client, program: binary.path, version: binary.version });
    }
  }

  private crashed(reason: string): void {
    // A start that fails is told twice, by the start and by the end of the connection.
    this.generation += 1;
    const now = Date.now();
    this.crashes.push(now);
    this.log.error(`weft lsp stopped: ${reason}`);
    const decision = afterCrash(this.crashes, now);
    if (decision.kind === "give-up") {
      const message = `weft lsp stopped ${this.crashes.length} times in a row (${reason}) and is not started again. The log may say why.`;
      void this.stopClient();
      this.enter({ kind: "failed", message });
      return;
    }
    this.enter({ kind: "restarting", reason, inMs: decision.afterMs });
    this.timer = setTimeout(() => void this.launch(), decision.afterMs);
  }

  private async stopClient(): Promise<void> {
    clearTimeout(this.timer);
    const client = this.client;
    this.client = undefined;
    try {
      await client?.dispose(STOP_TIMEOUT_MS);
    } catch (error) {
      // It is gone already, or hangs and is killed; both are what is wanted.
      this.log.debug(`the old weft lsp: ${String(error)}`);
    }
  }

  private enter(phase: Phase): void {
    this.current = phase;
    this.phases.fire(phase);
  }
}
