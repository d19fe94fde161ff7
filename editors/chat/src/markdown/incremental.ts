//! Markdown of a text that grows at its end. Only what can still change is parsed again, so that an answer costs its
//! length and not its square. It gives the same blocks as parsing the whole text, apart from links that are defined
//! after they are used: those are seen once the answer has ended.

import { parseBlocks, type References } from "./parse";
import type { MarkdownBlock } from "./tree";

export class IncrementalMarkdown {
  private text = "";
  private settled: MarkdownBlock[] = [];
  /** UTF-16 units of the text that `settled` covers. */
  private settledEnd = 0;
  private references: References = {};

  /** The blocks of `text`. `ended` parses all of it a last time. */
  update(text: string, ended: boolean): MarkdownBlock[] {
    if (ended || !text.startsWith(this.text)) this.reset();
    this.text = text;
    if (!ended) this.settle();
    return [...this.settled, ...this.parseFrom(this.settledEnd, text.length)];
  }

  /**
   * Blocks are settled once another one follows them in whole lines. The last line does not count while it is
   * written: "2" is a paragraph, "2." belongs to the list above.
   */
  private settle(): void {
    const wholeLines = this.text.lastIndexOf("\n") + 1;
    if (wholeLines <= this.settledEnd) return;
    const blocks = this.parseFrom(this.settledEnd, wholeLines);
    const last = blocks.pop();
    if (!last || blocks.length === 0) return;
    this.settled.push(...blocks);
    this.settledEnd = last.start;
  }

  private parseFrom(start: number, end: number): MarkdownBlock[] {
    const blocks = parseBlocks(this.text.slice(start, end), this.references);
    return blocks.map((block) => ({ ...block, start: block.start + start }));
  }

  private reset(): void {
    this.settled = [];
    this.settledEnd = 0;
    this.references = {};
  }
}
