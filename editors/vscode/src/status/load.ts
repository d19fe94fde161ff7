// The progress of loading a model, as the server reports it. It must not show anything.

/** A load under way. */
export interface Load {
  token: string | number;
  /** 0 to 100; undefined where the server does not know. */
  percentage: number | undefined;
}

/** A value of `$/progress` for work. */
export interface WorkProgress {
  kind: "begin" | "report" | "end";
  percentage?: number;
}

/** Whether a progress token is that of loading a model. */
export function isLoadToken(token: string | number): boolean {
  return typeof token === "string" && token.startsWith("weft/load/");
}

/** The load after a value of progress; undefined when it is over. A late value of an earlier load changes nothing. */
export function nextLoad(load: Load | undefined, token: string | number, value: WorkProgress): Load | undefined {
  switch (value.kind) {
    case "begin":
      return { token, percentage: value.percentage };
    case "report":
      return load?.token === token ? { token, percentage: value.percentage ?? load.percentage } : load;
    case "end":
      return load?.token === token ? undefined : load;
  }
}

/** For the status bar. */
export function describeLoad(load: Load): string {
  return load.percentage === undefined ? "loading" : `loading ${load.percentage} %`;
}
