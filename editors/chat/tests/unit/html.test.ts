//! Which raw HTML is shown as formatting, and that everything else is left as text.

import { expect, test } from "vitest";
import { harmlessHtml } from "../../src/markdown/html";

function shown(source: string): string | undefined {
  const fragment = harmlessHtml(source);
  if (!fragment) return undefined;
  const holder = document.createElement("div");
  holder.append(fragment);
  return holder.innerHTML;
}

test.each([
  ["<details><summary>More</summary>text</details>", "<details><summary>More</summary>text</details>"],
  ["<details open>x</details>", '<details open="">x</details>'],
  ["<table><tr><td>1<br/>2</td></tr></table>", "<table><tbody><tr><td>1<br>2</td></tr></tbody></table>"],
  ["<p>never closed", "<p>never closed</p>"],
])("%s is formatting", (source, html) => {
  expect(shown(source)).toBe(html);
});

test.each([
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "<b onclick=alert(1)>x</b>",
  "<b style='position:fixed'>x</b>",
  "<div class=popup>x</div>",
  "<a href='https://example.org'>x</a>",
  "<svg><script>1</script></svg>",
  "<style>body{display:none}</style>",
  "<iframe src=https://example.org></iframe>",
  "<form><input></form>",
  "<math><mtext></mtext></math>",
  "<details ontoggle=alert(1) open>x</details>",
  "<details open\nontoggle=alert(1)>x</details>",
  "<b/onclick=alert(1)>x</b>",
  "<p><scr<b>ipt>1</b></p>",
  "<!-- a comment -->",
  "<?php echo 1 ?>",
  "<p>1 < 2</p>",
  "<details></details>",
])("%s is text", (source) => {
  expect(shown(source)).toBeUndefined();
});
