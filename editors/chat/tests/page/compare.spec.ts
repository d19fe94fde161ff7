//! The same question to several models, and the page of the models.

import { expect, test } from "./fixtures";
import { STATS } from "./peer";

test("two models answer side by side, each with its figures", async ({ page, browserPeer }) => {
  await page.getByRole("button", { name: "Side by side" }).click();
  await page.getByRole("textbox").fill("Sort?");
  await page.keyboard.press("Enter");
  const [one, two] = [await browserPeer.nextTurn(), await browserPeer.nextTurn()];
  expect([one.params.model, two.params.model]).toEqual(["qwen2.5-coder-1.5b", "qwen2.5-coder-0.5b"]);
  expect(one.session.id).not.toBe(two.session.id);
  one.started().text("Large ");
  two.started().text("Small ");
  const large = page.getByRole("region", { name: "Answers of qwen2.5-coder-1.5b" });
  const small = page.getByRole("region", { name: "Answers of qwen2.5-coder-0.5b" });
  await expect(large.getByText("Large")).toBeVisible();
  await expect(small.getByText("Small")).toBeVisible();
  one.text("answer.").end("done", { ...STATS, tokensPerSecond: 30.1, firstTokenMs: 4200 });
  two.text("answer.").end("done", STATS);
  await expect(large).toContainText("30.1 tok/s");
  await expect(large).toContainText("4.2 s");
  await expect(small).toContainText("46.3 tok/s");

  await page.getByRole("textbox").fill("And in Rust?");
  await page.keyboard.press("Enter");
  const next = [await browserPeer.nextTurn(), await browserPeer.nextTurn()];
  expect(next.map((turn) => turn.params.sessionId)).toEqual([one.session.id, two.session.id]);
  next.forEach((turn) => turn.started().text("So."));
  await expect(page.getByText("So.")).toHaveCount(2);
  await page.keyboard.press("Escape");
  await expect(page.getByText("Stopped. What had come")).toHaveCount(2);
  expect(next.every((turn) => turn.cancelled)).toBe(true);
});

test("columns are added, given another model, and removed", async ({ page, browserPeer: _ }) => {
  await page.getByRole("button", { name: "Side by side" }).click();
  await page.getByRole("button", { name: "Add a model" }).click();
  await expect(page.getByRole("button", { name: /Model of column/ })).toHaveCount(3);
  await page.getByRole("button", { name: /Model of column 3/ }).click();
  await page.getByRole("option", { name: /0\.5b/ }).click();
  await expect(page.getByRole("button", { name: "Model of column 3: qwen2.5-coder-0.5b" })).toBeVisible();
  await page.getByRole("button", { name: "Remove column 1" }).click();
  await expect(page.getByRole("button", { name: /Model of column/ })).toHaveCount(2);
});

test("a model that refuses says so in its column, and the other one answers", async ({ page, browserPeer }) => {
  await page.getByRole("button", { name: "Side by side" }).click();
  await page.getByRole("textbox").fill("Sort?");
  await page.keyboard.press("Enter");
  const [one, two] = [await browserPeer.nextTurn(), await browserPeer.nextTurn()];
  one.refuse("This model cannot chat: it has no template.");
  two.started().text("Fine.").end("done", STATS);
  await expect(page.getByText("This model cannot chat")).toBeVisible();
  await expect(page.getByText("Fine.")).toBeVisible();
});

test("the model is chosen in the composer and on the models' page", async ({ page, browserPeer }) => {
  await page.getByRole("button", { name: "Model: qwen2.5-coder-1.5b" }).click();
  await expect(page.getByRole("option")).toHaveCount(2);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Model: qwen2.5-coder-0.5b" })).toBeVisible();
  expect(browserPeer.calls("weft/useModel")).toEqual([{ name: "qwen2.5-coder-0.5b" }]);
  await page.getByRole("button", { name: "Models" }).click();
  await expect(page.getByRole("button", { name: "Download qwen2.5-coder-7b" })).toBeVisible();
  await expect(page.getByText("One model takes 1.5 GB of memory")).toBeVisible();
  await expect(page.getByRole("button", { name: /^Unload/ })).toHaveCount(1);
  await page.getByRole("button", { name: "Use qwen2.5-coder-1.5b" }).click();
  await expect(page.getByRole("button", { name: "Use qwen2.5-coder-0.5b" })).toBeVisible();
});
