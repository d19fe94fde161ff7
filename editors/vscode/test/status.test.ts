// The status bar and its menu in every state, and what a trace says.
import { describe, expect, it } from "vitest";
import type { Trace } from "../src/protocol.ts";
import { entries } from "../src/status/entries.ts";
import { type Facts, statusOf } from "../src/status/state.ts";
import { fileName, healthOf, page, summary } from "../src/trace.ts";

const ready: Facts = {
  server: { kind: "running", version: "0.1.0" },
  paused: false,
  off: undefined,
  load: undefined,
  working: false,
  hasModel: true,
  problem: undefined,
  last: undefined,
  model: undefined,
};

const trace: Trace = {
  uri: "file:///w/a%20b.py", version: 3, outcome: "empty", reason: "it repeats what follows", reason_code: "duplicate_of_suffix",
  source: "engine", model: "small", rules: ["cut at the block"], excerpts: [], context_ms: 1, probability: 0.4, least_probability: 0.1,
  prompt_tokens: 500, cached_tokens: 480, tokens: 12, load_ms: 0, queue_ms: 0, first_token_ms: 80, prompt_ms: 60, generate_ms: 300, total_ms: 1400,
};

describe("statusOf", () => {
  const load = { token: "weft/load/1", percentage: 40 };
  const table: [news: Partial<Facts>, kind: string, text: string, detail: string][] = [
    [{}, "ready", "$(sparkle) Weft", "Ready."],
    [{ server: { kind: "starting" } }, "starting", "$(loading~spin) Weft", "Weft is starting."],
    [{ server: { kind: "failed", message: "Weft cannot start: no." } }, "error", "$(error) Weft", "Weft cannot start: no."],
    [{ server: { kind: "restarting", reason: "killed", inMs: 500 }, load }, "error", "$(sync~spin) Weft", "weft lsp stopped: killed. It is started again."],
    [{ hasModel: false, paused: true }, "no-model", "$(cloud-download) Weft: no model", "No model is on this machine yet. Click to download one."],
    [{ hasModel: undefined }, "ready", "$(sparkle) Weft", "Ready."],
    [{ load, working: true }, "loading", "$(loading~spin) Weft loading 40 %", "The model is being loaded into memory."],
    [{ paused: true, working: true }, "paused", "$(debug-pause) Weft", "Paused in this window. Ctrl+Alt+Space still asks for a suggestion."],
    [{ working: true, off: "x" }, "working", "$(loading~spin) Weft", "The model is working on a suggestion."],
    [{ problem: "the engine stopped" }, "error", "$(warning) Weft", "The engine stopped. The next request tries again."],
    [{ off: "markdown is among weft.languagesOff" }, "off", "$(circle-slash) Weft", "Off for this file: markdown is among weft.languagesOff. Ctrl+Alt+Space still asks."],
  ];
  it.each(table)("%j is %s", (news, kind, text, detail) => {
    expect(statusOf({ ...ready, ...news })).toMatchObject({ kind, text, detail });
  });
});

describe("entries", () => {
  const around = { language: "python", languageOff: false, chat: false };
  const commands = (news: Partial<Facts>, surroundings = around) =>
    entries({ ...ready, ...news }, surroundings).map((entry) => entry.command);

  it("offers a model first where there is none", () => {
    expect(commands({ hasModel: false }).slice(0, 2)).toEqual(["weft.selectModel", "weft.walkthrough"]);
  });

  it("offers only what works while the server does not run", () => {
    expect(commands({ server: { kind: "failed", message: "no" } })).toEqual(["weft.restart", "weft.showLog", "weft.openSettings"]);
  });

  it("says why, pauses, switches the language off, chooses a model", () => {
    const list = entries({ ...ready, last: "nothing shown: it repeats", model: "small" }, { ...around, chat: true });
    expect(list.map((entry) => entry.label.replace(/^\$\([a-z-]+\) /, ""))).toEqual([
      "Why was nothing shown?", "Pause in this window", "Switch off for python", "Choose or download a model…",
      "Open the chat", "Settings", "Show the log", "Check this machine", "Restart Weft",
    ]);
    expect(list[0]?.detail).toBe("Last request: nothing shown: it repeats");
    expect(list[3]?.detail).toBe("Now: small");
  });

  it("turns back what was turned off", () => {
    const labels = entries({ ...ready, paused: true }, { ...around, languageOff: true }).map((entry) => entry.label);
    expect(labels).toContain("$(debug-start) Resume in this window");
    expect(labels).toContain("$(circle-large) Switch on for python");
  });
});

describe("traces", () => {
  it.each([
    ["no_model", "no-model"], ["no_fim", "problem"], ["error", "problem"], ["superseded", "unknown"],
    ["cancelled", "unknown"], ["outdated", "unknown"], ["low_confidence", "good"], [null, "good"],
  ])("%s is %s", (code, health) => {
    expect(healthOf({ ...trace, reason_code: code })).toBe(health);
  });

  it("are summed up in a line", () => {
    expect(summary(trace)).toBe("nothing shown: it repeats what follows");
    expect(summary({ ...trace, outcome: "shown", reason: null })).toBe("shown after 1.4 s");
    expect(summary({ ...trace, outcome: "shown", source: "memory" })).toBe("shown, from memory");
  });

  it("make a page", () => {
    const excerpt = { path: "src/stock.py", lines: [3, 9] as [number, number], source: "definitions", reason: "it defines Item", tokens: 40, left_out: null };
    const left = { ...excerpt, path: "src/other.py", left_out: "no room" };
    expect(page([{ ...trace, excerpts: [excerpt, left] }])).toMatchInlineSnapshot(`
      "# Weft: the last requests

      Newest first. Nothing here contains your code.

      ## a b.py: nothing shown: it repeats what follows

      - Model: small
      - Prompt: 500 tokens, 480 of them cached, 60 ms
      - Answer: 12 tokens in 300 ms
      - Sure of the first line: 40 % (shown from 10 %)
      - Changed: cut at the block
      - Other code that the model saw:
        - \`src/stock.py\`, lines 4 to 9: it defines Item
      "
    `);
    expect(page([])).toContain("No request has come yet");
    const cancelled = { ...trace, reason: "the editor cancelled the request", reason_code: "cancelled" };
    expect(page([cancelled])).toContain("\n*a b.py: nothing shown: the editor cancelled the request*\n");
  });

  it("name files that cannot be decoded as they are", () => {
    expect(fileName("file:///w/100%.py")).toBe("100%.py");
  });
});
