//! JSON-RPC 2.0 over any transport: requests with ids, cancelling by `$/cancelRequest`, `$/progress` by token.
//! It knows no method of Weft, and never throws for what the other side sends.

import type { Transport } from "../transport/transport";

export const METHOD_NOT_FOUND = -32601;
export const INTERNAL_ERROR = -32603;
export const REQUEST_CANCELLED = -32800;
/** Of this page alone, never on the wire: the connection was lost before the answer. */
export const CONNECTION_LOST = -1;

type Id = number | string;

/** The other side refused, or cannot be reached. `message` is written for the user. */
export class RpcError extends Error {
  constructor(
    readonly code: number,
    message: string,
    readonly data?: unknown,
  ) {
    super(message);
    this.name = "RpcError";
  }
}

export interface RequestOptions {
  /** Aborting asks the other side to stop; the promise still settles with its answer. */
  signal?: AbortSignal;
  /** Each `$/progress` value of this request; the params get a `partialResultToken`. */
  onProgress?: (value: unknown) => void;
}

interface Pending {
  resolve: (result: unknown) => void;
  reject: (error: RpcError) => void;
  token: string | undefined;
  release: () => void;
}

export type RequestHandler = (params: unknown) => unknown;
export type NotificationHandler = (params: unknown) => void;

export class Connection {
  private nextId = 1;
  private readonly pending = new Map<Id, Pending>();
  private readonly progress = new Map<Id, (value: unknown) => void>();
  private readonly notificationHandlers = new Map<string, NotificationHandler>();
  private readonly requestHandlers = new Map<string, RequestHandler>();

  constructor(private readonly transport: Transport) {
    transport.onMessage((message) => this.receive(message));
  }

  request<Result>(method: string, params: object, options: RequestOptions = {}): Promise<Result> {
    const id = this.nextId++;
    const { signal, onProgress } = options;
    const token = onProgress ? `page-${id}` : undefined;
    if (token && onProgress) this.progress.set(token, onProgress);
    return new Promise<Result>((resolve, reject) => {
      const cancel = () => this.notify("$/cancelRequest", { id });
      this.pending.set(id, {
        resolve: resolve as (result: unknown) => void,
        reject,
        token,
        release: () => signal?.removeEventListener("abort", cancel),
      });
      const sent = token ? { ...params, partialResultToken: token } : params;
      if (!this.send({ id, method, params: sent })) {
        this.settle(id)?.reject(lost("The connection to Weft is closed."));
        return;
      }
      if (signal?.aborted) cancel();
      else signal?.addEventListener("abort", cancel, { once: true });
    });
  }

  notify(method: string, params: object): void {
    this.send({ method, params });
  }

  onNotification(method: string, handler: NotificationHandler): void {
    this.notificationHandlers.set(method, handler);
  }

  /** Answers requests of the other side; those without a handler are refused. */
  onRequest(method: string, handler: RequestHandler): void {
    this.requestHandlers.set(method, handler);
  }

  /** Fails all that waits for an answer. `reason` is for the user. */
  close(reason: string): void {
    for (const id of [...this.pending.keys()]) this.settle(id)?.reject(lost(reason));
  }

  private send(message: object): boolean {
    return this.transport.send({ jsonrpc: "2.0", ...message });
  }

  private receive(message: unknown): void {
    if (Array.isArray(message)) {
      message.forEach((one) => this.receive(one));
      return;
    }
    if (!isObject(message)) return;
    const { id, method } = message;
    if (typeof method === "string") {
      if (isId(id)) void this.answer(id, method, message["params"]);
      else this.handleNotification(method, message["params"]);
    } else if (isId(id)) {
      this.handleResponse(id, message);
    }
  }

  private handleNotification(method: string, params: unknown): void {
    if (method === "$/progress") {
      if (isObject(params) && isId(params["token"])) this.progress.get(params["token"])?.(params["value"]);
      return;
    }
    this.notificationHandlers.get(method)?.(params);
  }

  private handleResponse(id: Id, message: Record<string, unknown>): void {
    const pending = this.settle(id);
    if (!pending) return;
    const error = message["error"];
    if (isObject(error)) {
      const code = typeof error["code"] === "number" ? error["code"] : INTERNAL_ERROR;
      const text = typeof error["message"] === "string" ? error["message"] : "The server gave no reason.";
      pending.reject(new RpcError(code, text, error["data"]));
    } else {
      pending.resolve(message["result"] ?? null);
    }
  }

  private async answer(id: Id, method: string, params: unknown): Promise<void> {
    const handler = this.requestHandlers.get(method);
    if (!handler) {
      this.send({ id, error: { code: METHOD_NOT_FOUND, message: `The chat page does not know ${method}.` } });
      return;
    }
    try {
      this.send({ id, result: (await handler(params)) ?? null });
    } catch (error) {
      this.send({ id, error: { code: INTERNAL_ERROR, message: messageOf(error) } });
    }
  }

  /** Takes a request off the books. Answers that come twice find nothing. */
  private settle(id: Id): Pending | undefined {
    const pending = this.pending.get(id);
    if (!pending) return undefined;
    this.pending.delete(id);
    if (pending.token) this.progress.delete(pending.token);
    pending.release();
    return pending;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function lost(reason: string): RpcError {
  return new RpcError(CONNECTION_LOST, reason);
}

function isId(value: unknown): value is Id {
  return typeof value === "number" || typeof value === "string";
}
