// Reads the settings. It must not decide what they mean, beyond what goes to the server.
import * as vscode from "vscode";
import type { Switches } from "./off.ts";

/** `initializationOptions`: only what the user set, so that Weft's own `config.toml` holds for the rest. */
export function initializationOptions(): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const name of ["maxTokens", "promptTokens", "leastProbability", "answerWithinMs", "ahead"]) {
    const value = read<unknown>(name, null);
    if (value !== null) {
      options[name] = value;
    }
  }
  if (read<boolean>("codeLens", false)) {
    options["codeLens"] = true;
  }
  const model = read("model", "").trim();
  if (model !== "") {
    options["model"] = model;
  }
  const off = read<string[]>("contextOff", []);
  if (off.length > 0) {
    options["context"] = { off };
  }
  return options;
}

/** What decides whether a document gets suggestions unasked. */
export function switches(document: vscode.TextDocument): Switches {
  const configuration = vscode.workspace.getConfiguration("weft", document);
  return {
    enable: configuration.get("enable", true),
    languagesOff: configuration.get<string[]>("languagesOff", []),
    filesOff: configuration.get<string[]>("filesOff", []),
  };
}

/** `weft.path`; empty if unset. */
export function configuredPath(): string {
  return read("path", "").trim();
}

/** `weft.logLevel`. */
export function logLevel(): string {
  return read("logLevel", "warn");
}

/** Whether work ahead is wanted; the default is the server's: yes. */
export function ahead(): boolean {
  return read<boolean | null>("ahead", null) ?? true;
}

/** Whether a change means that the server must be started anew. */
export function needsRestart(event: vscode.ConfigurationChangeEvent): boolean {
  const names = ["path", "model", "maxTokens", "promptTokens", "leastProbability", "answerWithinMs", "contextOff", "ahead", "codeLens", "logLevel"];
  return names.some((name) => event.affectsConfiguration(`weft.${name}`));
}

function read<T>(name: string, otherwise: T): T {
  return vscode.workspace.getConfiguration("weft").get<T>(name, otherwise);
}
