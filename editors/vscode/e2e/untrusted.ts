// Workspaces that are not trusted (completion only), those with several folders, and notebooks.
import { cp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { eventually, mustBe, type Step } from "./checks.ts";
import type { CodeServer } from "./code_server.ts";
import { Editor, PATIENCE_MS } from "./editor.ts";
import { Panel } from "./panel.ts";
import type { Places } from "./places.ts";

/** The scenario. The server asks for trust. */
export async function untrusted(places: Places, browser: Browser, server: CodeServer, step: Step, opened: (editor: Editor) => void): Promise<void> {
  const [stock, harbor] = [join(places.work, "several", "stock"), join(places.work, "several", "port")];
  await cp(join(places.fixtures, "python"), stock, { recursive: true });
  await cp(join(places.fixtures, "chat"), harbor, { recursive: true });
  await rm(join(harbor, "questions.toml"));
  const workspace = join(places.work, "several", "both.code-workspace");
  await writeFile(workspace, JSON.stringify({ folders: [{ path: "stock" }, { path: "port" }] }));
  let editor!: Editor;

  await step("without trust code is completed, and there is no chat", async () => {
    editor = await Editor.open(browser, places, server.address, workspace);
    opened(editor);
    await editor.page.getByRole("button", { name: /^No, I don/ }).click();
    await editor.openFile("stock.py");
    await editor.statusSays("Ready");
    await editor.goTo(43, "            raise ".length + 1);
    await editor.page.keyboard.press("Control+Alt+Space");
    await editor.ghostText("OutOfStock");
    mustBe("the chat's icon", await editor.page.locator(".activitybar .action-label[aria-label^=Weft]").count(), (count) => count === 0);
    await editor.capture("untrusted-dark");
    await editor.page.keyboard.press("Escape");
  });

  await step("with trust there is chat, and it knows the files of every folder", async () => {
    await editor.command("Workspaces: Manage Workspace Trust");
    await editor.page.getByRole("button", { name: "Trust", exact: true }).first().click();
    await editor.page.locator(".activitybar .action-label[aria-label^=Weft]").waitFor();
    await editor.openFile("stock.py");
    await editor.page.keyboard.press("Control+L");
    const panel = new Panel(editor.page);
    await panel.field.waitFor();
    for (const file of ["limits.py", "report.py"]) {
      await panel.field.fill("");
      await panel.field.pressSequentially(`@${file.slice(0, 5)}`);
      await panel.content.getByRole("option", { name: new RegExp(file.replace(".", "\\.")) }).first().waitFor();
    }
    await panel.field.fill("");
    await panel.field.pressSequentially("What is the value of MAX_BERTHS? @limits");
    await panel.content.getByRole("option", { name: /limits\.py/ }).first().click();
    await panel.field.press("Enter");
    const answer = await eventually("the answer", () => panel.answered(), PATIENCE_MS);
    mustBe("the answer", answer, (text) => text.includes("37"));
    await editor.capture("several-folders-dark");
  });

  await editor.close();
}
