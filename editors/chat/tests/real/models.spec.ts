//! Two real models side by side, and the page of the models: memory, unloading, a download from a hub on loopback.

import { copyFileSync, createReadStream, readdirSync, statSync, truncateSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { answered, expect, LARGE, shoot, test, TINY, watch, Weft } from "./weft";

test("the same question to two models: each with its answer and figures", async ({ page }) => {
  await page.getByRole("button", { name: "Side by side" }).click();
  const columns = [LARGE, TINY].map((model) => page.getByRole("region", { name: `Answers of ${model}` }));
  await page.getByRole("textbox", { name: /Your question/ }).fill("What is a harbour? One sentence.");
  await page.keyboard.press("Enter");
  for (const column of columns) {
    await expect(column.locator(".markdown")).not.toBeEmpty();
    const figures = column.getByLabel("Figures of the answer");
    await expect(figures).toContainText(/[\d.]+ tok\/s/);
    await expect(figures).toContainText(/first\s*[\d.]+ s/);
    await expect(figures).toContainText(/read\s*\d+.*wrote\s*\d+/s);
  }
  await answered(page);
  await shoot(page, "side-by-side-light");

  await page.getByRole("button", { name: "Models" }).click();
  await expect(page.getByText(/2 models take\s+[\d.]+ [MG]B of memory/)).toBeVisible();
  await expect(page.getByRole("listitem").filter({ hasText: TINY })).toContainText(
    /in memory: [\d.]+ [MG]B, [\d.]+k tokens of context/,
  );
  await shoot(page, "models-light");
  await page.getByRole("button", { name: `Unload ${TINY}` }).click();
  await expect(page.getByText(/One model takes\s+[\d.]+ [MG]B of memory/)).toBeVisible();
  await expect(page.getByRole("button", { name: `Unload ${TINY}` })).toHaveCount(0);
});

test("a model is downloaded, with its progress, and used", async ({ browser }) => {
  const hub = await Hub.start();
  const weft = new Weft({ HF_ENDPOINT: hub.url, PIP_NO_INDEX: "1", NO_PROXY: "127.0.0.1", WEFT_MODEL: TINY }, [
    "SmolLM2-135M",
  ]);
  try {
    hub.leaveHalf(weft.models);
    const page = await browser.newPage();
    const address = await weft.address();
    const breaches = watch(page, new URL(address).origin);
    await page.goto(address);
    await page.getByRole("button", { name: "Models" }).click();
    await page.getByRole("button", { name: `Download ${LARGE}` }).click();
    const row = page.getByRole("listitem").filter({ hasText: LARGE });
    // The hub has sent half of what is missing, and waits.
    await expect(row).toContainText("downloading 95 %");
    await expect(row.getByRole("progressbar")).toBeVisible();
    await shoot(page, "download-light");
    hub.goOn();
    await expect(page.locator(".notice", { hasText: `${LARGE} is ready.` })).toBeVisible();
    await page.getByRole("button", { name: `Use ${LARGE}` }).click();
    await expect(row).toContainText("in use");
    expect(breaches).toEqual([]);
    await page.close();
  } finally {
    await weft.end();
    hub.close();
  }
});

/** A hub on loopback: it goes on with a download where that broke off, as Hugging Face does. */
class Hub {
  goOn: () => void = () => undefined;
  private readonly waiting = new Promise<void>((resolve) => (this.goOn = resolve));
  private readonly file: string;
  private readonly bytes: number;
  url = "";

  private constructor(private readonly server: Server) {
    const folder = process.env["WEFT_TEST_MODELS"] ?? "";
    const name = readdirSync(folder).find((one) => one.startsWith(LARGE) && one.endsWith(".gguf")) ?? "";
    this.file = join(folder, name);
    this.bytes = statSync(this.file).size;
  }

  static async start(): Promise<Hub> {
    const server = createServer();
    const hub = new Hub(server);
    server.on("request", (request, response) => {
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
      response.writeHead(from > 0 ? 206 : 200, {
        "content-length": hub.bytes - from,
        ...(from > 0 && { "content-range": `bytes ${from}-${hub.bytes - 1}/${hub.bytes}` }),
      });
      const middle = hub.at(0.955);
      createReadStream(hub.file, { start: from, end: middle - 1 })
        .on("end", () => void hub.waiting.then(() => createReadStream(hub.file, { start: middle }).pipe(response)))
        .pipe(response, { end: false });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    hub.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return hub;
  }

  /** A download that broke off at nine tenths. */
  leaveHalf(models: string): void {
    const partial = join(models, `${this.file.split("/").at(-1)}.partial`);
    copyFileSync(this.file, partial);
    truncateSync(partial, this.at(0.9));
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private at(fraction: number): number {
    return Math.floor(this.bytes * fraction);
  }
}
