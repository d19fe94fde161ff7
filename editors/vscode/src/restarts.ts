// When to start the server again after it crashed. It must not start anything itself.

/** Crashes within this time count together. */
const WINDOW_MS = 3 * 60_000;
/** After so many the server stays down until the user asks for it. */
const MOST_CRASHES = 5;
const FIRST_PAUSE_MS = 500;

/** What to do after a crash. */
export type Decision = { kind: "restart"; afterMs: number } | { kind: "give-up" };

/** Decides from the times of all crashes, the last one included, in milliseconds. The pause doubles. */
export function afterCrash(crashes: readonly number[], now: number): Decision {
  const recent = crashes.filter((crash) => now - crash < WINDOW_MS).length;
  if (recent >= MOST_CRASHES) {
    return { kind: "give-up" };
  }
  return { kind: "restart", afterMs: FIRST_PAUSE_MS * 2 ** Math.max(0, recent - 1) };
}
