//! The types of docs/protocol.md that the page uses, and those that it exchanges with its host. No code.

export interface Position {
  line: number;
  /** In the encoding that `initialize` settled; the page only shows lines. */
  character: number;
}

export interface Range {
  start: Position;
  end: Position;
}

export interface ChatContext {
  textDocument?: { uri: string };
  selection?: Range;
  visible?: Range[];
  problems?: { uri: string; range: Range; severity?: 1 | 2 | 3 | 4; message: string; source?: string }[];
  terminal?: string;
  clipboard?: string;
}

export interface Attachment {
  mention: string;
  title: string;
  uri?: string;
  /** From 0, the end excluded. */
  lines?: [number, number];
  tokens: number;
  /** What was left out of it, in words; empty if nothing was. */
  cut: string;
}

/** What went along with a question, with its text. */
export interface SentAttachment extends Attachment {
  /** From the workspace's root, with `/`. */
  path?: string;
  /** As behind a fence; perhaps empty. */
  language: string;
  text: string;
}

/** Which one: of a session, of a message in it, and the place among the message's attachments, from 0. */
export interface AttachmentParams {
  sessionId: string;
  messageId: string;
  index: number;
}

export interface Stats {
  promptTokens: number;
  cachedTokens: number;
  firstTokenMs: number;
  tokens: number;
  tokensPerSecond: number;
}

export type MessageState = "done" | "stopped" | "failed" | "streaming";

export interface SendParams {
  sessionId?: string;
  text: string;
  context?: ChatContext;
  model?: string;
  replaces?: string;
  regenerate?: boolean;
}

export type SendProgress =
  | {
      kind: "started";
      sessionId: string;
      messageId: string;
      answerId: string;
      attachments: Attachment[];
      notes: string[];
      model: string;
    }
  | { kind: "loading"; fraction: number }
  | { kind: "thinking"; text: string }
  | { kind: "text"; text: string };

export interface SendResult {
  sessionId: string;
  messageId: string;
  answerId: string;
  state: Exclude<MessageState, "streaming">;
  text: string;
  thinking: string;
  stats?: Stats;
  error?: string;
}

export interface SessionSummary {
  id: string;
  title: string;
  /** Milliseconds since 1970. */
  updated: number;
  messages: number;
}

export interface ChatMessage {
  id: string;
  role: "user" | "assistant";
  text: string;
  thinking: string;
  attachments: Attachment[];
  notes: string[];
  state: MessageState;
  stats?: Stats;
  error?: string;
}

export interface Session {
  id: string;
  title: string;
  messages: ChatMessage[];
}

export type CandidateKind = "command" | "keyword" | "file" | "folder" | "symbol";

export interface Candidate {
  insertText: string;
  label: string;
  detail: string;
  kind: CandidateKind;
}

export interface Completion {
  /** UTF-16 units of the text that was sent: what lies between the two is replaced. */
  start: number;
  end: number;
  items: Candidate[];
}

export interface Resolution {
  attachments: Attachment[];
  problems: { mention: string; message: string }[];
  tokens: number;
  budget: number;
}

export interface Block {
  index: number;
  range: Range;
  oldText: string;
  newText: string;
}

export interface Proposal {
  id: string;
  uri: string;
  version: number | null;
  diff: string;
  blocks: Block[];
}

export interface ApplyParams {
  code: string;
  language?: string;
  path?: string;
  textDocument?: { uri: string };
}

export interface Model {
  name: string;
  bytes: number;
  installed: boolean;
  loaded: boolean;
  current: boolean;
}

/** What a host may ask of the page, as notifications. README.md has the whole list. */
export interface ComposeParams {
  /** Put into the composer, before what stands there. */
  text?: string;
  /** Ask it at once. */
  send?: boolean;
  newSession?: boolean;
}

export interface ThemeParams {
  kind: "light" | "dark" | "highContrast" | "highContrastLight";
  /** CSS variables by name, such as `--vscode-editor-background`. */
  variables?: Record<string, string>;
}
