//! Blocks of raw HTML in an answer. Those that are plain formatting throughout are shown as such; if DOMPurify has
//! anything to take away, the block is shown as its source instead, because it is more likely code than layout.

import DOMPurify from "dompurify";

const POLICY = {
  ALLOWED_TAGS: [
    ...["details", "summary", "p", "div", "span", "br", "hr", "b", "strong", "i", "em", "u", "s", "kbd", "code", "pre"],
    ...["sub", "sup", "mark", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "blockquote"],
    ...["h1", "h2", "h3", "h4", "h5", "h6", "#text"],
  ],
  ALLOWED_ATTR: ["open"],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true as const,
};

/** Nodes to show, or undefined if the HTML is to be shown as text. */
export function harmlessHtml(source: string): DocumentFragment | undefined {
  const fragment = DOMPurify.sanitize(source, POLICY);
  const takenAway = DOMPurify.removed.length > 0;
  return takenAway || fragment.textContent?.trim() === "" ? undefined : fragment;
}
