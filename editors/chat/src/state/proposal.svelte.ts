//! A code block on its way into a file: the proposal is asked for, and each of its blocks is accepted or rejected.
//! Nothing is changed in the file before the user accepts.

import type { ApplyParams, Block, Proposal } from "../protocol";
import { messageOf } from "../rpc/connection";
import type { Weft } from "./weft.svelte";

export type Verdict = "open" | "accepted" | "rejected";

export class Application {
  proposal = $state.raw<Proposal | undefined>();
  verdicts = $state<Record<number, Verdict>>({});
  /** What the model has written so far, in characters. */
  written = $state(0);
  error = $state("");
  private readonly abort = new AbortController();

  constructor(private readonly weft: Weft) {}

  get open(): Block[] {
    return this.proposal?.blocks.filter((block) => this.verdicts[block.index] === "open") ?? [];
  }

  async ask(params: ApplyParams): Promise<void> {
    try {
      const count = (text: string) => (this.written += text.length);
      const proposal = await this.weft.apply(params, this.abort.signal, count);
      this.verdicts = Object.fromEntries(proposal.blocks.map((block) => [block.index, "open" as const]));
      this.proposal = proposal;
    } catch (error) {
      if (!this.abort.signal.aborted) this.error = messageOf(error);
    }
  }

  async accept(blocks: Block[]): Promise<void> {
    await this.decide(blocks, "accepted", async (id, indexes) => {
      const answer = await this.weft.accept(id, indexes);
      if (!answer.applied) throw new Error(answer.reason ?? "The editor did not take the change. Nothing was changed.");
    });
  }

  async reject(blocks: Block[]): Promise<void> {
    await this.decide(blocks, "rejected", (id, indexes) => this.weft.reject(id, indexes));
  }

  /** Forgets what is not decided, so that the server need not keep it. */
  close(): void {
    if (!this.proposal) this.abort.abort();
    else if (this.open.length > 0) void this.reject(this.open);
  }

  private async decide(
    blocks: Block[],
    verdict: Verdict,
    action: (id: string, indexes: number[]) => Promise<unknown>,
  ): Promise<void> {
    if (!this.proposal || blocks.length === 0) return;
    try {
      const indexes = blocks.map((block) => block.index);
      await action(this.proposal.id, indexes);
      for (const index of indexes) this.verdicts[index] = verdict;
      this.error = "";
    } catch (error) {
      this.error = messageOf(error);
    }
  }
}
