//! What only an editor can do. In a browser nobody can, and whatever needs it is not shown.

import type { Connection } from "../rpc/connection";
import type { ChatContext } from "../protocol";
import type { Place } from "../transport/transport";

export class Host {
  /** Whether there are files to open, a cursor to insert at, and documents to edit. */
  readonly isEditor: boolean;

  constructor(
    private readonly connection: Connection,
    readonly place: Place,
  ) {
    this.isEditor = place !== "browser";
  }

  /** The page is drawn; what the host sends from now on is seen. */
  ready(): void {
    if (this.isEditor) this.connection.notify("host/ready", {});
  }

  /** `lines` from 0, the end excluded. */
  openFile(uri: string, lines?: [number, number]): void {
    this.connection.notify("host/openFile", { uri, ...(lines && { lines }) });
  }

  insertAtCursor(code: string): void {
    this.connection.notify("host/insertAtCursor", { code });
  }

  newFile(code: string, language: string): void {
    this.connection.notify("host/newFile", { code, language });
  }

  /** What the editor shows now; `text` is the question that it is for, as far as it is written. A host that cannot say is no reason not to send. */
  async context(text = ""): Promise<ChatContext | undefined> {
    if (!this.isEditor) return undefined;
    try {
      return (await this.connection.request<ChatContext | null>("host/context", { text })) ?? undefined;
    } catch {
      return undefined;
    }
  }
}
