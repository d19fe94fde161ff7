//! What Markdown becomes: a tree of the few things that an answer may show. Components draw it, node by node, so no
//! text of a model is ever parsed as HTML. Raw HTML that stands in an answer is text here, too (see `html.ts`).

export type Tag =
  | "p"
  | "h1"
  | "h2"
  | "h3"
  | "h4"
  | "h5"
  | "h6"
  | "ul"
  | "li"
  | "blockquote"
  | "table"
  | "thead"
  | "tbody"
  | "tr"
  | "strong"
  | "em"
  | "s"
  | "kbd"
  | "sub"
  | "sup"
  | "u"
  | "mark";

export type Align = "left" | "center" | "right";

export type MarkdownNode =
  | { kind: "text"; text: string }
  | { kind: "element"; tag: Tag; children: MarkdownNode[] }
  | { kind: "list"; start: number; children: MarkdownNode[] }
  | { kind: "cell"; head: boolean; align: Align | undefined; children: MarkdownNode[] }
  | { kind: "code"; code: string; language: string; path: string | undefined }
  | { kind: "inlineCode"; text: string }
  | { kind: "link"; href: string; title: string; children: MarkdownNode[] }
  | { kind: "image"; href: string; alt: string }
  | { kind: "html"; source: string }
  | { kind: "break" }
  | { kind: "rule" };

/** A top-level piece of an answer. */
export interface MarkdownBlock {
  /** Where it begins, in UTF-16 units of the whole text. */
  start: number;
  node: MarkdownNode;
}
