//! The other side of docs/protocol.md for tests of the page: sessions, mentions and models of its own, and answers
//! that a test writes piece by piece. It knows no model; the real server has its own tests.

import type {
  Attachment,
  Candidate,
  ChatMessage,
  Model,
  Proposal,
  SendParams,
  SentAttachment,
  Session,
  Stats,
} from "../../src/protocol";

export interface Received {
  method: string;
  params: Record<string, unknown>;
}

interface Incoming {
  id?: number | string;
  method?: string;
  params?: Record<string, unknown>;
}

export const STATS: Stats = {
  promptTokens: 1834,
  cachedTokens: 1520,
  firstTokenMs: 312,
  tokens: 214,
  tokensPerSecond: 46.27,
};

const FILES: Attachment[] = [
  { mention: "@src/cart.py", title: "src/cart.py", uri: "file:///shop/src/cart.py", tokens: 412, cut: "" },
  {
    mention: "@src/money.py",
    title: "src/money.py",
    uri: "file:///shop/src/money.py",
    tokens: 3200,
    cut: "lines 90 to 240",
  },
  { mention: "@current", title: "cart.py", uri: "file:///shop/src/cart.py", lines: [0, 40], tokens: 412, cut: "" },
];

/** What went along of each, as `weft/chat/attachment` hands it out. */
const TEXTS: Record<string, Pick<SentAttachment, "path" | "language" | "text">> = {
  "@src/cart.py": {
    path: "src/cart.py",
    language: "python",
    text: "class Cart:\n    def total(self):\n        return sum(self.lines)  # in cents\n",
  },
  "@src/money.py": { path: "src/money.py", language: "python", text: "CURRENCY = 'NOK'\n" },
};

const CANDIDATES: Candidate[] = [
  { insertText: "@current", label: "current", detail: "the file that you edit", kind: "keyword" },
  { insertText: "@diff:", label: "diff", detail: "what is not committed", kind: "keyword" },
  { insertText: "@src/cart.py", label: "src/cart.py", detail: "file", kind: "file" },
  { insertText: "@src/money.py", label: "src/money.py", detail: "open file", kind: "file" },
  { insertText: "@src/", label: "src", detail: "folder, 12 files", kind: "folder" },
  { insertText: "@Cart.total", label: "Cart.total", detail: "method in src/cart.py", kind: "symbol" },
  { insertText: "/help", label: "/help", detail: "what Weft can do", kind: "command" },
  { insertText: "/clear", label: "/clear", detail: "empties the session", kind: "command" },
];

const MODELS: Model[] = [
  { name: "qwen2.5-coder-1.5b", bytes: 1_117_320_768, installed: true, loaded: true, current: true },
  { name: "qwen2.5-coder-0.5b", bytes: 491_400_064, installed: true, loaded: false, current: false },
  { name: "qwen2.5-coder-7b", bytes: 4_683_073_536, installed: false, loaded: false, current: false },
];

/** One `weft/chat/send`, answered by the test. */
export class Turn {
  cancelled = false;
  readonly answer: ChatMessage;

  constructor(
    private readonly peer: Peer,
    private readonly id: number | string,
    readonly params: SendParams & { partialResultToken: string },
    readonly session: Session,
    readonly question: ChatMessage,
  ) {
    this.answer = message("assistant", "", { state: "streaming" });
  }

  started(notes: string[] = []): this {
    const { question, answer, session } = this;
    question.notes = notes;
    session.messages.push(question, answer);
    const { attachments } = this.peer.resolve(question.text);
    question.attachments = attachments;
    const model = this.params.model ?? this.peer.models.find((one) => one.current)?.name ?? "";
    this.progress({
      kind: "started",
      sessionId: session.id,
      messageId: question.id,
      answerId: answer.id,
      attachments,
      notes,
      model,
    });
    return this;
  }

  progress(value: object): this {
    this.peer.send({ method: "$/progress", params: { token: this.params.partialResultToken, value } });
    return this;
  }

  thinking(text: string): this {
    this.answer.thinking += text;
    return this.progress({ kind: "thinking", text });
  }

  text(...pieces: string[]): this {
    for (const text of pieces) {
      this.answer.text += text;
      this.progress({ kind: "text", text });
    }
    return this;
  }

  end(state: "done" | "stopped" | "failed" = "done", stats?: Stats, error?: string): void {
    const { question, answer, session } = this;
    Object.assign(answer, { state, ...(stats && { stats }), ...(error && { error }) });
    const ids = { sessionId: session.id, messageId: question.id, answerId: answer.id };
    this.peer.send({
      id: this.id,
      result: { ...ids, state, text: answer.text, thinking: answer.thinking, stats, error },
    });
  }

  /** What a mention that cannot be resolved does. */
  refuse(text: string): void {
    this.peer.send({ id: this.id, error: { code: -32602, message: text } });
  }

  cancel(id: unknown): void {
    if (id !== this.id) return;
    this.cancelled = true;
    // As the framework of the server does: what had come is kept, and the request ends in an error.
    this.answer.state = "stopped";
    this.peer.send({ id: this.id, error: { code: -32800, message: "Canceled" } });
  }
}

export class Peer {
  readonly received: Received[] = [];
  readonly sessions = new Map<string, Session>();
  models = structuredClone(MODELS);
  texts = structuredClone(TEXTS);
  proposal: Proposal | undefined;
  /** What the host answers to `host/context`. */
  context: object | null = null;
  private readonly turns: Turn[] = [];
  private readonly waiting: ((turn: Turn) => void)[] = [];
  private live: Turn[] = [];

  constructor(private readonly post: (message: object) => void) {}

  send(message: object): void {
    this.post({ jsonrpc: "2.0", ...message });
  }

  /** The next question that the page asks. */
  nextTurn(): Promise<Turn> {
    const turn = this.turns.shift();
    return turn ? Promise.resolve(turn) : new Promise((resolve) => this.waiting.push(resolve));
  }

  calls(method: string): Record<string, unknown>[] {
    return this.received.filter((one) => one.method === method).map((one) => one.params);
  }

  receive(incoming: Incoming): void {
    const { id, method, params = {} } = incoming;
    if (!method) return;
    this.received.push({ method, params });
    if (method === "$/cancelRequest") this.live.forEach((turn) => turn.cancel(params["id"]));
    if (id === undefined) return;
    if (method === "weft/chat/send") {
      this.begin(id, params as unknown as SendParams & { partialResultToken: string });
      return;
    }
    try {
      this.send({ id, result: this.answer(method, params) ?? null });
    } catch (error) {
      this.send({ id, error: { code: -32602, message: (error as Error).message } });
    }
  }

  resolve(text: string) {
    const mentions = text.match(/@[\w./:]*\w/g) ?? [];
    const attachments = mentions.flatMap((mention) => FILES.filter((file) => file.mention === mention));
    const problems = mentions
      .filter((mention) => mention.startsWith("@missing"))
      .map((mention) => ({ mention, message: "is no file of this workspace. Type @ to see what there is." }));
    const tokens = Math.ceil(text.length / 4) + attachments.reduce((sum, one) => sum + one.tokens, 0);
    return { attachments, problems, tokens, budget: 3072 };
  }

  private begin(id: number | string, params: SendParams & { partialResultToken: string }): void {
    const session = this.sessions.get(params.sessionId ?? "") ?? this.addSession(params.text);
    let text = params.text;
    if (params.replaces) {
      const at = session.messages.findIndex((one) => one.id === params.replaces);
      if (params.regenerate) text = session.messages[at]?.text ?? text;
      session.messages = session.messages.slice(0, at);
    }
    const turn = new Turn(this, id, params, session, message("user", text));
    this.live = [...this.live, turn];
    const waiting = this.waiting.shift();
    if (waiting) waiting(turn);
    else this.turns.push(turn);
  }

  addSession(title: string, messages: ChatMessage[] = []): Session {
    const session = { id: `s${this.sessions.size + 1}`, title, messages };
    this.sessions.set(session.id, session);
    return session;
  }

  private answer(method: string, params: Record<string, unknown>): unknown {
    const id = String(params["id"]);
    switch (method) {
      case "initialize":
        return { capabilities: {}, serverInfo: { name: "weft" } };
      case "weft/models":
        return { models: this.models };
      case "weft/useModel":
        this.models = this.models.map((model) => ({ ...model, current: model.name === params["name"] }));
        return null;
      case "weft/chat/sessions": {
        const query = String(params["query"] ?? "").toLowerCase();
        const found = [...this.sessions.values()].filter((session) => session.title.toLowerCase().includes(query));
        const summary = ({ id, title, messages }: Session) => ({
          id,
          title,
          updated: Date.now(),
          messages: messages.length,
        });
        return { sessions: found.reverse().map(summary) };
      }
      case "weft/chat/session":
        if (!this.sessions.has(id)) throw new Error("There is no such session.");
        return this.sessions.get(id);
      case "weft/chat/rename":
        Object.assign(this.sessions.get(id) ?? {}, { title: params["title"] });
        return null;
      case "weft/chat/delete":
        this.sessions.delete(id);
        return null;
      case "weft/chat/export":
        return { markdown: `# ${this.sessions.get(id)?.title}\n` };
      case "weft/chat/attachment": {
        const asked = this.sessions.get(String(params["sessionId"]))?.messages;
        const sent = asked?.find((one) => one.id === params["messageId"])?.attachments[Number(params["index"])];
        const text = sent && this.texts[sent.mention];
        if (!text) throw new Error("There is no such message any more.");
        return { ...sent, ...text };
      }
      case "weft/chat/complete":
        return complete(String(params["text"]), Number(params["offset"]));
      case "weft/chat/resolve":
        return this.resolve(String(params["text"]));
      case "weft/edit/apply":
        if (!this.proposal) throw new Error("No file fits this code. Name one in the line above it.");
        return this.proposal;
      case "weft/edit/accept":
        return { applied: true, left: 0 };
      case "weft/edit/reject":
        return { left: 0 };
      case "host/context":
        return this.context;
      default:
        throw new Error(`The peer does not know ${method}.`);
    }
  }
}

let messages = 0;

export function message(role: "user" | "assistant", text: string, more: Partial<ChatMessage> = {}): ChatMessage {
  return { id: `m${++messages}`, role, text, thinking: "", attachments: [], notes: [], state: "done", ...more };
}

function complete(text: string, offset: number) {
  const before = text.slice(0, offset);
  const start = before.search(/[@/]\S*$/);
  const word = before.slice(start).toLowerCase();
  const items = CANDIDATES.filter(
    (item) =>
      item.insertText.toLowerCase().startsWith(word.slice(0, 1)) && item.label.toLowerCase().includes(word.slice(1)),
  );
  return { start, end: offset, items };
}
