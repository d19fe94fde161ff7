// Choosing a model, and fetching one with its progress shown. What a model is called and where it comes from is Weft's to say.
import * as vscode from "vscode";
import { type Choice, choices, listModels, megabytes, type Model, pullModel } from "./models.ts";
import type { ServerModel } from "./protocol.ts";

/** What the dialogs need. */
export interface ModelActions {
  /** The program, where it can be run. */
  program(): string | undefined;
  /** The models as the server knows them; undefined where it cannot say. */
  served(): Promise<ServerModel[] | undefined>;
  /** The models on this machine changed. */
  changed(): Promise<void>;
}

/** Lets the user choose; fetches what is not there; uses it. */
export async function selectModel(actions: ModelActions): Promise<void> {
  const program = running(actions);
  if (program === undefined) {
    return;
  }
  const setting = vscode.workspace.getConfiguration("weft").get("model", "");
  const [listed, served] = await Promise.all([listModels(program), actions.served()]);
  const items = choices(listed, served, setting).map(choiceItem);
  const picked = await vscode.window.showQuickPick(items, {
    title: "Weft: the model that completes code and answers",
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
  const items = missing.map((model) => pickItem(model, [], "$(cloud-download)"));
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

function choiceItem(choice: Choice): ModelItem {
  const place = choice.bytes === 0 && choice.installed ? "set up in config.toml" : choice.installed ? "on this machine" : "to be downloaded";
  const icon = choice.current ? "$(check)" : choice.installed ? "$(circle-large-outline)" : "$(cloud-download)";
  return pickItem(choice, [place, ...(choice.current ? ["in use"] : [])], icon);
}

function pickItem(model: Model, marks: string[], icon: string): ModelItem {
  const size = model.bytes > 0 ? [megabytes(model.bytes)] : [];
  const detail = model.description ?? (model.bytes > 0 ? "Your own file" : "A model of an engine that you have set up");
  return { label: `${icon} ${model.name}`, description: [...size, ...marks].join(", "), detail, model };
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
