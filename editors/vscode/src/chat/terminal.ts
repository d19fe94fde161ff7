// Listens to the commands of the terminals, where the shell integration reports them. It must not run anything.
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
