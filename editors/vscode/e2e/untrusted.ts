// Workspaces that are not trusted (completion only), those with several folders, and notebooks.
import { cp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { mustBe, type Step } from "./checks.ts";
import type { CodeServer } from "./code_server.ts";
import { Editor } from "./editor.ts";
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
  await writeFile(join(stock, "tides.ipynb"), notebook("def knots_to_furlongs_per_hour(knots):\n    return knots * 9.206", "speed = knots_to_fu"));
  let editor!: Editor;

  await step("without trust code is completed, and there is no chat", async () => {
    editor = await Editor.open(browser, places, server.address, workspace);
    opened(editor);
    await editor.page.locator(".statusbar-item", { hasText: "Restricted Mode" }).waitFor();
    await editor.openFile("stock.py");
    await editor.statusSays("Ready");
    await editor.goTo(43, "            raise ".length + 1);
    await editor.askForGhostText("OutOfStock");
    mustBe("the chat's icon", await editor.page.locator(".activitybar .action-label[aria-label^=Weft]").count(), (count) => count === 0);
    await editor.capture("untrusted-dark");
    await editor.page.keyboard.press("Escape");
  });

  await step("with trust there is chat, and it knows the files of every folder", async () => {
    await editor.command("Workspaces: Manage Workspace Trust");
    await editor.page.getByRole("button", { name: "Trust", exact: true }).first().click();
    await editor.page.locator(".activitybar .action-label[aria-label^=Weft]").waitFor();
    // The page of trust lies over the editors; a window that is loaded anew has none.
    await editor.page.reload();
    await editor.statusSays("Ready");
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
    mustBe("the answer", await panel.send(), (text) => text.includes("37"));
    await editor.capture("several-folders-dark");
  });

  await step("a notebook's cell is completed from the cell above it", async () => {
    await editor.openFile("tides.ipynb");
    const cell = editor.page.locator(".notebookOverlay .cell-list-container .code-cell-row .monaco-editor").last();
    await cell.locator(".view-line").last().click();
    await editor.page.keyboard.press("Control+End");
    await editor.page.keyboard.type("r");
    await editor.askForGhostText("longs_per_hour(");
    await editor.capture("notebook-dark");
  });

  await editor.close();
}

/** A notebook in nbformat 4, with these cells of Python. */
function notebook(...cells: string[]): string {
  const source = (text: string) => text.split(/(?<=\n)/);
  return JSON.stringify({
    cells: cells.map((text) => ({ cell_type: "code", execution_count: null, metadata: {}, outputs: [], source: source(text) })),
    metadata: { language_info: { name: "python" } },
    nbformat: 4,
    nbformat_minor: 5,
  });
}
