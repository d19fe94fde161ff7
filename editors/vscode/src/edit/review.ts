// A proposal under review: which blocks are decided, and what the server is told. It must not know the editor.
import { request, type RequestOptions, type Rpc } from "../connection.ts";
import type { AcceptAnswer, Proposal, ProposeParams } from "../protocol.ts";
import { type Decision, type Merged, merge } from "./merged.ts";

/** Asks for a proposal. `onText` gets what the model writes, piece by piece. Errors are the server's. */
export async function propose(
  rpc: Rpc,
  params: ProposeParams,
  onText: (text: string) => void,
  options: Omit<RequestOptions, "onProgress"> = {},
): Promise<Proposal> {
  const onProgress = (value: unknown) => {
    const { kind, text } = value as { kind?: unknown; text?: unknown };
    if (kind === "text" && typeof text === "string") {
      onText(text);
    }
  };
  return request<Proposal>(rpc, "weft/edit/propose", params, { ...options, onProgress });
}

/** See the file's head. */
export class Review {
  readonly proposal: Proposal;
  /** The document as it was when proposed. */
  readonly original: string;
  private readonly decisions = new Map<number, Decision>();

  constructor(proposal: Proposal, original: string) {
    this.proposal = proposal;
    this.original = original;
  }

  /** The view as it is now. */
  get merged(): Merged {
    return merge(this.original, this.proposal.blocks, (index) => this.decisions.get(index) ?? "open");
  }

  /** The blocks that are not decided. */
  get open(): number[] {
    return this.proposal.blocks.map((block) => block.index).filter((index) => !this.decisions.has(index));
  }

  /** Has blocks applied to the document. Resolves to why that was not possible, or to undefined. */
  async accept(rpc: Rpc, blocks: readonly number[]): Promise<string | undefined> {
    const chosen = this.undecided(blocks);
    if (chosen.length === 0) {
      return undefined;
    }
    const answer = await request<AcceptAnswer>(rpc, "weft/edit/accept", { id: this.proposal.id, blocks: chosen });
    if (!answer.applied) {
      return answer.reason ?? "the server does not say why";
    }
    this.decide(chosen, "accepted");
    return undefined;
  }

  /** Has the server forget blocks. */
  async reject(rpc: Rpc, blocks: readonly number[]): Promise<void> {
    const chosen = this.undecided(blocks);
    if (chosen.length > 0) {
      await request(rpc, "weft/edit/reject", { id: this.proposal.id, blocks: chosen });
      this.decide(chosen, "rejected");
    }
  }

  private undecided(blocks: readonly number[]): number[] {
    return blocks.filter((index) => !this.decisions.has(index));
  }

  private decide(blocks: readonly number[], decision: Decision): void {
    for (const index of blocks) {
      this.decisions.set(index, decision);
    }
  }
}
