//! Messages through a WebSocket, one JSON-RPC message a frame. A lost connection is opened again, with growing
//! pauses; what was asked on the old one is lost, and its askers are told. A server that does not know the key says so,
//! and is not asked again before there is another one.

import type { Access } from "./access";
import type { CloseCause, Transport } from "./transport";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
/** The server's code for a key that is missing or wrong. */
const KEY_IS_WRONG = 4401;

const REASONS: Record<CloseCause, string> = {
  lost: "The connection to Weft was lost. It is opened again by itself once `weft serve` can be reached.",
  locked: "This page needs the key of the Weft that serves it.",
};

export function webSocketTransport(url: string, access: Access): Transport {
  let socket: WebSocket | undefined;
  let pause = FIRST_PAUSE_MS;
  let onMessage: (message: unknown) => void = () => undefined;
  let onClose: (reason: string, cause: CloseCause) => void = () => undefined;
  let onOpen: () => void = () => undefined;

  const connect = () => {
    // A page can send no header but the subprotocols, whose names take few characters.
    const opened = new WebSocket(url, ["weft", ...(access.key ? [`weft.key.${hexadecimal(access.key)}`] : [])]);
    socket = opened;
    // One that is refused is open, too, for a moment: only what is said on it counts.
    let works = false;
    opened.addEventListener("open", () => onOpen());
    opened.addEventListener("message", (event: MessageEvent<unknown>) => {
      if (!works) {
        works = true;
        pause = FIRST_PAUSE_MS;
      }
      if (typeof event.data !== "string") return;
      const message = parse(event.data);
      if (message !== undefined) onMessage(message);
    });
    opened.addEventListener("close", (event) => {
      const cause = event.code === KEY_IS_WRONG ? "locked" : "lost";
      onClose(REASONS[cause], cause);
      if (cause === "locked") return;
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
    unlock(key) {
      access.key = key;
      if (socket?.readyState === WebSocket.CLOSED) connect();
    },
  };
}

function hexadecimal(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
