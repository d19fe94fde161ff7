//! A real `weft`, with a home of its own, a folder to ask about, and the page opened by the address that `weft ui` prints.
//! Whatever the page asks of another host, and each breach of its own policy, fails the test.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { copyFileSync, cpSync, linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { test as base, expect, type Page } from "@playwright/test";

export const LARGE = "qwen2.5-coder-0.5b";
export const TINY = "smollm2-135m";

function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run \`cargo xtask e2e page\`, which sets it`);
  return value;
}

/** A home of Weft, with its processes; `end` leaves none behind. */
export class Weft {
  readonly folder = mkdtempSync(join(tmpdir(), "weft-page-"));
  readonly models = join(this.folder, "models");
  readonly workspace = join(this.folder, "harbor");
  private serving: ChildProcess | undefined;

  /** `files`: which model files are there, by the beginning of their names. */
  constructor(
    private readonly environment: Record<string, string> = {},
    files: string[] = ["qwen2.5-coder-0.5b", "SmolLM2-135M"],
  ) {
    mkdirSync(this.models);
    for (const name of readdirSync(setting("WEFT_TEST_MODELS"))) {
      if (!name.endsWith(".gguf") || !files.some((file) => name.startsWith(file))) continue;
      const from = join(setting("WEFT_TEST_MODELS"), name);
      try {
        linkSync(from, join(this.models, name));
      } catch {
        copyFileSync(from, join(this.models, name));
      }
    }
    cpSync(join(setting("WEFT_FIXTURES"), "chat"), this.workspace, { recursive: true });
    rmSync(join(this.workspace, "questions.toml"));
    // More than any question has room for.
    const rule = 'RULES.append("Vessels with a long keel moor at the outer quay and wait for the pilot")\n';
    writeFileSync(join(this.workspace, "harbor/rules.py"), `PILOT = "Ingrid"\nRULES = []\n${rule.repeat(2_000)}`);
  }

  /** Runs a command to its end and answers what it printed. */
  async run(...words: string[]): Promise<string> {
    const options = { env: this.variables(), cwd: this.workspace };
    return (await promisify(execFile)(setting("WEFT_BIN"), words, options)).stdout;
  }

  /** The address that `weft ui` prints; it starts the server if there is none. */
  async address(): Promise<string> {
    return (await this.run("ui", "--no-open", "--port", "0", this.workspace)).trim();
  }

  /** `weft serve` with these arguments, in the foreground. Answers its address. */
  async serve(...words: string[]): Promise<string> {
    const serving = spawn(setting("WEFT_BIN"), ["serve", "--port", "0", ...words], {
      env: this.variables(),
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.serving = serving;
    return new Promise((resolve, reject) => {
      let said = "";
      serving.stderr.on("data", (data: Buffer) => {
        said += data.toString();
        const address = /API is at (\S+)/.exec(said)?.[1];
        if (address) resolve(address);
      });
      serving.once("exit", () => reject(new Error(said)));
    });
  }

  async end(): Promise<void> {
    await this.run("stop").catch(() => undefined);
    this.serving?.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private variables(): NodeJS.ProcessEnv {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("WEFT_"));
    return {
      ...Object.fromEntries(inherited),
      WEFT_HOME: join(this.folder, "home"),
      WEFT_MODELS: this.models,
      WEFT_MODEL: LARGE,
      WEFT_PAGE: setting("WEFT_PAGE"),
      // Room enough for what is asked here; what does not fit is read sooner.
      WEFT_CHAT_CONTEXT_TOKENS: "3072",
      ...this.environment,
    };
  }
}

interface Shared {
  weft: Weft;
}

interface Each {
  /** The page as `weft ui` opens it. */
  page: Page;
}

export const test = base.extend<Each, Shared>({
  weft: [
    async ({}, use) => {
      const weft = new Weft();
      await use(weft);
      await weft.end();
    },
    { scope: "worker" },
  ],

  page: async ({ page, weft }, use) => {
    const address = await weft.address();
    const breaches = watch(page, new URL(address).origin);
    await page.goto(address);
    await expect(page.getByRole("textbox", { name: "Your question" })).toBeVisible();
    await use(page);
    expect(breaches).toEqual([]);
  },
});

export { expect };

/** What the page must not do, as it does it. */
export function watch(page: Page, origin: string): string[] {
  const breaches: string[] = [];
  page.on("pageerror", (error) => breaches.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") breaches.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    const own = request.url().startsWith(origin) || request.url().startsWith("blob:");
    if (!own) breaches.push(`request: ${request.url()}`);
  });
  return breaches;
}

/** Writes a question and sends it with Enter; returns when it is under way. */
export async function ask(page: Page, text: string): Promise<void> {
  const questions = page.locator(".question");
  const before = await questions.count();
  await page.getByRole("textbox", { name: /Your question/ }).fill(text);
  await page.keyboard.press("Enter");
  await expect.poll(() => questions.count()).toBeGreaterThan(before);
}

/** Waits until nothing is being written any more. */
export async function answered(page: Page): Promise<void> {
  await expect(page.locator(".answer").first()).toBeVisible();
  await expect(page.locator('.answer[aria-busy="true"]')).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Send" })).toBeVisible();
}

export async function shoot(page: Page, name: string): Promise<void> {
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: `${setting("WEFT_CAPTURES")}/${name}.png` });
}
