//! Messages through a WebSocket, one JSON-RPC message a frame. A lost connection is opened again, with growing
//! pauses; what was asked on the old one is lost, and its askers are told.

import type { Transport } from "./transport";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

export function webSocketTransport(url: string): Transport {
  let socket: WebSocket | undefined;
  let pause = FIRST_PAUSE_MS;
  let onMessage: (message: unknown) => void = () => undefined;
  let onClose: (reason: string) => void = () => undefined;
  let onOpen: () => void = () => undefined;

  const connect = () => {
    const opened = new WebSocket(url);
    socket = opened;
    opened.addEventListener("open", () => {
      pause = FIRST_PAUSE_MS;
      onOpen();
    });
    opened.addEventListener("message", (event: MessageEvent<unknown>) => {
      if (typeof event.data !== "string") return;
      const message = parse(event.data);
      if (message !== undefined) onMessage(message);
    });
    opened.addEventListener("close", () => {
      onClose("The connection to Weft was lost. It is opened again by itself once `weft serve` can be reached.");
      window.setTimeout(connect, pause);
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    });
  };
  // The listeners are set in this turn; nothing of the socket can happen before the next one.
  connect();

  return {
    place: "browser",
    send(message) {
      if (socket?.readyState !== WebSocket.OPEN) return false;
      socket.send(JSON.stringify(message));
      return true;
    },
    onMessage: (listener) => (onMessage = listener),
    onClose: (listener) => (onClose = listener),
    onOpen: (listener) => (onOpen = listener),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
