//! Figures as people read them.

import { expect, test } from "vitest";
import { bytes, rate, seconds, tokens, when } from "../../src/state/format";
import { wantsMenu } from "../../src/state/composer.svelte";
import { highlighterFor } from "../../src/highlight/highlight";

test.each([
  [tokens(0), "0"],
  [tokens(999), "999"],
  [tokens(1_834), "1.8k"],
  [tokens(32_768), "33k"],
  [seconds(312), "0.31 s"],
  [seconds(4_200), "4.2 s"],
  [seconds(61_000), "61 s"],
  [rate(46.27), "46.3 tok/s"],
  [rate(250.4), "250 tok/s"],
  [bytes(491_400_064), "491 MB"],
  [bytes(1_117_320_768), "1.1 GB"],
])("%s is %s", (shown, expected) => {
  expect(shown).toBe(expected);
});

test("how long ago, in the words of the day", () => {
  const at = (...parts: [number, number, number, number, number]) => new Date(...parts).getTime();
  const now = at(2026, 10, 25, 12, 0);
  expect(when(at(2026, 10, 25, 9, 5), now)).toMatch(/^0?9:05/);
  expect(when(at(2026, 10, 24, 23, 0), now)).toMatch(/^yesterday, /);
  expect(when(at(2026, 10, 21, 9, 5), now)).toMatch(/^Sat, /);
  expect(when(at(2026, 1, 3, 9, 5), now)).not.toMatch(/2026/);
  expect(when(at(2025, 1, 3, 9, 5), now)).toMatch(/2025/);
});

test.each([
  ["@", true],
  ["why @src", true],
  ["(@src", true],
  ['@"src/my no', true],
  ["a@b", false],
  ["@src ", false],
  ['@"src/my notes.txt" ', false],
  ["/", true],
  ["/he", true],
  ["/help ", false],
  ["1 /", false],
  ["", false],
])("after %j a menu is wanted: %j", (before, wanted) => {
  expect(wantsMenu(before)).toBe(wanted);
});

test("code that grows is coloured as if it had come at once", async () => {
  const code = 'def f():\n    """A text\n    of two lines."""\n    return "x"  # end\n\nclass A:\n    pass';
  const whole = (await highlighterFor("python"))?.update(code);
  const growing = await highlighterFor("py");
  for (let length = 1; length < code.length; length++) growing?.update(code.slice(0, length));
  expect(growing?.update(code)).toEqual(whole);
  expect(whole?.map((line) => line.map((piece) => piece.text).join("")).join("\n")).toBe(code);
  expect(whole?.[3]?.at(-1)).toEqual({ text: "# end", className: "tok-comment" });
});

test("a language that is not known has no colours", async () => {
  expect(await highlighterFor("klingon")).toBeUndefined();
  expect(await highlighterFor("constructor")).toBeUndefined();
});
