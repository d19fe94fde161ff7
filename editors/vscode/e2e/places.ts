// What the run is given by its environment. It must not look for anything by itself.
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The run's inputs, and the folder for what it makes. */
export interface Places {
  /** The packed extension. */
  vsix: string;
  /** code-server's script. */
  codeServer: string;
  chromium: string;
  /** The folder with the model files. */
  models: string;
  /** The checkout's sample workspaces. */
  fixtures: string;
  /** Where screenshots go. */
  captures: string;
  /** Removed when all is well. */
  work: string;
}

/** Reads the environment; an error names what is missing. */
export async function readPlaces(): Promise<Places> {
  const read = (name: string): string => {
    const value = process.env[name];
    if (value === undefined || value === "") {
      throw new Error(`${name} is not set: run \`cargo xtask e2e vscode\`, which sets it`);
    }
    return value;
  };
  return {
    vsix: read("WEFT_VSIX"),
    codeServer: read("WEFT_CODE_SERVER"),
    chromium: read("WEFT_CHROMIUM"),
    models: read("WEFT_TEST_MODELS"),
    fixtures: read("WEFT_FIXTURES"),
    captures: read("WEFT_CAPTURES"),
    work: await mkdtemp(join(tmpdir(), "weft-vscode-")),
  };
}
