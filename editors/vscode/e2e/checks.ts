// A list of steps, each with its time; a failed one ends its scenario. It must not know what the steps do.

/** Counts over the whole run. */
export interface Tally {
  passed: number;
  failed: number;
}

/** Runs one step of a scenario. */
export type Step = (name: string, work: () => Promise<void>) => Promise<void>;

/** Runs a scenario. `onFailure` may keep what helps to understand a failure. */
export async function scenario(tally: Tally, title: string, work: (step: Step) => Promise<void>, onFailure: (step: string) => Promise<void>): Promise<void> {
  console.log(`\n${title}`);
  let current = "";
  const step: Step = async (name, run) => {
    current = name;
    const start = performance.now();
    await run();
    tally.passed += 1;
    console.log(`  passed  ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  };
  try {
    await work(step);
  } catch (error) {
    tally.failed += 1;
    console.log(`  FAILED  ${current}\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    await onFailure(current).catch(() => undefined);
  }
}

/** Fails unless a value is what it must be. */
export function mustBe<T>(what: string, is: T, wanted: (value: T) => boolean): void {
  if (!wanted(is)) {
    throw new Error(`${what} is not right: ${JSON.stringify(is)}`);
  }
}

/** Asks again until there is an answer; for what is outside the page, where no event can be waited for. */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined>, patienceMs: number): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) {
      return answer;
    }
    if (performance.now() > deadline) {
      throw new Error(`${what} did not come within ${patienceMs / 1000} s`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
