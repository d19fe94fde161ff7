// A first start without a model: the walkthrough opens, the status says what is missing, one is fetched, code is completed.
import { constants } from "node:fs";
import { copyFile, cp, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { mustBe, type Step } from "./checks.ts";
import type { CodeServer } from "./code_server.ts";
import { Editor } from "./editor.ts";
import { Panel } from "./panel.ts";
import type { Places } from "./places.ts";

const MODEL = "qwen2.5-coder-0.5b";

/** The scenario. `models` is the empty folder that the server uses. */
export async function noModel(places: Places, browser: Browser, server: CodeServer, models: string, step: Step, opened: (editor: Editor) => void): Promise<void> {
  const folder = join(places.work, "first");
  await cp(join(places.fixtures, "python"), folder, { recursive: true });
  let editor!: Editor;

  await step("without a model the first steps are shown, and the status says what is missing", async () => {
    editor = await Editor.open(browser, places, server.address, folder);
    opened(editor);
    await editor.statusSays("No model is on this machine yet");
    await editor.page.locator(".gettingStartedContainer", { hasText: "Fetch a model" }).waitFor();
    await editor.capture("walkthrough-dark");
  });

  await step("a question says what is missing, too, and is kept", async () => {
    await editor.command("Weft: New Chat");
    const panel = new Panel(editor.page);
    await panel.field.fill("What is a mutex?");
    await panel.field.press("Enter");
    await panel.content.getByRole("alert").filter({ hasText: "weft models pull" }).first().waitFor();
    await editor.capture("chat-no-model-dark");
    await editor.command("Weft: Get Started");
  });

  await step("a model is fetched from there, with progress", async () => {
    await almostDownload(places, models);
    await editor.page.locator(".gettingStartedContainer").getByText("Download a model", { exact: true }).click();
    await editor.rows(MODEL).waitFor();
    await editor.capture("download-dark");
    await editor.rows(MODEL).click();
    await editor.notification(`downloading ${MODEL}`).waitFor();
    await editor.capture("downloading-dark");
    await editor.notification(`${MODEL} is ready`).waitFor();
    await editor.statusSays("Ready");
    mustBe("the models folder", await readdir(models), (names) => names.some((name) => name.endsWith(".gguf")));
  });

  await step("the example is completed", async () => {
    await editor.command("Weft: Try a Completion");
    await editor.ghostText("sum(");
    await editor.capture("example-dark");
    await editor.page.keyboard.press("Tab");
    await editor.noGhostText();
  });

  await step("the first steps look right in a light theme", async () => {
    await editor.useLightTheme();
    await editor.command("Weft: Get Started");
    await editor.page.locator(".gettingStartedContainer", { hasText: "Know the keys" }).waitFor();
    await editor.capture("walkthrough-light");
  });

  await editor.close();
}

/** All bytes have arrived, but were not checked yet: what a download that was broken off at its end leaves behind. */
async function almostDownload(places: Places, models: string): Promise<void> {
  const names = await readdir(places.models);
  const file = names.find((name) => name.startsWith(MODEL) && name.endsWith(".gguf"));
  if (file === undefined) {
    throw new Error(`${places.models} has no file of ${MODEL}`);
  }
  // No link: whoever downloads may write into it.
  await copyFile(join(places.models, file), join(models, `${file}.partial`), constants.COPYFILE_FICLONE);
}
