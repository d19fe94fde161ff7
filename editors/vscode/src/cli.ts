// Runs `weft` as a command beside the language server. It must not interpret what the command prints.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { describeEnd } from "./binary.ts";
import type { Cancellation } from "./connection.ts";

/** How a command ended. */
export interface Finished {
  /** Empty if all went well; else how it ended. */
  failure: string;
  stdout: string;
  stderr: string;
}

/** Runs it to its end. A cancelled one is interrupted, as Ctrl+C does. Never throws. */
export function run(
  program: string,
  args: readonly string[],
  options: { cancel?: Cancellation; onLine?: (line: string) => void } = {},
): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    const stdout: string[] = [];
    const stderr: string[] = [];
    const listening = options.cancel?.onCancellationRequested(() => child.kill("SIGINT"));
    createInterface({ input: child.stdout }).on("line", (line) => {
      stdout.push(line);
      options.onLine?.(line);
    });
    createInterface({ input: child.stderr }).on("line", (line) => stderr.push(line));
    const finish = (failure: string) => {
      listening?.dispose();
      resolve({ failure, stdout: stdout.join("\n"), stderr: stderr.join("\n") });
    };
    child.on("error", (error) => { finish(error.message); });
    child.on("close", (code, signal) => { finish(code === 0 ? "" : describeEnd(code, signal)); });
  });
}
