//! What went along with a question, where no editor opens it: a dialog with what was sent. Nothing of its text is more than text.

import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { ask, expect, test } from "./fixtures";
import { STATS, type Peer, type Turn } from "./peer";
import { HOSTILE } from "./texts";

/** Asks a question, and has it answered. */
async function answered(page: Page, peer: Peer, text: string): Promise<Turn> {
  await ask(page, text);
  const turn = (await peer.nextTurn()).started();
  turn.text("Well.").end("done", STATS);
  await expect(page.getByLabel("Figures of the answer")).toBeVisible();
  return turn;
}

async function findings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html} ${node.failureSummary ?? ""}`));
}

test("a chip shows what was sent, and gets the focus back", async ({ page, browserPeer }) => {
  await page.getByRole("textbox", { name: "Your question" }).fill("Compare @src/cart.py please");
  const composed = page.getByRole("list", { name: "Read with the question" }).getByText("src/cart.py");
  await expect(composed).toBeVisible();
  // Nothing was sent yet.
  await expect(page.getByRole("button", { name: /^Show src/ })).toHaveCount(0);
  const turn = await answered(page, browserPeer, "Compare @src/cart.py and @src/money.py with @current please");

  const chip = page.getByRole("button", { name: "Show src/cart.py, 412 tokens" });
  const dialog = page.getByRole("dialog", { name: "src/cart.py" });
  await chip.click();
  await expect(dialog).toContainText("class Cart:");
  await expect(dialog.locator(".tok-comment")).toHaveText("# in cents");
  await expect(dialog.getByRole("definition")).toHaveText(["src/cart.py", "412", "nothing"]);
  await expect(dialog.getByRole("button", { name: "Close" })).toBeFocused();
  const place = { sessionId: turn.session.id, messageId: turn.question.id };
  expect(browserPeer.calls("weft/chat/attachment")).toEqual([{ ...place, index: 0 }]);
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await expect(chip).toBeFocused();

  for (const key of ["Enter", "Space"]) {
    await page.keyboard.press(key);
    await expect(dialog).toContainText("class Cart:");
    await dialog.getByRole("button", { name: "Close" }).press(key);
    await expect(dialog).toHaveCount(0);
    await expect(chip).toBeFocused();
  }
  await chip.click();
  await page.mouse.click(3, 3);
  await expect(dialog).toHaveCount(0);

  // What was cut of it, and which one it is.
  await page.getByRole("button", { name: /^Show src\/money.py/ }).click();
  await expect(page.getByRole("dialog").getByRole("definition")).toHaveText([
    "src/money.py",
    "3200",
    "lines 90 to 240",
  ]);
  await expect(page.getByRole("dialog")).toContainText("CURRENCY = 'NOK'");
  expect(browserPeer.calls("weft/chat/attachment").at(-1)).toEqual({ ...place, index: 1 });
  await page.keyboard.press("Escape");
  // One that the server does not have any more says so; where it comes from is still there.
  await page.getByRole("button", { name: /^Show cart.py:1–40/ }).click();
  await expect(page.getByRole("dialog").getByRole("alert")).toHaveText("There is no such message any more.");
  await expect(page.getByRole("dialog").getByRole("definition")).toHaveText([
    "file:///shop/src/cart.py",
    "1–40",
    "412",
    "nothing",
  ]);
});

test("a long text is scrolled with the keyboard, and the way out stays", async ({ page, browserPeer }) => {
  await page.setViewportSize({ width: 360, height: 600 });
  const text = Array.from({ length: 300 }, (_, line) => `x = ${line}  # line ${line}, ${"wide ".repeat(40)}\n`).join(
    "",
  );
  browserPeer.texts["@src/cart.py"] = { path: "src/cart.py", language: "python", text };
  await answered(page, browserPeer, "Explain @src/cart.py please");
  await page.getByRole("button", { name: /^Show src\/cart.py/ }).click();
  const comments = page.getByRole("dialog").locator(".tok-comment");
  await expect(comments).toHaveCount(300);
  await expect(comments.last()).not.toBeInViewport();
  await page.getByRole("group", { name: "Code, python" }).focus();
  await page.keyboard.press("End");
  await expect(comments.last()).toBeInViewport();
  await expect(page.getByRole("dialog").getByRole("button", { name: "Close" })).toBeInViewport({ ratio: 1 });
});

test("Escape closes the dialog, and stops no answer", async ({ page, browserPeer }) => {
  await ask(page, "Explain @src/cart.py please");
  const turn = (await browserPeer.nextTurn()).started().text("It is");
  await expect(page.getByText("It is")).toBeVisible();
  await page.getByRole("button", { name: /^Show src\/cart.py/ }).click();
  // Whatever has the focus: a click into the text takes it from the button.
  await page.getByRole("dialog").getByText("Tokens").click();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  turn.text(" a cart.").end("done", STATS);
  await expect(page.getByText("It is a cart.")).toBeVisible();
  expect(turn.cancelled).toBe(false);
});

for (const [name, media] of [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["more contrast", { contrast: "more" }],
  ["forced colours", { forcedColors: "active" }],
] as const) {
  test(`axe has no finding in the dialog, ${name}`, async ({ page, browserPeer }) => {
    await page.emulateMedia(media);
    await answered(page, browserPeer, "Compare @src/cart.py and @src/money.py please");
    await page.getByRole("button", { name: /^Show src\/cart.py/ }).click();
    await expect(page.getByRole("dialog").locator(".tok-comment")).toBeVisible();
    expect(await findings(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: /^Show src\/money.py/ }).click();
    await expect(page.getByRole("dialog")).toContainText("CURRENCY");
    expect(await findings(page)).toEqual([]);
    const folder = process.env["WEFT_CAPTURES"] ?? "screenshots";
    await page.screenshot({ path: `${folder}/attachment-${name.replace(" ", "-")}.png` });
  });
}

test("nothing of a hostile attachment runs, loads or covers", async ({ page, browserPeer }) => {
  const bad = '<img src=x onerror="window.hacked=1">';
  browserPeer.texts["@src/cart.py"] = { path: `${bad}/cart.html`, language: "html", text: HOSTILE };
  const turn = await answered(page, browserPeer, "Explain @src/cart.py please");
  turn.question.attachments = turn.question.attachments.map((one) => ({ ...one, title: bad, cut: bad }));
  await page.reload();
  await page.getByRole("button", { name: `Show ${bad}` }).click();
  const dialog = page.getByRole("dialog", { name: bad });
  // All of it is there to be read, coloured as the language says.
  await expect(dialog.locator('[class^="tok-"]').first()).toBeVisible();
  expect((await dialog.locator("pre").textContent())?.trim()).toBe(HOSTILE.trim());
  await expect(dialog.getByRole("definition").first()).toHaveText(`${bad}/cart.html`);
  const found = await page.evaluate(() => {
    const inside = [...document.querySelectorAll("dialog *")];
    return {
      hacked: (window as unknown as { hacked: unknown }).hacked,
      elements: inside
        .map((one) => one.localName)
        .filter(
          (name) =>
            name.includes("-") ||
            /^(script|iframe|img|object|embed|form|input|base|meta|link|style|animate|math|a|details|b)$/.test(name),
        ),
      handlers: inside.filter((one) =>
        one.getAttributeNames().some((name) => name.startsWith("on") || name === "srcdoc"),
      ).length,
    };
  });
  expect(found).toEqual({ hacked: undefined, elements: [], handlers: 0 });
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: `Show ${bad}` })).toBeFocused();
});
