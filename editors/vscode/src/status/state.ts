// What the status bar says, from what is known. It must not know the editor: it is a function from facts to text.
import { describeLoad, type Load } from "./load.ts";

/** What is known at a moment. */
export interface Facts {
  server: ServerFact;
  /** Whether suggestions are paused in this window. */
  paused: boolean;
  /** Why nothing is suggested unasked in the document in front; undefined where it is, or where there is none. */
  off: string | undefined;
  load: Load | undefined;
  working: boolean;
  /** Whether any model is installed; undefined until it is known. */
  hasModel: boolean | undefined;
  /** What went wrong with the last request that got to the engine. */
  problem: string | undefined;
  /** One line on the last request. */
  last: string | undefined;
  model: string | undefined;
}

/** The language server. */
export type ServerFact =
  | { kind: "starting" }
  | { kind: "running"; version: string }
  | { kind: "restarting"; reason: string; inMs: number }
  | { kind: "failed"; message: string };

/** What kind of state it is. */
export type StatusKind = "starting" | "ready" | "loading" | "working" | "paused" | "off" | "no-model" | "error";

/** What the status bar shows. */
export interface Status {
  kind: StatusKind;
  /** With codicons. */
  text: string;
  /** One sentence on the state and one on what to do, if anything. */
  detail: string;
  severity: "normal" | "warning" | "error";
}

/** The status; what keeps Weft from working comes first. */
export function statusOf(facts: Facts): Status {
  const { server } = facts;
  switch (server.kind) {
    case "failed":
      return status("error", "$(error) Weft", server.message, "error");
    case "restarting":
      return status("error", "$(sync~spin) Weft", `weft lsp stopped: ${server.reason}. It is started again.`, "warning");
    case "starting":
      return status("starting", "$(loading~spin) Weft", "Weft is starting.");
    case "running":
      return running(facts);
  }
}

function running(facts: Facts): Status {
  if (facts.hasModel === false) {
    const detail = "No model is on this machine yet. Click to download one.";
    return status("no-model", "$(cloud-download) Weft: no model", detail, "warning");
  }
  if (facts.load !== undefined) {
    return status("loading", `$(loading~spin) Weft ${describeLoad(facts.load)}`, "The model is being loaded into memory.");
  }
  if (facts.paused) {
    return status("paused", "$(debug-pause) Weft", "Paused in this window. Ctrl+Alt+Space still asks for a suggestion.");
  }
  if (facts.working) {
    return status("working", "$(loading~spin) Weft", "The model is working on a suggestion.");
  }
  if (facts.problem !== undefined) {
    return status("error", "$(warning) Weft", `${sentence(facts.problem)} The next request tries again.`, "warning");
  }
  if (facts.off !== undefined) {
    return status("off", "$(circle-slash) Weft", `Off for this file: ${facts.off}. Ctrl+Alt+Space still asks.`);
  }
  return status("ready", "$(sparkle) Weft", "Ready.");
}

function status(kind: StatusKind, text: string, detail: string, severity: Status["severity"] = "normal"): Status {
  return { kind, text, detail, severity };
}

/** Begins with a capital and ends with a full stop. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  const ended = /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
  return ended.charAt(0).toUpperCase() + ended.slice(1);
}
