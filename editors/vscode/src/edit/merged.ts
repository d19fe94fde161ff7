// The unified view of a proposal: the document's lines with old and new lines of each open block one below the other.
// It must not know the editor or the server. Lines count from 0; a line's end is excluded.
import type { Block, Range } from "../protocol.ts";

/** What became of a block. */
export type Decision = "open" | "accepted" | "rejected";

/** A span of lines in the view. */
export interface Span {
  first: number;
  end: number;
}

/** An open change in the view. */
export interface Region {
  /** The blocks in it: several where they touch the same line. */
  blocks: number[];
  removed: Span;
  added: Span;
  /** The line of the change in the original document. */
  originalLine: number;
}

/** The view. */
export interface Merged {
  text: string;
  regions: Region[];
}

/** Makes the view of `original`, whose lines may end in any way, from its blocks. */
export function merge(original: string, blocks: readonly Block[], decisionOf: (index: number) => Decision): Merged {
  const lines = splitLines(original);
  const output: string[] = [];
  const regions: Region[] = [];
  let at = 0;
  for (const change of changesOf(lines, blocks)) {
    output.push(...lines.slice(at, change.lines.first));
    at = change.lines.end;
    const before = lines.slice(change.lines.first, change.lines.end);
    const decisions = new Set(change.blocks.map((block) => decisionOf(block.index)));
    if (decisions.size === 1 && !decisions.has("open")) {
      output.push(...(decisions.has("accepted") ? change.after : before));
      continue;
    }
    const removed = { first: output.length, end: output.length + before.length };
    const added = { first: removed.end, end: removed.end + change.after.length };
    output.push(...before, ...change.after);
    const open = change.blocks.map((block) => block.index).filter((index) => decisionOf(index) === "open");
    regions.push({ blocks: open, removed, added, originalLine: change.lines.first });
  }
  output.push(...lines.slice(at));
  return { text: output.join("\n"), regions };
}

/** The region that a command without an argument means: the one at the line, else the next one, else the last. */
export function regionAt(regions: readonly Region[], line: number): Region | undefined {
  return regions.find((region) => line < region.added.end) ?? regions.at(-1);
}

/** Blocks whose whole lines overlap, with the lines that they become. */
interface Change {
  blocks: Block[];
  lines: Span;
  after: string[];
}

function changesOf(lines: readonly string[], blocks: readonly Block[]): Change[] {
  const sorted = [...blocks].sort((a, b) => compare(a.range, b.range));
  const groups: { blocks: Block[]; lines: Span }[] = [];
  for (const block of sorted) {
    const span = wholeLines(lines, block);
    const last = groups.at(-1);
    // Two insertions before the same line touch no line, but belong together too.
    const touches = last !== undefined && (span.first < last.lines.end || (span.first === last.lines.first && isEmpty(last.lines)));
    if (touches) {
      last.blocks.push(block);
      last.lines.end = Math.max(last.lines.end, span.end);
    } else {
      groups.push({ blocks: [block], lines: span });
    }
  }
  return groups.map((group) => ({ ...group, after: applied(lines, group) }));
}

/** The whole lines that a block touches. One that replaces whole lines by whole lines does not touch the line after. */
function wholeLines(lines: readonly string[], block: Block): Span {
  const { start, end } = block.range;
  const keepsNextLine = end.character === 0 && (block.newText === "" ? start.character === 0 : block.newText.endsWith("\n"));
  const last = keepsNextLine ? end.line : end.line + 1;
  return { first: Math.min(start.line, lines.length), end: Math.min(Math.max(last, start.line), lines.length) };
}

/** The lines of a group with its blocks applied. */
function applied(lines: readonly string[], group: { blocks: Block[]; lines: Span }): string[] {
  const { first, end } = group.lines;
  let text = lines.slice(first, end).map((line) => `${line}\n`).join("");
  // From the last to the first, so that earlier places stay where they are.
  for (const block of [...group.blocks].reverse()) {
    const from = offset(lines, first, block.range.start);
    const to = offset(lines, first, block.range.end);
    text = text.slice(0, from) + splitLines(block.newText).join("\n") + text.slice(to);
  }
  const result = text.split("\n");
  // What follows the last line's end is no line.
  if (result.at(-1) === "") {
    result.pop();
  }
  return result;
}

function offset(lines: readonly string[], first: number, position: Range["start"]): number {
  const before = lines.slice(first, position.line).reduce((sum, line) => sum + line.length + 1, 0);
  return before + position.character;
}

function compare(a: Range, b: Range): number {
  return a.start.line - b.start.line || a.start.character - b.start.character;
}

function isEmpty(span: Span): boolean {
  return span.first === span.end;
}

function splitLines(text: string): string[] {
  return text.split(/\r\n|\r|\n/);
}
