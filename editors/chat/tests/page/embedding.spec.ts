//! The page as VS Code embeds it: the text of index.html from one origin, its files from another one, and the policy
//! rewritten as README.md says.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Browser, expect } from "@playwright/test";
import { type Served, test } from "./fixtures";
import { Peer } from "./peer";

/** What README.md tells a host to do. */
function embed(html: string, files: string, nonce: string): string {
  return html.replaceAll("'self'", files).replaceAll("__WEFT_NONCE__", nonce).replaceAll('="./', `="${files}/`);
}

test("files of another origin, lazily loaded ones too", async ({
  browser,
  served: host,
}: {
  browser: Browser;
  served: Served;
}) => {
  const files = host.url.replace(/\/$/, "");
  const html = embed(await readFile(new URL("../../dist/index.html", import.meta.url), "utf8"), files, "abc123");
  expect(html).not.toMatch(/__|"\.\/|'self'/);
  const server = createServer((_request, response) =>
    response.writeHead(200, { "content-type": "text/html" }).end(html),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const page = await browser.newPage();
  const breaches: string[] = [];
  page.on("console", (message) => message.type() === "error" && breaches.push(message.text()));
  page.on("pageerror", (error) => breaches.push(error.message));
  const peer = new Peer((message) => {
    page.evaluate((data) => window.postMessage(data), message).catch(() => undefined);
  });
  await page.exposeFunction("toPeer", (message: object) => peer.receive(message));
  await page.addInitScript(() => {
    const post = (window as unknown as { toPeer: (message: unknown) => void }).toPeer;
    window.acquireVsCodeApi = () => ({ postMessage: post, getState: () => undefined, setState: () => undefined });
  });
  await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
  await page.getByRole("textbox").fill("Hello");
  await page.keyboard.press("Enter");
  (await peer.nextTurn())
    .started()
    .text("```rust\nfn main() {} // end\n```\n\n<details><summary>More</summary>x</details>")
    .end();
  await expect(page.locator(".tok-comment")).toHaveText("// end");
  await expect(page.getByText("More", { exact: true })).toBeVisible();
  expect(breaches.filter((text) => !text.includes("favicon"))).toEqual([]);
  await page.close();
  server.close();
});
