// One request to the server with its progress and its cancellation. It must not know the editor or what a method means.

/** Tells that a request is no longer wanted; the editor's own tokens are such. */
export interface Cancellation {
  readonly isCancellationRequested: boolean;
  onCancellationRequested(listener: () => unknown): { dispose(): unknown };
}

/** What a language client and a plain JSON-RPC connection have in common. */
export interface Rpc {
  sendRequest<T>(method: string, params: unknown, token?: unknown): Promise<T>;
  onProgress(token: string, listener: (value: unknown) => void): { dispose(): unknown };
}

/** Options of a request. */
export interface RequestOptions {
  cancel?: Cancellation | undefined;
  /** Called with each value that comes before the answer. */
  onProgress?: ((value: unknown) => void) | undefined;
}

let counter = 0;

/** Sends a request. With `onProgress`, its parameters get a `partialResultToken`. Errors are the server's. */
export async function request<T>(rpc: Rpc, method: string, params: object, options: RequestOptions = {}): Promise<T> {
  if (options.onProgress === undefined) {
    return rpc.sendRequest<T>(method, params, options.cancel);
  }
  counter += 1;
  const token = `weft/vscode/${counter}`;
  const listening = rpc.onProgress(token, options.onProgress);
  try {
    return await rpc.sendRequest<T>(method, { ...params, partialResultToken: token }, options.cancel);
  } finally {
    listening.dispose();
  }
}

/** A cancellation of our own making, in the shape that JSON-RPC connections take. */
export class Canceller implements Cancellation {
  isCancellationRequested = false;
  private readonly listeners = new Set<() => unknown>();

  onCancellationRequested = (listener: () => unknown): { dispose(): unknown } => {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  };

  /** Cancels; a second time does nothing. */
  cancel(): void {
    this.isCancellationRequested = true;
    for (const listener of this.listeners) {
      listener();
    }
    this.listeners.clear();
  }
}
