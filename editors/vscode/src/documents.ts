// Pages that Weft shows: read-only documents whose text it makes. It must not touch the user's files.
import * as vscode from "vscode";

const SCHEME = "weft";

/** Read-only pages, by name. */
export class Pages implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly texts = new Map<string, string>();
  private readonly changes = new vscode.EventEmitter<vscode.Uri>();
  private readonly registration: vscode.Disposable;
  readonly onDidChange = this.changes.event;

  constructor() {
    this.registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.path) ?? "";
  }

  /** Shows a Markdown page as people read it. */
  async showMarkdown(name: string, text: string): Promise<void> {
    const uri = this.put(`${name}.md`, text);
    await vscode.commands.executeCommand("markdown.showPreview", uri);
  }

  /** Shows plain text. */
  async showText(name: string, text: string): Promise<void> {
    const uri = this.put(name, text);
    await vscode.window.showTextDocument(uri, { preview: true });
  }

  dispose(): void {
    this.registration.dispose();
    this.changes.dispose();
  }

  private put(name: string, text: string): vscode.Uri {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${name}` });
    this.texts.set(uri.path, text);
    this.changes.fire(uri);
    return uri;
  }
}
