// The small decisions: restarts, switches, progress, models, menu, texts.
import { describe, expect, it } from "vitest";
import { forWebview } from "../src/chat/html.ts";
import { Output, withoutEscapes } from "../src/chat/output.ts";
import { choices, megabytes, problemIn, readProgress } from "../src/models.ts";
import { toggled, whyOff } from "../src/off.ts";
import { afterCrash } from "../src/restarts.ts";
import { isLoadToken, nextLoad } from "../src/status/load.ts";

describe("afterCrash", () => {
  it("doubles the pause and gives up at the fifth crash in three minutes", () => {
    const crashes: number[] = [];
    const decisions = [0, 1_000, 2_000, 3_000, 4_000].map((now) => {
      crashes.push(now);
      return afterCrash(crashes, now);
    });
    expect(decisions).toEqual([500, 1_000, 2_000, 4_000].map((afterMs) => ({ kind: "restart", afterMs })).concat([{ kind: "give-up" } as never]));
  });

  it("forgets old crashes", () => {
    expect(afterCrash([0, 1, 2, 3, 200_000], 200_000)).toEqual({ kind: "restart", afterMs: 500 });
  });
});

describe("whyOff", () => {
  const switches = { enable: true, languagesOff: ["markdown"], filesOff: ["**/.env", "*.min.js", "**/generated/**"] };
  it.each([
    ["python", "/w/a.py", undefined],
    ["markdown", "/w/a.md", "markdown is among weft.languagesOff"],
    ["properties", "/w/.env", "its path fits **/.env in weft.filesOff"],
    ["javascript", "/w/lib/a.min.js", "its path fits *.min.js in weft.filesOff"],
    ["rust", "C:\\w\\generated\\a.rs", "its path fits **/generated/** in weft.filesOff"],
  ])("%s in %s: %s", (language, path, reason) => {
    expect(whyOff(switches, language, path)).toBe(reason);
  });

  it("is off everywhere with weft.enable", () => {
    expect(whyOff({ ...switches, enable: false }, "python", "/a.py")).toBe("weft.enable is off");
  });
});

it("toggled takes out or puts in", () => {
  expect(toggled(["a"], "b")).toEqual(["a", "b"]);
  expect(toggled(["a", "b"], "a")).toEqual(["b"]);
});

describe("load", () => {
  it("follows one load and ignores values of another", () => {
    let load = nextLoad(undefined, "weft/load/1", { kind: "begin", percentage: 0 });
    load = nextLoad(load, "weft/load/1", { kind: "report", percentage: 40 });
    expect(load).toEqual({ token: "weft/load/1", percentage: 40 });
    expect(nextLoad(load, "weft/load/0", { kind: "end" })).toBe(load);
    expect(nextLoad(load, "weft/load/1", { kind: "end" })).toBeUndefined();
  });

  it("knows its tokens", () => {
    expect([isLoadToken("weft/load/7"), isLoadToken("other"), isLoadToken(7)]).toEqual([true, false, false]);
  });
});

describe("readProgress", () => {
  it.each([
    ['{"state":"downloading","done":1000000,"total":4000000}', { message: "1 MB of 4 MB", fraction: 0.25 }],
    ['{"state":"verifying","done":2,"total":4}', { message: "checking what has arrived", fraction: 0.5 }],
    ['{"state":"trying","source":"PyPI"}', { message: "from PyPI", fraction: undefined }],
    ['{"state":"ready","name":"a"}', undefined],
    ["not json", undefined],
    ["7", undefined],
  ])("%s", (line, progress) => {
    expect(readProgress(line)).toEqual(progress);
  });
});

it.each([
  ["model: from A\nweft: no source has it", "no source has it"],
  ["error: unexpected argument '--json' found\n\nUsage: weft\n\nFor more information, try '--help'.\n", "unexpected argument '--json' found"],
  ["thread main panicked", "thread main panicked"],
  ["", undefined],
])("what a command says in %j is %j", (stderr, problem) => {
  expect(problemIn(stderr)).toBe(problem);
});

it("sizes are as people read them", () => {
  expect([491_400_064, 94_000_000, 1_117_320_768].map(megabytes)).toEqual(["0.5 GB", "94 MB", "1.1 GB"]);
});

describe("terminal output", () => {
  it("keeps the last command's text without codes", () => {
    const output = new Output();
    expect(output.read()).toBeUndefined();
    expect(output.isSilent).toBe(false);
    output.begin("make");
    output.add("\u001b]633;C\u0007");
    expect(output.isSilent).toBe(true);
    output.add("done\r\n");
    expect(output.isSilent).toBe(false);
    output.begin("ls");
    output.add("old");
    output.begin("cargo test");
    output.add("\u001b[31mfai");
    output.add("led\u001b[0m\r\n\u001b]633;D;1\u0007done");
    expect(output.read()).toBe("$ cargo test\nfailed\ndone");
  });

  it("keeps the end of long output", () => {
    const output = new Output();
    output.begin("yes");
    for (let line = 0; line < 20_000; line++) {
      output.add(`line ${line}\n`);
    }
    const kept = output.read() ?? "";
    expect(kept.length).toBeLessThanOrEqual(16_384);
    expect(kept.endsWith("line 19999")).toBe(true);
  });

  it("keeps tabs and line ends", () => {
    expect(withoutEscapes("a\tb\r\nc\u001bM")).toBe("a\tb\nc");
  });
});

it("the chat page gets the editor's origin, its files from there, and a nonce", () => {
  const html = `<meta content="default-src 'none'; script-src 'self'"><script nonce="__WEFT_NONCE__" src="./assets/a.js"></script><link href="./a.css">`;
  expect(forWebview(html, "https://origin", "https://origin/chat", "n0")).toBe(
    `<meta content="default-src 'none'; script-src https://origin"><script nonce="n0" src="https://origin/chat/assets/a.js"></script><link href="https://origin/chat/a.css">`,
  );
});

describe("choices", () => {
  const listed = [
    { name: "default", bytes: 5, description: "Good", installed: true, default: true },
    { name: "large", bytes: 9, description: "Better", installed: false },
  ];

  it("takes the server's word, with what only the command knows", () => {
    const served = [
      { name: "claude", bytes: 0, installed: true, loaded: false, current: true },
      { name: "default", bytes: 5, installed: true, loaded: false, current: false },
    ];
    expect(choices(listed, served, "").map(({ name, current, description }) => [name, current, description])).toEqual([
      ["claude", true, undefined],
      ["default", false, "Good"],
      ["large", false, "Better"],
    ]);
  });

  it("goes by the setting where the server cannot say", () => {
    expect(choices(listed, undefined, "").map((choice) => choice.current)).toEqual([true, false]);
    expect(choices(listed, undefined, "large").map((choice) => choice.current)).toEqual([false, true]);
  });
});
