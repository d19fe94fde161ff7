// Listens to the commands of the terminals, where the shell integration reports them. It must not run anything in one.
import * as vscode from "vscode";
import { Output } from "./output.ts";

/** Keeps the output of the last command. */
export function watchTerminals(output: Output): vscode.Disposable {
  return vscode.window.onDidStartTerminalShellExecution(({ execution }) => {
    output.begin(execution.commandLine.value);
    void (async () => {
      for await (const data of execution.read()) {
        output.add(data);
      }
    })();
  });
}

/** The output of the active terminal's last command. A command that ends at once has written before anybody can listen, and then
 * VS Code has its output for the clipboard alone; the user's text there is put back. Where that is no text, it is left alone. */
export async function lastOutput(): Promise<string | undefined> {
  const before = await vscode.env.clipboard.readText();
  if (vscode.window.activeTerminal === undefined || before === "") {
    return undefined;
  }
  try {
    await vscode.commands.executeCommand("workbench.action.terminal.copyLastCommandOutput");
    const output = await vscode.env.clipboard.readText();
    return output === before ? undefined : output;
  } finally {
    await vscode.env.clipboard.writeText(before);
  }
}
