//! How the page is tried with the real server and real models: `cargo xtask e2e page` says where they are. What fails is tried
//! once more, in a server of its own.

import { defineConfig } from "@playwright/test";
import scripted from "./playwright.config";

export default defineConfig({
  ...scripted,
  testDir: "tests/real",
  timeout: 180_000,
  expect: { timeout: 90_000 },
  retries: 1,
});
