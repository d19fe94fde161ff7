//! A conversation with the real small model about a real folder, as a user has it.

import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { answered, ask, expect, shoot, test } from "./weft";

const answers = (page: Page) => page.locator(".answer");
const STORY = "Tell a long story about a harbour master and a cat, in at least twenty sentences.";

test("what stands only in a mentioned file is in the answer, which streams", async ({ page, weft }) => {
  const field = page.getByRole("textbox", { name: "Your question" });
  await field.pressSequentially("What is the value of MAX_BERTHS? @lim");
  await page.getByRole("option", { name: /harbor\/limits\.py/ }).click();
  await expect(field).toHaveValue("What is the value of MAX_BERTHS? @harbor/limits.py ");
  // What will be read, and what it takes of the budget.
  await expect(page.getByRole("list", { name: "Read with the question" })).toContainText("limits.py");
  await expect(page.getByTitle(/tokens that fit into the question/)).toHaveText(/^\s*\d+ \/ [\d.]+k\s*tokens$/);
  await field.press("Enter");
  await expect(answers(page)).toContainText("37");
  await answered(page);
  await expect(answers(page).getByLabel("Figures of the answer")).toContainText(/[\d.]+ tok\/s.*first.*read.*wrote/s);
  await expect(page.locator(".question").getByRole("list", { name: "Read with the question" })).toContainText(
    "limits.py",
  );
  // What was sent is there to be read, whatever has become of the file.
  const file = join(weft.workspace, "harbor/limits.py");
  const before = readFileSync(file);
  writeFileSync(file, "WRITTEN = 'after the question'\n");
  const sent = page.locator(".question").getByRole("button", { name: /^Show harbor\/limits\.py/ });
  await sent.press("Enter");
  const dialog = page.getByRole("dialog", { name: "harbor/limits.py" });
  await expect(dialog.locator("pre")).toContainText("MAX_BERTHS = 37");
  await expect(dialog.locator(".tok-keyword").first()).toBeVisible();
  await expect(dialog.locator("pre")).not.toContainText("WRITTEN");
  await expect(dialog.getByRole("definition").first()).toHaveText("harbor/limits.py");
  await shoot(page, "sent-light");
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await expect(sent).toBeFocused();
  writeFileSync(file, before);
});

test("an answer grows while it is written, and is stopped by Esc", async ({ page }) => {
  await ask(page, STORY);
  const text = () => answers(page).locator(".markdown").innerText();
  await expect(answers(page).locator(".markdown")).not.toBeEmpty();
  const early = await text();
  await expect.poll(async () => (await text()).length).toBeGreaterThan(early.length);
  await expect(page.getByRole("button", { name: "Stop" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByText("Stopped. What had come is kept.")).toBeVisible();
  expect((await text()).startsWith(early.slice(0, 20))).toBe(true);
});

test("a question is changed and asked again, and an answer is written again", async ({ page }) => {
  await ask(page, "Reply with the single word: apple");
  await answered(page);
  await page.locator(".question").hover();
  await page.getByRole("button", { name: "Edit and ask again" }).click();
  const field = page.getByRole("textbox", { name: "Change the question" });
  await field.fill("What is the value of GRACE_MINUTES? @harbor/limits.py");
  await field.press("Enter");
  await expect(answers(page)).toContainText("14");
  await answered(page);
  await expect(page.locator(".question")).toHaveCount(1);
  await page.getByRole("button", { name: "Answer again" }).click();
  await expect(page.getByRole("button", { name: "Stop" })).toBeVisible();
  await answered(page);
  await expect(answers(page)).toHaveCount(1);
  await expect(answers(page)).toContainText("14");
});

test("sessions are listed, resumed after a reload, renamed and deleted", async ({ page }) => {
  await ask(page, "What is the value of DEFAULT_CURRENCY? @harbor/limits.py");
  await expect(answers(page)).toContainText("NOK");
  await answered(page);
  await page.reload();
  await expect(answers(page)).toContainText("NOK");
  const list = page.getByRole("complementary");
  const own = list.getByRole("button", { name: /What is the value of DEFAULT_CURRENCY/ }).first();
  await page.getByRole("button", { name: "New session" }).click();
  await expect(page.getByText("Ask about your code")).toBeVisible();
  await own.click();
  await expect(answers(page)).toContainText("NOK");
  await ask(page, "And which file did you read? Only its name.");
  await answered(page);
  await expect(page.locator(".question")).toHaveCount(2);

  await own.hover();
  await list
    .getByRole("button", { name: /^Rename/ })
    .first()
    .click();
  await page.getByRole("textbox", { name: /title/i }).fill("Money of the harbour");
  await page.keyboard.press("Enter");
  await expect(list.getByRole("button", { name: /Money of the harbour/ }).first()).toBeVisible();
  await list.getByText("Money of the harbour").first().hover();
  await list
    .getByRole("button", { name: /^Delete/ })
    .first()
    .click();
  await list.getByRole("button", { name: "Delete", exact: true }).click();
  await expect(list.getByText("Money of the harbour")).toHaveCount(0);
  await expect(page.getByText("Ask about your code")).toBeVisible();
});

test("what does not fit is cut, and the page says what", async ({ page, weft }) => {
  await page.getByRole("textbox", { name: "Your question" }).fill("What is the value of PILOT? @harbor/rules.py");
  const chip = page.getByRole("list", { name: "Read with the question" });
  await expect(chip).toContainText("rules.py");
  await expect(page.getByTitle(/the rest will be cut|tokens that fit into the question/)).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(
    page
      .locator(".question")
      .getByTitle(/cut|left out/i)
      .first(),
  ).toBeVisible();
  await answered(page);
  await expect(answers(page)).toContainText("Ingrid");
  await shoot(page, "cut-light");
  await page
    .locator(".question")
    .getByRole("button", { name: /rules\.py/ })
    .click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.locator("pre")).toContainText('PILOT = "Ingrid"');
  await expect(dialog.getByRole("definition").last()).toHaveText(/lines|left out|cut/);
  const file = statSync(join(weft.workspace, "harbor/rules.py")).size;
  expect((await dialog.locator("pre").innerText()).length).toBeLessThan(file / 2);
});

test("a mention that brings nothing says why, and nothing is sent", async ({ page }) => {
  await page.getByRole("textbox", { name: "Your question" }).fill("Explain @harbor/nowhere.py");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert").first()).toContainText("harbor/nowhere.py");
  await expect(page.getByRole("textbox", { name: "Your question" })).toHaveValue("Explain @harbor/nowhere.py");
  await expect(answers(page)).toHaveCount(0);
});
