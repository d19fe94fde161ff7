// Choosing a model, and fetching one with its progress shown. What a model is called and where it comes from is Weft's to say.
import * as vscode from "vscode";
import { listModels, megabytes, type Model, pullModel } from "./models.ts";

/** What the dialogs need. */
export interface ModelActions {
  /** The program, where it can be run. */
  program(): string | undefined;
  /** The models on this machine changed. */
  changed(): Promise<void>;
}

/** Lets the user choose; fetches what is not there; uses it. */
export async function selectModel(actions: ModelActions): Promise<void> {
  const program = running(actions);
  if (program === undefined) {
    return;
  }
  const models = await listModels(program);
  const current = vscode.workspace.getConfiguration("weft").get("model", "");
  const items = models.map((model) => pickItem(model, current));
  const picked = await vscode.window.showQuickPick(items, {
    title: "Weft: the model that completes code",
    placeHolder: "One that is not on this machine is downloaded",
    matchOnDetail: true,
  });
  if (picked === undefined || !(picked.model.installed || (await pull(program, picked.model, actions)))) {
    return;
  }
  // The default one needs no setting, so that a later default reaches its users.
  const value = picked.model.default === true ? undefined : picked.model.name;
  await vscode.workspace.getConfiguration("weft").update("model", value, vscode.ConfigurationTarget.Global);
}

/** Fetches a model without using it; asks which unless there is a name. */
export async function pullByName(actions: ModelActions, name: string | undefined): Promise<void> {
  const program = running(actions);
  if (program === undefined) {
    return;
  }
  const missing = (await listModels(program)).filter((model) => !model.installed);
  const named = missing.find((model) => model.name === name);
  if (named !== undefined) {
    await pull(program, named, actions);
    return;
  }
  if (missing.length === 0) {
    void vscode.window.showInformationMessage("Weft: every model that Weft knows is on this machine already.");
    await actions.changed();
    return;
  }
  const items = missing.map((model) => pickItem(model, undefined));
  const picked = await vscode.window.showQuickPick(items, { title: "Weft: download a model", placeHolder: "It is fetched once and checked", matchOnDetail: true });
  if (picked !== undefined) {
    await pull(program, picked.model, actions);
  }
}

function running(actions: ModelActions): string | undefined {
  const program = actions.program();
  if (program === undefined) {
    void vscode.window.showWarningMessage("Weft is not running, so it cannot tell its models. Click Weft in the status bar to see why.");
  }
  return program;
}

interface ModelItem extends vscode.QuickPickItem {
  model: Model;
}

/** `current` is the setting; undefined where it is not to be shown which one is used. */
function pickItem(model: Model, current: string | undefined): ModelItem {
  const used = current === "" ? model.default === true : model.name === current;
  const marks = [megabytes(model.bytes)];
  if (current !== undefined) {
    marks.push(model.installed ? "on this machine" : "to be downloaded", ...(used ? ["chosen"] : []));
  }
  const icon = model.installed ? "$(check)" : "$(cloud-download)";
  return { label: `${icon} ${model.name}`, description: marks.join(", "), detail: model.description ?? "Your own file", model };
}

/** Whether it is there afterwards. */
async function pull(program: string, model: Model, actions: ModelActions): Promise<boolean> {
  const title = `Weft: downloading ${model.name}`;
  const { failure, cancelled } = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (progress, token) => {
      let shown = 0;
      const failure = await pullModel(program, model.name, token, ({ message, fraction }) => {
        const percent = fraction === undefined ? shown : Math.floor(fraction * 100);
        // What is checked counts from the beginning again; the bar does not.
        progress.report({ message, increment: Math.max(0, percent - shown) });
        shown = Math.max(shown, percent);
      });
      return { failure, cancelled: token.isCancellationRequested };
    },
  );
  await actions.changed();
  if (failure === undefined) {
    void vscode.window.showInformationMessage(`Weft: ${model.name} is ready.`);
    return true;
  }
  if (cancelled) {
    void vscode.window.showInformationMessage(`Weft: the download of ${model.name} was stopped. What has arrived is kept; it goes on from there the next time.`);
    return false;
  }
  const again = await vscode.window.showErrorMessage(`Weft: ${model.name} could not be downloaded: ${failure}`, "Try Again");
  return again === undefined ? false : pull(program, model, actions);
}
