//! From Markdown to its tree, with markdown-it (CommonMark and GitHub's tables). It must not make HTML.

import MarkdownIt, { type Token } from "markdown-it";
import { fenceInfo } from "./fence";
import type { Align, MarkdownBlock, MarkdownNode, Tag } from "./tree";

/** Definitions of links that were met, by name; shared by the pieces of one answer. */
export type References = Record<string, unknown>;

// `html: true` only means that HTML is told apart from text; linkify needs a scheme, or "main.py" were a link.
const markdown = new MarkdownIt({ html: true, linkify: true });
markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false });

/** Tags without attributes that models use inside a line, and that are drawn as such. */
const INLINE_TAGS: ReadonlySet<string> = new Set(["kbd", "sub", "sup", "u", "mark", "strong", "em", "s"]);

export function parseBlocks(text: string, references: References = {}): MarkdownBlock[] {
  const tokens = markdown.parse(text, references);
  const lineStarts = startsOfLines(text);
  const blocks: MarkdownBlock[] = [];
  let position = 0;
  while (position < tokens.length) {
    const token = tokens[position] as Token;
    const end = endOf(tokens, position);
    const [node] = nodes(tokens.slice(position, end));
    if (node) blocks.push({ start: lineStarts[token.map?.[0] ?? 0] ?? 0, node });
    position = end;
  }
  return blocks;
}

/** Links that a click may follow. Everything else is shown as text. */
export function isSafeLink(href: string): boolean {
  return /^(https?:\/\/|mailto:)/i.test(href);
}

function nodes(tokens: Token[]): MarkdownNode[] {
  const out: MarkdownNode[] = [];
  let position = 0;
  while (position < tokens.length) {
    const token = tokens[position] as Token;
    const end = endOf(tokens, position);
    if (token.type === "inline") {
      out.push(...inlineNodes(token.children ?? []));
    } else if (token.nesting === 1) {
      const children = nodes(tokens.slice(position + 1, end - 1));
      // In a tight list the paragraph of an item is no paragraph.
      if (token.hidden) out.push(...children);
      else out.push(container(token, children));
    } else {
      out.push(...leaf(token));
    }
    position = end;
  }
  return out;
}

/** The position after the token, or after what it opens. */
function endOf(tokens: Token[], start: number): number {
  let depth = 0;
  for (let position = start; position < tokens.length; position++) {
    depth += (tokens[position] as Token).nesting;
    if (depth <= 0) return position + 1;
  }
  return tokens.length;
}

function container(token: Token, children: MarkdownNode[]): MarkdownNode {
  switch (token.type) {
    case "ordered_list_open":
      return { kind: "list", start: Number(token.attrGet("start") ?? 1), children };
    case "th_open":
    case "td_open":
      return { kind: "cell", head: token.type === "th_open", align: alignment(token), children };
    default:
      return { kind: "element", tag: token.tag as Tag, children };
  }
}

function leaf(token: Token): MarkdownNode[] {
  switch (token.type) {
    case "fence": {
      const { language, path } = fenceInfo(token.info);
      return [{ kind: "code", code: withoutLastBreak(token.content), language, path }];
    }
    case "code_block":
      return [{ kind: "code", code: withoutLastBreak(token.content), language: "", path: undefined }];
    case "html_block":
      return [{ kind: "html", source: withoutLastBreak(token.content) }];
    case "hr":
      return [{ kind: "rule" }];
    default:
      return token.content ? [{ kind: "text", text: token.content }] : [];
  }
}

interface Open {
  /** What its closing token is: a token type, or `</tag>`. */
  closes: string;
  /** How it is written, if it is never closed. */
  source: string;
  make: (children: MarkdownNode[]) => MarkdownNode;
  children: MarkdownNode[];
}

function inlineNodes(tokens: Token[]): MarkdownNode[] {
  const root: MarkdownNode[] = [];
  const open: Open[] = [];
  const here = () => open.at(-1)?.children ?? root;
  const add = (node: MarkdownNode) => {
    const siblings = here();
    const last = siblings.at(-1);
    if (node.kind === "text" && last?.kind === "text") last.text += node.text;
    else siblings.push(node);
  };
  /** HTML that is not closed where Markdown closes is what it looks like: text. */
  const unwrap = () => {
    const { source, children } = open.pop() as Open;
    add({ kind: "text", text: source });
    children.forEach(add);
  };
  const close = (closes: string): boolean => {
    if (!open.some((one) => one.closes === closes)) return false;
    while (open.at(-1)?.closes !== closes) unwrap();
    const { make, children } = open.pop() as Open;
    here().push(make(children));
    return true;
  };

  for (const token of tokens) {
    const tag = openingTag(token);
    if (token.nesting === 1) {
      open.push({
        closes: token.type.replace("_open", "_close"),
        source: "",
        make: (c) => inlineContainer(token, c),
        children: [],
      });
    } else if (token.nesting === -1) {
      close(token.type);
    } else if (tag) {
      open.push({
        closes: `</${tag}>`,
        source: token.content,
        make: (children) => ({ kind: "element", tag: tag as Tag, children }),
        children: [],
      });
    } else if (token.type !== "html_inline" || !close(token.content.toLowerCase())) {
      const node = inlineLeaf(token);
      if (node) add(node);
    }
  }
  while (open.length > 0) unwrap();
  return root;
}

function openingTag(token: Token): string | undefined {
  if (token.type !== "html_inline") return undefined;
  const name = /^<([a-z]+)>$/i.exec(token.content)?.[1]?.toLowerCase();
  return name && INLINE_TAGS.has(name) ? name : undefined;
}

function inlineContainer(token: Token, children: MarkdownNode[]): MarkdownNode {
  if (token.type !== "link_open") return { kind: "element", tag: token.tag as Tag, children };
  return { kind: "link", href: attribute(token, "href"), title: attribute(token, "title"), children };
}

function inlineLeaf(token: Token): MarkdownNode | undefined {
  switch (token.type) {
    case "code_inline":
      return { kind: "inlineCode", text: token.content };
    case "softbreak":
      return { kind: "text", text: "\n" };
    case "hardbreak":
      return { kind: "break" };
    case "image":
      return { kind: "image", href: attribute(token, "src"), alt: token.content };
    case "html_inline":
      return /^<br\s*\/?>$/i.test(token.content) ? { kind: "break" } : { kind: "text", text: token.content };
    default:
      return token.content ? { kind: "text", text: token.content } : undefined;
  }
}

function alignment(token: Token): Align | undefined {
  return /text-align:(left|center|right)/.exec(attribute(token, "style"))?.[1] as Align | undefined;
}

function attribute(token: Token, name: string): string {
  return String(token.attrGet(name) ?? "");
}

function withoutLastBreak(text: string): string {
  return text.endsWith("\n") ? text.slice(0, -1) : text;
}

function startsOfLines(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}
