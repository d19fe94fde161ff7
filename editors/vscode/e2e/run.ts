// Drives the extension in a real VS Code with the real small model, as a user would. `cargo xtask e2e vscode` runs it.
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { scenario, type Step, type Tally } from "./checks.ts";
import { type CodeServer, startCodeServer } from "./code_server.ts";
import { type Editor, startBrowser } from "./editor.ts";
import { noModel } from "./no_model.ts";
import { type Places, readPlaces } from "./places.ts";
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

/** A scenario, in a VS Code of its own. `places` has a folder for it alone. */
interface Planned {
  name: string;
  title: string;
  /** The folder for the models, from the scenario's own. */
  models(places: Places): string;
  /** New folders are not trusted. */
  asksForTrust?: boolean;
  work(places: Places, server: CodeServer, step: Step, opened: (editor: Editor) => void): Promise<void>;
}

const all = (places: Places) => places.models;
const none = (places: Places) => join(places.work, "no-models");

const PLANNED: Planned[] = [
  { name: "with-model", title: "With a model", models: all, work: (at, server, step, opened) => withModel(at, browser, server, step, opened) },
  { name: "with-chat", title: "Chat and edits", models: all, work: (at, server, step, opened) => withChat(at, browser, server, step, opened) },
  { name: "untrusted", title: "Without trust, and with several folders", models: all, asksForTrust: true, work: (at, server, step, opened) => untrusted(at, browser, server, step, opened) },
  { name: "no-model", title: "Without a model", models: none, work: (at, server, step, opened) => noModel(at, browser, server, none(at), step, opened) },
];

/** Whether it passes. */
async function passes(planned: Planned, attempt: string): Promise<boolean> {
  const at = { ...places, work: join(places.work, `${planned.name}${attempt}`) };
  await mkdir(at.work);
  let editor: Editor | undefined;
  let server: CodeServer | undefined;
  const failed = tally.failed;
  const run = async (step: Step) => {
    await step("VS Code starts with the packed extension", async () => {
      server = await startCodeServer(at, planned.name, planned.models(at), planned.asksForTrust);
      running.add(server);
    });
    if (server !== undefined) {
      await planned.work(at, server, step, (opened) => { editor = opened; });
    }
  };
  await scenario(tally, `${planned.title}${attempt}`, run, async () => {
    await editor?.capture(`FAILED-${planned.name}${attempt}`);
  });
  if (server !== undefined) {
    running.delete(server);
    await server.stop();
  }
  return tally.failed === failed;
}

try {
  // WEFT_ONLY names scenarios, for who works on one.
  const only = process.env["WEFT_ONLY"]?.split(",");
  for (const planned of PLANNED.filter(({ name }) => only?.includes(name) ?? true)) {
    // A real editor has races of its own: what failed is driven once more, alone, and must pass then.
    if (!(await passes(planned, "")) && (await passes(planned, "-again"))) {
      tally.failed -= 1;
    }
  }
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
