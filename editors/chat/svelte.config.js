//! Svelte's settings: runes everywhere, and a warning of the compiler is an error in `npm run check`.

import { vitePreprocess } from "@sveltejs/vite-plugin-svelte";

export default {
  preprocess: vitePreprocess(),
  compilerOptions: { runes: true },
};
