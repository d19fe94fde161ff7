// A review from proposal to decision, and the chat page's messages, against a scripted server.
import { ErrorCodes, LSPErrorCodes, ResponseError } from "vscode-languageserver-protocol/node";
import { afterEach, describe, expect, it } from "vitest";
import { Relay } from "../src/chat/relay.ts";
import { Canceller, request } from "../src/connection.ts";
import { propose, Review } from "../src/edit/review.ts";
import type { Proposal } from "../src/protocol.ts";
import { type Handler, progress, type Scripted, scripted } from "./scripted.ts";

let running: Scripted | undefined;

afterEach(() => {
  running?.dispose();
  running = undefined;
});

function start(script: Record<string, Handler>): Scripted {
  running = scripted(script);
  return running;
}

const line = (index: number) => ({
  index,
  range: { start: { line: index, character: 0 }, end: { line: index + 1, character: 0 } },
  oldText: `${index}\n`,
  newText: `new ${index}\n`,
});
const proposal: Proposal = { id: "p1", uri: "file:///a.py", version: 1, diff: "", blocks: [0, 1, 2].map(line) };
const whole = { start: { line: 0, character: 0 }, end: { line: 3, character: 0 } };
const params = { textDocument: { uri: "file:///a.py" }, range: whole, kind: "edit" as const, instruction: "renew" };

/** A handler that answers only to being cancelled, and a promise that it was asked. */
function untilCancelled(): { handler: Handler; asked: Promise<void> } {
  let tell: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => { tell = resolve; });
  const handler: Handler = (_, token) => {
    tell();
    return new Promise((__, reject) => {
      token.onCancellationRequested(() => { reject(new ResponseError(LSPErrorCodes.RequestCancelled, "cancelled")); });
    });
  };
  return { handler, asked };
}

describe("a proposal", () => {
  it("comes with its text while the model writes", async () => {
    const { rpc, received } = start({
      "weft/edit/propose": async (sent, _, server) => {
        await progress(server, sent, { kind: "text", text: "new" });
        await progress(server, sent, { kind: "loading", fraction: 1 });
        await progress(server, sent, { kind: "text", text: " 0\n" });
        return proposal;
      },
    });
    const written: string[] = [];
    expect(await propose(rpc, params, (text) => written.push(text))).toEqual(proposal);
    expect(written).toEqual(["new", " 0\n"]);
    expect(received[0]?.[1]).toMatchObject({ ...params, partialResultToken: expect.any(String) as string });
  });

  it("can be cancelled", async () => {
    const { handler, asked } = untilCancelled();
    const { rpc } = start({ "weft/edit/propose": handler });
    const cancel = new Canceller();
    const proposed = propose(rpc, params, () => undefined, { cancel });
    await asked;
    cancel.cancel();
    await expect(proposed).rejects.toMatchObject({ code: LSPErrorCodes.RequestCancelled });
  });
});

describe("a review", () => {
  it("tells the server each decision once and ends with the last", async () => {
    const { rpc, received } = start({
      "weft/edit/accept": ({ blocks }) => ({ applied: true, left: 3 - (blocks as number[]).length }),
      "weft/edit/reject": () => ({ left: 0 }),
    });
    const review = new Review(proposal, "0\n1\n2\n");
    expect(await review.accept(rpc, [1])).toBeUndefined();
    expect(review.open).toEqual([0, 2]);
    expect(review.merged.text).toBe("0\nnew 0\nnew 1\n2\nnew 2\n");
    await review.accept(rpc, [1]);
    await review.reject(rpc, [0, 1, 2]);
    expect(review.open).toEqual([]);
    expect(review.merged.text).toBe("0\nnew 1\n2\n");
    expect(received).toEqual([
      ["weft/edit/accept", { id: "p1", blocks: [1] }],
      ["weft/edit/reject", { id: "p1", blocks: [0, 2] }],
    ]);
  });

  it("leaves open what could not be applied, and says why", async () => {
    const { rpc } = start({ "weft/edit/accept": () => ({ applied: false, reason: "the document changed there", left: 3 }) });
    const review = new Review(proposal, "0\n1\n2\n");
    expect(await review.accept(rpc, [0])).toBe("the document changed there");
    expect(review.open).toEqual([0, 1, 2]);
  });

  it("decides nothing when the server fails", async () => {
    const { rpc } = start({ "weft/edit/accept": () => new ResponseError(ErrorCodes.InternalError, "no") });
    const review = new Review(proposal, "0\n1\n2\n");
    await expect(review.accept(rpc, [0])).rejects.toThrow("no");
    expect(review.open).toEqual([0, 1, 2]);
  });
});

describe("the chat page's messages", () => {
  function relay(script: Record<string, Handler> | undefined): { relay: Relay; toPage: object[]; hosted: unknown[] } {
    const server = script === undefined ? undefined : start(script);
    const toPage: object[] = [];
    const hosted: unknown[] = [];
    const host = (method: string, given: unknown) => {
      hosted.push([method, given]);
      return method === "host/context" ? Promise.resolve({ clipboard: "x" }) : undefined;
    };
    return { relay: new Relay({ toPage: (message) => toPage.push(message), server: () => server?.rpc, host }), toPage, hosted };
  }

  it("go to the server and back, with progress under the page's token", async () => {
    const ends = relay({
      "weft/chat/send": async (sent, _, server) => {
        await progress(server, sent, { kind: "text", text: "Hel" });
        return { state: "done", text: "Hello" };
      },
    });
    await ends.relay.receive({ jsonrpc: "2.0", id: 4, method: "weft/chat/send", params: { text: "hi", partialResultToken: "page-4" } });
    expect(ends.toPage).toEqual([
      { jsonrpc: "2.0", method: "$/progress", params: { token: "page-4", value: { kind: "text", text: "Hel" } } },
      { jsonrpc: "2.0", id: 4, result: { state: "done", text: "Hello" } },
    ]);
  });

  it("carry the server's errors", async () => {
    const ends = relay({ "weft/chat/session": () => new ResponseError(-32602, "there is no session 7", { id: 7 }) });
    await ends.relay.receive({ jsonrpc: "2.0", id: 1, method: "weft/chat/session", params: { id: 7 } });
    expect(ends.toPage).toEqual([{ jsonrpc: "2.0", id: 1, error: { code: -32602, message: "there is no session 7", data: { id: 7 } } }]);
  });

  it("cancel", async () => {
    const { handler, asked } = untilCancelled();
    const ends = relay({ "weft/chat/send": handler });
    const answered = ends.relay.receive({ jsonrpc: "2.0", id: "a", method: "weft/chat/send", params: {} });
    await asked;
    await ends.relay.receive({ jsonrpc: "2.0", method: "$/cancelRequest", params: { id: "a" } });
    await answered;
    expect(ends.toPage).toMatchObject([{ id: "a", error: { code: LSPErrorCodes.RequestCancelled } }]);
  });

  it("are cancelled when the page is gone", async () => {
    const { handler, asked } = untilCancelled();
    const ends = relay({ "weft/chat/send": handler });
    const answered = ends.relay.receive({ jsonrpc: "2.0", id: 1, method: "weft/chat/send" });
    await asked;
    ends.relay.dispose();
    await answered;
    expect(ends.toPage).toHaveLength(1);
  });

  it("reach the host, and nobody else", async () => {
    const ends = relay({});
    await ends.relay.receive({ jsonrpc: "2.0", id: 1, method: "host/context", params: {} });
    await ends.relay.receive({ jsonrpc: "2.0", method: "host/openFile", params: { uri: "file:///a" } });
    await ends.relay.receive({ jsonrpc: "2.0", id: 2, method: "workspace/executeCommand", params: {} });
    await ends.relay.receive("nonsense");
    expect(ends.hosted).toEqual([["host/context", {}], ["host/openFile", { uri: "file:///a" }]]);
    expect(ends.toPage).toMatchObject([{ id: 1, result: { clipboard: "x" } }, { id: 2, error: { code: -32601 } }]);
  });

  it("are refused while Weft does not run", async () => {
    const ends = relay(undefined);
    await ends.relay.receive({ jsonrpc: "2.0", id: 1, method: "weft/models", params: {} });
    expect(ends.toPage).toMatchObject([{ id: 1, error: { message: expect.stringContaining("not running") as string } }]);
  });
});

it("a request without a listener for progress has no token", async () => {
  const { rpc, received } = start({ "weft/why": () => ({ last: [] }) });
  expect(await request(rpc, "weft/why", {})).toEqual({ last: [] });
  expect(received).toEqual([["weft/why", {}]]);
});
