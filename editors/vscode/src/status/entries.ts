// The entries of the status bar's menu, from what is known. It must not know the editor.
import { type Facts, statusOf } from "./state.ts";

/** An entry; `command` is what it does. */
export interface Entry {
  label: string;
  detail?: string;
  command: string;
}

/** What the menu knows besides the facts. */
export interface Surroundings {
  /** The language of the document in front, as it is named; undefined where there is none. */
  language: string | undefined;
  /** Whether that language is among `weft.languagesOff`. */
  languageOff: boolean;
  chat: boolean;
}

/** The entries, most useful first: what mends the state stands at the top. */
export function entries(facts: Facts, around: Surroundings): Entry[] {
  const status = statusOf(facts);
  const list: Entry[] = [];
  if (status.kind === "no-model") {
    list.push({ label: "$(cloud-download) Download a model…", detail: "Needed once; code is completed afterwards", command: "weft.selectModel" });
    list.push({ label: "$(book) Get started", detail: "The first minute, step by step", command: "weft.walkthrough" });
  }
  if (facts.server.kind === "failed" || facts.server.kind === "restarting") {
    list.push({ label: "$(debug-restart) Restart Weft", detail: status.detail, command: "weft.restart" });
    list.push({ label: "$(output) Show the log", command: "weft.showLog" });
    list.push({ label: "$(gear) Settings", command: "weft.openSettings" });
    return list;
  }
  list.push({
    label: "$(question) Why was nothing shown?",
    detail: facts.last === undefined ? "No request has come yet" : `Last request: ${facts.last}`,
    command: "weft.showWhy",
  });
  list.push(
    facts.paused
      ? { label: "$(debug-start) Resume in this window", command: "weft.pause" }
      : { label: "$(debug-pause) Pause in this window", command: "weft.pause" },
  );
  if (around.language !== undefined) {
    const label = around.languageOff ? `$(circle-large) Switch on for ${around.language}` : `$(circle-slash) Switch off for ${around.language}`;
    list.push({ label, command: "weft.toggleLanguage" });
  }
  if (status.kind !== "no-model") {
    list.push({ label: "$(server-process) Choose or download a model…", ...optional(facts.model), command: "weft.selectModel" });
  }
  if (around.chat) {
    list.push({ label: "$(comment-discussion) Open the chat", command: "weft.openChat" });
  }
  list.push({ label: "$(gear) Settings", command: "weft.openSettings" });
  list.push({ label: "$(output) Show the log", command: "weft.showLog" });
  list.push({ label: "$(pulse) Check this machine", detail: "weft doctor", command: "weft.doctor" });
  list.push({ label: "$(debug-restart) Restart Weft", command: "weft.restart" });
  return list;
}

function optional(detail: string | undefined): { detail?: string } {
  return detail === undefined ? {} : { detail: `Now: ${detail}` };
}
