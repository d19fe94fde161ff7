//! What is being written: the text, the menu of what `@` and `/` can be followed by, and what the mentions stand for.
//! It must not know how any of it is drawn.

import type { Candidate, ChatContext, Resolution } from "../protocol";
import type { Weft } from "./weft.svelte";

/** How long after the last key the mentions are looked up. */
const RESOLVE_AFTER_MS = 250;

const NOTHING: Resolution = { attachments: [], problems: [], tokens: 0, budget: 0 };

export class Composer {
  text = $state("");
  items = $state.raw<Candidate[]>([]);
  selected = $state(0);
  resolution = $state.raw<Resolution>(NOTHING);
  /** Why the last question was not sent. */
  refusal = $state("");
  private replaced: [number, number] = [0, 0];
  /** Where the cursor stood when the items were asked for, and where it stands now. */
  private completedAt = 0;
  private cursor = 0;
  private completing: AbortController | undefined;
  private resolving: AbortController | undefined;
  private timer: number | undefined;

  constructor(
    private readonly weft: Weft,
    private readonly context: (text?: string) => Promise<ChatContext | undefined>,
  ) {}

  get menuOpen(): boolean {
    return this.items.length > 0;
  }

  /** The text changed, or the cursor moved in it; `cursor` in UTF-16 units. */
  edited(text: string, cursor: number): void {
    const changed = text !== this.text;
    this.cursor = cursor;
    this.text = text;
    if (changed) {
      this.refusal = "";
      this.resolveSoon();
    }
    if (wantsMenu(text.slice(0, cursor))) void this.complete(text, cursor);
    else this.closeMenu();
  }

  /** Another text altogether, such as a draft that is restored. */
  set(text: string): void {
    this.text = text;
    this.refusal = "";
    this.closeMenu();
    this.resolveSoon();
  }

  closeMenu(): void {
    this.completing?.abort();
    this.completing = undefined;
    this.items = [];
  }

  move(step: number): void {
    this.selected = (this.selected + step + this.items.length) % this.items.length;
  }

  /** Puts the item into the text; answers where the cursor stands then. */
  choose(item: Candidate): number {
    const start = this.replaced[0];
    const after = this.text.slice(this.replacedEnd());
    // `@diff:` goes on; a whole mention is followed by a blank.
    const goesOn = /[\s:/]$/.test(item.insertText) || /^\s/.test(after);
    const inserted = item.insertText + (goesOn ? "" : " ");
    this.text = this.text.slice(0, start) + inserted + after;
    this.closeMenu();
    this.resolveSoon();
    return start + inserted.length;
  }

  /** Whether the text has the item already, so that taking it would change nothing. */
  has(item: Candidate): boolean {
    return this.text.slice(this.replaced[0], this.replacedEnd()) === item.insertText.trimEnd();
  }

  /** Looks the mentions up, a moment after the last call. */
  resolveSoon(): void {
    window.clearTimeout(this.timer);
    this.resolving?.abort();
    this.timer = window.setTimeout(() => void this.resolve(), RESOLVE_AFTER_MS);
  }

  dispose(): void {
    window.clearTimeout(this.timer);
    this.resolving?.abort();
    this.closeMenu();
  }

  /** The items may be older than the last keys; what was typed since belongs to the mention, too. */
  private replacedEnd(): number {
    return this.replaced[1] + Math.max(0, this.cursor - this.completedAt);
  }

  private async complete(text: string, cursor: number): Promise<void> {
    this.completing?.abort();
    const abort = (this.completing = new AbortController());
    try {
      const context = await this.context();
      if (abort.signal.aborted) return;
      const found = await this.weft.complete(text, cursor, context, abort.signal);
      if (abort.signal.aborted) return;
      this.replaced = [found.start, found.end];
      this.completedAt = cursor;
      this.items = found.items;
      this.selected = 0;
    } catch {
      // Without suggestions a mention can still be typed; sending says what is wrong with it.
      if (!abort.signal.aborted) this.items = [];
    }
  }

  private async resolve(): Promise<void> {
    const abort = (this.resolving = new AbortController());
    try {
      const context = await this.context(this.text);
      if (abort.signal.aborted) return;
      const resolution = await this.weft.resolve(this.text, context, abort.signal);
      if (!abort.signal.aborted) this.resolution = resolution;
    } catch {
      if (!abort.signal.aborted) this.resolution = NOTHING;
    }
  }
}

/** Whether the text before the cursor ends in a mention or in a command that is being typed. */
export function wantsMenu(before: string): boolean {
  return /(^|[\s(])@("[^"\n]*|[^\s"]*)$/.test(before) || /^\/\S*$/.test(before);
}
