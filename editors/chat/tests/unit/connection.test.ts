//! JSON-RPC as both sides see it, over a transport that keeps what it is given.

import { expect, test } from "vitest";
import { CONNECTION_LOST, Connection, RpcError } from "../../src/rpc/connection";
import type { Transport } from "../../src/transport/transport";

function connect() {
  const sent: Record<string, unknown>[] = [];
  let receive: (message: unknown) => void = () => undefined;
  let open = true;
  const transport: Transport = {
    place: "browser",
    send: (message) => open && sent.push(message as Record<string, unknown>) > 0,
    onMessage: (listener) => (receive = listener),
    onClose: () => undefined,
    onOpen: () => undefined,
  };
  const connection = new Connection(transport);
  return {
    connection,
    sent,
    receive: (message: object) => receive({ jsonrpc: "2.0", ...message }),
    close: (reason: string) => {
      open = false;
      connection.close(reason);
    },
  };
}

test("answers find their requests, in any order", async () => {
  const { connection, sent, receive } = connect();
  const first = connection.request("a", { x: 1 });
  const second = connection.request("b", {});
  expect(sent).toEqual([
    { jsonrpc: "2.0", id: 1, method: "a", params: { x: 1 } },
    { jsonrpc: "2.0", id: 2, method: "b", params: {} },
  ]);
  receive({ id: 2, result: "two" });
  receive({ id: 1, result: null });
  expect(await second).toBe("two");
  expect(await first).toBe(null);
});

test("an error keeps its code and message", async () => {
  const { connection, receive } = connect();
  const asked = connection.request("a", {});
  receive({ id: 1, error: { code: -32602, message: "no such file" } });
  await expect(asked).rejects.toEqual(new RpcError(-32602, "no such file"));
});

test("progress reaches the request with its token, until it is answered", async () => {
  const { connection, sent, receive } = connect();
  const seen: unknown[] = [];
  const asked = connection.request("a", {}, { onProgress: (value) => seen.push(value) });
  const token = (sent[0]?.["params"] as { partialResultToken: string }).partialResultToken;
  receive({ method: "$/progress", params: { token, value: 1 } });
  receive({ method: "$/progress", params: { token: "another", value: 2 } });
  receive({ id: 1, result: null });
  await asked;
  receive({ method: "$/progress", params: { token, value: 3 } });
  expect(seen).toEqual([1]);
});

test("aborting asks the server to stop, and its answer still counts", async () => {
  const { connection, sent, receive } = connect();
  const abort = new AbortController();
  const asked = connection.request("a", {}, { signal: abort.signal });
  abort.abort();
  expect(sent[1]).toEqual({ jsonrpc: "2.0", method: "$/cancelRequest", params: { id: 1 } });
  receive({ id: 1, result: { state: "stopped" } });
  expect(await asked).toEqual({ state: "stopped" });
});

test("aborting after the answer says nothing", async () => {
  const { connection, sent, receive } = connect();
  const abort = new AbortController();
  const asked = connection.request("a", {}, { signal: abort.signal });
  receive({ id: 1, result: 1 });
  await asked;
  abort.abort();
  expect(sent).toHaveLength(1);
});

test("a lost connection fails what was asked and what is asked later", async () => {
  const { connection, close } = connect();
  const asked = connection.request("a", {});
  close("gone");
  await expect(asked).rejects.toMatchObject({ code: CONNECTION_LOST, message: "gone" });
  await expect(connection.request("b", {})).rejects.toMatchObject({ code: CONNECTION_LOST });
});

test("requests of the server are answered or refused, and a handler that throws is an error", async () => {
  const { connection, sent, receive } = connect();
  connection.onRequest("known", (params) => ({ got: params }));
  connection.onRequest("broken", () => {
    throw new Error("why");
  });
  receive({ id: "s1", method: "known", params: 7 });
  receive({ id: "s2", method: "unknown" });
  receive({ id: "s3", method: "broken" });
  await Promise.resolve();
  const answers = sent.map(({ id, result, error }) => ({
    id,
    result,
    code: (error as { code: number } | undefined)?.code,
  }));
  expect(answers.sort((a, b) => String(a.id).localeCompare(String(b.id)))).toEqual([
    { id: "s1", result: { got: 7 }, code: undefined },
    { id: "s2", result: undefined, code: -32601 },
    { id: "s3", result: undefined, code: -32603 },
  ]);
});

test.each([null, 3, "text", {}, { id: 99, result: 1 }, { id: {} }, { method: "$/progress" }, [[]]])(
  "%j is no message and does no harm",
  (message) => {
    const { receive } = connect();
    expect(() => receive(message as object)).not.toThrow();
  },
);
