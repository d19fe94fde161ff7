//! The calls of the local API that the page of the models uses, in Ollama's dialect (docs/api.md). Only in a browser: there the
//! page's own server has them. It must not know how anything is shown.

import { isObject } from "../rpc/connection";

export interface LoadedModel {
  name: string;
  /** What it takes of the memory, in bytes. */
  bytes: number;
  contextTokens: number;
}

export interface PullProgress {
  /** In words. */
  status: string;
  /** From 0 to 1; none while it is not known. */
  fraction?: number;
}

export class LocalApi {
  /** `key`: asked for at each call, for it can change. */
  constructor(private readonly key: () => string) {}

  async loaded(): Promise<LoadedModel[]> {
    const answer = (await (await this.call("GET", "/api/ps")).json()) as {
      models: { name: string; size: number; context_length: number }[];
    };
    return answer.models.map(({ name, size, context_length }) => ({
      name,
      bytes: size,
      contextTokens: context_length,
    }));
  }

  async unload(name: string): Promise<void> {
    await (await this.call("POST", "/api/generate", { model: name, keep_alive: 0, stream: false })).text();
  }

  /** Fetches a model. What had come when it is aborted is kept, and the next time goes on from there. */
  async pull(name: string, signal: AbortSignal, onProgress: (progress: PullProgress) => void): Promise<void> {
    const response = await this.call("POST", "/api/pull", { model: name, stream: true }, signal);
    for await (const line of lines(response)) {
      const { error, status, total, completed } = line;
      if (typeof error === "string") throw new Error(error);
      if (status === "success") return;
      const known = typeof total === "number" && typeof completed === "number" && total > 0;
      onProgress({ status: wordsOf(String(status)), ...(known && { fraction: completed / total }) });
    }
    throw new Error("The download broke off. What has arrived is kept; try again.");
  }

  private async call(method: string, path: string, body?: object, signal?: AbortSignal): Promise<Response> {
    const key = this.key();
    const response = await fetch(path, {
      method,
      headers: { ...(key && { authorization: `Bearer ${key}` }), ...(body && { "content-type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    });
    if (response.ok) return response;
    const answer: unknown = await response.json().catch(() => undefined);
    const error = isObject(answer) && typeof answer["error"] === "string" ? answer["error"] : response.statusText;
    throw new Error(error);
  }
}

/** The server speaks of digests, as Ollama does; people know the model by its name. */
function wordsOf(status: string): string {
  if (status.startsWith("pulling ")) return "downloading";
  return status.startsWith("verifying") ? "checking what has arrived" : status;
}

async function* lines(response: Response): AsyncGenerator<Record<string, unknown>> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  while (reader) {
    const { value, done } = await reader.read();
    const parts = (rest + (value ?? "")).split("\n");
    rest = done ? "" : (parts.pop() ?? "");
    for (const part of parts) {
      if (part.trim() === "") continue;
      const line: unknown = JSON.parse(part);
      if (isObject(line)) yield line;
    }
    if (done) return;
  }
}
