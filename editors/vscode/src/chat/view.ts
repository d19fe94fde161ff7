// The chat panel: the page of editors/chat in a web view, and what only the editor can do for it.
// It must not understand the conversation.
import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { rpcOf } from "../client.ts";
import { chatContext } from "./context.ts";
import type { ChatContext, Range } from "../protocol.ts";
import { forWebview, withoutPage } from "./html.ts";
import { Output } from "./output.ts";
import { Relay } from "./relay.ts";
import { lastOutput, watchTerminals } from "./terminal.ts";

const VIEW = "weft.chatView";

/** The argument of the server's command `weft.chat.open`. */
export interface ChatArgument {
  textDocument?: { uri: string };
  selection?: Range;
  text?: string;
  /** Ask it at once, in a new session. */
  send?: boolean;
}

/** How long the cursor rests before the page is told that the context changed. */
const CONTEXT_RESTS_MS = 500;

/** The panel. */
export class ChatView implements vscode.WebviewViewProvider, vscode.Disposable {
  private readonly folder: vscode.Uri;
  private readonly client: () => LanguageClient | undefined;
  private readonly output = new Output();
  private readonly disposables: vscode.Disposable;
  private editor = vscode.window.activeTextEditor;
  private webview: vscode.Webview | undefined;
  private ready = false;
  private timer: NodeJS.Timeout | undefined;
  /** What the page is to be told once it listens. */
  private waiting: object[] = [];

  /** `folder` is where the page was built to. */
  constructor(folder: vscode.Uri, client: () => LanguageClient | undefined) {
    this.folder = folder;
    this.client = client;
    this.disposables = vscode.Disposable.from(
      vscode.window.registerWebviewViewProvider(VIEW, this, { webviewOptions: { retainContextWhenHidden: true } }),
      vscode.window.onDidChangeActiveTextEditor((editor) => {
        // The focus in the page means no editor; the last one is what the user looks at.
        this.editor = editor ?? this.editor;
        this.contextChanged();
      }),
      vscode.window.onDidChangeTextEditorSelection(() => { this.contextChanged(); }),
      { dispose: () => { clearTimeout(this.timer); } },
      watchTerminals(this.output),
    );
  }

  async resolveWebviewView(view: vscode.WebviewView): Promise<void> {
    const { webview } = view;
    webview.options = { enableScripts: true, localResourceRoots: [this.folder] };
    const relay = new Relay({
      toPage: (message) => void webview.postMessage(message),
      server: () => {
        const client = this.client();
        return client === undefined ? undefined : rpcOf(client);
      },
      host: (method, params) => this.host(method, params as Record<string, unknown>),
    });
    const listening = webview.onDidReceiveMessage((message) => void relay.receive(message));
    view.onDidDispose(() => {
      listening.dispose();
      relay.dispose();
      this.webview = undefined;
      this.ready = false;
    });
    this.webview = webview;
    webview.html = await this.page(webview);
  }

  /** Shows the panel and puts the cursor into its question, with the selection mentioned if there is one. */
  async open(text?: string): Promise<void> {
    const selected = this.editor?.selection.isEmpty === false;
    await this.tellShown("host/compose", { text: text ?? (selected ? "@selection " : "") });
    this.tell("host/focus");
  }

  /** Carries out the server's command in the editor's way: what is meant is selected, so that it goes with the question. */
  async openAt(argument: ChatArgument | undefined): Promise<void> {
    const client = this.client();
    const { textDocument, selection, text, send } = argument ?? {};
    if (client !== undefined && textDocument !== undefined) {
      const convert = client.protocol2CodeConverter;
      const document = await vscode.workspace.openTextDocument(convert.asUri(textDocument.uri));
      const range = selection === undefined ? {} : { selection: convert.asRange(selection) };
      this.editor = await vscode.window.showTextDocument(document, { ...range, preview: false });
    }
    const own = { ...(text === undefined ? {} : { text }), ...(send === true ? { send, newSession: true } : {}) };
    await this.tellShown("host/compose", own);
    this.tell("host/focus");
  }

  /** Shows the panel and tells the page something, such as `host/newSession`. */
  async tellShown(method: string, params: object = {}): Promise<void> {
    await vscode.commands.executeCommand(`${VIEW}.focus`);
    this.tell(method, params);
  }

  /** The models on this machine changed. */
  modelsChanged(): void {
    if (this.ready) {
      this.tell("host/modelsChanged");
    }
  }

  dispose(): void {
    this.disposables.dispose();
  }

  private tell(method: string, params: object = {}): void {
    const message = { jsonrpc: "2.0", method, params };
    if (this.ready && this.webview !== undefined) {
      void this.webview.postMessage(message);
    } else {
      this.waiting.push(message);
    }
  }

  /** What the mentions of a question stand for may be something else now. */
  private contextChanged(): void {
    clearTimeout(this.timer);
    if (this.ready) {
      this.timer = setTimeout(() => { this.tell("host/contextChanged"); }, CONTEXT_RESTS_MS);
    }
  }

  private async page(webview: vscode.Webview): Promise<string> {
    try {
      const html = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(this.folder, "index.html"));
      const nonce = randomBytes(16).toString("base64url");
      return forWebview(new TextDecoder().decode(html), webview.cspSource, webview.asWebviewUri(this.folder).toString(), nonce);
    } catch {
      return withoutPage();
    }
  }

  private host(method: string, params: Record<string, unknown>): Promise<unknown> | undefined {
    switch (method) {
      case "host/ready":
        this.ready = true;
        this.waiting.splice(0).forEach((message) => void this.webview?.postMessage(message));
        return Promise.resolve(null);
      case "host/context": {
        const client = this.client();
        return client === undefined ? Promise.resolve(null) : this.context(client, params["text"]);
      }
      case "host/openFile":
        return openFile(String(params["uri"]), params["lines"]);
      case "host/insertAtCursor":
        return this.insert(String(params["code"]));
      case "host/newFile":
        return newFile(String(params["code"]), String(params["language"]));
      default:
        return undefined;
    }
  }

  private async context(client: LanguageClient, text: unknown): Promise<ChatContext> {
    if (this.output.isSilent && typeof text === "string" && text.includes("@terminal")) {
      this.output.add((await lastOutput()) ?? "");
    }
    return chatContext(client, this.editor, this.output.read());
  }

  private async insert(code: string): Promise<null> {
    const editor = this.editor;
    if (editor === undefined || editor.document.isClosed) {
      void vscode.window.showWarningMessage("Weft: no file is open to insert the code into. Open one, or take “new file”.");
      return null;
    }
    const shown = await vscode.window.showTextDocument(editor.document, editor.viewColumn);
    await shown.edit((edit) => { edit.replace(shown.selection, code); });
    return null;
  }
}

async function openFile(uri: string, lines: unknown): Promise<null> {
  const [first, end] = Array.isArray(lines) ? (lines as unknown[]) : [];
  const selection =
    typeof first === "number" && typeof end === "number" ? { selection: new vscode.Range(first, 0, Math.max(first, end - 1), 0) } : {};
  // Only files: the page must not open other kinds of addresses through the editor.
  const parsed = vscode.Uri.parse(uri, true);
  if (["file", "untitled", "vscode-notebook-cell", "vscode-vfs", "vscode-remote"].includes(parsed.scheme)) {
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(parsed), selection);
  }
  return null;
}

async function newFile(content: string, language: string): Promise<null> {
  const known = await vscode.languages.getLanguages();
  const named = language.toLowerCase();
  const document = await vscode.workspace.openTextDocument({ content, ...(known.includes(named) ? { language: named } : {}) });
  await vscode.window.showTextDocument(document, { preview: false });
  return null;
}
