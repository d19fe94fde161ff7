//! Pictures of the page to be looked at: side-bar and browser width, light and dark. They fail only if the page does.

import type { Page } from "@playwright/test";
import { ask, expect, test } from "./fixtures";
import { message, type Peer, STATS } from "./peer";
import { ANSWER } from "./texts";

const SIDE_BAR = { width: 360, height: 780 };
const BROWSER = { width: 1280, height: 820 };

async function shoot(page: Page, name: string) {
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: `${process.env["WEFT_CAPTURES"] ?? "screenshots"}/${name}.png` });
}

async function converse(page: Page, peer: Peer) {
  await ask(page, "Why is @src/cart.py off by a cent?\nAnd what about @src/money.py?");
  const turn = (await peer.nextTurn()).started([
    "Rules of AGENTS.md apply.",
    "src/money.py: lines 90 to 240 were cut.",
  ]);
  turn.thinking("The user asks about rounding.").text(ANSWER).end("done", STATS);
  await expect(page.getByText("wrote")).toBeVisible();
  await expect(page.locator(".tok-keyword").first()).toBeVisible();
}

for (const scheme of ["light", "dark"] as const) {
  test.describe(scheme, () => {
    test.use({ colorScheme: scheme });

    test("side bar", async ({ page, editorPeer }) => {
      await page.setViewportSize(SIDE_BAR);
      await page.evaluate((theme) => document.body.classList.add(`vscode-${theme}`), scheme);
      await expect(page.getByText("Ask about your code")).toBeVisible();
      await shoot(page, `side-bar-empty-${scheme}`);
      await converse(page, editorPeer);
      await shoot(page, `side-bar-answer-${scheme}`);
      const text = "def total(self) -> Money:\n";
      editorPeer.proposal = {
        id: "p1",
        uri: "file:///shop/src/cart.py",
        version: 3,
        diff: "",
        blocks: [
          {
            index: 0,
            range: { start: { line: 11, character: 0 }, end: { line: 13, character: 0 } },
            oldText: "    total = sum(round(l.price * l.count, 2) for l in self.lines)\n    return Money(total)\n",
            newText: "    cents = sum(l.cents * l.count for l in self.lines)\n    return Money(cents)\n",
          },
          {
            index: 1,
            range: { start: { line: 30, character: 0 }, end: { line: 30, character: 0 } },
            oldText: "",
            newText: text,
          },
        ],
      };
      await page.getByRole("button", { name: /Apply to the file/ }).click();
      await page.getByRole("button", { name: /Accept the change at lines 12/ }).click();
      await page.getByText("accepted").first().scrollIntoViewIfNeeded();
      await shoot(page, `side-bar-apply-${scheme}`);
      await page.getByRole("textbox").pressSequentially("Look at @");
      await expect(page.getByRole("listbox")).toBeVisible();
      await shoot(page, `side-bar-menu-${scheme}`);
      await page.keyboard.press("Escape");
      await page.getByRole("textbox").fill("Look at @missing.py and @src/money.py");
      await expect(page.getByText("is no file of this workspace")).toBeVisible();
      await shoot(page, `side-bar-problem-${scheme}`);
      editorPeer.addSession("Rounding in the cart", [message("user", "x")]);
      editorPeer.addSession("A very long title of a session that was about the borrow checker", [message("user", "x")]);
      await page.getByRole("button", { name: "Sessions" }).click();
      await page.getByText("Rounding in the cart").hover();
      await shoot(page, `side-bar-sessions-${scheme}`);
    });

    test("browser", async ({ page, browserPeer }) => {
      await page.setViewportSize(BROWSER);
      browserPeer.addSession("Rounding in the cart", [message("user", "x")]);
      browserPeer.addSession("Explain the borrow checker", [message("user", "x")]);
      await converse(page, browserPeer);
      await shoot(page, `browser-answer-${scheme}`);
      await page.getByRole("button", { name: "Models" }).click();
      await shoot(page, `browser-models-${scheme}`);
      await page.getByRole("button", { name: "Side by side" }).click();
      await ask(page, "Write quicksort in Rust.");
      const [one, two] = [await browserPeer.nextTurn(), await browserPeer.nextTurn()];
      const code =
        "```rust\nfn quicksort<T: Ord>(items: &mut [T]) {\n    if items.len() <= 1 {\n        return;\n    }\n    let pivot = partition(items);\n    quicksort(&mut items[..pivot]);\n}\n```";
      one.started().text(`Here it is.\n\n${code}`).end("done", STATS);
      two
        .started()
        .text("A quick sort picks a pivot and ", "puts smaller elements before it.\n\n", code, "\n\nThe pivot")
        .progress({});
      await expect(page.getByText("wrote")).toBeVisible();
      await expect(page.getByText("The pivot", { exact: true })).toBeVisible();
      await expect(page.locator(".tok-keyword").first()).toBeVisible();
      await shoot(page, `browser-compare-${scheme}`);
    });
  });
}

/** What VS Code's own themes give, of the variables that the page uses. */
const THEMES = {
  "dark-modern": {
    kind: "dark",
    variables: {
      "--vscode-sideBar-background": "#181818",
      "--vscode-foreground": "#cccccc",
      "--vscode-descriptionForeground": "#9d9d9d",
      "--vscode-input-background": "#313131",
      "--vscode-input-border": "#3c3c3c",
      "--vscode-focusBorder": "#0078d4",
      "--vscode-button-background": "#0078d4",
      "--vscode-button-foreground": "#ffffff",
      "--vscode-textLink-foreground": "#4daafc",
      "--vscode-editor-background": "#1f1f1f",
      "--vscode-editorWidget-background": "#202020",
      "--vscode-widget-border": "#313131",
      "--vscode-toolbar-hoverBackground": "#5a5d5e50",
      "--vscode-list-activeSelectionBackground": "#04395e",
      "--vscode-list-activeSelectionForeground": "#ffffff",
      "--vscode-list-inactiveSelectionBackground": "#37373d",
      "--vscode-errorForeground": "#f85149",
      "--vscode-diffEditor-insertedTextBackground": "#9ccc2c33",
      "--vscode-diffEditor-removedTextBackground": "#ff000033",
      "--vscode-font-size": "13px",
    },
  },
  "high-contrast": {
    kind: "highContrast",
    variables: {
      "--vscode-sideBar-background": "#000000",
      "--vscode-foreground": "#ffffff",
      "--vscode-descriptionForeground": "#ffffff",
      "--vscode-input-background": "#000000",
      "--vscode-contrastBorder": "#6fc3df",
      "--vscode-input-border": "#6fc3df",
      "--vscode-focusBorder": "#f38518",
      "--vscode-textLink-foreground": "#21a6ff",
      "--vscode-editor-background": "#000000",
      "--vscode-editorWidget-background": "#0c141f",
      "--vscode-font-size": "13px",
    },
  },
};

for (const [name, theme] of Object.entries(THEMES)) {
  test(`VS Code's ${name}`, async ({ page, editorPeer }) => {
    await page.setViewportSize(SIDE_BAR);
    editorPeer.send({ method: "host/theme", params: theme });
    await converse(page, editorPeer);
    await page.getByRole("textbox").pressSequentially("And @src");
    await expect(page.getByRole("option").first()).toBeVisible();
    await shoot(page, `vscode-${name}`);
  });
}
