// What the editor shows, for a question in the chat: document, selection, problems, the last output of the terminal.
// It must not send anything.
import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import type { ChatContext, Problem } from "../protocol.ts";

/** More problems than these say nothing more. */
const MOST_PROBLEMS = 100;

/** The context of a question asked now. `editor` is the last one that had the focus: the page has it now. */
export async function chatContext(
  client: LanguageClient,
  editor: vscode.TextEditor | undefined,
  terminal: string | undefined,
): Promise<ChatContext> {
  const convert = client.code2ProtocolConverter;
  const problems = vscode.languages
    .getDiagnostics()
    .flatMap(([uri, diagnostics]) => diagnostics.map((diagnostic) => problem(client, uri, diagnostic)))
    .sort((a, b) => (a.severity ?? 4) - (b.severity ?? 4))
    .slice(0, MOST_PROBLEMS);
  return {
    ...(editor === undefined
      ? {}
      : {
          textDocument: convert.asTextDocumentIdentifier(editor.document),
          selection: convert.asRange(editor.selection),
          visible: editor.visibleRanges.map((range) => convert.asRange(range)),
        }),
    problems,
    ...(terminal === undefined ? {} : { terminal }),
    clipboard: await vscode.env.clipboard.readText(),
  };
}

/** The problems of a document that touch a range. */
export function problemsIn(client: LanguageClient, document: vscode.TextDocument, range: vscode.Range): Problem[] {
  return vscode.languages
    .getDiagnostics(document.uri)
    .filter((diagnostic) => diagnostic.range.intersection(range) !== undefined)
    .map((diagnostic) => problem(client, document.uri, diagnostic));
}

function problem(client: LanguageClient, uri: vscode.Uri, diagnostic: vscode.Diagnostic): Problem {
  const convert = client.code2ProtocolConverter;
  return {
    uri: convert.asUri(uri),
    range: convert.asRange(diagnostic.range),
    // The editor counts from 0, LSP from 1.
    severity: (diagnostic.severity + 1) as 1 | 2 | 3 | 4,
    message: diagnostic.message,
    ...(diagnostic.source === undefined ? {} : { source: diagnostic.source }),
  };
}
