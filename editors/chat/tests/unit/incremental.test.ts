//! A growing text gives the same blocks as the whole one, at every length, and settled blocks are not parsed again.

import { describe, expect, test } from "vitest";
import { IncrementalMarkdown } from "../../src/markdown/incremental";
import { parseBlocks } from "../../src/markdown/parse";

const TEXTS: Record<string, string> = {
  paragraphs: "One *two*\nthree.\n\nFour **five** `six`.\n\n# Seven\neight\n",
  "list that goes on after a blank line": "1. a\n\n2. b\n\n   c\n\n10. d\n\nnot in it\n\n- x\n- y\n  - z\n",
  "setext heading": "Title\n=====\n\ntext\n---\n\nrest",
  "code in a list": "- do:\n\n  ```python\n  x = 1\n  ```\n\n- then\n\ndone\n",
  "fence that contains fences": "````markdown\n```js\n1\n```\n````\nafter\n",
  "indented code": "a\n\n    code\n\n    more\n\nb\n",
  table: "| a | b |\n|---|:-:|\n| 1 | 2 |\n| 3 | 4 |\n\nafter\n",
  quote: "> a\nb\n> c\n\n> d\n\ne\n",
  html: "<div>\na\n\n</div>\n\n<script>\nx\n\ny\n</script>\nz\n\n<!-- a\n\nb -->\n\nq <kbd>w</kbd>\n",
  "windows line ends": "a\r\n\r\n- b\r\n\r\n- c\r\n\r\nd",
  "not Latin": "Ünï 👩‍💻 `ß`\n\n- 漢字\n\n再见\n",
};

describe("at every length", () => {
  test.each(Object.entries(TEXTS))("%s", (_name, text) => {
    const growing = new IncrementalMarkdown();
    for (let length = 0; length <= text.length; length++) {
      const prefix = text.slice(0, length);
      expect(growing.update(prefix, false), JSON.stringify(prefix)).toEqual(parseBlocks(prefix));
    }
  });
});

test("settled blocks stay the same objects, so that nothing is drawn again", () => {
  const growing = new IncrementalMarkdown();
  const before = growing.update("one\n\ntwo\n\nthr", false);
  const after = growing.update("one\n\ntwo\n\nthree and more", false);
  expect(after[0]?.node).toBe(before[0]?.node);
});

test("a link that is defined later is one when the answer ends", () => {
  const growing = new IncrementalMarkdown();
  const text = "See [here].\n\nmore\n\n[here]: https://example.org\n";
  growing.update(text.slice(0, 20), false);
  const [first] = growing.update(text, true);
  expect(JSON.stringify(first)).toContain('"href":"https://example.org"');
});

test("a text that does not continue the last one is parsed anew", () => {
  const growing = new IncrementalMarkdown();
  growing.update("one\n\ntwo\n\nthree", false);
  expect(growing.update("# other", false)).toEqual(parseBlocks("# other"));
});
