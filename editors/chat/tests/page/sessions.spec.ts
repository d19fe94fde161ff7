//! The sessions that are kept.

import { readFile } from "node:fs/promises";
import { ask, expect, test } from "./fixtures";
import { message, STATS } from "./peer";

test.beforeEach(({ served }) => {
  served.peer.addSession("Borrow checker", [
    message("user", "Why does this not compile?"),
    message("assistant", "A borrow lives on."),
  ]);
  served.peer.addSession("Rounding", [
    message("user", "Why a cent?"),
    message("assistant", "A float.", { stats: STATS }),
  ]);
});

test("opened, searched, renamed, deleted", async ({ page, browserPeer }) => {
  const list = page.getByRole("list", { name: "Sessions, newest first" });
  await list.getByText("Rounding").click();
  await expect(page.getByText("A float.")).toBeVisible();
  await page.getByRole("searchbox").fill("borrow");
  await expect(list.getByRole("listitem")).toHaveCount(1);
  await list.getByText("Borrow checker").click();
  await expect(page.getByText("A borrow lives on.")).toBeVisible();

  await list.getByRole("listitem").hover();
  await page.getByRole("button", { name: "Rename Borrow checker" }).click();
  await page.getByRole("textbox", { name: "New title" }).fill("Borrowing");
  await page.keyboard.press("Enter");
  await expect(list.getByText("Borrowing")).toBeVisible();
  expect(browserPeer.sessions.get("s1")?.title).toBe("Borrowing");

  await page.getByRole("button", { name: "Delete Borrowing" }).click();
  await page.getByRole("button", { name: "Keep" }).click();
  expect(browserPeer.calls("weft/chat/delete")).toEqual([]);
  await page.getByRole("button", { name: "Delete Borrowing" }).click();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await expect(list.getByText("No session has these words.")).toBeVisible();
  await expect(page.getByText("Ask about your code")).toBeVisible();
  expect(browserPeer.calls("weft/chat/delete")).toEqual([{ id: "s1" }]);
});

test("exported as a file", async ({ page, browserPeer: _ }) => {
  await page.getByText("Rounding").hover();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export Rounding as Markdown" }).click();
  const file = await download;
  expect(file.suggestedFilename()).toBe("Rounding.md");
  expect(await readFile(await file.path(), "utf8")).toBe("# Rounding\n");
});

test("an answer goes on while another session is shown", async ({ page, browserPeer }) => {
  await ask(page, "Slow?");
  const turn = (await browserPeer.nextTurn()).started().text("Begun");
  await expect(page.getByText("Begun")).toBeVisible();
  await page.getByText("Rounding").click();
  await expect(page.getByText("A float.")).toBeVisible();
  turn.text(" and ended.").end("done", STATS);
  await page.getByRole("list", { name: "Sessions, newest first" }).getByText("Slow?").click();
  await expect(page.getByText("Begun and ended.")).toBeVisible();
});

test("a session is there again after a reload, also one that is still being answered", async ({
  page,
  browserPeer,
}) => {
  await ask(page, "Slow?");
  const turn = (await browserPeer.nextTurn()).started().text("Begun");
  await expect(page.getByText("Begun")).toBeVisible();
  await page.reload();
  await expect(page.getByText("Begun")).toBeVisible();
  Object.assign(turn.answer, { text: "Begun and ended.", state: "done", stats: STATS });
  await expect(page.getByText("Begun and ended.")).toBeVisible();
  await expect(page.getByLabel("Figures of the answer")).toBeVisible();
});

test("500 messages: all there, only those in sight cost", async ({ page, browserPeer }) => {
  const many = Array.from({ length: 250 }, (_, index) => [
    message("user", `Question ${index}?`),
    message(
      "assistant",
      `Answer **${index}**.\n\n\`\`\`python\nx = ${index}  # a line\nprint(x)\n\`\`\`\n\n- a\n- b\n`,
      { stats: STATS },
    ),
  ]).flat();
  browserPeer.addSession("Many", many);
  await page.reload();
  await page.getByText("Many").click();
  await expect(page.getByText("Answer 249.")).toBeInViewport();
  await expect(page.getByRole("heading", { name: "Weft" })).toHaveCount(250);
  await expect(page.locator("pre").last().locator(".tok-comment")).toHaveCount(1);
  await expect(page.locator("pre").first().locator(".tok-comment")).toHaveCount(0);
  expect(await page.locator(".tok-comment").count()).toBeLessThan(20);

  await page.getByRole("region", { name: "Messages" }).evaluate((list) => (list.scrollTop = 0));
  await expect(page.getByText("Question 0?")).toBeInViewport();
  await expect(page.locator("pre").first().locator(".tok-comment")).toHaveCount(1);

  await ask(page, "One more?");
  (await browserPeer.nextTurn()).started().text("Here it is.").end("done", STATS);
  await expect(page.getByText("Here it is.")).toBeInViewport();
});
