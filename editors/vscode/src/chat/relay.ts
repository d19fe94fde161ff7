// Carries JSON-RPC messages between the chat page and the server. What only the editor can do (`host/…`) goes to the
// host; everything else that is Weft's goes on as it is. It must not know the editor, or what a method means.
import { Canceller, request, type Rpc } from "../connection.ts";

const METHOD_NOT_FOUND = -32601;
const SERVER_NOT_RUNNING = -32000;
const INTERNAL_ERROR = -32603;

/** The two ends, and the host. */
export interface Ends {
  /** Hands a message to the page. */
  toPage(message: object): void;
  /** The server's connection; undefined while it does not run. */
  server(): Rpc | undefined;
  /** Answers a `host/…` method; undefined for one that it does not know. */
  host(method: string, params: unknown): Promise<unknown> | undefined;
}

type Id = string | number;

/** See the file's head. */
export class Relay {
  private readonly ends: Ends;
  private readonly pending = new Map<Id, Canceller>();

  constructor(ends: Ends) {
    this.ends = ends;
  }

  /** Takes a message of the page. What is no JSON-RPC message is ignored: the page is not trusted. */
  async receive(message: unknown): Promise<void> {
    if (!isObject(message) || typeof message["method"] !== "string") {
      return;
    }
    const { id, method } = message;
    const params = isObject(message["params"]) ? message["params"] : {};
    if (method === "$/cancelRequest") {
      this.pending.get(params["id"] as Id)?.cancel();
    } else if (isId(id)) {
      await this.answer(id, method, params);
    } else {
      await this.ends.host(method, params)?.catch(() => undefined);
    }
  }

  /** The page is gone: nobody waits for its answers. */
  dispose(): void {
    for (const canceller of this.pending.values()) {
      canceller.cancel();
    }
    this.pending.clear();
  }

  private async answer(id: Id, method: string, params: Record<string, unknown>): Promise<void> {
    const canceller = new Canceller();
    this.pending.set(id, canceller);
    try {
      const result = (await this.call(method, params, canceller)) ?? null;
      this.ends.toPage({ jsonrpc: "2.0", id, result });
    } catch (error) {
      this.ends.toPage({ jsonrpc: "2.0", id, error: errorOf(error) });
    } finally {
      this.pending.delete(id);
    }
  }

  private async call(method: string, params: Record<string, unknown>, cancel: Canceller): Promise<unknown> {
    const own = method.startsWith("host/") ? this.ends.host(method, params) : undefined;
    if (own !== undefined) {
      return own;
    }
    if (!method.startsWith("weft/")) {
      throw new Failure(METHOD_NOT_FOUND, `${method} is not for the chat page to call`);
    }
    const server = this.ends.server();
    if (server === undefined) {
      throw new Failure(SERVER_NOT_RUNNING, "Weft is not running. Click Weft in the status bar to see why.");
    }
    // The page counts its tokens from 1 after each reload, so the server gets one of ours.
    const { partialResultToken: token, ...rest } = params;
    const onProgress = isId(token)
      ? (value: unknown) => { this.ends.toPage({ jsonrpc: "2.0", method: "$/progress", params: { token, value } }); }
      : undefined;
    return request(server, method, rest, { cancel, onProgress });
  }
}

class Failure extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

function errorOf(error: unknown): { code: number; message: string; data?: unknown } {
  const message = error instanceof Error ? error.message : String(error);
  const { code, data } = isObject(error) ? error : {};
  return { code: typeof code === "number" ? code : INTERNAL_ERROR, message, ...(data === undefined ? {} : { data }) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isId(value: unknown): value is Id {
  return typeof value === "string" || typeof value === "number";
}
