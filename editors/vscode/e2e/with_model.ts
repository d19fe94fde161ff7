// With the small model: ghost text and what one does with it, the menu, and recovery after engine and server were killed.
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { eventually, mustBe, type Step } from "./checks.ts";
import { type CodeServer, enginePid, kill, serverPids } from "./code_server.ts";
import { Editor, PATIENCE_MS } from "./editor.ts";
import type { Places } from "./places.ts";

/** In fixtures/python/inventory/stock.py: `available` lacks its value, and there is but one that fits. */
const FILE = "stock.py";
const LINE = 37;
const AFTER = "        return ";

/** The scenario. Returns the window through `opened`, for a picture when it fails. */
export async function withModel(places: Places, browser: Browser, server: CodeServer, step: Step, opened: (editor: Editor) => void): Promise<void> {
  const folder = join(places.work, "python");
  await cp(join(places.fixtures, "python"), folder, { recursive: true });
  const path = join(folder, "inventory", FILE);
  const original = await readFile(path, "utf8");
  let editor!: Editor;

  await step("the extension starts and says that it is ready", async () => {
    editor = await Editor.open(browser, places, server.address, folder);
    opened(editor);
    await editor.openFile(FILE);
    await editor.statusSays("Ready");
  });

  await step("typing brings ghost text", async () => {
    await editor.goTo(LINE, AFTER.length + 1);
    await editor.typeForGhostText("sel", "f._counts");
    await editor.capture("ghost-text-dark");
  });

  await step("typing through it keeps it", async () => {
    await editor.page.keyboard.type("f");
    await editor.ghostText("._counts");
  });

  await step("Tab takes it, and the saved file has it", async () => {
    await editor.page.keyboard.press("Tab");
    await editor.noGhostText();
    await editor.page.keyboard.press("Control+S");
    const saved = await eventually("the saved file", async () => changed(path, original), PATIENCE_MS);
    const line = saved.split("\n")[LINE - 1] ?? "";
    mustBe("the line", line, (text) => text.startsWith(`${AFTER}self._counts`) && text.length > `${AFTER}self._counts`.length);
    const others = (text: string) => text.split("\n").filter((_, index) => index !== LINE - 1);
    mustBe("the rest of the file", others(saved).join("\n"), (text) => text === others(original).join("\n"));
  });

  await step("Escape sends it away, Ctrl+Alt+Space brings it back", async () => {
    await editor.goTo(43, "            raise ".length + 1);
    await editor.askForGhostText();
    await editor.page.keyboard.press("Escape");
    await editor.noGhostText();
    await editor.askForGhostText("OutOfStock");
  });

  await step("Ctrl+Right takes a word of it", async () => {
    await editor.page.keyboard.press("Control+ArrowRight");
    await editor.document(FILE).locator(".view-line", { hasText: "raise OutOfStock" }).waitFor();
    await editor.page.keyboard.press("Escape");
    await editor.page.keyboard.press("Control+Z");
  });

  await step("the menu shows the state and the last request, and why", async () => {
    await editor.status.click();
    await editor.rows("Why was nothing shown?").waitFor();
    await editor.rows("Switch off for python").waitFor();
    await editor.capture("menu-dark");
    await editor.rows("Why was nothing shown?").click();
    await editor.page.locator(".tab", { hasText: "Why" }).first().waitFor();
    const frame = editor.page.frameLocator("iframe.webview.ready").frameLocator("#active-frame");
    await frame.locator("h1", { hasText: "the last requests" }).waitFor();
    await editor.capture("why-dark");
    await editor.page.locator(".tab", { hasText: "Why" }).getByRole("button").click();
    await editor.page.locator(".tab", { hasText: "Why" }).waitFor({ state: "hidden" });
  });

  await step("a language is switched off and on", async () => {
    await editor.openFile(FILE);
    await editor.command("Weft: Switch Off or On for This Language");
    await editor.statusSays("Off for this file: python");
    await editor.command("Weft: Switch Off or On for This Language");
    await editor.statusSays("Ready");
  });

  await step("the window is paused and goes on", async () => {
    await editor.command("Weft: Pause or Resume in This Window");
    await editor.statusSays("Paused");
    await editor.command("Weft: Pause or Resume in This Window");
    await editor.statusSays("Ready");
  });

  await step("an engine that was killed is started again", async () => {
    const engine = await eventually("the engine", () => enginePid(server.weftHome), PATIENCE_MS);
    kill(engine, "SIGKILL");
    await editor.goTo(50, "            ".length + 1);
    await editor.askForGhostText();
    const next = await eventually("another engine", () => enginePid(server.weftHome), PATIENCE_MS);
    mustBe("the engine", next, (pid) => pid !== engine);
    await editor.statusSays("Ready");
    await editor.page.keyboard.press("Escape");
  });

  await step("a language server that was killed is started again, and the user is told", async () => {
    const [pid] = await serverPids(server.extensions);
    mustBe("the server", pid, (value) => value !== undefined);
    kill(pid ?? 0, "SIGKILL");
    await editor.notification("the language server stopped (it was ended by SIGKILL)").waitFor();
    await editor.capture("server-killed-dark");
    await editor.statusSays("Ready");
    await editor.askForGhostText();
  });

  await step("a server that crashes again and again is given up, and can be restarted", async () => {
    await crashUntilGivenUp(editor, server);
    await editor.capture("given-up-dark");
    await editor.status.click();
    await editor.rows("Restart Weft").click();
    await editor.statusSays("Ready");
  });

  await step("a program that is too old is not used, and the message says which one", async () => {
    const old = join(places.work, "old-weft");
    await writeFile(old, "#!/bin/sh\necho weft 0.0.1\n", { mode: 0o755 });
    await server.machineSettings({ "weft.path": old });
    await editor.notification("0.0.1").waitFor();
    await editor.statusSays("old-weft");
    await editor.capture("too-old-dark");
    await server.machineSettings({});
    await editor.statusSays("Ready");
  });

  await step("it looks right in a light theme", async () => {
    await editor.useLightTheme();
    await editor.command("Notifications: Clear All Notifications");
    await editor.openFile(FILE);
    await editor.goTo(50, "            ".length + 1);
    await editor.askForGhostText();
    await editor.capture("ghost-text-light");
    await editor.status.click();
    await editor.rows("Why was nothing shown?").waitFor();
    await editor.capture("menu-light");
    await editor.page.keyboard.press("Escape");
  });

  await editor.close();
}

async function crashUntilGivenUp(editor: Editor, server: CodeServer): Promise<void> {
  const givenUp = editor.notification("is not started again");
  const seen = new Set<number>();
  await eventually(
    "the end of the restarts",
    async () => {
      for (const pid of (await serverPids(server.extensions)).filter((it) => !seen.has(it))) {
        seen.add(pid);
        kill(pid, "SIGKILL");
      }
      return (await givenUp.isVisible()) ? true : undefined;
    },
    PATIENCE_MS,
  );
}

async function changed(path: string, before: string): Promise<string | undefined> {
  const text = await readFile(path, "utf8");
  return text === before ? undefined : text;
}
