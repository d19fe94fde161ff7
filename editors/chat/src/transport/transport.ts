//! The seam between the page and whoever carries its messages. A transport moves whole JSON-RPC messages and knows
//! none of them.

/** Where the page runs, which decides what it can do. */
export type Place = "vscode" | "jetbrains" | "browser";

/** `locked`: the server does not know the key, and the connection is not opened again before there is another one. */
export type CloseCause = "lost" | "locked";

export interface Transport {
  readonly place: Place;
  /** False if the message could not be handed on. */
  send(message: object): boolean;
  /** One listener; messages that came before are handed to it. */
  onMessage(listener: (message: unknown) => void): void;
  /** The connection was lost; `reason` is for the user. */
  onClose(listener: (reason: string, cause: CloseCause) => void): void;
  /** The connection can be used, for the first time or again. */
  onOpen(listener: () => void): void;
  /** Tries another key; where there is none, it cannot be locked. */
  unlock?(key: string): void;
}

/** Something small that outlives the page: the session that was shown, the draft. */
export interface Keep {
  load(): unknown;
  save(value: unknown): void;
}
