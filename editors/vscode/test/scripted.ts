// A server for tests that answers by a script, over a real JSON-RPC connection through pipes.
import { PassThrough } from "node:stream";
import { createMessageConnection, type MessageConnection, ProgressType, StreamMessageReader, StreamMessageWriter, type CancellationToken } from "vscode-languageserver-protocol/node";
import type { Rpc } from "../src/connection.ts";

/** Answers one method. */
export type Handler = (params: Record<string, unknown>, token: CancellationToken, server: MessageConnection) => unknown;

/** The client's end, what the server received, and the end of both. */
export interface Scripted {
  rpc: Rpc;
  received: [method: string, params: unknown][];
  dispose(): void;
}

/** Starts a server that answers with `script`. */
export function scripted(script: Record<string, Handler>): Scripted {
  const [there, back] = [new PassThrough(), new PassThrough()];
  const server = createMessageConnection(new StreamMessageReader(there), new StreamMessageWriter(back));
  const client = createMessageConnection(new StreamMessageReader(back), new StreamMessageWriter(there));
  const received: [string, unknown][] = [];
  for (const [method, handler] of Object.entries(script)) {
    server.onRequest(method, (params: Record<string, unknown>, token: CancellationToken) => {
      received.push([method, params]);
      return handler(params, token, server);
    });
  }
  server.listen();
  client.listen();
  const rpc: Rpc = {
    sendRequest: <T>(method: string, params: unknown, token?: unknown) =>
      token === undefined ? client.sendRequest<T>(method, params) : client.sendRequest<T>(method, params, token as CancellationToken),
    onProgress: (token, listener) => client.onProgress(new ProgressType<unknown>(), token, listener),
  };
  const dispose = () => {
    client.dispose();
    server.dispose();
  };
  return { rpc, received, dispose };
}

/** Sends a value of `$/progress` for a request, as its server would. */
export async function progress(server: MessageConnection, params: Record<string, unknown>, value: unknown): Promise<void> {
  await server.sendProgress(new ProgressType<unknown>(), params["partialResultToken"] as string, value);
}
