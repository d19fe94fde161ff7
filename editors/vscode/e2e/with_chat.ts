// The chat in the side bar and edits by instruction, with the small model: what is mentioned is used, and nothing changes before it is accepted.
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { eventually, mustBe, type Step } from "./checks.ts";
import { type CodeServer, kill, serverPids } from "./code_server.ts";
import { Editor, PATIENCE_MS } from "./editor.ts";
import { Panel } from "./panel.ts";
import type { Places } from "./places.ts";

const SUMS = "def add(first, second):\n    return first - second\n\n\ndef half(number):\n    return number\n";
const BETTER = "def add(first, second):\n    return first + second\n\n\ndef half(number):\n    return number / 2\n";
/** No JSON: VS Code itself says so, and Weft is told. */
const BROKEN = '{\n  "berths": ,\n  "harbour": "Kvitsund"\n}\n';

/** The scenario. */
export async function withChat(places: Places, browser: Browser, server: CodeServer, step: Step, opened: (editor: Editor) => void): Promise<void> {
  const folder = join(places.work, "harbor");
  await cp(join(places.fixtures, "chat"), folder, { recursive: true });
  await rm(join(folder, "questions.toml"));
  const sums = join(folder, "harbor", "sums.py");
  await writeFile(sums, SUMS);
  await writeFile(join(folder, "berths.json"), BROKEN);
  await writeFile(join(folder, ".buoy"), "The buoy at the entrance has the number 4711.\n");
  const saved = (wanted: (text: string) => boolean) =>
    eventually("the saved file", async () => { const text = await readFile(sums, "utf8"); return wanted(text) ? text : undefined; }, PATIENCE_MS);
  let editor!: Editor;
  let panel!: Panel;

  await step("Ctrl+L opens the chat in the side bar", async () => {
    editor = await Editor.open(browser, places, server.address, folder);
    opened(editor);
    panel = new Panel(editor.page);
    await editor.openFile("storage.py");
    await editor.statusSays("Ready");
    await editor.page.keyboard.press("Control+L");
    await panel.field.waitFor();
    await panel.content.getByText("Ask about your code").waitFor();
    await editor.capture("chat-empty-dark");
  });

  await step("what stands only in an @ file is in the answer", async () => {
    await panel.field.pressSequentially("What is the value of MAX_BERTHS? @lim");
    await panel.content.getByRole("option", { name: /harbor\/limits\.py/ }).waitFor();
    await editor.capture("chat-menu-dark");
    await panel.field.press("Enter");
    await panel.chipsSay("limits.py");
    mustBe("the answer", await panel.send(), (text) => text.includes("37"));
    await editor.capture("chat-answer-dark");
  });

  await step("a chip opens its file", async () => {
    await panel.button(/^Open harbor\/limits\.py/).click();
    await editor.document("limits.py").waitFor();
  });

  await step("the selection goes with the question", async () => {
    await editor.select(1, 7);
    await editor.page.keyboard.press("Control+L");
    await eventually("the mention", async () => ((await panel.field.inputValue()).includes("@selection") ? true : undefined), PATIENCE_MS);
    await panel.chipsSay("limits.py");
    await panel.field.fill("@selection What is the value of LOG_CHANNEL?");
    mustBe("the answer", await panel.send(), (text) => text.includes("harbor.audit"));
  });

  await step("so do the problems of the editor", async () => {
    await editor.openFile("berths.json");
    await editor.page.locator(".statusbar-item", { hasText: /[1-9]/ }).and(editor.page.locator('[id="status.problems"]')).waitFor();
    await panel.button("New session").click();
    await panel.field.fill("What is wrong here? @problems");
    await panel.chipsSay("problem");
    mustBe("the answer", await panel.send(), (text) => text.length > 0);
  });

  await step("and the last output of the terminal", async () => {
    await editor.command("Terminal: Create New Terminal");
    await editor.page.locator(".terminal-wrapper.active .xterm-screen").waitFor();
    // The decoration beside the prompt tells that VS Code sees where commands begin and end.
    await eventually(
      "the mark of a command",
      async () => {
        await editor.page.locator(".terminal-wrapper.active .xterm-helper-textarea").focus();
        await editor.page.keyboard.type("cat .buoy\n");
        const mark = editor.page.locator(".terminal-command-decoration.codicon").first();
        return mark.waitFor({ timeout: 10_000 }).then(() => true, () => undefined);
      },
      PATIENCE_MS,
    );
    // The clipboard is lent for what a command wrote at once, and has the user's text again afterwards.
    await editor.page.evaluate("navigator.clipboard.writeText('of the user')");
    await panel.button("New session").click();
    await panel.field.fill("Which number has the buoy? @terminal");
    await panel.chipsSay("terminal");
    mustBe("the answer", await panel.send(), (text) => text.includes("4711"));
    mustBe("the clipboard", await editor.page.evaluate("navigator.clipboard.readText()"), (text) => text === "of the user");
    await editor.command("Terminal: Kill the Active Terminal Instance");
  });

  await step("code of an answer is applied block by block", async () => {
    await editor.openFile("sums.py");
    await panel.ask(`Repeat this code exactly as it is, in one code block, and write nothing else:\n\`\`\`python\n${BETTER}\`\`\``);
    await panel.button(/Apply to the file/).first().click();
    await panel.button(/^Accept the change/).nth(1).waitFor();
    await editor.capture("chat-apply-dark");
    await panel.button(/^Accept the change/).nth(1).click();
    await panel.content.getByText("accepted").first().waitFor();
    await panel.button(/^Reject the change/).first().click();
    await panel.content.getByText("rejected").first().waitFor();
    await editor.openFile("sums.py");
    await editor.page.keyboard.press("Control+S");
    await saved((text) => text === SUMS.replace("return number\n", "return number / 2\n"));
  });

  await step("Ctrl+I edits by instruction; the file stays as it is until a block is accepted", async () => {
    await editor.select(1, 2);
    await editor.edit("return the sum: use + instead of -");
    await editor.lens("Accept").waitFor();
    await editor.capture("edit-dark");
    mustBe("the file", await readFile(sums, "utf8"), (text) => text.includes("first - second"));
    await editor.lens("Reject").click();
    await editor.document("sums.py").waitFor();
    await editor.noLens();
    mustBe("the file", await readFile(sums, "utf8"), (text) => text.includes("first - second"));
  });

  await step("an accepted block is one step of undo", async () => {
    await editor.openFile("sums.py");
    await editor.select(1, 2);
    await editor.edit("return the sum: use + instead of -");
    await editor.lens("Accept").waitFor();
    await editor.page.keyboard.press("Control+Alt+Y");
    await editor.noLens();
    await editor.openFile("sums.py");
    await editor.page.keyboard.press("Control+S");
    await saved((text) => text.includes("return first + second"));
    await editor.page.keyboard.press("Control+Z");
    await editor.page.keyboard.press("Control+S");
    await saved((text) => text.includes("return first - second"));
  });

  await step("the light bulb offers Weft's actions, and explains in the chat", async () => {
    await editor.goTo(1, 6);
    await editor.page.keyboard.press("Control+Period");
    const actions = editor.page.locator(".action-widget");
    await actions.getByText("Weft: explain", { exact: true }).waitFor();
    await actions.getByText("Weft: document", { exact: true }).waitFor();
    await editor.capture("light-bulb-dark");
    await actions.getByText("Weft: explain", { exact: true }).click();
    await panel.content.locator(".question", { hasText: "/explain" }).waitFor();
    mustBe("the answer", await panel.answered(), (text) => text.length > 0);
  });

  await step("whoever wants it has the same above each function", async () => {
    await server.machineSettings({ "weft.codeLens": true });
    await editor.openFile("sums.py");
    await editor.lens("Weft: explain").waitFor();
    await editor.lens("edit…").waitFor();
    await editor.capture("lenses-dark");
    await editor.page.locator(".codelens-decoration a", { hasText: "Weft: explain" }).nth(1).click();
    await panel.content.locator(".question", { hasText: "lines 5 to 6" }).waitFor();
    mustBe("the answer", await panel.answered(), (text) => text.length > 0);
    await server.machineSettings({});
    await editor.lens("Weft: explain").waitFor({ state: "hidden" });
    await editor.statusSays("Ready");
  });

  await step("the model's picker has what the server has, and the chosen one is used", async () => {
    await editor.command("Weft: Choose or Download a Model");
    await editor.rows("qwen2.5-coder-0.5b").waitFor();
    await editor.rows("smollm2-135m").waitFor();
    await editor.capture("models-dark");
    await editor.rows("smollm2-135m").click();
    await panel.button(/^Model: smollm2/).waitFor();
    await editor.command("Weft: Choose or Download a Model");
    await editor.rows("qwen2.5-coder-0.5b").click();
    await panel.button(/^Model: qwen2\.5-coder-0\.5b/).waitFor();
  });

  await step("after the server was killed the chat goes on", async () => {
    const before = await serverPids(server.extensions);
    before.forEach((pid) => { kill(pid, "SIGKILL"); });
    await eventually("another server", async () => ((await serverPids(server.extensions)).some((pid) => !before.includes(pid)) ? true : undefined), PATIENCE_MS);
    await editor.statusSays("Ready");
    mustBe("the answer", await panel.ask("What is the value of GRACE_MINUTES? @harbor/limits.py"), (text) => text.includes("14"));
  });

  await step("it looks right in a light theme", async () => {
    await editor.command("Notifications: Clear All Notifications");
    await editor.useLightTheme();
    await panel.ask("Write a Python function that doubles a number. Only code.");
    await editor.capture("chat-answer-light");
    await editor.openFile("sums.py");
    await editor.select(1, 2);
    await editor.edit("return the sum: use + instead of -");
    await editor.lens("Accept").waitFor();
    await editor.capture("edit-light");
    await editor.lens("Reject").click();
    await editor.noLens();
  });

  await editor.close();
}
