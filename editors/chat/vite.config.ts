//! How the page is built: one index.html with relative paths, styles in one file, languages of the highlighter
//! as files that are loaded when they are needed. Nothing may end up inline: the page's policy forbids it.

import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

export default defineConfig({
  base: "./",
  plugins: [svelte()],
  html: { cspNonce: "__WEFT_NONCE__" },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    // C++ alone is that large; it is fetched by whoever shows C++.
    chunkSizeWarningLimit: 800,
  },
  test: {
    include: ["tests/unit/**/*.test.ts"],
    environment: "jsdom",
  },
});
