// The models, as `weft models` tells and fetches them. It must not know the editor.
import { run } from "./cli.ts";
import type { Cancellation } from "./connection.ts";
import type { ServerModel } from "./protocol.ts";

/** A row of `weft models list --json`. */
export interface Model {
  name: string;
  bytes: number;
  /** Missing for the user's own files. */
  description?: string;
  installed: boolean;
  /** Whether it is the one that is used where nothing is set. */
  default?: boolean;
}

/** A model that can be chosen. */
export interface Choice extends Model {
  /** Whether this window uses it. */
  current: boolean;
}

/** The server's models, with what only the command knows of each; what the server does not have comes last. `setting` is the user's, and
 * decides where there is no answer of the server. */
export function choices(listed: readonly Model[], served: readonly ServerModel[] | undefined, setting: string): Choice[] {
  const used = (model: Model) => (setting === "" ? model.default === true : model.name === setting);
  if (served === undefined) {
    return listed.map((model) => ({ ...model, current: used(model) }));
  }
  const about = (name: string) => listed.find((model) => model.name === name);
  const known = served.map(({ name, bytes, installed, current }) => ({ ...about(name), name, bytes, installed, current }));
  const others = listed.filter((model) => served.every((one) => one.name !== model.name));
  return [...known, ...others.map((model) => ({ ...model, current: false }))];
}

/** Progress of a download. */
export interface PullProgress {
  /** In words. */
  message: string;
  /** 0 to 1; undefined where it is not known. */
  fraction: number | undefined;
}

/** The models that Weft knows and those on this machine. Throws an error that says what the command said. */
export async function listModels(program: string): Promise<Model[]> {
  const finished = await run(program, ["models", "list", "--json"]);
  if (finished.failure !== "") {
    throw new Error(problemIn(finished.stderr) ?? finished.failure);
  }
  return JSON.parse(finished.stdout) as Model[];
}

/** Fetches a model. Resolves to undefined when it is there, else to what went wrong. */
export async function pullModel(
  program: string,
  name: string,
  cancel: Cancellation,
  onProgress: (progress: PullProgress) => void,
): Promise<string | undefined> {
  const onLine = (line: string) => {
    const progress = readProgress(line);
    if (progress !== undefined) {
      onProgress(progress);
    }
  };
  const finished = await run(program, ["models", "pull", name, "--json"], { cancel, onLine });
  return finished.failure === "" ? undefined : (problemIn(finished.stderr) ?? finished.failure);
}

/** What a line of `weft models pull --json` tells; undefined for one that is not progress. */
export function readProgress(line: string): PullProgress | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) {
    return undefined;
  }
  const { state, done, total, source, reason } = value as Record<string, unknown>;
  const known = typeof done === "number" && typeof total === "number" && total > 0;
  const fraction = known ? done / total : undefined;
  switch (state) {
    case "waiting":
      return { message: "another download of it is under way", fraction };
    case "trying":
      return { message: `from ${String(source)}`, fraction };
    case "downloading":
      return { message: known ? `${megabytes(done)} of ${megabytes(total)}` : "downloading", fraction };
    case "retrying":
      return { message: `the connection broke, trying again (${String(reason)})`, fraction };
    case "source_failed":
      return { message: `not from ${String(source)}`, fraction };
    case "verifying":
      return { message: "checking what has arrived", fraction };
    default:
      return undefined;
  }
}

/** As people read sizes: `0.5 GB`, `94 MB`. */
export function megabytes(bytes: number): string {
  return bytes >= 1e8 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;
}

/** What a failed command says: its line that is an error, else its last one. */
export function problemIn(stderr: string): string | undefined {
  const lines = stderr.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const line = lines.findLast((text) => /^(weft|error): /.test(text)) ?? lines.at(-1);
  return line?.replace(/^(weft|error): /, "");
}
