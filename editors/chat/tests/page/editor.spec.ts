//! The page in an editor's web view: what only an editor can do, and what the editor asks of the page.

import type { Proposal } from "../../src/protocol";
import { ask, expect, test } from "./fixtures";
import { type Peer, STATS } from "./peer";

const CODE = "def total(self):\n    return 0";
const RANGE = { start: { line: 4, character: 0 }, end: { line: 5, character: 0 } };
const PROPOSAL: Proposal = {
  id: "p1",
  uri: "file:///shop/src/cart%20two.py",
  version: 1,
  diff: "",
  blocks: [0, 1, 2].map((index) => ({ index, range: RANGE, oldText: `old ${index}\n`, newText: `new ${index}\n` })),
};

async function answer(peer: Peer, text: string) {
  (await peer.nextTurn()).started().text(text).end("done", STATS);
}

test("code goes to the editor", async ({ page, editorPeer }) => {
  await ask(page, "Code?");
  await answer(editorPeer, `\`\`\`python src/cart.py\n${CODE}\n\`\`\``);
  await page.getByRole("button", { name: "Insert at the cursor" }).click();
  await page.getByRole("button", { name: "Put into a new file" }).click();
  expect(editorPeer.calls("host/insertAtCursor")).toEqual([{ code: CODE }]);
  expect(editorPeer.calls("host/newFile")).toEqual([{ code: CODE, language: "python" }]);
});

test("applying shows a proposal, of which each block is decided on", async ({ page, editorPeer }) => {
  editorPeer.proposal = PROPOSAL;
  editorPeer.context = { textDocument: { uri: "file:///shop/src/cart.py" } };
  await ask(page, "Code?");
  await answer(editorPeer, `\`\`\`python src/cart.py\n${CODE}\n\`\`\``);
  await page.getByRole("button", { name: /Apply to the file/ }).click();
  await expect(page.getByText("cart two.py")).toBeVisible();
  expect(editorPeer.calls("weft/edit/apply")[0]).toMatchObject({
    code: CODE,
    language: "python",
    path: "src/cart.py",
    textDocument: { uri: "file:///shop/src/cart.py" },
  });
  await page
    .getByRole("button", { name: /Accept the change/ })
    .first()
    .click();
  await expect(page.getByText("line 5, accepted")).toBeVisible();
  await page
    .getByRole("button", { name: /Reject the change/ })
    .first()
    .click();
  await expect(page.getByText("line 5, rejected")).toBeVisible();
  await page.getByRole("button", { name: "Accept all" }).click();
  await expect(page.getByText("2 of 3 accepted")).toBeVisible();
  expect(editorPeer.calls("weft/edit/accept")).toEqual([
    { id: "p1", blocks: [0] },
    { id: "p1", blocks: [2] },
  ]);
  expect(editorPeer.calls("weft/edit/reject")).toEqual([{ id: "p1", blocks: [1] }]);
});

test("a proposal that is closed is rejected, and one that cannot be made says why", async ({ page, editorPeer }) => {
  editorPeer.proposal = PROPOSAL;
  await ask(page, "Code?");
  await answer(editorPeer, `\`\`\`python\n${CODE}\n\`\`\``);
  await page.getByRole("button", { name: /Apply to the file/ }).click();
  await page.getByRole("button", { name: "Reject all" }).click();
  await expect.poll(() => editorPeer.calls("weft/edit/reject")).toEqual([{ id: "p1", blocks: [0, 1, 2] }]);
  editorPeer.proposal = undefined;
  await page.getByRole("button", { name: /Apply to the file/ }).click();
  await expect(page.getByRole("alert")).toHaveText("No file fits this code. Name one in the line above it.");
});

test("the editor's context goes with each question, and chips open files", async ({ page, editorPeer }) => {
  editorPeer.context = { textDocument: { uri: "file:///shop/src/cart.py" }, terminal: "error: x" };
  await ask(page, "Explain @current please");
  const turn = await editorPeer.nextTurn();
  expect(turn.params.context).toEqual(editorPeer.context);
  turn.started().text("Well.").end("done", STATS);
  await page.getByRole("button", { name: /^Open cart.py/ }).click();
  expect(editorPeer.calls("host/openFile")).toEqual([{ uri: "file:///shop/src/cart.py", lines: [0, 40] }]);
  await expect(page.getByRole("dialog")).toHaveCount(0);
});

test("the editor composes, focuses, stops and changes the theme", async ({ page, editorPeer }) => {
  const field = page.getByRole("textbox", { name: "Your question" });
  await expect.poll(() => editorPeer.calls("host/ready")).toHaveLength(1);
  expect(editorPeer.calls("initialize")).toEqual([]);
  editorPeer.send({ method: "host/compose", params: { text: "@selection" } });
  await expect(field).toHaveValue("@selection ");
  await expect(field).toBeFocused();
  editorPeer.send({ method: "host/compose", params: { text: "Explain", send: true } });
  const turn = await editorPeer.nextTurn();
  expect(turn.params.text).toBe("Explain @selection");
  turn.started().text("So");
  await expect(page.getByText("So", { exact: true })).toBeVisible();
  editorPeer.send({ method: "host/stop", params: {} });
  await expect(page.getByText("Stopped. What had come")).toBeVisible();
  editorPeer.send({ method: "host/newSession", params: {} });
  await expect(page.getByText("Ask about your code")).toBeVisible();
  const theme = { kind: "dark", variables: { "--vscode-sideBar-background": "rgb(1, 2, 3)", color: "red" } };
  editorPeer.send({ method: "host/theme", params: theme });
  await expect(page.locator("body")).toHaveCSS("background-color", "rgb(1, 2, 3)");
  await expect(page.locator("body")).toHaveCSS("color-scheme", "dark");
});

test("what a browser cannot do is not shown there", async ({ page, browserPeer }) => {
  await ask(page, "Code @src/cart.py");
  await answer(browserPeer, `\`\`\`python\n${CODE}\n\`\`\``);
  await expect(page.getByRole("button", { name: "Copy the code" })).toBeVisible();
  for (const name of ["Apply", "Insert", "Put into", "Open src"]) {
    await expect(page.getByRole("button", { name })).toHaveCount(0);
  }
  expect(browserPeer.calls("initialize")[0]).toMatchObject({ rootUri: null });
  expect(browserPeer.received.map((one) => one.method).slice(0, 2)).toEqual(["initialize", "initialized"]);
});

test("JetBrains: texts both ways, also where the host is late", async ({ page, served }) => {
  await page.exposeFunction("toPeer", (text: string) => served.peer.receive(JSON.parse(text) as object));
  await page.goto(`${served.url}?host=jcef`);
  await expect(page.getByText("Explain this file")).toBeVisible();
  expect(served.peer.received).toEqual([]);
  await page.evaluate(() => {
    window.weftPost = (window as unknown as { toPeer: (text: string) => void }).toPeer;
    window.dispatchEvent(new Event("weft-host-ready"));
  });
  await expect.poll(() => served.peer.calls("host/ready")).toHaveLength(1);
  await page.evaluate(() => {
    window.weftReceive?.(JSON.stringify({ jsonrpc: "2.0", method: "host/compose", params: { text: "Hello" } }));
  });
  await expect(page.getByRole("textbox", { name: "Your question" })).toHaveValue("Hello ");
});
