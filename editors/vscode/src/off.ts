// Whether a document gets suggestions unasked. It must not read settings or know the editor: it is handed both.
import { minimatch } from "minimatch";

/** The settings that matter for one document. */
export interface Switches {
  /** `weft.enable`, for the document's language. */
  enable: boolean;
  languagesOff: readonly string[];
  /** Glob patterns of paths; one without a slash is matched against the file's name. */
  filesOff: readonly string[];
}

/** Why nothing is suggested unasked in a document, in words; undefined where it is. */
export function whyOff(switches: Switches, languageId: string, path: string): string | undefined {
  if (!switches.enable) {
    return "weft.enable is off";
  }
  if (switches.languagesOff.includes(languageId)) {
    return `${languageId} is among weft.languagesOff`;
  }
  const normal = path.replaceAll("\\", "/");
  const pattern = switches.filesOff.find((glob) => minimatch(normal, glob, { dot: true, matchBase: true }));
  return pattern === undefined ? undefined : `its path fits ${pattern} in weft.filesOff`;
}

/** The list with `value` taken out, or put in. */
export function toggled(list: readonly string[], value: string): string[] {
  return list.includes(value) ? list.filter((entry) => entry !== value) : [...list, value];
}
