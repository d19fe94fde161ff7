// What a trace says in words. It must not hold or show code: a trace has none.
import type { Trace } from "./protocol.ts";

/** What a trace tells about the health of the whole. */
export type Health = "good" | "no-model" | "problem" | "unknown";

/** What a trace says about engine and model; `unknown` where the request did not get that far. */
export function healthOf(trace: Trace): Health {
  switch (trace.reason_code) {
    case "no_model":
      return "no-model";
    case "no_fim":
    case "error":
      return "problem";
    case "superseded":
    case "cancelled":
    case "outdated":
    case "not_open":
      return "unknown";
    case null:
    default:
      return "good";
  }
}

/** One line on what became of a request. */
export function summary(trace: Trace): string {
  if (trace.outcome === "shown") {
    return trace.source === "memory" ? "shown, from memory" : `shown after ${milliseconds(trace.total_ms)}`;
  }
  return `nothing shown: ${trace.reason ?? "no reason was given"}`;
}

/** The last requests as a Markdown page, newest first. */
export function page(traces: readonly Trace[]): string {
  const head = "# Weft: the last requests\n\nNewest first. Nothing here contains your code.\n";
  if (traces.length === 0) {
    return `${head}\nNo request has come yet. Type in a file, or press Ctrl+Alt+Space.\n`;
  }
  return [head, ...traces.map(section)].join("\n");
}

function section(trace: Trace): string {
  // What every keystroke leaves behind is worth a line, not a heading.
  if (healthOf(trace) === "unknown") {
    return `*${fileName(trace.uri)}: ${summary(trace)}*\n`;
  }
  const lines = [`## ${fileName(trace.uri)}: ${summary(trace)}`, ""];
  if (trace.model !== null && trace.model !== "") {
    lines.push(`- Model: ${trace.model}`);
  }
  if (trace.source === "engine" && trace.prompt_tokens > 0) {
    lines.push(
      `- Prompt: ${trace.prompt_tokens} tokens, ${trace.cached_tokens} of them cached, ${milliseconds(trace.prompt_ms)}`,
      `- Answer: ${trace.tokens} tokens in ${milliseconds(trace.generate_ms)}`,
    );
  }
  if (trace.load_ms > 0) {
    lines.push(`- Loading the model: ${milliseconds(trace.load_ms)}`);
  }
  if (trace.queue_ms >= 1) {
    lines.push(`- Waiting for other work: ${milliseconds(trace.queue_ms)}`);
  }
  if (trace.probability !== null) {
    lines.push(`- Sure of the first line: ${percent(trace.probability)} (shown from ${percent(trace.least_probability)})`);
  }
  lines.push(...trace.rules.map((rule) => `- Changed: ${rule}`));
  const used = trace.excerpts.filter((excerpt) => excerpt.left_out === null);
  if (used.length > 0) {
    lines.push("- Other code that the model saw:");
    lines.push(
      ...used.map(({ path, lines: [first, end], reason }) => `  - \`${path}\`, lines ${first + 1} to ${end}: ${reason}`),
    );
  }
  return `${lines.join("\n")}\n`;
}

/** The last part of a URI's path, decoded where it can be. */
export function fileName(uri: string): string {
  const last = uri.slice(uri.lastIndexOf("/") + 1);
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

function milliseconds(value: number): string {
  return value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`;
}

function percent(value: number): string {
  return `${Math.round(value * 100)} %`;
}
