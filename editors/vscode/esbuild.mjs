// Bundles the extension into dist/extension.js. It must not bundle `vscode`, which the editor provides.
import { build } from "esbuild";

await build({
  entryPoints: ["src/extension.ts"],
  outfile: "dist/extension.js",
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  external: ["vscode"],
  minify: true,
  keepNames: true,
  legalComments: "none",
  logLevel: "warning",
});
