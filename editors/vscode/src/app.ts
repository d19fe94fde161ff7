// What the extension does when something happens: joins the server, the status bar and the commands.
// It must not hold what one of them can hold.
import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { type ChatArgument, ChatView } from "./chat/view.ts";
import { run } from "./cli.ts";
import { hasChat, rpcOf } from "./client.ts";
import { watchCursor } from "./cursor.ts";
import { Pages } from "./documents.ts";
import { editByArgument, editSelection, type EditArgument } from "./edit/command.ts";
import { ReviewView } from "./edit/view.ts";
import { tryCompletion } from "./example.ts";
import { listModels } from "./models.ts";
import { toggled, whyOff } from "./off.ts";
import { pullByName, selectModel } from "./pick.ts";
import type { ServerModel, Trace, WhyAnswer } from "./protocol.ts";
import { type Phase, Server } from "./server.ts";
import { ahead, needsRestart, switches } from "./settings.ts";
import { entries } from "./status/entries.ts";
import { StatusItem } from "./status/item.ts";
import { nextLoad } from "./status/load.ts";
import { statusOf, type ServerFact } from "./status/state.ts";
import { healthOf, page, summary } from "./trace.ts";

/** How long a reason stays in the status bar after a suggestion was asked for in vain. */
const REASON_SHOWN_MS = 8_000;
const INVITED = "weft.invited";

/** The extension, while it is active. */
export class App implements vscode.Disposable {
  private readonly context: vscode.ExtensionContext;
  private readonly log = vscode.window.createOutputChannel("Weft", { log: true });
  private readonly item = new StatusItem();
  private readonly pages = new Pages();
  private readonly server: Server;
  private readonly reviews: ReviewView;
  private readonly chat: ChatView;
  private readonly disposables: vscode.Disposable[] = [];
  private toldOfLoss = false;
  /** Whether the last server had chat: its panel stays while the server is started anew. */
  private hasChat = false;
  /** Documents in which the user asked for a suggestion and waits for it. */
  private asked = false;

  constructor(context: vscode.ExtensionContext) {
    this.context = context;
    this.server = new Server(vscode.Uri.joinPath(context.extensionUri, "bin").fsPath, this.log, {
      isOn: (document) => !this.item.known.paused && this.off(document) === undefined,
      requested: (invoked) => {
        this.asked ||= invoked;
        return this.item.begin();
      },
      traced: (trace) => { this.traced(trace); },
      loading: (token, value) => { this.item.learn({ load: nextLoad(this.item.known.load, token, value) }); },
      said: (type, message) => { this.said(type, message); },
      command: (name, argument) => this.serverCommand(name, argument),
    });
    this.reviews = new ReviewView(() => {
      const client = this.server.running;
      return client === undefined ? undefined : rpcOf(client);
    });
    this.chat = new ChatView(vscode.Uri.joinPath(context.extensionUri, "chat"), () => this.server.running);
    this.disposables.push(
      this.log, this.item, this.pages, this.reviews, this.chat,
      this.server.onPhase((phase) => void this.entered(phase)),
      watchCursor((document) => (ahead() && !this.item.known.paused && this.off(document) === undefined ? this.server.running : undefined)),
      vscode.window.onDidChangeActiveTextEditor(() => { this.lookedAt(); }),
      vscode.workspace.onDidOpenTextDocument(() => { this.lookedAt(); }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => { this.tellContext(); }),
      vscode.workspace.onDidChangeConfiguration((event) => {
        this.lookedAt();
        if (needsRestart(event)) {
          void this.server.restart();
        }
      }),
      ...this.commands(),
    );
    this.lookedAt();
  }

  /** Starts the server. */
  async start(): Promise<void> {
    await this.server.restart();
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables).dispose();
  }

  /** Ends the server, then lets go of everything. */
  async stop(): Promise<void> {
    await this.server.shutdown();
    this.dispose();
  }

  private commands(): vscode.Disposable[] {
    const table: Record<string, (argument?: unknown) => unknown> = {
      "weft.suggest": () => vscode.commands.executeCommand("editor.action.inlineSuggest.trigger"),
      "weft.menu": () => this.menu(),
      "weft.showWhy": () => this.why(),
      "weft.pause": () => { this.item.learn({ paused: !this.item.known.paused }); },
      "weft.toggleLanguage": () => this.toggleLanguage(),
      "weft.selectModel": () => selectModel(this.modelActions),
      "weft.pullModel": (name) => pullByName(this.modelActions, typeof name === "string" ? name : undefined),
      "weft.restart": () => this.server.restart(),
      "weft.showLog": () => { this.log.show(); },
      "weft.doctor": () => this.doctor(),
      "weft.openSettings": () => vscode.commands.executeCommand("workbench.action.openSettings", `@ext:${this.context.extension.id}`),
      "weft.walkthrough": () =>
        vscode.commands.executeCommand("workbench.action.openWalkthrough", `${this.context.extension.id}#start`, false),
      "weft.tryCompletion": tryCompletion,
      "weft.openChat": () => this.chat.open(),
      "weft.newChat": () => this.chat.tellShown("host/newSession"),
      "weft.showChats": () => this.chat.tellShown("host/sessions"),
      "weft.editSelection": () => this.withClient((client) => editSelection(client, this.reviews)),
    };
    return Object.entries(table).map(([name, action]) =>
      vscode.commands.registerCommand(name, async (argument?: unknown) => {
        try {
          await action(argument);
        } catch (error) {
          this.log.error(`${name}: ${String(error)}`);
          void vscode.window.showErrorMessage(`Weft: ${error instanceof Error ? error.message : String(error)}`);
        }
      }),
    );
  }

  /** The server's own commands that VS Code has a better way for. */
  private serverCommand(name: string, argument: unknown): Promise<unknown> | undefined {
    switch (name) {
      case "weft.edit":
        return this.withClient((client) => editByArgument(client, this.reviews, argument as EditArgument));
      case "weft.chat.open":
        return this.chat.openAt(argument as ChatArgument | undefined);
      case "weft.why":
        return this.why();
      default:
        return undefined;
    }
  }

  private async withClient(work: (client: LanguageClient) => Promise<void>): Promise<void> {
    const client = this.server.running;
    if (client === undefined) {
      void vscode.window.showWarningMessage("Weft is not running. Click Weft in the status bar to see why.");
      return;
    }
    await work(client);
  }

  private async entered(phase: Phase): Promise<void> {
    this.log.debug(`server: ${phase.kind}`);
    this.tellContext();
    const server = factOf(phase);
    if (server === undefined) {
      return;
    }
    this.item.learn({ server, load: undefined });
    if (phase.kind === "restarting" && !this.toldOfLoss) {
      this.toldOfLoss = true;
      void vscode.window.showWarningMessage(`Weft: the language server stopped (${phase.reason}). It is started again.`);
    }
    if (phase.kind === "failed") {
      await this.offerRestart(phase.message);
    }
    if (phase.kind === "running") {
      if (this.toldOfLoss) {
        this.toldOfLoss = false;
        vscode.window.setStatusBarMessage("$(check) Weft runs again", REASON_SHOWN_MS);
      }
      this.item.learn({ problem: undefined });
      this.chat.modelsChanged();
      await this.readModels();
      await this.invite();
    }
  }

  private async offerRestart(message: string): Promise<void> {
    const choice = await vscode.window.showErrorMessage(message, "Restart", "Show Log", "Settings");
    const commands: Record<string, string> = { Restart: "weft.restart", "Show Log": "weft.showLog", Settings: "weft.openSettings" };
    const command = choice === undefined ? undefined : commands[choice];
    if (command !== undefined) {
      await vscode.commands.executeCommand(command);
    }
  }

  private traced(trace: Trace): void {
    const health = healthOf(trace);
    if (health === "unknown") {
      return;
    }
    this.item.learn({
      last: summary(trace),
      model: trace.model ?? this.item.known.model,
      problem: health === "problem" ? (trace.reason ?? "an unknown error") : undefined,
      ...(health === "no-model" ? { hasModel: false } : {}),
    });
    if (trace.outcome === "shown") {
      void vscode.commands.executeCommand("setContext", "weft.shown", true);
    } else if (this.asked) {
      vscode.window.setStatusBarMessage(`$(info) Weft: ${summary(trace)}`, REASON_SHOWN_MS);
    }
    this.asked = false;
  }

  private said(type: number, message: string): void {
    // The status bar and the invitation say it better where only a model is missing.
    if (this.item.known.hasModel === false) {
      return;
    }
    const show = type === 1 ? vscode.window.showErrorMessage : type === 2 ? vscode.window.showWarningMessage : vscode.window.showInformationMessage;
    void show(message, "Show Log").then((choice) => {
      if (choice !== undefined) {
        this.log.show();
      }
    });
  }

  private async readModels(): Promise<void> {
    const { phase } = this.server;
    if (phase.kind !== "running") {
      return;
    }
    try {
      const hasModel = (await listModels(phase.program)).some((model) => model.installed);
      this.item.learn({ hasModel });
      void vscode.commands.executeCommand("setContext", "weft.hasModel", hasModel);
    } catch (error) {
      this.log.warn(`the models cannot be listed: ${String(error)}`);
    }
  }

  /** Shows the first steps, once for a user that has no model. */
  private async invite(): Promise<void> {
    if (this.item.known.hasModel !== false || this.context.globalState.get<boolean>(INVITED, false)) {
      return;
    }
    await this.context.globalState.update(INVITED, true);
    await vscode.commands.executeCommand("weft.walkthrough");
  }

  private readonly modelActions = {
    program: () => (this.server.phase.kind === "running" ? this.server.phase.program : undefined),
    served: async () => {
      const answer = await this.server.running?.sendRequest<{ models: ServerModel[] }>("weft/models", {}).catch(() => undefined);
      return answer?.models;
    },
    changed: async () => {
      await this.readModels();
      this.chat.modelsChanged();
    },
  };

  private off(document: vscode.TextDocument): string | undefined {
    return whyOff(switches(document), document.languageId, document.uri.path);
  }

  private lookedAt(): void {
    const document = vscode.window.activeTextEditor?.document;
    this.item.learn({ off: document === undefined ? undefined : this.off(document) });
  }

  private tellContext(): void {
    const client = this.server.running;
    if (client !== undefined) {
      this.hasChat = hasChat(client);
    }
    const chat = this.hasChat && vscode.workspace.isTrusted;
    void vscode.commands.executeCommand("setContext", "weft.running", client !== undefined);
    void vscode.commands.executeCommand("setContext", "weft.chat", chat);
  }

  private async menu(): Promise<void> {
    const document = vscode.window.activeTextEditor?.document;
    const client = this.server.running;
    const items = entries(this.item.known, {
      language: document?.languageId,
      languageOff: document !== undefined && switches(document).languagesOff.includes(document.languageId),
      chat: client !== undefined && hasChat(client) && vscode.workspace.isTrusted,
    });
    const status = statusOf(this.item.known);
    const picked = await vscode.window.showQuickPick(items, { title: "Weft", placeHolder: status.detail });
    if (picked !== undefined) {
      await vscode.commands.executeCommand(picked.command);
    }
  }

  private async why(): Promise<void> {
    const client = this.server.running;
    const answer = client === undefined ? { last: [] } : await client.sendRequest<WhyAnswer>("weft/why", {});
    await this.pages.showMarkdown("Why", page(answer.last));
  }

  private async toggleLanguage(): Promise<void> {
    const document = vscode.window.activeTextEditor?.document;
    if (document === undefined) {
      return;
    }
    const list = toggled(switches(document).languagesOff, document.languageId);
    await vscode.workspace.getConfiguration("weft").update("languagesOff", list, vscode.ConfigurationTarget.Global);
  }

  private async doctor(): Promise<void> {
    const program = this.modelActions.program();
    if (program === undefined) {
      void vscode.window.showWarningMessage("Weft is not running. Click Weft in the status bar to see why.");
      return;
    }
    // It ends with an error code where it found a problem; what it prints is the answer in both cases.
    const { stdout, stderr } = await run(program, ["doctor"]);
    await this.pages.showText("weft doctor", stdout === "" ? stderr : stdout);
  }
}

function factOf(phase: Phase): ServerFact | undefined {
  switch (phase.kind) {
    case "starting":
      return { kind: "starting" };
    case "running":
      return { kind: "running", version: phase.version };
    case "restarting":
      return { kind: "restarting", reason: phase.reason, inMs: phase.inMs };
    case "failed":
      return { kind: "failed", message: phase.message };
    case "stopped":
      return undefined;
  }
}
