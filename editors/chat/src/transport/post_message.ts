//! Messages through an editor's web view. VS Code hands objects both ways; JCEF (JetBrains) hands strings through two
//! functions. Neither connection closes while the page lives.

import type { Keep, Transport } from "./transport";

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare global {
  interface Window {
    acquireVsCodeApi?: () => VsCodeApi;
    /** Injected by a JCEF host: takes one JSON text. */
    weftPost?: (text: string) => void;
    /** Put here by the page for a JCEF host: takes one JSON text, or the object. */
    weftReceive?: (message: unknown) => void;
  }
}

export function vsCodeTransport(api: VsCodeApi): { transport: Transport; keep: Keep } {
  const inbox = new Inbox();
  window.addEventListener("message", (event: MessageEvent<unknown>) => inbox.put(event.data));
  const transport: Transport = {
    place: "vscode",
    send(message) {
      // A message must be plain data to be cloned; the state's proxies are not.
      api.postMessage(JSON.parse(JSON.stringify(message)));
      return true;
    },
    onMessage: (listener) => inbox.listen(listener),
    onClose: () => undefined,
    onOpen: (listener) => queueMicrotask(listener),
  };
  return { transport, keep: { load: () => api.getState(), save: (value) => api.setState(value) } };
}

/** A JCEF host may inject `weftPost` after the page began: it then dispatches `weft-host-ready` on the window. */
export function jcefTransport(): Transport {
  const inbox = new Inbox();
  window.weftReceive = (message) => inbox.put(typeof message === "string" ? parse(message) : message);
  const waiting: string[] = [];
  window.addEventListener("weft-host-ready", () => {
    for (const text of waiting.splice(0)) window.weftPost?.(text);
  });
  return {
    place: "jetbrains",
    send(message) {
      const text = JSON.stringify(message);
      if (window.weftPost) window.weftPost(text);
      else waiting.push(text);
      return true;
    },
    onMessage: (listener) => inbox.listen(listener),
    onClose: () => undefined,
    onOpen: (listener) => queueMicrotask(listener),
  };
}

/** Keeps what comes before somebody listens. */
class Inbox {
  private readonly waiting: unknown[] = [];
  private listener: ((message: unknown) => void) | undefined;

  put(message: unknown): void {
    if (this.listener) this.listener(message);
    else this.waiting.push(message);
  }

  listen(listener: (message: unknown) => void): void {
    this.listener = listener;
    for (const message of this.waiting.splice(0)) listener(message);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
