//! How an answer comes: piece by piece, and every way in which it can end.

import { ask, expect, test } from "./fixtures";
import { STATS } from "./peer";
import { ANSWER } from "./texts";

test("an answer grows without being drawn anew", async ({ page, browserPeer }) => {
  await ask(page, "Why?");
  const turn = await browserPeer.nextTurn();
  await expect(page.getByText("Gathering what was mentioned")).toBeVisible();
  turn.started().progress({ kind: "loading", fraction: 0.4 });
  await expect(page.getByText("Loading the model, 40 %")).toBeVisible();
  turn.thinking("Let me **think**.");
  await expect(page.getByText("Thinking…")).toBeVisible();

  turn.text("First *para", "graph*.\n\n```py", "thon\nprint(1)\n");
  await expect(page.locator("em")).toHaveText("paragraph");
  await expect(page.locator("pre")).toHaveText("print(1)\n");
  await expect(page.getByRole("button", { name: "Copy the code" })).toBeHidden();
  await page.evaluate(() =>
    document.querySelectorAll("em, pre, code span").forEach((one) => one.setAttribute("data-old", "")),
  );

  turn.text("print(2)\n", "```\n\n- one\n- two", "\n\nLast.");
  await expect(page.getByText("Last.")).toBeVisible();
  await expect(page.locator("em[data-old]")).toHaveCount(1);
  await expect(page.locator("pre[data-old]")).toHaveText("print(1)\nprint(2)");
  await expect(page.getByRole("button", { name: "Copy the code" })).toBeVisible();

  turn.end("done", STATS);
  await expect(page.getByLabel("Figures of the answer")).toContainText("46.3 tok/s");
  await expect(page.getByLabel("Figures of the answer")).toContainText("1.8k (1.5k cached)");
  await expect(page.getByLabel("Figures of the answer")).toContainText("0.31 s");
  await expect(page.locator("em[data-old]")).toHaveCount(1);

  await expect(page.getByText("Let me")).toBeHidden();
  await page.getByText("Thoughts").click();
  await expect(page.getByText("Let me think.")).toBeVisible();
});

test("Esc stops, and what had come stays", async ({ page, browserPeer }) => {
  await ask(page, "Count.");
  const turn = (await browserPeer.nextTurn()).started().text("one two");
  await expect(page.getByText("one two")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByText("Stopped. What had come is kept.")).toBeVisible();
  await expect(page.getByText("one two")).toBeVisible();
  expect(turn.cancelled).toBe(true);
});

test("a failure says why, and the question can be asked again", async ({ page, browserPeer }) => {
  await ask(page, "Count.");
  (await browserPeer.nextTurn())
    .started()
    .text("one")
    .end("failed", undefined, "The engine stopped. It is started again.");
  await expect(page.getByRole("alert")).toHaveText("The engine stopped. It is started again.");
  await page.getByRole("button", { name: "Answer again" }).click();
  const again = await browserPeer.nextTurn();
  expect(again.params).toMatchObject({ regenerate: true, text: "Count." });
  again.started().text("one, two").end();
  await expect(page.getByText("one, two")).toBeVisible();
  await expect(page.getByRole("alert")).toHaveCount(0);
});

test("what is refused is not lost", async ({ page, browserPeer }) => {
  await ask(page, "Look at @gone.py");
  (await browserPeer.nextTurn()).refuse("@gone.py is no file of this workspace.");
  await expect(page.getByRole("alert")).toContainText("@gone.py is no file of this workspace.");
  await expect(page.getByRole("textbox", { name: "Your question" })).toHaveValue("Look at @gone.py");
  await expect(page.getByText("Ask about your code")).toBeVisible();
});

test("a question is changed and asked again, from its button and with the arrow", async ({ page, browserPeer }) => {
  await ask(page, "Wat?");
  const first = await browserPeer.nextTurn();
  first.started().text("Sorry?").end("done", STATS);
  await expect(page.getByText("Sorry?")).toBeVisible();
  await page.keyboard.press("ArrowUp");
  const field = page.getByRole("textbox", { name: "Change the question" });
  await expect(field).toBeFocused();
  await expect(field).toHaveValue("Wat?");
  await page.keyboard.press("Escape");
  await expect(field).toBeHidden();
  await expect(page.getByRole("textbox", { name: "Your question" })).toBeFocused();

  await page.getByRole("button", { name: "Edit and ask again" }).click();
  await field.fill("What?");
  await page.keyboard.press("Enter");
  const second = await browserPeer.nextTurn();
  expect(second.params).toMatchObject({ text: "What?", replaces: first.question.id, sessionId: first.session.id });
  second.started().text("This.").end("done", STATS);
  await expect(page.getByText("This.")).toBeVisible();
  await expect(page.getByText("Sorry?")).toBeHidden();
});

test("a command is answered at once, and the session is looked at again", async ({ page, browserPeer }) => {
  await ask(page, "Hello");
  const turn = await browserPeer.nextTurn();
  turn.started().text("Hi.").end();
  await expect(page.getByText("Hi.")).toBeVisible();
  await ask(page, "/clear");
  const clear = await browserPeer.nextTurn();
  clear.session.messages = [];
  clear.end();
  await expect(page.getByText("Hi.")).toBeHidden();
  await expect(page.getByText("Ask about your code")).toBeVisible();
});

test("a lost connection is said, and the session is there again after it", async ({ page, browserPeer, served }) => {
  await ask(page, "Hello");
  const turn = (await browserPeer.nextTurn()).started().text("Half an ans");
  await expect(page.getByText("Half an ans")).toBeVisible();
  // The browser reports a socket that is cut as it pleases; that is no fault of the page.
  served.cut();
  await expect(page.getByRole("alert").first()).toContainText("The connection to Weft was lost.");
  Object.assign(turn.answer, { text: "Half an answer, and the rest.", state: "done" });
  await expect(page.getByText("Half an answer, and the rest.")).toBeVisible();
  await expect(page.getByText("The connection to Weft was lost.")).toBeHidden();
});

test("the list follows the answer until the user scrolls away", async ({ page, browserPeer }) => {
  await ask(page, "Much?");
  const turn = (await browserPeer.nextTurn()).started();
  const list = page.getByRole("region", { name: "Messages" });
  const left = () => list.evaluate((one) => one.scrollHeight - one.scrollTop - one.clientHeight);
  for (let line = 0; line < 60; line++) turn.text(`Line ${line}.\n\n`);
  await expect(page.getByText("Line 59.")).toBeInViewport();
  await list.hover();
  await page.mouse.wheel(0, -600);
  await expect(page.getByRole("button", { name: "To the newest message" })).toBeVisible();
  const before = await left();
  turn.text("More.\n\n".repeat(10));
  await expect(page.getByText("More.")).toHaveCount(10);
  expect(await left()).toBeGreaterThan(before);
  await page.getByRole("button", { name: "To the newest message" }).click();
  await expect(page.getByText("More.").last()).toBeInViewport();
  turn.end();
});

test("copying gives the code, and the answer as it was written", async ({ page, context, browserPeer }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  await ask(page, "Why?");
  (await browserPeer.nextTurn()).started().text(ANSWER).end("done", STATS);
  await page.getByRole("button", { name: "Copy the code" }).click();
  await expect(page.getByRole("button", { name: "Copied" })).toBeVisible();
  expect(await clipboard()).toMatch(/^def total[^]*in between$/);
  await page.getByRole("button", { name: "Copy the answer" }).click();
  await expect.poll(clipboard).toBe(ANSWER);
});
