// Asks again for a suggestion that VS Code gave up waiting for. Its completion menu waits 750 ms for ghost text and then cancels
// the request (`editor.quickSuggestions`: `offWhenInlineCompletions`, the default; read in VS Code 1.139); where the menu has
// no entries nobody asks again, although the answer is on its way. It must not ask where the user went on or away.
import * as vscode from "vscode";

/** A request that comes of the cancellation itself, from the menu, comes within this time. */
const OTHERS_FIRST_MS = 150;

/** Follows the requests. */
export class AskAgain {
  private requests = 0;
  private own = false;

  /** A request: the context to ask with. One of our own asking is no more the user's wish than the one it repeats. */
  follow(
    document: vscode.TextDocument,
    position: vscode.Position,
    context: vscode.InlineCompletionContext,
    token: vscode.CancellationToken,
  ): vscode.InlineCompletionContext {
    this.requests += 1;
    const invoked = context.triggerKind === vscode.InlineCompletionTriggerKind.Invoke;
    if (invoked && this.own) {
      this.own = false;
      return { ...context, triggerKind: vscode.InlineCompletionTriggerKind.Automatic };
    }
    if (!invoked) {
      const [request, version] = [this.requests, document.version];
      token.onCancellationRequested(() => {
        setTimeout(() => { this.ask(request, document, version, position); }, OTHERS_FIRST_MS);
      });
    }
    return context;
  }

  private ask(request: number, document: vscode.TextDocument, version: number, position: vscode.Position): void {
    const editor = vscode.window.activeTextEditor;
    const stays =
      request === this.requests &&
      vscode.window.state.focused &&
      editor?.document === document &&
      document.version === version &&
      editor.selections.length === 1 &&
      editor.selection.isEmpty &&
      editor.selection.active.isEqual(position);
    if (stays) {
      this.own = true;
      void vscode.commands.executeCommand("editor.action.inlineSuggest.trigger");
    }
  }
}
