//! Blocks of raw HTML in an answer. One that is plain formatting throughout is shown as such; any other is shown as its
//! source, because it is more likely code than layout, and must never come near a parser.

import DOMPurify from "dompurify";

const TAGS = [
  ...["details", "summary", "p", "div", "span", "br", "hr", "b", "strong", "i", "em", "u", "s", "kbd", "code", "pre"],
  ...["sub", "sup", "mark", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "blockquote"],
  ...["h1", "h2", "h3", "h4", "h5", "h6"],
];

/** A tag of the list without attributes, `<details open>`, or `<br/>`. */
const HARMLESS = new RegExp(`</?(?:${TAGS.join("|")})(?: open)?\\s*/?>`, "gi");

const POLICY = {
  // `body` is the holder that DOMPurify parses into.
  ALLOWED_TAGS: [...TAGS, "#text", "body"],
  ALLOWED_ATTR: ["open"],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true as const,
};

/**
 * Nodes to show, or undefined if the HTML is to be shown as text. The spelling is looked at first, so that DOMPurify
 * only ever parses what holds nothing but harmless tags; it is the second lock.
 */
export function harmlessHtml(source: string): DocumentFragment | undefined {
  if (source.replace(HARMLESS, "").includes("<")) return undefined;
  const fragment = DOMPurify.sanitize(source, POLICY);
  const takenAway = DOMPurify.removed.length > 0;
  return takenAway || fragment.textContent?.trim() === "" ? undefined : fragment;
}
