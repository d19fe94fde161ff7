// Drives the extension in a real VS Code with the real small model, as a user would. `cargo xtask e2e vscode` runs it.
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { scenario, type Step, type Tally } from "./checks.ts";
import { type CodeServer, startCodeServer } from "./code_server.ts";
import { type Editor, startBrowser } from "./editor.ts";
import { noModel } from "./no_model.ts";
import { readPlaces } from "./places.ts";
import { untrusted } from "./untrusted.ts";
import { withChat } from "./with_chat.ts";
import { withModel } from "./with_model.ts";

const places = await readPlaces();
const tally: Tally = { passed: 0, failed: 0 };
const start = performance.now();
await rm(places.captures, { recursive: true, force: true });
await mkdir(places.captures, { recursive: true });
const browser = await startBrowser(places);
const running = new Set<CodeServer>();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    void Promise.all([...running].map((server) => server.stop())).then(() => process.exit(130));
  });
}

type Work = (server: CodeServer, step: Step, opened: (editor: Editor) => void) => Promise<void>;

/** One scenario in a VS Code of its own. */
async function inVsCode(name: string, title: string, models: string, work: Work, asksForTrust = false): Promise<void> {
  let editor: Editor | undefined;
  let server: CodeServer | undefined;
  const run = async (step: Step) => {
    await step("VS Code starts with the packed extension", async () => {
      server = await startCodeServer(places, name, models, asksForTrust);
      running.add(server);
    });
    if (server !== undefined) {
      await work(server, step, (opened) => { editor = opened; });
    }
  };
  await scenario(tally, title, run, async () => {
    await editor?.capture(`FAILED-${name}`);
  });
  if (server !== undefined) {
    running.delete(server);
    await server.stop();
  }
}

try {
  await inVsCode("with-model", "With a model", places.models, (server, step, opened) => withModel(places, browser, server, step, opened));
  await inVsCode("with-chat", "Chat and edits", places.models, (server, step, opened) => withChat(places, browser, server, step, opened));
  await inVsCode("untrusted", "In a folder that is not trusted, and in several folders", places.models, (server, step, opened) => untrusted(places, browser, server, step, opened), true);
  const empty = join(places.work, "no-models");
  await inVsCode("no-model", "Without a model", empty, (server, step, opened) => noModel(places, browser, server, empty, step, opened));
} finally {
  await browser.close();
}
if (tally.failed === 0) {
  await rm(places.work, { recursive: true, force: true });
} else {
  console.log(`\nkept for a look: ${places.work}`);
}
console.log(`\nscreenshots: ${places.captures}\n${((performance.now() - start) / 1000).toFixed(0)} s`);
console.log(`vscode: ${tally.passed} passed, ${tally.failed} failed`);
process.exitCode = tally.failed === 0 ? 0 : 1;
