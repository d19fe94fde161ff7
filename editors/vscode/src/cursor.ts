// Tells the server where the user looks: another document, or a cursor that rests where nothing was typed.
// It must not tell of typing: the changes of the text do that.
import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";

/** How long the cursor must rest. */
const REST_MS = 300;

/** Watches the cursor. `target` gives the client, or nothing where nothing is to be told of a document. */
export function watchCursor(target: (document: vscode.TextDocument) => LanguageClient | undefined): vscode.Disposable {
  let timer: NodeJS.Timeout | undefined;
  let seen: { uri: string; version: number } | undefined;
  const remember = (document: vscode.TextDocument) => {
    seen = { uri: document.uri.toString(), version: document.version };
  };
  const typed = (document: vscode.TextDocument) =>
    seen?.uri === document.uri.toString() && seen.version !== document.version;

  const focused = vscode.window.onDidChangeActiveTextEditor((editor) => {
    clearTimeout(timer);
    if (editor === undefined) {
      return;
    }
    remember(editor.document);
    const client = target(editor.document);
    void client?.sendNotification("textDocument/didFocus", { textDocument: { uri: client.code2ProtocolConverter.asUri(editor.document.uri) } });
  });
  const moved = vscode.window.onDidChangeTextEditorSelection(({ textEditor, selections }) => {
    clearTimeout(timer);
    const { document } = textEditor;
    const typing = typed(document);
    remember(document);
    const [selection] = selections;
    if (typing || textEditor !== vscode.window.activeTextEditor || selection === undefined || !selection.isEmpty) {
      return;
    }
    timer = setTimeout(() => {
      const client = target(document);
      if (client === undefined || document.isClosed) {
        return;
      }
      const convert = client.code2ProtocolConverter;
      void client.sendNotification("weft/didMoveCursor", {
        textDocument: convert.asTextDocumentIdentifier(document),
        position: convert.asPosition(selection.active),
      });
    }, REST_MS);
  });
  const changed = vscode.workspace.onDidChangeTextDocument(() => { clearTimeout(timer); });
  return vscode.Disposable.from(focused, moved, changed, { dispose: () => { clearTimeout(timer); } });
}
