//! Who may connect: the page that has the key, and no page of another origin.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test as plain } from "@playwright/test";
import { expect, shoot, test, Weft } from "./weft";

test("the key leaves the address, and a reload needs no new one", async ({ page }) => {
  expect(page.url()).not.toContain("key");
  await page.reload();
  await expect(page.getByText("Ask about your code")).toBeVisible();
  await expect(page.getByRole("button", { name: /^Model: / })).toBeVisible();
  await expect(page.getByTitle("Questions are about the folder harbor")).toBeVisible();
});

test("a page of another origin cannot connect, with the key or without", async ({ browser, weft }) => {
  const address = new URL(await weft.address());
  const key = new URLSearchParams(address.hash.slice(1)).get("key") ?? "";
  const elsewhere = createServer((_request, response) =>
    response.writeHead(200, { "content-type": "text/html" }).end(),
  );
  await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
  const page = await browser.newPage();
  const connects = (from: string, protocols: string[]) =>
    page.goto(from).then(() =>
      page.evaluate(
        ([url, names]) =>
          new Promise<string>((resolve) => {
            const socket = new WebSocket(url, names);
            socket.onopen = () => resolve("open");
            socket.onerror = () => resolve("refused");
          }),
        [`ws://${address.host}/weft/ws`, protocols] as const,
      ),
    );
  const bearing = ["weft", `weft.key.${Buffer.from(key).toString("hex")}`];
  const foreign = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;
  expect(await connects(foreign, bearing)).toBe("refused");
  expect(await connects(foreign, ["weft"])).toBe("refused");
  expect(await connects(`${address.origin}/`, bearing)).toBe("open");
  const read = page.evaluate(
    (url) =>
      fetch(url).then(
        () => "read",
        () => "refused",
      ),
    `${address.origin}/api/tags`,
  );
  expect(await read).toBe("read");
  await page.goto(foreign);
  const asked = page.evaluate(
    (url) =>
      fetch(url).then(
        () => "read",
        () => "refused",
      ),
    `${address.origin}/api/tags`,
  );
  expect(await asked).toBe("refused");
  await page.close();
  elsewhere.close();
});

plain("without a key the page says how to get one, and takes the API's", async ({ page }) => {
  const weft = new Weft({ WEFT_API_KEY: "sesame" });
  try {
    await page.goto(await weft.serve());
    await expect(page.getByRole("heading", { name: "This page needs a key" })).toBeVisible();
    await shoot(page, "locked-light");
    const field = page.getByLabel(/was given/);
    await field.fill("wrong");
    await field.press("Enter");
    await expect(page.getByRole("heading", { name: "This page needs a key" })).toBeVisible();
    await page.getByLabel(/was given/).fill("sesame");
    await page.getByLabel(/was given/).press("Enter");
    await expect(page.getByRole("textbox", { name: "Your question" })).toBeVisible();
    await page.getByRole("button", { name: "Models" }).click();
    await expect(page.getByText("No model is in memory.")).toBeVisible();
  } finally {
    await weft.end();
  }
});
