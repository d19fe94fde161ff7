// VS Code as a server on a loopback port of its own choice, with folders of its own. It must not touch the user's editor.
import { execFile, spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import type { Places } from "./places.ts";

/** A running VS Code. */
export interface CodeServer {
  address: string;
  /** Weft's folder in it. */
  weftHome: string;
  /** The folder of its installed extensions. */
  extensions: string;
  /** Writes the settings of the machine, where those belong that no workspace can set; the editor reads them at once. */
  machineSettings(settings: Record<string, unknown>): Promise<void>;
  stop(): Promise<void>;
}

/** The settings that keep everything else quiet. */
const QUIET = {
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "workbench.reduceMotion": "on",
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "git.openRepositoryInParentFolders": "never",
  "chat.disableAIFeatures": true,
  "window.restoreWindows": "none",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  // Tab would take an entry of the completion menu, which comes and goes by its own clock.
  "editor.wordBasedSuggestions": "off",
  // The file changes when the test saves it.
  "files.autoSave": "off",
  "editor.fontSize": 15,
};

/** Installs the extension and starts. `models` is the folder for `WEFT_MODELS`; `asksForTrust`: new folders are not trusted. */
export async function startCodeServer(places: Places, name: string, models: string, asksForTrust = false): Promise<CodeServer> {
  const home = join(places.work, name);
  const [userData, extensions, weftHome] = [join(home, "data"), join(home, "extensions"), join(home, "weft")];
  await mkdir(join(userData, "User"), { recursive: true });
  await mkdir(extensions, { recursive: true });
  await mkdir(models, { recursive: true });
  const config = join(home, "config.yaml");
  await writeFile(config, "cert: false\n");
  await mkdir(join(userData, "Machine"), { recursive: true });
  const user = { ...QUIET, "workbench.colorTheme": "Default Dark Modern" };
  await writeFile(join(userData, "User", "settings.json"), JSON.stringify(user, null, 2));
  const machineSettings = async (settings: Record<string, unknown>) => {
    await writeFile(join(userData, "Machine", "settings.json"), JSON.stringify(settings, null, 2));
  };
  const folders = ["--user-data-dir", userData, "--extensions-dir", extensions, "--config", config];
  // Nothing of the surroundings may reach the tests but what they set.
  const kept = Object.entries(process.env).filter(([key]) => !key.startsWith("WEFT_") && !key.startsWith("VSCODE_"));
  const env = { ...Object.fromEntries(kept), WEFT_HOME: weftHome, WEFT_MODELS: models, WEFT_IDLE_SECONDS: "120" };

  await promisify(execFile)(process.execPath, [places.codeServer, ...folders, "--install-extension", places.vsix], { env });
  const quiet = ["--auth", "none", "--disable-telemetry", "--disable-update-check", "--disable-getting-started-override", ...(asksForTrust ? [] : ["--disable-workspace-trust"])];
  const child = spawn(process.execPath, [places.codeServer, ...folders, ...quiet, "--bind-addr", "127.0.0.1:0"], { env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const ended = new Promise<void>((resolve) => child.once("exit", () => { resolve(); }));
  const address = await new Promise<string>((resolve, reject) => {
    const said: string[] = [];
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on("line", (line) => {
        said.push(line);
        const found = /HTTP server listening on (http:\/\/\S+)/.exec(line)?.[1];
        if (found !== undefined) {
          resolve(found.replace(/\/$/, ""));
        }
      });
    }
    child.once("exit", () => { reject(new Error(`code-server ended:\n${said.join("\n")}`)); });
  });
  const stop = async () => {
    // The whole group: code-server starts processes of its own.
    if (child.pid !== undefined && child.exitCode === null) {
      process.kill(-child.pid, "SIGTERM");
    }
    await ended;
    await endEngine(weftHome);
  };
  return { address, weftHome, extensions, machineSettings, stop };
}

/** Ends the engine of a folder, if one runs. */
async function endEngine(weftHome: string): Promise<void> {
  const pid = await enginePid(weftHome);
  if (pid !== undefined) {
    kill(pid, "SIGTERM");
  }
}

/** The process of the engine that runs for a folder of Weft. */
export async function enginePid(weftHome: string): Promise<number | undefined> {
  try {
    const { pid } = JSON.parse(await readFile(join(weftHome, "run", "serve.json"), "utf8")) as { pid: number };
    return pid;
  } catch {
    return undefined;
  }
}

/** The processes of `weft lsp` that were started from an installed extension. */
export async function serverPids(extensions: string): Promise<number[]> {
  const { stdout } = await promisify(execFile)("ps", ["-axwwo", "pid=,command="]);
  const lines = stdout.split("\n").filter((line) => line.includes(extensions) && line.trim().endsWith("/bin/weft lsp"));
  return lines.map((line) => Number.parseInt(line.trim(), 10));
}

/** Sends a signal; a process that is gone already is fine. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself.
  }
}
