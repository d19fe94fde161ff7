//! One session as it is shown: its messages, and the answer that is being written. It must not know the page around it.

import { CONNECTION_LOST, messageOf, REQUEST_CANCELLED, RpcError } from "../rpc/connection";
import type { Attachment, ChatContext, ChatMessage, MessageState, SendProgress, SendResult, Stats } from "../protocol";
import type { Weft } from "./weft.svelte";

/** How often a message is looked at again that is written for somebody else, such as this page before a reload. */
const LOOK_AGAIN_MS = 1_000;

/** The longest that a piece of an answer waits for its frame; a page that is hidden has no frames. */
const FRAME_MS = 100;

let nextKey = 1;

/** A message on the page. */
export class Entry {
  /** For the page alone: it stays when the server gives the message its id. */
  readonly key = nextKey++;
  id = $state("");
  text = $state("");
  thinking = $state("");
  attachments = $state.raw<Attachment[]>([]);
  notes = $state.raw<string[]>([]);
  state = $state<MessageState>("done");
  stats = $state.raw<Stats | undefined>();
  error = $state("");
  model = $state("");

  constructor(
    readonly role: "user" | "assistant",
    from: Partial<ChatMessage> = {},
  ) {
    this.fill(from);
  }

  fill(from: Partial<ChatMessage>): void {
    this.id = from.id ?? this.id;
    this.text = from.text ?? this.text;
    this.thinking = from.thinking ?? this.thinking;
    this.attachments = from.attachments ?? this.attachments;
    this.notes = from.notes ?? this.notes;
    this.state = from.state ?? this.state;
    this.stats = from.stats ?? this.stats;
    this.error = from.error ?? this.error;
  }
}

export type Phase =
  | { kind: "idle" }
  | { kind: "sending" }
  | { kind: "loading"; fraction: number }
  /** The model reads the prompt. */
  | { kind: "reading" }
  | { kind: "writing" };

export interface Question {
  text: string;
  context?: ChatContext | undefined;
  model?: string | undefined;
  /** The message that this one takes the place of. */
  replaces?: Entry;
  regenerate?: boolean;
}

/** `refused`: nothing was sent, the conversation is as it was, and the text is still the user's to change. */
export type Outcome = { kind: "answered"; state: MessageState } | { kind: "refused"; message: string };

export class Conversation {
  id = $state<string | undefined>();
  title = $state("");
  entries = $state.raw<Entry[]>([]);
  phase = $state.raw<Phase>({ kind: "idle" });
  private abort: AbortController | undefined;
  private timer: number | undefined;
  private unseen: { answer: Entry; thinking: string; text: string } | undefined;

  constructor(private readonly weft: Weft) {}

  get busy(): boolean {
    return this.phase.kind !== "idle";
  }

  get lastQuestion(): Entry | undefined {
    return this.entries.findLast((entry) => entry.role === "user");
  }

  async load(id: string): Promise<void> {
    const session = await this.weft.session(id);
    this.id = session.id;
    this.title = session.title;
    this.entries = session.messages.map((message) => new Entry(message.role, message));
    this.lookAgain();
  }

  async ask(question: Question): Promise<Outcome> {
    const before = this.entries;
    const asked = new Entry("user", { text: question.text });
    const answer = new Entry("assistant", { state: "streaming" });
    const replacedAt = question.replaces ? before.indexOf(question.replaces) : before.length;
    this.entries = [...before.slice(0, replacedAt), asked, answer];
    this.phase = { kind: "sending" };
    this.abort = new AbortController();
    let started = false;
    try {
      const result = await this.weft.send(this.params(question), this.abort.signal, (progress) => {
        started ||= progress.kind === "started";
        this.follow(progress, asked, answer);
      });
      this.flush();
      await this.finish(result, started, asked, answer);
      return { kind: "answered", state: answer.state };
    } catch (error) {
      this.flush();
      const stopped = error instanceof RpcError && error.code === REQUEST_CANCELLED;
      if (!started) {
        this.entries = before;
        return { kind: "refused", message: stopped ? "Stopped before it was asked." : messageOf(error) };
      }
      if (stopped) {
        answer.fill({ state: "stopped" });
        return { kind: "answered", state: "stopped" };
      }
      answer.fill({ state: "failed", error: messageOf(error) });
      if (!(error instanceof RpcError && error.code === CONNECTION_LOST)) this.lookAgain();
      return { kind: "answered", state: "failed" };
    } finally {
      this.phase = { kind: "idle" };
      this.abort = undefined;
    }
  }

  stop(): void {
    this.abort?.abort();
  }

  dispose(): void {
    window.clearTimeout(this.timer);
  }

  private params(question: Question) {
    return {
      text: question.text,
      ...(this.id && { sessionId: this.id }),
      ...(question.context && { context: question.context }),
      ...(question.model && { model: question.model }),
      ...(question.replaces && { replaces: question.replaces.id }),
      ...(question.regenerate && { regenerate: true }),
    };
  }

  private follow(progress: SendProgress, asked: Entry, answer: Entry): void {
    switch (progress.kind) {
      case "started":
        this.id = progress.sessionId;
        asked.fill({ id: progress.messageId, attachments: progress.attachments, notes: progress.notes });
        answer.id = progress.answerId;
        answer.model = progress.model;
        this.phase = { kind: "reading" };
        break;
      case "loading":
        this.phase = progress.fraction < 1 ? { kind: "loading", fraction: progress.fraction } : { kind: "reading" };
        break;
      case "thinking":
      case "text":
        this.append(answer, progress.kind, progress.text);
        break;
    }
  }

  /** Pieces that come within one frame are drawn at once: a fast model writes hundreds in a second. */
  private append(answer: Entry, kind: "thinking" | "text", piece: string): void {
    if (this.unseen === undefined) {
      this.unseen = { answer, thinking: "", text: "" };
      requestAnimationFrame(() => this.flush());
      window.setTimeout(() => this.flush(), FRAME_MS);
    }
    this.unseen[kind] += piece;
  }

  private flush(): void {
    if (!this.unseen) return;
    const { answer, thinking, text } = this.unseen;
    this.unseen = undefined;
    answer.thinking += thinking;
    answer.text += text;
    if (this.busy) this.phase = { kind: "writing" };
  }

  private async finish(result: SendResult, started: boolean, asked: Entry, answer: Entry): Promise<void> {
    this.id = result.sessionId || this.id;
    asked.id = result.messageId;
    answer.fill({ ...result, id: result.answerId });
    // A command that needs no model may have changed anything: `/clear` empties the session.
    if (!started && this.id) await this.load(this.id).catch(() => undefined);
  }

  private lookAgain(): void {
    window.clearTimeout(this.timer);
    const id = this.id;
    if (!id || !this.entries.some((entry) => entry.state === "streaming")) return;
    this.timer = window.setTimeout(() => {
      if (this.busy || this.id !== id) return;
      this.weft.session(id).then(
        (session) => {
          if (this.busy || this.id !== id) return;
          const known = new Map(this.entries.map((entry) => [entry.id, entry]));
          this.entries = session.messages.map((message) => {
            const entry = known.get(message.id) ?? new Entry(message.role);
            entry.fill(message);
            return entry;
          });
          this.lookAgain();
        },
        () => this.lookAgain(),
      );
    }, LOOK_AGAIN_MS);
  }
}
