//! Finds out where the page runs. VS Code has `acquireVsCodeApi`; a JCEF host has injected `weftPost` or opened the
//! page with `?host=jcef`; everything else is a browser at `weft serve`'s address.

import { type Access, takeAccess } from "./access";
import { jcefTransport, vsCodeTransport } from "./post_message";
import type { Keep, Transport } from "./transport";
import { webSocketTransport } from "./web_socket";

export interface Chosen {
  transport: Transport;
  keep: Keep;
  /** In a browser: with which key, and about which folder. */
  access?: Access;
}

export function chooseTransport(): Chosen {
  if (window.acquireVsCodeApi) return vsCodeTransport(window.acquireVsCodeApi());
  const inJcef = window.weftPost !== undefined || new URLSearchParams(location.search).get("host") === "jcef";
  if (inJcef) return { transport: jcefTransport(), keep: storage("weft.page") };
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const access = takeAccess();
  const transport = webSocketTransport(`${scheme}//${location.host}/weft/ws`, access);
  return { transport, keep: storage("weft.page"), access };
}

/** Of this tab alone, so that two tabs can show two sessions. */
function storage(key: string): Keep {
  return {
    load() {
      try {
        return JSON.parse(sessionStorage.getItem(key) ?? "null") as unknown;
      } catch {
        return null;
      }
    },
    save(value) {
      try {
        sessionStorage.setItem(key, JSON.stringify(value));
      } catch {
        // A browser that keeps nothing shows an empty page after a reload; nothing else depends on it.
      }
    },
  };
}
