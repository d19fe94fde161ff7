// The extension's entrance. It must not do anything but begin and end.
import type * as vscode from "vscode";
import { App } from "./app.ts";

let app: App | undefined;

/** Called by the editor when it has started. */
export function activate(context: vscode.ExtensionContext): void {
  app = new App(context);
  // Not awaited: the editor must not wait for a program to start.
  void app.start();
}

/** Called by the editor before it ends, or when the extension is switched off. */
export async function deactivate(): Promise<void> {
  await app?.stop();
  app = undefined;
}
