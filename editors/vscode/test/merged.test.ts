// The unified view: how blocks and lines become old and new lines, whatever their ranges are.
import { describe, expect, it } from "vitest";
import { type Decision, merge, regionAt } from "../src/edit/merged.ts";
import type { Block } from "../src/protocol.ts";

type Place = [line: number, character: number];

function block(index: number, start: Place, end: Place, newText: string): Block {
  const position = ([line, character]: Place) => ({ line, character });
  return { index, range: { start: position(start), end: position(end) }, oldText: "", newText };
}

/** The view with `-` before old lines and `+` before new ones. */
function shown(original: string, blocks: Block[], decisions: Record<number, Decision> = {}): string[] {
  const { text, regions } = merge(original, blocks, (index) => decisions[index] ?? "open");
  return text.split("\n").map((line, index) => {
    const within = ({ first, end }: { first: number; end: number }) => first <= index && index < end;
    const mark = regions.some(({ removed }) => within(removed)) ? "-" : regions.some(({ added }) => within(added)) ? "+" : " ";
    return mark + line;
  });
}

describe("merge", () => {
  const text = "a\nb\nc\nd\n";
  const table: [name: string, blocks: Block[], view: string[]][] = [
    ["whole lines", [block(0, [1, 0], [3, 0], "B\nC\nC2\n")], [" a", "-b", "-c", "+B", "+C", "+C2", " d", " "]],
    ["a part of a line", [block(0, [1, 1], [1, 1], "!")], [" a", "-b", "+b!", " c", " d", " "]],
    ["an insertion of lines", [block(0, [1, 0], [1, 0], "x\ny\n")], [" a", "+x", "+y", " b", " c", " d", " "]],
    ["a deletion of lines", [block(0, [1, 0], [2, 0], "")], [" a", "-b", " c", " d", " "]],
    ["a deletion of a line's end", [block(0, [0, 1], [1, 0], "")], ["-a", "-b", "+ab", " c", " d", " "]],
    ["whole lines without the last line's end", [block(0, [1, 0], [1, 1], "B")], [" a", "-b", "+B", " c", " d", " "]],
    ["an insertion at the end", [block(0, [4, 0], [4, 0], "e\n")], [" a", " b", " c", " d", "+e", " "]],
    ["two blocks apart, in any order", [block(1, [3, 0], [4, 0], "D\n"), block(0, [0, 0], [1, 0], "A\n")], ["-a", "+A", " b", " c", "-d", "+D", " "]],
    ["two blocks on one line", [block(0, [1, 0], [1, 0], "<"), block(1, [1, 1], [1, 1], ">")], [" a", "-b", "+<b>", " c", " d", " "]],
    ["line ends of another system", [block(0, [1, 0], [2, 0], "x\r\ny\r\n")], [" a", "-b", "+x", "+y", " c", " d", " "]],
  ];
  it.each(table)("%s", (_, blocks, view) => {
    expect(shown(text, blocks)).toEqual(view);
  });

  it("shows decided blocks as they were decided", () => {
    const blocks = [block(0, [0, 0], [1, 0], "A\n"), block(1, [1, 0], [2, 0], "B\n"), block(2, [3, 0], [4, 0], "D\n")];
    expect(shown(text, blocks, { 0: "accepted", 1: "rejected" })).toEqual([" A", " b", " c", "-d", "+D", " "]);
  });

  it("handles a document without a last line end, and an empty one", () => {
    expect(shown("a\nb", [block(0, [1, 0], [1, 1], "B")])).toEqual([" a", "-b", "+B"]);
    expect(shown("", [block(0, [0, 0], [0, 0], "x\n")])).toEqual(["+x", " "]);
  });

  it("reads Windows line ends", () => {
    expect(shown("a\r\nb\r\n", [block(0, [1, 0], [2, 0], "B\n")])).toEqual([" a", "-b", "+B", " "]);
  });

  it("clamps ranges that lie outside", () => {
    expect(shown("a\n", [block(0, [7, 3], [9, 0], "x\n")])).toEqual([" a", " ", "+x"]);
  });
});

it("a command without an argument means the region at the cursor, else the next, else the last", () => {
  const { regions } = merge("a\nb\nc\nd\n", [block(0, [0, 0], [1, 0], "A\n"), block(1, [2, 0], [3, 0], "C\n")], () => "open");
  expect([0, 1, 2, 4, 9].map((line) => regionAt(regions, line)?.blocks)).toEqual([[0], [0], [1], [1], [1]]);
  expect(regionAt([], 0)).toBeUndefined();
});
