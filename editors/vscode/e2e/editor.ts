// A user of VS Code: what one does with keys and mouse, and what one sees. It must not reach around the page.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";
import { eventually } from "./checks.ts";
import type { Places } from "./places.ts";

/** Machines that build or test something else meanwhile are slow. */
export const PATIENCE_MS = 120_000;

/** Its pieces; the second kind is what follows the entry of the completion menu that is chosen. */
const GHOST_TEXT = ".ghost-text-decoration, .ghost-text-decoration-preview, .ghost-text";

/** How long a window may take to come up. */
const LOAD_MS = 60_000;

/** How long a key may take to have its effect. */
const KEY_MS = 15_000;

const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

/** Starts the browser. */
export async function startBrowser(places: Places): Promise<Browser> {
  return chromium.launch({ executablePath: places.chromium, headless: true, args: FLAGS });
}

/** See the file's head. */
export class Editor {
  readonly page: Page;
  private readonly places: Places;

  private constructor(page: Page, places: Places) {
    this.page = page;
    this.places = places;
  }

  /** Opens a folder, or a `.code-workspace` file, in a new window. */
  static async open(browser: Browser, places: Places, address: string, folder: string): Promise<Editor> {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, permissions: ["clipboard-read", "clipboard-write"] });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    const what = folder.endsWith(".code-workspace") ? "workspace" : "folder";
    const window = `${address}/?${what}=${encodeURIComponent(folder)}`;
    for (let attempt = 1; ; attempt++) {
      try {
        await page.goto(window, { timeout: LOAD_MS });
        await page.locator(".monaco-workbench .statusbar").waitFor({ timeout: LOAD_MS });
        return new Editor(page, places);
      } catch (error) {
        // A window that loses one of its many files on a crowded machine never comes up; a user reloads it.
        if (attempt === 3) {
          throw error;
        }
      }
    }
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  /** Opens a file of the folder by its name. */
  async openFile(name: string): Promise<void> {
    await this.quickOpen(name);
    await this.page.locator(".quick-input-list .monaco-list-row", { hasText: name }).first().waitFor();
    await this.page.keyboard.press("Enter");
    // The editor of a notebook is none of its document.
    await (name.endsWith(".ipynb") ? this.page.locator(".notebookOverlay .code-cell-row").first() : this.document(name)).waitFor();
  }

  /** Puts the cursor somewhere; both count from 1. */
  async goTo(line: number, column: number): Promise<void> {
    await this.quickOpen(`:${line}:${column}`);
    await this.page.keyboard.press("Enter");
    await this.quickInput.waitFor({ state: "hidden" });
    await this.page.locator(".statusbar-item", { hasText: `Ln ${line}, Col ${column}` }).waitFor();
  }

  /** Selects whole lines of the document in front; both count from 1. */
  async select(first: number, last: number): Promise<void> {
    await this.goTo(first, 1);
    for (let line = first; line <= last; line++) {
      await this.page.keyboard.press("Shift+ArrowDown");
    }
    await this.page.locator(".statusbar-item", { hasText: "selected)" }).waitFor();
  }

  /** Edits the selection by an instruction. */
  async edit(instruction: string): Promise<void> {
    await this.page.keyboard.press("Control+I");
    const input = this.page.locator(".quick-input-widget input[type=text]").first();
    await this.page.locator(".quick-input-widget", { hasText: "Weft: edit" }).waitFor();
    await input.fill(instruction);
    await input.press("Enter");
  }

  /** An action above a change of a proposal. */
  lens(title: string): Locator {
    return this.page.locator(".codelens-decoration a", { hasText: title }).first();
  }

  /** No proposal is shown any more. */
  async noLens(): Promise<void> {
    await this.page.locator('.monaco-editor[data-uri^="weft-proposal"]').first().waitFor({ state: "hidden" });
  }

  /** Runs a command of the palette, by its title. */
  async command(title: string): Promise<void> {
    await this.quickOpen(`>${title}`);
    await this.page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first().waitFor();
    await this.page.keyboard.press("Enter");
  }

  /** The editor of a document, by the end of its path. */
  document(name: string): Locator {
    return this.page.locator(`.monaco-editor[data-uri$="${name}"]`).first();
  }

  /** Waits for grey text with these words in it; without words, for any. It comes in pieces, which are joined. */
  async ghostText(words = "", patienceMs = PATIENCE_MS): Promise<void> {
    // Asked for again and again: the page's policy forbids to wait inside it.
    await eventually(
      `grey text with ${JSON.stringify(words)}`,
      async () => {
        const pieces = await this.page.locator(GHOST_TEXT).allTextContents();
        const text = pieces.join("").replaceAll("\u00a0", " ");
        return text !== "" && text.includes(words) ? text : undefined;
      },
      patienceMs,
    );
  }

  /** Types, and waits for grey text with these words. */
  async typeForGhostText(letters: string, words: string): Promise<void> {
    await this.page.keyboard.type(letters);
    await this.ghostTextOrAgain(words, async () => {
      await this.page.keyboard.press("Backspace");
      await this.page.keyboard.type(letters.slice(-1));
    });
  }

  /** Asks for grey text, and waits for it. */
  async askForGhostText(words = ""): Promise<void> {
    await this.page.keyboard.press("Control+Alt+Space");
    await this.ghostTextOrAgain(words, () => this.page.keyboard.press("Control+Alt+Space"));
  }

  /** On a crowded machine VS Code cancels a request, or drops its answer, while it is busy with the key; then a user presses it again. */
  private async ghostTextOrAgain(words: string, again: () => Promise<void>): Promise<void> {
    for (let attempt = 1; attempt < 5; attempt++) {
      try {
        await this.ghostText(words, KEY_MS);
        return;
      } catch {
        await again();
      }
    }
    await this.ghostText(words);
  }

  /** No grey text is on the screen. */
  async noGhostText(): Promise<void> {
    await this.page.locator(GHOST_TEXT).first().waitFor({ state: "hidden" });
  }

  /** Weft in the status bar. */
  get status(): Locator {
    return this.page.locator('.statusbar-item[id*="weft.status"]');
  }

  /** Waits until Weft in the status bar says something. */
  async statusSays(words: string): Promise<void> {
    await this.page.locator(`.statusbar-item[id*="weft.status"] [aria-label*=${JSON.stringify(words)}]`).waitFor();
  }

  /** The list or the input at the top. */
  get quickInput(): Locator {
    return this.page.locator(".quick-input-widget");
  }

  /** Rows of the list at the top. */
  rows(text: string): Locator {
    return this.page.locator(".quick-input-list .monaco-list-row", { hasText: text });
  }

  /** A message of the editor to the user. */
  notification(text: string): Locator {
    return this.page.locator(".notification-list-item, .notifications-toasts .notification-toast", { hasText: text }).first();
  }

  /** Changes to the light theme. */
  async useLightTheme(): Promise<void> {
    await this.command("Preferences: Toggle between Light/Dark Themes");
    await this.page.locator(".monaco-workbench.vs").waitFor();
  }

  /** Keeps what is on the screen. */
  async capture(name: string): Promise<void> {
    await mkdir(this.places.captures, { recursive: true });
    await this.page.screenshot({ path: join(this.places.captures, `${name}.png`) });
  }

  private async quickOpen(text: string): Promise<void> {
    const input = this.page.locator(".quick-input-widget input[type=text]").first();
    for (let attempt = 1; ; attempt++) {
      await this.page.keyboard.press("Control+P");
      try {
        await input.waitFor({ timeout: KEY_MS });
        // It closes again where the focus goes on to an editor that comes up.
        await input.fill(text, { timeout: KEY_MS });
        return;
      } catch (error) {
        // A key that comes while the focus moves from one part of the window to another reaches neither.
        if (attempt === 6) {
          throw error;
        }
      }
    }
  }
}
