// Makes the chat page fit for a web view: its files come from the editor's origin, under the page's own policy.
// It must not loosen that policy beyond the origin.

/** The page's `index.html` for a web view. `origin` is where the editor serves files from, `base` the page's folder there. */
export function forWebview(html: string, origin: string, base: string, nonce: string): string {
  return html
    .replaceAll("'self'", origin)
    .replaceAll("__WEFT_NONCE__", nonce)
    .replaceAll(/(src|href)="\.\/([^"]*)"/g, (_, attribute: string, path: string) => `${attribute}="${base}/${path}"`);
}

/** What is shown where the extension was built without the page. */
export function withoutPage(): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'">
<body><p>This build of the extension has no chat page. Install one from a release, or build it with
<code>cargo xtask package vscode</code>.</p></body></html>`;
}
