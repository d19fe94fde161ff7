// The example of the walkthrough: a document with a place to complete. It must not be saved anywhere.
import * as vscode from "vscode";

const TEXT = `from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    sku: str
    name: str
    price_cents: int


def total_cents(items: list[Item]) -> int:
    """What all items cost together, in cents."""
    return `;

/** Opens the example with the cursor where code is missing, and asks for a suggestion there. */
export async function tryCompletion(): Promise<void> {
  const document = await vscode.workspace.openTextDocument({ language: "python", content: TEXT });
  const editor = await vscode.window.showTextDocument(document, { preview: false });
  const end = document.positionAt(TEXT.length);
  editor.selection = new vscode.Selection(end, end);
  await vscode.commands.executeCommand("editor.action.inlineSuggest.trigger");
}
