// Makes the language client: one process of `weft lsp`, and what passes between it and the editor.
// It must not decide when to start or stop, and holds no state of its own.
import { spawn } from "node:child_process";
import * as vscode from "vscode";
import { CloseAction, ErrorAction, LanguageClient, type LanguageClientOptions, ProgressType, RevealOutputChannelOn } from "vscode-languageclient/node";
import { AskAgain } from "./again.ts";
import { describeEnd } from "./binary.ts";
import type { Rpc } from "./connection.ts";
import type { Trace } from "./protocol.ts";
import { initializationOptions, logLevel } from "./settings.ts";
import { isLoadToken, type WorkProgress } from "./status/load.ts";

/** What the client tells, and asks of, the rest of the extension. */
export interface ClientEvents {
  /** Whether a document gets suggestions unasked. */
  isOn(document: vscode.TextDocument): boolean;
  /** A completion request begins or ends. */
  requested(invoked: boolean): { done(): void };
  traced(trace: Trace): void;
  loading(token: string | number, value: WorkProgress): void;
  /** A message of the server to the user; 1 is an error, 2 a warning, 3 information. */
  said(type: number, message: string): void;
  /** A command of the server that the extension carries out itself; undefined where it does not. */
  command(name: string, argument: unknown): Promise<unknown> | undefined;
  /** The connection ended without being asked to. */
  closed(reason: string): void;
}

/** A client that is not started yet. */
export function makeClient(program: string, log: vscode.LogOutputChannel, events: ClientEvents): LanguageClient {
  let ended = "the connection was lost";
  const again = new AskAgain();
  const serve = () => {
    const child = spawn(program, ["lsp"], { env: { ...process.env, WEFT_LOG: logLevel() } });
    child.on("exit", (code, signal) => {
      ended = describeEnd(code, signal);
    });
    return Promise.resolve(child);
  };
  const options: LanguageClientOptions = {
    documentSelector: [{ scheme: "file" }, { scheme: "untitled" }, { scheme: "vscode-notebook-cell" }, { scheme: "vscode-vfs" }],
    outputChannel: log,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    initializationOptions,
    // A failed start is reported by whoever started the client.
    initializationFailedHandler: () => false,
    errorHandler: {
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      closed: () => {
        // The exit of the process is often told after the end of its output.
        setTimeout(() => { events.closed(ended); }, 50);
        return { action: CloseAction.DoNotRestart, handled: true };
      },
    },
    middleware: {
      provideInlineCompletionItems: async (document, position, asked, token, next) => {
        const context = again.follow(document, position, asked, token);
        const invoked = context.triggerKind === vscode.InlineCompletionTriggerKind.Invoke;
        if (!invoked && !events.isOn(document)) {
          return undefined;
        }
        const request = events.requested(invoked);
        try {
          return await next(document, position, context, token);
        } finally {
          request.done();
        }
      },
      // Where chat and edits are not allowed, there is nothing that a lens could do.
      provideCodeLenses: (document, token, next) => (vscode.workspace.isTrusted ? next(document, token) : []),
      handleWorkDoneProgress: (token, value, next) => {
        if (isLoadToken(token)) {
          events.loading(token, value);
        }
        // The status bar shows the load; the client's own bar only has to hear of its end.
        if (!isLoadToken(token) || value.kind === "end") {
          next(token, value);
        }
      },
      executeCommand: async (command, args, next) => {
        const [argument] = args as unknown[];
        const own = events.command(command, argument);
        return own ?? (next(command, args) as Promise<unknown>);
      },
    },
  };
  const client = new LanguageClient("weft", "Weft", serve, options);
  client.onNotification("weft/trace", (trace: Trace) => { events.traced(trace); });
  client.onNotification("window/showMessage", (params: { type: number; message: string }) => {
    events.said(params.type, params.message);
  });
  return client;
}

/** The client as what a request needs of it. */
export function rpcOf(client: LanguageClient): Rpc {
  return {
    // An undefined token would be taken for a second parameter.
    sendRequest: <T>(method: string, params: unknown, token?: unknown) =>
      token === undefined ? client.sendRequest<T>(method, params) : client.sendRequest<T>(method, params, token as vscode.CancellationToken),
    onProgress: (token, listener) => client.onProgress(new ProgressType<unknown>(), token, listener),
  };
}

/** Whether the server has chat and edits. */
export function hasChat(client: LanguageClient): boolean {
  const experimental: unknown = client.initializeResult?.capabilities.experimental;
  const weft = isObject(experimental) ? experimental["weft"] : undefined;
  return isObject(weft) && weft["chat"] === true;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
