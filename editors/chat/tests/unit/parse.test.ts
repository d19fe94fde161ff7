//! What Markdown becomes, above all where a model writes something that must not become more than text.

import { describe, expect, test } from "vitest";
import { fenceInfo } from "../../src/markdown/fence";
import { isSafeLink, parseBlocks } from "../../src/markdown/parse";
import type { MarkdownNode } from "../../src/markdown/tree";

/** A tree as one line: `p[text strong[text]]`. */
function outline(node: MarkdownNode): string {
  const inside = "children" in node ? `[${node.children.map(outline).join(" ")}]` : "";
  switch (node.kind) {
    case "element":
      return node.tag + inside;
    case "text":
    case "inlineCode":
      return `${node.kind === "text" ? "" : "code:"}${JSON.stringify(node.text)}`;
    case "code":
      return `code(${node.language},${node.path ?? ""}):${JSON.stringify(node.code)}`;
    case "link":
      return `link(${node.href})${inside}`;
    case "image":
      return `image(${node.href},${node.alt})`;
    case "html":
      return `html:${JSON.stringify(node.source)}`;
    case "list":
      return `ol(${node.start})${inside}`;
    case "cell":
      return `${node.head ? "th" : "td"}${node.align ? `(${node.align})` : ""}${inside}`;
    default:
      return node.kind;
  }
}

function parsed(text: string): string {
  return parseBlocks(text)
    .map((block) => outline(block.node))
    .join(" ");
}

test.each([
  ["a *b* **c** ~~d~~ `e`", 'p["a " em["b"] " " strong["c"] " " s["d"] " " code:"e"]'],
  ["# a\n\n---", 'h1["a"] rule'],
  ["3. a\n4. b", 'ol(3)[li["a"] li["b"]]'],
  ["- a\n\n- b", 'ul[li[p["a"]] li[p["b"]]]'],
  ["|a|\n|-:|\n|b|", 'table[thead[tr[th(right)["a"]]] tbody[tr[td(right)["b"]]]]'],
  ["a  \nb\nc", 'p["a" break "b\\nc"]'],
  ["```py\nx\n", 'code(py,):"x"'],
  ["see main.py or https://a.org/x", 'p["see main.py or " link(https://a.org/x)["https://a.org/x"]]'],
  ["![x](https://a.org/i.png)", "p[image(https://a.org/i.png,x)]"],
  ["press <kbd>Ctrl</kbd>, 1<br>2", 'p["press " kbd["Ctrl"] ", 1" break "2"]'],
  ["Vec<T> and <T>x</T>", 'p["Vec<T> and <T>x</T>"]'],
  ["*a <kbd>b* c</kbd>", 'p[em["a <kbd>b"] " c</kbd>"]'],
  ["<kbd>a", 'p["<kbd>a"]'],
  ["<script>\nalert(1)\n</script>", 'html:"<script>\\nalert(1)\\n</script>"'],
  ["a <img src=x onerror=alert(1)>", 'p["a <img src=x onerror=alert(1)>"]'],
  ["<kbd onclick=alert(1)>a</kbd>", 'p["<kbd onclick=alert(1)>a</kbd>"]'],
  ["[a](javascript:alert(1))", 'p["[a](javascript:alert(1))"]'],
  ["&lt;b&gt; &amp;", 'p["<b> &"]'],
])("%j", (text, expected) => {
  expect(parsed(text)).toBe(expected);
});

test.each([
  ["https://a.org", true],
  ["HTTP://a.org", true],
  ["mailto:a@b.org", true],
  ["javascript:alert(1)", false],
  [" https://a.org", false],
  ["//a.org", false],
  ["data:text/html,x", false],
  ["file:///etc/passwd", false],
  ["command:x", false],
  ["src/a.py", false],
  ["", false],
])("a click may follow %j: %j", (href, safe) => {
  expect(isSafeLink(href)).toBe(safe);
});

describe("the line that opens a code block", () => {
  test.each([
    ["", "", undefined],
    ["Python", "python", undefined],
    ["python src/a.py", "python", "src/a.py"],
    ["python:src/a.py", "python", "src/a.py"],
    ["src/a.rs", "rs", "src/a.rs"],
    ["main.go", "go", "main.go"],
    ['ts title="src/x.ts"', "ts", "src/x.ts"],
    ["js filename=app.js {1,3}", "js", "app.js"],
    ["{.python}", "python", undefined],
    ["c++", "c++", undefined],
    ["python v1.2", "python", undefined],
    ["text ../../etc/passwd", "text", "../../etc/passwd"],
  ])("%j", (info, language, path) => {
    expect(fenceInfo(info)).toEqual({ language, path });
  });
});
