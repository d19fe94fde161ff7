// Finding the program: what is found, and what is said where it is missing, too old, broken or something else.
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeEnd, findBinary, isOlder, parseVersion } from "../src/binary.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "weft-binary-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** A program in a folder of its own that runs `script`. */
async function program(name: string, script: string): Promise<string> {
  const own = await mkdtemp(join(folder, `${name}-`));
  await writeFile(join(own, "weft"), `#!/bin/sh\n${script}\n`);
  await chmod(join(own, "weft"), 0o755);
  return own;
}

const nowhere = "/nonexistent";

describe("findBinary", () => {
  it("takes the configured program, then the bundled one, then the one on the PATH", async () => {
    const [configured, bundled, onPath] = [
      await program("configured", "echo weft 0.9.0"),
      await program("bundled", "echo weft 0.8.0"),
      await program("path", "echo weft 0.7.0"),
    ];
    const path = [nowhere, "relative", onPath].join(delimiter);
    const found = (version: string, where: string) => ({ kind: "found", version, path: join(where, "weft") });
    expect(await findBinary({ configured: join(configured, "weft"), bundled, path })).toEqual(found("0.9.0", configured));
    expect(await findBinary({ configured: "", bundled, path })).toEqual(found("0.8.0", bundled));
    expect(await findBinary({ configured: "", bundled: nowhere, path })).toEqual(found("0.7.0", onPath));
  });

  const unusable: [name: string, script: string, message: string][] = [
    ["too old", "echo weft 0.0.9", "is weft 0.0.9, but at least 0.1.0 is needed. Correct or empty the setting weft.path"],
    ["another program", "echo hello", "is another program: it does not say its version as weft does"],
    ["failing", "exit 3", "does not work (it ended with exit code 3)"],
    ["built for another processor", "kill -ILL $$", "does not work (it was built for another processor: illegal instruction)"],
  ];
  it.each(unusable)("says what is wrong with a program that is %s", async (_, script, message) => {
    const configured = join(await program("wrong", script), "weft");
    const answer = await findBinary({ configured, bundled: nowhere, path: "" });
    expect(answer).toMatchObject({ kind: "unusable", message: expect.stringContaining(message) as string });
  });

  it("never passes over a configured path", async () => {
    const bundled = await program("bundled", "echo weft 0.8.0");
    for (const [configured, message] of [
      [join(nowhere, "weft"), "which is not a program"],
      ["weft", "not an absolute path"],
    ] as const) {
      const answer = await findBinary({ configured, bundled, path: "" });
      expect(answer).toMatchObject({ kind: "unusable", message: expect.stringContaining(message) as string });
    }
  });

  it("says what to do where there is none", async () => {
    const answer = await findBinary({ configured: "", bundled: nowhere, path: nowhere });
    expect(answer).toMatchObject({ kind: "unusable", message: expect.stringContaining("or set weft.path") as string });
  });
});

describe("versions", () => {
  it.each([["weft 0.1.0", "0.1.0"], ["weft 12.3.45\n", "12.3.45"], ["weft", undefined], ["weftish 0.1.0", undefined]])(
    "%j is %s",
    (output, version) => {
      expect(parseVersion(output)).toBe(version);
    },
  );

  it.each([["0.1.0", "0.1.0", false], ["0.0.9", "0.1.0", true], ["0.10.0", "0.9.0", false], ["1.0.0", "0.9.9", false]])(
    "%s older than %s: %s",
    (a, b, older) => {
      expect(isOlder(a, b)).toBe(older);
    },
  );
});

it.each([
  [null, "SIGKILL", "it was ended by SIGKILL"],
  [101, null, "it ended with exit code 101"],
  [null, null, "it could not be started"],
] as const)("the end with code %s and signal %s", (code, signal, words) => {
  expect(describeEnd(code, signal)).toBe(words);
});
