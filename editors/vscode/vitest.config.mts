// Unit tests: of the modules that need no editor. What needs one is tested in e2e/, in the real one.
import { defineConfig } from "vitest/config";

export default defineConfig({ test: { include: ["test/**/*.test.ts"] } });
