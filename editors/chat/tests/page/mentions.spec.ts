//! What happens while a question is written: menus, what the mentions stand for, tokens.

import { expect, test } from "./fixtures";

test("the @ menu is searched, moved in and taken from", async ({ page, browserPeer }) => {
  const field = page.getByRole("textbox", { name: "Your question" });
  const menu = page.getByRole("listbox", { name: "Suggestions" });
  await field.pressSequentially("Why is @");
  await expect(menu.getByRole("option")).toHaveCount(6);
  await field.pressSequentially("src");
  await expect(menu.getByRole("option")).toHaveCount(3);
  await expect(menu.getByRole("option").first()).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("ArrowDown");
  await expect(menu.getByRole("option").nth(1)).toHaveAttribute("aria-selected", "true");
  await expect(field).toHaveAttribute(
    "aria-activedescendant",
    (await menu.getByRole("option").nth(1).getAttribute("id")) ?? "",
  );
  await page.keyboard.press("Enter");
  await expect(menu).toBeHidden();
  await expect(field).toHaveValue("Why is @src/money.py ");
  await expect(page.getByRole("list", { name: "Read with the question" })).toContainText("src/money.py");
  await expect(page.getByText("3.2k / 3.1k")).toBeVisible();
  expect(browserPeer.calls("weft/chat/send")).toHaveLength(0);
});

test("a keyword that goes on keeps the cursor at its end", async ({ page, browserPeer: _ }) => {
  const field = page.getByRole("textbox", { name: "Your question" });
  await field.pressSequentially("@dif");
  await expect(page.getByRole("option")).toHaveCount(1);
  await page.keyboard.press("Tab");
  await expect(field).toHaveValue("@diff:");
});

test("/ has the commands, at the beginning only", async ({ page, browserPeer: _ }) => {
  const field = page.getByRole("textbox", { name: "Your question" });
  await field.pressSequentially("/");
  await expect(page.getByRole("option")).toHaveText([/\/help/, /\/clear/]);
  await page.keyboard.press("Escape");
  await expect(page.getByRole("listbox")).toBeHidden();
  await expect(field).toHaveValue("/");
  await field.fill("1 /");
  await expect(page.getByText("1 /").or(page.getByText("/ 3.1k"))).toBeVisible();
  await expect(page.getByRole("listbox")).toBeHidden();
});

test("a click takes an item, and the button begins a mention", async ({ page, browserPeer: _ }) => {
  const field = page.getByRole("textbox", { name: "Your question" });
  await field.fill("Why is");
  await page.getByRole("button", { name: "Mention a file" }).click();
  await page
    .getByRole("option", { name: /src\/cart.py/ })
    .first()
    .click();
  await expect(field).toHaveValue("Why is @src/cart.py ");
  await expect(field).toBeFocused();
});

test("a mention that stands for nothing is shown before sending", async ({ page, browserPeer: _ }) => {
  await page.getByRole("textbox", { name: "Your question" }).fill("See @missing.py now");
  await expect(page.getByRole("alert")).toContainText("@missing.py is no file of this workspace.");
  await page.getByRole("textbox", { name: "Your question" }).fill("See");
  await expect(page.getByRole("alert")).toHaveCount(0);
});

test("a draft outlives the page", async ({ page, browserPeer: _ }) => {
  const field = page.getByRole("textbox", { name: "Your question" });
  await field.fill("half a thought");
  await page.reload();
  await expect(field).toHaveValue("half a thought");
});

test("Shift+Enter is a new line", async ({ page, browserPeer }) => {
  const field = page.getByRole("textbox", { name: "Your question" });
  await field.pressSequentially("one");
  const before = (await field.boundingBox())?.height ?? 0;
  await page.keyboard.press("Shift+Enter");
  await field.pressSequentially("two");
  await expect(field).toHaveValue("one\ntwo");
  expect((await field.boundingBox())?.height).toBeGreaterThan(before);
  await page.keyboard.press("Enter");
  expect((await browserPeer.nextTurn()).params.text).toBe("one\ntwo");
});
