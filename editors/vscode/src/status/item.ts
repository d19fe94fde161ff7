// The item in the status bar. It must not work out what to say: `statusOf` does.
import * as vscode from "vscode";
import { type Facts, type Status, statusOf } from "./state.ts";

/** Work shorter than this is not shown: an icon that flickers at each key says nothing. */
const SHOW_WORK_AFTER_MS = 250;

/** The item, and the facts that it shows. */
export class StatusItem implements vscode.Disposable {
  private readonly item: vscode.StatusBarItem;
  private readonly changes = new vscode.EventEmitter<Status>();
  private facts: Facts = {
    server: { kind: "starting" },
    paused: false,
    off: undefined,
    load: undefined,
    working: false,
    hasModel: undefined,
    problem: undefined,
    last: undefined,
    model: undefined,
  };
  private timer: NodeJS.Timeout | undefined;
  private requests = 0;

  /** Each change of what is shown. */
  readonly onChange = this.changes.event;

  constructor() {
    this.item = vscode.window.createStatusBarItem("weft.status", vscode.StatusBarAlignment.Right, 100);
    this.item.name = "Weft";
    this.item.command = "weft.menu";
    this.show();
    this.item.show();
  }

  /** What is known. */
  get known(): Readonly<Facts> {
    return this.facts;
  }

  /** What is shown. */
  get status(): Status {
    return statusOf(this.facts);
  }

  /** Learns something. */
  learn(news: Partial<Facts>): void {
    this.facts = { ...this.facts, ...news };
    this.show();
  }

  /** A request to the model begins; the answer ends it. */
  begin(): { done(): void } {
    this.requests += 1;
    this.timer ??= setTimeout(() => { this.learn({ working: this.requests > 0 }); }, SHOW_WORK_AFTER_MS);
    let over = false;
    const done = () => {
      if (over) {
        return;
      }
      over = true;
      this.requests -= 1;
      if (this.requests === 0) {
        clearTimeout(this.timer);
        this.timer = undefined;
        this.learn({ working: false });
      }
    };
    return { done };
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.item.dispose();
    this.changes.dispose();
  }

  private show(): void {
    const status = this.status;
    const { last, model, server } = this.facts;
    this.item.text = status.text;
    const lines = [`**Weft** — ${escape(status.detail)}`];
    if (model !== undefined) {
      lines.push(`Model: ${escape(model)}`);
    }
    if (last !== undefined) {
      lines.push(`Last request: ${escape(last)}`);
    }
    if (server.kind === "running") {
      lines.push(`Version ${escape(server.version)}. Click for actions.`);
    }
    this.item.tooltip = new vscode.MarkdownString(lines.join("\n\n"));
    this.item.accessibilityInformation = { label: `Weft: ${status.detail}`, role: "button" };
    this.item.backgroundColor =
      status.severity === "normal" ? undefined : new vscode.ThemeColor(`statusBarItem.${status.severity}Background`);
    this.changes.fire(status);
  }
}

/** Text that Markdown shows as it is. */
function escape(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-.!|<>~]/g, "\\$&");
}
