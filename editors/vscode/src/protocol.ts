// The shapes of Weft's own methods on the wire, as docs/protocol.md has them. It must not hold behaviour.

/** A position; `character` counts UTF-16 units. */
export interface Position {
  line: number;
  character: number;
}

/** A range; the end is excluded. */
export interface Range {
  start: Position;
  end: Position;
}

/** `weft/trace`: one completion request. Field names are those of the server's trace. */
export interface Trace {
  uri: string;
  version: number;
  outcome: "shown" | "empty";
  reason: string | null;
  reason_code: string | null;
  source: "engine" | "memory" | "joined";
  model: string | null;
  rules: string[];
  excerpts: ExcerptTrace[];
  context_ms: number;
  probability: number | null;
  least_probability: number;
  prompt_tokens: number;
  cached_tokens: number;
  tokens: number;
  load_ms: number;
  queue_ms: number;
  first_token_ms: number;
  prompt_ms: number;
  generate_ms: number;
  total_ms: number;
}

/** A piece of other code, without its text. */
export interface ExcerptTrace {
  path: string;
  /** The first line and the line after the last, counted from 0. */
  lines: [number, number];
  source: string;
  reason: string;
  tokens: number | null;
  left_out: string | null;
}

/** The answer to `weft/why`, newest first. */
export interface WhyAnswer {
  last: Trace[];
}

/** An entry of `weft/models`. */
export interface ServerModel {
  name: string;
  bytes: number;
  installed: boolean;
  loaded: boolean;
  current: boolean;
}

/** What an edit is for. */
export type EditKind = "edit" | "fix" | "document" | "tests";

/** `weft/edit/propose`. */
export interface ProposeParams {
  textDocument: { uri: string };
  range: Range;
  kind: EditKind;
  instruction?: string;
  problems?: Problem[];
}

/** The answer to `weft/edit/propose` and `weft/edit/apply`. */
export interface Proposal {
  id: string;
  uri: string;
  version: number | null;
  diff: string;
  blocks: Block[];
}

/** One change of a proposal. `range` is in the document as it was when proposed. */
export interface Block {
  index: number;
  range: Range;
  oldText: string;
  newText: string;
}

/** The answer to `weft/edit/accept`. */
export interface AcceptAnswer {
  applied: boolean;
  reason?: string;
  left: number;
}

/** A diagnostic, as a chat or an edit gets it. */
export interface Problem {
  uri: string;
  range: Range;
  severity?: 1 | 2 | 3 | 4;
  message: string;
  source?: string;
}

/** What the editor shows at the moment of a question. */
export interface ChatContext {
  textDocument?: { uri: string };
  selection?: Range;
  visible?: Range[];
  problems?: Problem[];
  terminal?: string;
  clipboard?: string;
}
