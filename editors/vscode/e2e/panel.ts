// The chat panel, as its user sees it: the page in the side bar. It must not reach into the page's state.
import type { FrameLocator, Locator, Page } from "playwright-core";
import { eventually, mustBe } from "./checks.ts";
import { PATIENCE_MS } from "./editor.ts";

/** See the file's head. */
export class Panel {
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** What is in the panel. */
  get content(): FrameLocator {
    return this.page.locator('iframe.webview.ready[src*="purpose=webviewView"]').contentFrame().locator("#active-frame").contentFrame();
  }

  /** Where a question is written. */
  get field(): Locator {
    return this.content.getByRole("textbox", { name: "Your question" });
  }

  /** The last answer. */
  get answer(): Locator {
    return this.content.locator(".answer").last();
  }

  /** The chips of the question that is being written. */
  get chips(): Locator {
    return this.content.locator(".composer .attachments");
  }

  /** A button of the panel. */
  button(name: string | RegExp): Locator {
    return this.content.getByRole("button", { name });
  }

  /** Begins a new session with this question; returns its answer when that is complete. */
  async ask(text: string): Promise<string> {
    await this.button("New session").click();
    await this.content.getByText("Ask about your code").waitFor();
    await this.field.fill(text);
    return this.send();
  }

  /** Sends what stands in the field; returns the answer when that is complete. */
  async send(): Promise<string> {
    const questions = this.content.locator(".question");
    const before = await questions.count();
    await this.field.press("Enter");
    await eventually("the question", async () => ((await questions.count()) > before ? true : undefined), PATIENCE_MS);
    return this.answered();
  }

  /** Waits for the end of an answer, which must not have failed. */
  async answered(): Promise<string> {
    await this.content.locator('.answer[aria-busy="false"]').last().waitFor();
    await this.content.locator('.answer[aria-busy="true"]').waitFor({ state: "detached" });
    mustBe("what failed", await this.answer.locator(".failed").allTextContents(), (all) => all.length === 0);
    return this.answer.innerText();
  }

  /** Waits until the chips say something. */
  async chipsSay(words: string): Promise<void> {
    const ask = async () => ((await this.chips.allInnerTexts()).join(" ").includes(words) ? true : undefined);
    await eventually(`a chip that says ${words}`, ask, PATIENCE_MS);
  }
}
