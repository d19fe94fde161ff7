//! Without a pointer, and as axe-core sees it, in every state and theme.

import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { ask, expect, test } from "./fixtures";
import { message, STATS } from "./peer";
import { ANSWER } from "./texts";

async function findings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations.filter(
    (one) => one.impact === "serious" || one.impact === "critical" || one.impact === "moderate",
  );
  return grave.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html} ${node.failureSummary ?? ""}`));
}

/** The name of what has the focus, as a screen reader would say it. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement;
    return element?.getAttribute("aria-label") ?? element?.textContent?.trim() ?? "";
  });
}

async function tabTo(page: Page, name: string | RegExp, key = "Tab") {
  for (let step = 0; step < 40; step++) {
    const now = await focused(page);
    if (typeof name === "string" ? now === name : name.test(now)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${key} does not reach ${name}`);
}

for (const theme of ["light", "dark", "high-contrast", "high-contrast-light"]) {
  test(`axe has no finding, ${theme}`, async ({ page, editorPeer }) => {
    await page.setViewportSize({ width: 360, height: 780 });
    await page.evaluate((name) => document.body.classList.add(`vscode-${name}`), theme);
    expect(await findings(page)).toEqual([]);
    editorPeer.addSession("Rounding", [message("user", "x")]);
    await ask(page, "Why is @src/cart.py off?");
    const turn = (await editorPeer.nextTurn()).started(["Rules of AGENTS.md apply."]).thinking("Hm.");
    await expect(page.getByText("Thinking…")).toBeVisible();
    expect(await findings(page)).toEqual([]);
    turn.text(ANSWER).end("done", STATS);
    await expect(page.locator(".tok-comment").first()).toBeVisible();
    await page.getByText("1 note").click();
    editorPeer.proposal = {
      id: "p",
      uri: "file:///a.py",
      version: 1,
      diff: "",
      blocks: [
        {
          index: 0,
          range: { start: { line: 1, character: 0 }, end: { line: 2, character: 0 } },
          oldText: "a\n",
          newText: "b\n",
        },
      ],
    };
    await page.getByRole("button", { name: /Apply to the file/ }).click();
    await expect(page.getByRole("button", { name: "Accept all" })).toBeVisible();
    expect(await findings(page)).toEqual([]);
    await page.getByRole("textbox").pressSequentially("See @missing.py @src");
    await expect(page.getByRole("listbox")).toBeVisible();
    await expect(page.getByText("is no file of this workspace")).toBeVisible();
    expect(await findings(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: /^Model:/ }).click();
    await expect(page.getByRole("option").first()).toBeVisible();
    expect(await findings(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Sessions" }).click();
    await page.getByText("Rounding").hover();
    expect(await findings(page)).toEqual([]);
  });
}

for (const colorScheme of ["light", "dark"] as const) {
  test(`axe has no finding in a browser, ${colorScheme}`, async ({ page, browserPeer }) => {
    await page.emulateMedia({ colorScheme });
    browserPeer.addSession("Rounding", [message("user", "x")]);
    await ask(page, "Why?");
    (await browserPeer.nextTurn()).started().text(ANSWER).end("done", STATS);
    await expect(page.locator(".tok-comment").first()).toBeVisible();
    expect(await findings(page)).toEqual([]);
    await page.getByRole("button", { name: "Models" }).click();
    expect(await findings(page)).toEqual([]);
    await page.getByRole("button", { name: "Side by side" }).click();
    await ask(page, "Which?");
    (await browserPeer.nextTurn()).started().text(ANSWER).end("done", STATS);
    await expect(page.getByLabel("Figures of the answer")).toBeVisible();
    expect(await findings(page)).toEqual([]);
  });
}

test("everything is reached and done with the keyboard alone", async ({ page, editorPeer }) => {
  await page.setViewportSize({ width: 360, height: 780 });
  editorPeer.addSession("Rounding", [message("user", "Why a cent?"), message("assistant", "A float.")]);
  await expect(page.getByRole("textbox", { name: "Your question" })).toBeFocused();
  await page.keyboard.type("Look at @cart");
  await expect(page.getByRole("option").first()).toBeVisible();
  await page.keyboard.press("Enter");
  await page.keyboard.type("now");
  await page.keyboard.press("Enter");
  const turn = await editorPeer.nextTurn();
  expect(turn.params.text).toBe("Look at @src/cart.py now");
  turn.started().text(ANSWER).end("done", STATS);
  await expect(page.getByRole("status").filter({ hasText: "The answer is complete." })).toHaveCount(1);

  await tabTo(page, "Insert at the cursor", "Shift+Tab");
  await page.keyboard.press("Enter");
  await expect.poll(() => editorPeer.calls("host/insertAtCursor")).toHaveLength(1);
  await tabTo(page, "Edit and ask again", "Shift+Tab");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("textbox", { name: "Change the question" })).toBeFocused();
  await page.keyboard.type(" please");
  await page.keyboard.press("Enter");
  const again = await editorPeer.nextTurn();
  expect(again.params).toMatchObject({ text: "Look at @src/cart.py now please", replaces: turn.question.id });
  again.started().text("Going");
  await expect(page.getByText("Going")).toBeVisible();
  await expect(page.getByRole("textbox", { name: "Your question" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.getByText("Stopped. What had come")).toBeVisible();

  await tabTo(page, /^Model:/);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("option")).toHaveCount(2);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect.poll(() => editorPeer.calls("weft/useModel")).toEqual([{ name: "qwen2.5-coder-0.5b" }]);

  await tabTo(page, "Sessions", "Shift+Tab");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("searchbox")).toBeFocused();
  await page.keyboard.type("round");
  await expect(page.getByRole("list", { name: "Sessions, newest first" }).getByRole("listitem")).toHaveCount(1);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(page.getByText("A float.")).toBeVisible();
  await expect(page.getByRole("textbox", { name: "Your question" })).toBeFocused();
});
