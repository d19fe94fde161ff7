//! Without a pointer, as axe-core sees it, and as it looks: light and dark, with real answers.

import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { answered, ask, expect, shoot, test } from "./weft";

async function findings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations.filter((one) => ["moderate", "serious", "critical"].includes(one.impact ?? ""));
  return grave.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html}`));
}

function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement;
    return element?.getAttribute("aria-label") ?? element?.textContent?.trim() ?? "";
  });
}

async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let step = 0; step < 60; step++) {
    await page.keyboard.press("Tab");
    if (name.test(await focused(page))) return;
  }
  throw new Error(`Tab does not reach ${name}`);
}

test("a whole conversation by keyboard alone", async ({ page }) => {
  // The composer has the focus from the beginning.
  await page.keyboard.type("What is the value of LOG_CHANNEL? @lim");
  await expect(page.getByRole("option").first()).toBeVisible();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  await expect(page.locator(".answer")).toContainText("harbor.audit");
  await answered(page);
  await tabTo(page, /^Answer again$/);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Stop" })).toBeVisible();
  await answered(page);
  await tabTo(page, /^Models$/);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Models" })).toBeVisible();
  await tabTo(page, /^Unload /);
  await page.keyboard.press("Enter");
  await expect(page.getByText("No model is in memory.")).toBeVisible();
});

for (const scheme of ["light", "dark"] as const) {
  test.describe(scheme, () => {
    test.use({ colorScheme: scheme, viewport: { width: 1280, height: 820 } });

    test("axe has no finding, and it looks like a product", async ({ page }) => {
      expect(await findings(page)).toEqual([]);
      await shoot(page, `empty-${scheme}`);
      await page
        .getByRole("textbox", { name: "Your question" })
        .pressSequentially("Write a Python function that adds two fees. @lim");
      await expect(page.getByRole("option").first()).toBeVisible();
      await shoot(page, `menu-${scheme}`);
      await page.keyboard.press("Enter");
      await expect(page.getByRole("list", { name: "Read with the question" })).toBeVisible();
      await page.keyboard.press("Enter");
      await answered(page);
      await expect(page.locator(".tok-keyword").first()).toBeVisible();
      expect(await findings(page)).toEqual([]);
      await shoot(page, `answer-${scheme}`);
      await page.getByRole("button", { name: "Side by side" }).click();
      await ask(page, "Write a Rust function that says whether a year is a leap year.");
      await answered(page);
      expect(await findings(page)).toEqual([]);
      await shoot(page, `side-by-side-code-${scheme}`);
      await page.getByRole("button", { name: "Models" }).click();
      await expect(page.getByText(/of memory$/)).toBeVisible();
      expect(await findings(page)).toEqual([]);
      await shoot(page, `models-${scheme}`);
    });
  });
}
