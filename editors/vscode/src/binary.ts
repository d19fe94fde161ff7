// Finds the `weft` program and asks it for its version. It must not start the language server, nor know the editor.
import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";

/** The oldest server that this extension works with. */
export const OLDEST_VERSION = "0.1.0";

/** A cold start on a busy machine reads the whole file from the disk. */
const VERSION_TIMEOUT_MS = 30_000;

/** Where to look. */
export interface Places {
  /** The setting `weft.path`; empty if there is none. */
  configured: string;
  /** The folder of the program that comes with the extension. */
  bundled: string;
  /** The variable PATH. */
  path: string;
}

/** What was found. */
export type Binary =
  | { kind: "found"; path: string; version: string }
  | { kind: "unusable"; message: string };

/** The program to start, or what is wrong and what to do. A configured path is never passed over for another. */
export async function findBinary(places: Places): Promise<Binary> {
  if (places.configured !== "") {
    if (!isAbsolute(places.configured)) {
      return unusable(`the setting weft.path is not an absolute path: ${places.configured}. Correct or empty it`);
    }
    if (!(await isProgram(places.configured))) {
      return unusable(`the setting weft.path names ${places.configured}, which is not a program. Correct or empty it`);
    }
    return check(places.configured, "Correct or empty the setting weft.path");
  }
  const bundled = join(places.bundled, programName());
  if (await isProgram(bundled)) {
    return check(bundled, "Install the Weft extension for this platform again, or set weft.path");
  }
  for (const folder of places.path.split(delimiter).filter(isAbsolute)) {
    const program = join(folder, programName());
    if (await isProgram(program)) {
      return check(program, "Update it, or set weft.path to another one");
    }
  }
  return unusable(
    "the program weft is neither in this extension nor on the PATH. Install the extension that is built for this " +
      `platform (${process.platform}-${process.arch}), or put weft on the PATH, or set weft.path`,
  );
}

/** The version in what `weft --version` prints. */
export function parseVersion(output: string): string | undefined {
  return /^weft (\d+\.\d+\.\d+)/.exec(output.trim())?.[1];
}

/** Whether version `a` is older than `b`; both are three numbers with dots. */
export function isOlder(a: string, b: string): boolean {
  const numbers = (version: string) => version.split(".").map(Number);
  const [left, right] = [numbers(a), numbers(b)];
  for (let index = 0; index < 3; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) {
      return difference < 0;
    }
  }
  return false;
}

async function check(path: string, remedy: string): Promise<Binary> {
  const answer = await runVersion(path);
  if (answer.kind === "failed") {
    return unusable(`${path} does not work (${answer.reason}). ${remedy}`);
  }
  const version = parseVersion(answer.output);
  if (version === undefined) {
    return unusable(`${path} is another program: it does not say its version as weft does. ${remedy}`);
  }
  if (isOlder(version, OLDEST_VERSION)) {
    return unusable(`${path} is weft ${version}, but at least ${OLDEST_VERSION} is needed. ${remedy}`);
  }
  return { kind: "found", path, version };
}

type Ran = { kind: "printed"; output: string } | { kind: "failed"; reason: string };

function runVersion(path: string): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(path, ["--version"], { timeout: VERSION_TIMEOUT_MS }, (error, stdout) => {
      if (error === null) {
        resolve({ kind: "printed", output: stdout });
      } else {
        resolve({ kind: "failed", reason: reasonOf(error) });
      }
    });
  });
}

function reasonOf(error: Error & { signal?: NodeJS.Signals | null; killed?: boolean; code?: unknown }): string {
  if (error.killed === true) {
    return `it did not say its version within ${VERSION_TIMEOUT_MS / 1000} s`;
  }
  if (typeof error.signal === "string") {
    return describeEnd(null, error.signal);
  }
  if (typeof error.code === "number") {
    return describeEnd(error.code, null);
  }
  return error.message;
}

/** How a process ended, in words. */
export function describeEnd(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal === "SIGILL") {
    return "it was built for another processor: illegal instruction";
  }
  if (signal !== null) {
    return `it was ended by ${signal}`;
  }
  return code === null ? "it could not be started" : `it ended with exit code ${code}`;
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

function programName(): string {
  return process.platform === "win32" ? "weft.exe" : "weft";
}

function unusable(message: string): Binary {
  return { kind: "unusable", message };
}
