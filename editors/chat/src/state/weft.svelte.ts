//! The server, as the page calls it: one function for each method of docs/protocol.md that it uses, and whether the
//! connection stands. In a browser the page is the language client, so it also says hello as one.

import { CONNECTION_LOST, type Connection, messageOf, RpcError } from "../rpc/connection";
import type {
  ApplyParams,
  AttachmentParams,
  ChatContext,
  Completion,
  Model,
  Proposal,
  Resolution,
  SendParams,
  SendProgress,
  SendResult,
  SentAttachment,
  Session,
  SessionSummary,
} from "../protocol";
import { folderName } from "../transport/access";
import type { Transport } from "../transport/transport";

export type Status = "connecting" | "open" | "lost" | "locked";

export class Weft {
  status = $state<Status>("connecting");
  /** Why the connection does not stand. */
  reason = $state("");
  private firstOpen: Promise<void>;
  private reportOpen: () => void = () => undefined;

  constructor(
    readonly connection: Connection,
    private readonly transport: Transport,
    onOpen: () => void,
    /** What questions are about, in a browser; an editor says it itself. */
    private readonly folder?: string,
  ) {
    this.firstOpen = new Promise((resolve) => (this.reportOpen = resolve));
    if (transport.place === "browser") answerAsClient(connection);
    transport.onOpen(() => void this.open(transport, onOpen));
    transport.onClose((reason, cause) => {
      connection.close(reason);
      this.status = cause;
      this.reason = reason;
    });
  }

  unlock(key: string): void {
    this.status = "connecting";
    this.transport.unlock?.(key);
  }

  send(params: SendParams, signal: AbortSignal, onProgress: (value: SendProgress) => void): Promise<SendResult> {
    return this.call("weft/chat/send", params, { signal, onProgress: (value) => onProgress(value as SendProgress) });
  }

  async sessions(query: string): Promise<SessionSummary[]> {
    const params = query ? { query } : {};
    return (await this.call<{ sessions: SessionSummary[] }>("weft/chat/sessions", params)).sessions;
  }

  session(id: string): Promise<Session> {
    return this.call("weft/chat/session", { id });
  }

  rename(id: string, title: string): Promise<null> {
    return this.call("weft/chat/rename", { id, title });
  }

  delete(id: string): Promise<null> {
    return this.call("weft/chat/delete", { id });
  }

  async export(id: string): Promise<string> {
    return (await this.call<{ markdown: string }>("weft/chat/export", { id })).markdown;
  }

  attachment(params: AttachmentParams): Promise<SentAttachment> {
    return this.call("weft/chat/attachment", params);
  }

  complete(text: string, offset: number, context: ChatContext | undefined, signal: AbortSignal): Promise<Completion> {
    return this.call("weft/chat/complete", { text, offset, ...(context && { context }) }, { signal });
  }

  resolve(text: string, context: ChatContext | undefined, signal: AbortSignal): Promise<Resolution> {
    return this.call("weft/chat/resolve", { text, ...(context && { context }) }, { signal });
  }

  apply(params: ApplyParams, signal: AbortSignal, onText: (text: string) => void): Promise<Proposal> {
    const onProgress = (value: unknown) => onText((value as { text?: string }).text ?? "");
    return this.call("weft/edit/apply", params, { signal, onProgress });
  }

  accept(id: string, blocks: number[]): Promise<{ applied: boolean; reason?: string; left: number }> {
    return this.call("weft/edit/accept", { id, blocks });
  }

  reject(id: string, blocks: number[]): Promise<{ left: number }> {
    return this.call("weft/edit/reject", { id, blocks });
  }

  async models(): Promise<Model[]> {
    return (await this.call<{ models: Model[] }>("weft/models", {})).models;
  }

  useModel(name: string): Promise<null> {
    return this.call("weft/useModel", { name });
  }

  private async call<Result>(
    method: string,
    params: object,
    options: { signal?: AbortSignal; onProgress?: (value: unknown) => void } = {},
  ): Promise<Result> {
    if (this.status === "lost" || this.status === "locked") throw new RpcError(CONNECTION_LOST, this.reason);
    await this.firstOpen;
    return this.connection.request<Result>(method, params, options);
  }

  private async open(transport: Transport, onOpen: () => void): Promise<void> {
    try {
      if (transport.place === "browser") await sayHello(this.connection, this.folder);
    } catch (error) {
      if (this.status !== "locked") this.status = "lost";
      this.reason = messageOf(error);
      return;
    }
    this.status = "open";
    this.reason = "";
    this.reportOpen();
    onOpen();
  }
}

async function sayHello(connection: Connection, folder: string | undefined): Promise<void> {
  await connection.request("initialize", {
    processId: null,
    clientInfo: { name: "weft-chat-page" },
    rootUri: folder ?? null,
    workspaceFolders: folder ? [{ uri: folder, name: folderName(folder) }] : null,
    capabilities: { general: { positionEncodings: ["utf-16"] } },
  });
  connection.notify("initialized", {});
}

/** What a language server asks of its client, where the client has no editor. */
function answerAsClient(connection: Connection): void {
  connection.onRequest("workspace/configuration", (params) => {
    const items = (params as { items?: unknown[] } | null)?.items ?? [];
    return items.map(() => null);
  });
  connection.onRequest("client/registerCapability", () => null);
  connection.onRequest("client/unregisterCapability", () => null);
  connection.onRequest("window/workDoneProgress/create", () => null);
  connection.onRequest("workspace/workspaceFolders", () => null);
  connection.onRequest("workspace/applyEdit", () => ({
    applied: false,
    failureReason: "A browser has no documents. Apply the edit from your editor.",
  }));
}
