//! Lints beside the compiler's own checks. `{@html}` and its kin are errors: no text is ever parsed as HTML here.

import js from "@eslint/js";
import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";
import svelteConfig from "./svelte.config.js";

export default ts.config(
  { ignores: ["dist/", "test-results/", "screenshots/"] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  { languageOptions: { globals: globals.browser } },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
  },
  {
    rules: {
      eqeqeq: "error",
      "no-console": "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "svelte/no-at-html-tags": "error",
      "no-restricted-properties": [
        "error",
        { property: "innerHTML", message: "No text is parsed as HTML here; see src/markdown/html.ts." },
        { property: "outerHTML", message: "No text is parsed as HTML here; see src/markdown/html.ts." },
        { property: "insertAdjacentHTML", message: "No text is parsed as HTML here; see src/markdown/html.ts." },
      ],
      "no-unused-vars": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      // The links of an answer lead out of the page, and there is no router.
      "svelte/no-navigation-without-resolve": "off",
      // Both are on purpose: a break that the formatter would eat, and maps that nothing is drawn from.
      "svelte/no-useless-mustaches": "off",
      "svelte/prefer-svelte-reactivity": "off",
    },
  },
  {
    // Here the word stands for what is forbidden, or is looked at to see that it is not there.
    files: ["tests/**"],
    rules: { "no-restricted-properties": "off", "no-empty-pattern": "off", "no-eval": "off" },
  },
);
