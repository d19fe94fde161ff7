// The command that edits by instruction: asks for one, has the server propose, shows the proposal.
// It must not change the document.
import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { rpcOf } from "../client.ts";
import { problemsIn } from "../chat/context.ts";
import type { EditKind, Range } from "../protocol.ts";
import { propose } from "./review.ts";
import type { ReviewView } from "./view.ts";

/** The argument of the server's command `weft.edit`. */
export interface EditArgument {
  textDocument: { uri: string };
  range: Range;
  instruction?: string;
  kind?: EditKind;
}

/** Edits the selection of the editor in front. */
export async function editSelection(client: LanguageClient, view: ReviewView): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) {
    return;
  }
  await edit(client, view, editor.document, editor.selection, "edit", undefined);
}

/** Carries out the server's command in the editor's way. */
export async function editByArgument(client: LanguageClient, view: ReviewView, argument: EditArgument): Promise<void> {
  const convert = client.protocol2CodeConverter;
  const document = await vscode.workspace.openTextDocument(convert.asUri(argument.textDocument.uri));
  const range = convert.asRange(argument.range);
  await edit(client, view, document, range, argument.kind ?? "edit", argument.instruction);
}

async function edit(
  client: LanguageClient,
  view: ReviewView,
  document: vscode.TextDocument,
  range: vscode.Range,
  kind: EditKind,
  given: string | undefined,
): Promise<void> {
  const instruction = given ?? (kind === "edit" ? await ask(document, range) : undefined);
  if (kind === "edit" && instruction === undefined) {
    return;
  }
  const original = document.getText();
  const convert = client.code2ProtocolConverter;
  const params = {
    textDocument: convert.asTextDocumentIdentifier(document),
    range: convert.asRange(range),
    kind,
    ...(instruction === undefined ? {} : { instruction }),
    ...(kind === "fix" ? { problems: problemsIn(client, document, range) } : {}),
  };
  const name = document.uri.path.slice(document.uri.path.lastIndexOf("/") + 1);
  try {
    const proposal = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: `Weft is working on ${name}`, cancellable: true },
      (progress, token) => {
        let lines = 0;
        const onText = (text: string) => {
          lines += text.split("\n").length - 1;
          progress.report({ message: lines === 1 ? "1 line written" : `${lines} lines written` });
        };
        return propose(rpcOf(client), params, onText, { cancel: token });
      },
    );
    if (proposal.blocks.length === 0) {
      void vscode.window.showInformationMessage("Weft: the model proposes no change. A more exact instruction may help.");
      return;
    }
    await view.show(proposal, document, original);
  } catch (error) {
    if (!(error instanceof vscode.CancellationError) && !isCancelled(error)) {
      void vscode.window.showErrorMessage(`Weft: no edit was made: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

async function ask(document: vscode.TextDocument, range: vscode.Range): Promise<string | undefined> {
  const lines = range.end.line - range.start.line + 1;
  const what = range.isEmpty ? "at the cursor" : lines === 1 ? "the selection" : `the ${lines} lines selected`;
  const text = await vscode.window.showInputBox({
    title: `Weft: edit ${what}`,
    prompt: `What is to be done with this ${document.languageId} code? Nothing changes before you accept it.`,
    placeHolder: "Such as: handle an empty list; add type hints",
    ignoreFocusOut: true,
  });
  return text?.trim() === "" ? undefined : text?.trim();
}

/** The code of a request that was cancelled, in LSP. */
function isCancelled(error: unknown): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === -32800;
}
