//! The page as a whole: what is shown, the sessions, the models, and what the host asks for. Components get it by
//! `getApp()`. It must not know how anything is drawn.

import { createContext } from "svelte";
import type { ComposeParams, Model, SessionSummary, ThemeParams } from "../protocol";
import { Connection, isObject, messageOf } from "../rpc/connection";
import { type Access, folderName, keepAccess } from "../transport/access";
import type { Keep, Transport } from "../transport/transport";
import { Composer } from "./composer.svelte";
import { Conversation, type Entry, type Outcome } from "./conversation.svelte";
import { Host } from "./host";
import { LocalApi } from "./local_api";
import { ModelStore } from "./models.svelte";
import { Weft } from "./weft.svelte";

export type View = "chat" | "compare" | "models";

interface Kept {
  sessionId?: string;
  draft?: string;
}

const NOTICE_MS = 6_000;

export class App {
  readonly host: Host;
  readonly weft: Weft;
  readonly composer: Composer;
  /** What only the page's own server can do with models; none in an editor. */
  readonly store: ModelStore | undefined;
  /** The folder that questions are about, in a browser. */
  readonly folder: string;
  view = $state<View>("chat");
  sessionsOpen = $state(false);
  conversation: Conversation;
  sessions = $state.raw<SessionSummary[]>([]);
  sessionsError = $state("");
  query = $state("");
  models = $state.raw<Model[]>([]);
  modelsError = $state("");
  /** Something that went wrong or was done; it goes by itself. */
  notice = $state("");
  /** For screen readers alone. */
  announcement = $state("");
  /** Counts up when the composer is to take the focus. */
  focusAsked = $state(0);
  /** The session that was shown before a reload, until it is there again. */
  private restored: string | undefined;
  private noticeTimer: number | undefined;
  /** Conversations whose answer goes on while another one is shown. */
  private readonly running = new Map<string, Conversation>();

  constructor(
    transport: Transport,
    private readonly keep: Keep,
    private readonly access?: Access,
  ) {
    const connection = new Connection(transport);
    this.host = new Host(connection, transport.place);
    this.weft = new Weft(connection, transport, () => void this.opened(), access?.folder);
    this.folder = access?.folder ? folderName(access.folder) : "";
    this.store = access && new ModelStore(this, new LocalApi(() => access.key));
    this.conversation = $state.raw(new Conversation(this.weft));
    this.composer = new Composer(this.weft, (text) => this.host.context(text));
    this.listen(connection);
    const kept = keep.load();
    if (!isObject(kept)) return;
    if (typeof kept["draft"] === "string") this.composer.set(kept["draft"]);
    if (typeof kept["sessionId"] === "string") this.restored = kept["sessionId"];
  }

  get currentModel(): Model | undefined {
    return this.models.find((model) => model.current);
  }

  /** Sends what stands in the composer. */
  async submit(): Promise<void> {
    const { composer, conversation } = this;
    const text = composer.text.trim();
    if (!text || conversation.busy) return;
    composer.set("");
    const outcome = await this.ask(conversation, text);
    if (outcome.kind !== "refused") return;
    // What was written meanwhile is not lost either.
    composer.set(composer.text ? `${text}\n${composer.text}` : text);
    composer.refusal = outcome.message;
    this.announce(`Not sent. ${outcome.message}`);
  }

  async ask(conversation: Conversation, text: string, replaces?: Entry, regenerate = false): Promise<Outcome> {
    const context = await this.host.context(text);
    this.announce("Sent. Weft is answering.");
    const asking = conversation.ask({
      text,
      context,
      ...(replaces && { replaces }),
      ...(regenerate && { regenerate }),
    });
    const outcome = await asking;
    if (outcome.kind === "answered") {
      this.announce(outcome.state === "done" ? "The answer is complete." : `The answer ended early: ${outcome.state}.`);
      if (text.startsWith("/model")) void this.loadModels();
      if (conversation === this.conversation) this.save();
      void this.loadSessions();
    }
    return outcome;
  }

  newSession(): void {
    this.leave();
    this.conversation = new Conversation(this.weft);
    this.view = "chat";
    this.sessionsOpen = false;
    this.focusComposer();
    this.save();
  }

  async openSession(id: string): Promise<void> {
    this.view = "chat";
    this.sessionsOpen = false;
    if (this.conversation.id === id) return;
    this.leave();
    const running = this.running.get(id);
    this.running.delete(id);
    const conversation = running ?? new Conversation(this.weft);
    try {
      if (!running) await conversation.load(id);
      this.conversation = conversation;
      this.save();
      this.focusComposer();
    } catch (error) {
      this.say(`This session cannot be opened. ${messageOf(error)}`);
    }
  }

  async loadSessions(): Promise<void> {
    const query = this.query.trim();
    try {
      const sessions = await this.weft.sessions(query);
      if (query !== this.query.trim()) return;
      this.sessions = sessions;
      this.sessionsError = "";
      const own = sessions.find((session) => session.id === this.conversation.id);
      if (own) this.conversation.title = own.title;
    } catch (error) {
      this.sessionsError = messageOf(error);
    }
  }

  async renameSession(id: string, title: string): Promise<void> {
    await this.attempt("This session cannot be renamed.", () => this.weft.rename(id, title));
    await this.loadSessions();
  }

  async deleteSession(id: string): Promise<void> {
    const deleted = await this.attempt("This session cannot be deleted.", () => this.weft.delete(id));
    if (deleted && this.conversation.id === id) {
      this.conversation.stop();
      this.conversation = new Conversation(this.weft);
      this.save();
    }
    await this.loadSessions();
  }

  async exportSession(id: string, title: string): Promise<void> {
    await this.attempt("This session cannot be exported.", async () => {
      const markdown = await this.weft.export(id);
      if (this.host.isEditor) this.host.newFile(markdown, "markdown");
      else download(`${title.replace(/[^\p{L}\p{N} ._-]+/gu, "").trim() || "chat"}.md`, markdown);
    });
  }

  async loadModels(): Promise<void> {
    try {
      this.models = await this.weft.models();
      this.modelsError = "";
    } catch (error) {
      this.modelsError = messageOf(error);
    }
  }

  unlock(key: string): void {
    // It is kept before it is known to be right; a wrong one is asked for again.
    if (this.access) keepAccess({ ...this.access, key });
    this.weft.unlock(key);
  }

  async useModel(name: string): Promise<void> {
    const used = await this.attempt(`${name} cannot be used.`, () => this.weft.useModel(name));
    if (used) this.announce(`${name} is used from now on.`);
    await this.loadModels();
  }

  say(text: string): void {
    this.notice = text;
    this.announce(text);
    window.clearTimeout(this.noticeTimer);
    this.noticeTimer = window.setTimeout(() => (this.notice = ""), NOTICE_MS);
  }

  announce(text: string): void {
    this.announcement = text;
  }

  focusComposer(): void {
    this.focusAsked++;
  }

  /** Keeps what a reload should not lose. */
  save(): void {
    const kept: Kept = { draft: this.composer.text };
    const sessionId = this.conversation.id ?? this.restored;
    if (sessionId) kept.sessionId = sessionId;
    this.keep.save(kept);
  }

  private async opened(): Promise<void> {
    this.composer.resolveSoon();
    void this.loadSessions();
    void this.loadModels();
    const { conversation } = this;
    const id = conversation.id ?? this.restored;
    if (!id || conversation.busy) return;
    // A session that is gone is no news after a reload; the page is simply empty.
    await conversation.load(id).catch(() => undefined);
    this.restored = undefined;
  }

  private leave(): void {
    this.restored = undefined;
    const { conversation } = this;
    conversation.dispose();
    if (conversation.busy && conversation.id) this.running.set(conversation.id, conversation);
  }

  private async attempt(failure: string, action: () => Promise<unknown>): Promise<boolean> {
    try {
      await action();
      return true;
    } catch (error) {
      this.say(`${failure} ${messageOf(error)}`);
      return false;
    }
  }

  private listen(connection: Connection): void {
    connection.onNotification("host/compose", (params) => this.compose(params as ComposeParams));
    connection.onNotification("host/newSession", () => this.newSession());
    connection.onNotification("host/sessions", () => (this.sessionsOpen = true));
    connection.onNotification("host/focus", () => this.focusComposer());
    connection.onNotification("host/stop", () => this.conversation.stop());
    connection.onNotification("host/contextChanged", () => this.composer.resolveSoon());
    connection.onNotification("host/modelsChanged", () => void this.loadModels());
    connection.onNotification("host/theme", (params) => applyTheme(params as ThemeParams));
  }

  private compose({ text = "", send = false, newSession = false }: ComposeParams): void {
    if (newSession) this.newSession();
    this.view = "chat";
    const { composer } = this;
    // What stands there already comes after it; the cursor waits behind a blank.
    composer.set(text + (text === "" || /\s$/.test(text) ? "" : " ") + composer.text);
    this.focusComposer();
    if (send) void this.submit();
  }
}

export const [getApp, setApp] = createContext<App>();

function applyTheme({ kind, variables = {} }: ThemeParams): void {
  document.body.dataset["theme"] = kind;
  for (const [name, value] of Object.entries(variables)) {
    if (name.startsWith("--")) document.body.style.setProperty(name, value);
  }
}

function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/markdown" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(url), 1_000);
}
