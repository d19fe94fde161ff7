//! Colours for code, by shiki with its engine in plain JavaScript (WebAssembly would need a looser policy). Colours
//! are classes of theme.css, never inline styles, which the page's policy forbids.

import type { GrammarState, HighlighterCore, ThemedToken } from "shiki/core";
import { findLanguage } from "./languages";

export interface Piece {
  text: string;
  /** One of the `tok-*` classes, or empty. */
  className: string;
}

export type Line = Piece[];

/** Longer lines are not coloured: they are data, and would hold up everything else. */
const LONGEST_LINE = 2_000;
const MOST_UNITS = 200_000;
const THEME = "weft";

/** Colours the lines of one growing text; whole lines are looked at once. */
export interface Highlighter {
  update(code: string): Line[];
}

let core: Promise<HighlighterCore> | undefined;

/** Undefined for a language that is not known. */
export async function highlighterFor(language: string): Promise<Highlighter | undefined> {
  const found = findLanguage(language);
  if (!found) return undefined;
  core ??= createCore();
  const shiki = await core;
  if (!shiki.getLoadedLanguages().includes(found.name)) await shiki.loadLanguage(found.load);
  return growing(shiki, found.name);
}

/** As it is, for code without a known language, and before the language has come. */
export function plainLines(code: string): Line[] {
  return code.split("\n").map((text) => [{ text, className: "" }]);
}

async function createCore(): Promise<HighlighterCore> {
  const [{ createCssVariablesTheme, createHighlighterCore }, { createJavaScriptRegexEngine }] = await Promise.all([
    import("shiki/core"),
    import("shiki/engine/javascript"),
  ]);
  const theme = createCssVariablesTheme({ name: THEME, variablePrefix: "--tok-", fontStyle: true });
  return createHighlighterCore({
    themes: [theme],
    langs: [],
    engine: createJavaScriptRegexEngine({ forgiving: true }),
  });
}

function growing(shiki: HighlighterCore, language: string): Highlighter {
  let done = "";
  let lines: Line[] = [];
  let state: GrammarState | undefined;

  const tokenize = (code: string) =>
    shiki.codeToTokensBase(code, {
      lang: language,
      theme: THEME,
      tokenizeMaxLineLength: LONGEST_LINE,
      ...(state ? { grammarState: state } : {}),
    });

  return {
    update(code) {
      if (code.length > MOST_UNITS) return plainLines(code);
      if (!code.startsWith(done)) {
        done = "";
        lines = [];
        state = undefined;
      }
      const whole = code.lastIndexOf("\n") + 1;
      if (whole > done.length) {
        const tokens = tokenize(code.slice(done.length, whole - 1));
        lines = [...lines, ...tokens.map(pieces)];
        const reached = shiki.getLastGrammarState(tokens);
        if (reached) state = reached as GrammarState;
        done = code.slice(0, whole);
      }
      const rest = code.slice(whole);
      return [...lines, ...tokenize(rest).map(pieces)];
    },
  };
}

function pieces(tokens: ThemedToken[]): Line {
  return tokens.map((token) => ({ text: token.content, className: className(token.color) }));
}

/** `var(--tok-token-string-expression)` → `tok-string-expression`. */
function className(color: string | undefined): string {
  const name = /^var\(--tok-token-([\w-]+)\)$/.exec(color ?? "")?.[1];
  return name ? `tok-${name}` : "";
}
