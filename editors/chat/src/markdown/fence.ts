//! The line that opens a code block: its language, and the file it belongs to where the model says so.

export interface FenceInfo {
  /** In lower case, as written: "python", "c++"; empty if there is none. */
  language: string;
  path: string | undefined;
}

/**
 * Reads `python`, `python src/a.py`, `python:src/a.py`, `src/a.py` and `python title="src/a.py"` (also `file`,
 * `filename`, `path`), all of which models write.
 */
export function fenceInfo(info: string): FenceInfo {
  const [first = "", ...rest] = info.trim().split(/\s+/);
  const colon = first.indexOf(":");
  if (colon > 0) return { language: first.slice(0, colon).toLowerCase(), path: first.slice(colon + 1) || undefined };
  if (isPath(first)) return { language: endingOf(first), path: first };
  const path = rest.map(namedPath).find((found) => found !== undefined);
  return { language: first.replace(/[{}.]/g, "").toLowerCase(), path };
}

function namedPath(word: string): string | undefined {
  const value = word.replace(/^(title|file|filename|path)=/, "").replace(/^["'](.*)["']$/, "$1");
  return isPath(value) ? value : undefined;
}

/** A folder in it, or an ending that is no number ("v1.2" is no path). */
function isPath(word: string): boolean {
  return /^[\w@./\\-]+$/.test(word) && (/[/\\]\w/.test(word) || /\w\.[a-z]\w*$/i.test(word));
}

function endingOf(path: string): string {
  return /\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
}
