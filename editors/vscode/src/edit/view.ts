// Shows a proposal as a unified diff with a row of actions above each change. The view is a document of its own: the
// user's file is not touched before a block is accepted, and then by the server.
import * as vscode from "vscode";
import type { Rpc } from "../connection.ts";
import type { Proposal } from "../protocol.ts";
import { type Region, regionAt } from "./merged.ts";
import { Review } from "./review.ts";

/** The scheme of views. */
export const SCHEME = "weft-proposal";

/** The open reviews. */
export class ReviewView implements vscode.TextDocumentContentProvider, vscode.CodeLensProvider, vscode.Disposable {
  private readonly reviews = new Map<string, Review>();
  private readonly rpc: () => Rpc | undefined;
  private readonly textChanges = new vscode.EventEmitter<vscode.Uri>();
  private readonly lensChanges = new vscode.EventEmitter<void>();
  private readonly removed = lineDecoration("diffEditor.removedLineBackground", "editorOverviewRuler.deletedForeground");
  private readonly added = lineDecoration("diffEditor.insertedLineBackground", "editorOverviewRuler.addedForeground");
  private readonly disposables: vscode.Disposable;
  readonly onDidChange = this.textChanges.event;
  readonly onDidChangeCodeLenses = this.lensChanges.event;

  /** `rpc` is the connection, where there is one. */
  constructor(rpc: () => Rpc | undefined) {
    this.rpc = rpc;
    const command = (name: string, run: (uri: vscode.Uri, review: Review, blocks: number[] | undefined) => Promise<void>) =>
      vscode.commands.registerCommand(name, async (blocks?: unknown) => {
        const found = this.active();
        if (found !== undefined) {
          await run(found.uri, found.review, isNumbers(blocks) ? blocks : undefined);
        }
      });
    this.disposables = vscode.Disposable.from(
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      vscode.languages.registerCodeLensProvider({ scheme: SCHEME }, this),
      vscode.window.onDidChangeActiveTextEditor(() => { this.refresh(); }),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        if (document.uri.scheme === SCHEME) {
          this.changed(document);
        }
      }),
      vscode.workspace.onDidCloseTextDocument((document) => void this.closed(document.uri)),
      command("weft.acceptBlock", (uri, review, blocks) => this.accept(uri, review, blocks ?? this.atCursor(review))),
      command("weft.rejectBlock", (uri, review, blocks) => this.reject(uri, review, blocks ?? this.atCursor(review))),
      command("weft.acceptAll", (uri, review) => this.accept(uri, review, review.open)),
      command("weft.rejectAll", (uri, review) => this.reject(uri, review, review.open)),
    );
  }

  /** Shows a proposal for a document as it was when it was asked for. */
  async show(proposal: Proposal, document: vscode.TextDocument, original: string): Promise<void> {
    const uri = document.uri.with({ scheme: SCHEME, query: proposal.id });
    const review = new Review(proposal, original);
    this.reviews.set(uri.toString(), review);
    const view = await vscode.workspace.openTextDocument(uri);
    await vscode.languages.setTextDocumentLanguage(view, document.languageId);
    const first = review.merged.regions[0];
    const editor = await vscode.window.showTextDocument(view, { preview: false });
    if (first !== undefined) {
      reveal(editor, first);
    }
    this.refresh();
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.reviews.get(uri.toString())?.merged.text ?? "";
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const regions = this.reviews.get(document.uri.toString())?.merged.regions ?? [];
    return regions.flatMap((region, index) => {
      const line = Math.min(region.removed.first, document.lineCount - 1);
      const range = new vscode.Range(line, 0, line, 0);
      const lens = (title: string, command: string) => new vscode.CodeLens(range, { title, command, arguments: [region.blocks] });
      return [
        lens("$(check) Accept", "weft.acceptBlock"),
        lens("$(close) Reject", "weft.rejectBlock"),
        new vscode.CodeLens(range, { title: `Change ${index + 1} of ${regions.length}`, command: "" }),
      ];
    });
  }

  dispose(): void {
    vscode.Disposable.from(this.disposables, this.removed, this.added, this.textChanges, this.lensChanges).dispose();
  }

  private active(): { uri: vscode.Uri; review: Review } | undefined {
    const uri = vscode.window.activeTextEditor?.document.uri;
    const review = uri === undefined ? undefined : this.reviews.get(uri.toString());
    return uri === undefined || review === undefined ? undefined : { uri, review };
  }

  private atCursor(review: Review): number[] {
    const line = vscode.window.activeTextEditor?.selection.active.line ?? 0;
    return regionAt(review.merged.regions, line)?.blocks ?? [];
  }

  private async accept(uri: vscode.Uri, review: Review, blocks: readonly number[]): Promise<void> {
    await this.tell(async (rpc) => {
      const reason = await review.accept(rpc, blocks);
      if (reason !== undefined) {
        void vscode.window.showWarningMessage(`Weft: the change was not applied: ${reason}`);
      }
    });
    await this.decided(uri, review);
  }

  private async reject(uri: vscode.Uri, review: Review, blocks: readonly number[]): Promise<void> {
    await this.tell((rpc) => review.reject(rpc, blocks));
    await this.decided(uri, review);
  }

  private async tell(work: (rpc: Rpc) => Promise<void>): Promise<void> {
    const rpc = this.rpc();
    if (rpc === undefined) {
      void vscode.window.showWarningMessage("Weft is not running, so nothing was changed. Click Weft in the status bar to see why.");
      return;
    }
    try {
      await work(rpc);
    } catch (error) {
      void vscode.window.showErrorMessage(`Weft: nothing was changed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Shows what is left, or goes back to the file. */
  private async decided(uri: vscode.Uri, review: Review): Promise<void> {
    this.textChanges.fire(uri);
    this.lensChanges.fire();
    if (review.open.length > 0) {
      const view = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
      // Where lines were only added, accepting them changes nothing in the view.
      if (view?.getText() === review.merged.text) {
        this.changed(view);
      }
      return;
    }
    const line = review.proposal.blocks[0]?.range.start.line ?? 0;
    this.reviews.delete(uri.toString());
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    const own = tabs.filter(({ input }) => input instanceof vscode.TabInputText && input.uri.toString() === uri.toString());
    await vscode.window.tabGroups.close(own);
    const file = await vscode.workspace.openTextDocument(vscode.Uri.parse(review.proposal.uri));
    const place = new vscode.Range(line, 0, line, 0);
    await vscode.window.showTextDocument(file, { selection: place });
    this.refresh();
  }

  /** The view shows the text that is right now: on to the next change. */
  private changed(view: vscode.TextDocument): void {
    const next = this.reviews.get(view.uri.toString())?.merged.regions[0];
    const editor = vscode.window.activeTextEditor;
    if (editor?.document === view && next !== undefined) {
      reveal(editor, next);
    }
    this.refresh();
  }

  /** Whoever closes the view decides against what is open in it. */
  private async closed(uri: vscode.Uri): Promise<void> {
    const review = this.reviews.get(uri.toString());
    const rpc = this.rpc();
    this.reviews.delete(uri.toString());
    if (review !== undefined && rpc !== undefined) {
      // The server forgets proposals by itself too; this only tells it sooner.
      await review.reject(rpc, review.open).catch(() => undefined);
    }
  }

  private refresh(): void {
    const active = this.active();
    void vscode.commands.executeCommand("setContext", "weft.reviewing", active !== undefined && active.review.open.length > 0);
    for (const editor of vscode.window.visibleTextEditors) {
      const review = this.reviews.get(editor.document.uri.toString());
      if (review !== undefined) {
        const { regions } = review.merged;
        const ranges = (span: (region: Region) => Region["added"]) =>
          regions.map(span).filter(({ first, end }) => first < end).map(({ first, end }) => new vscode.Range(first, 0, end - 1, 0));
        editor.setDecorations(this.removed, ranges((region) => region.removed));
        editor.setDecorations(this.added, ranges((region) => region.added));
      }
    }
  }
}

function lineDecoration(background: string, ruler: string): vscode.TextEditorDecorationType {
  return vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new vscode.ThemeColor(background),
    overviewRulerColor: new vscode.ThemeColor(ruler),
    overviewRulerLane: vscode.OverviewRulerLane.Full,
  });
}

function reveal(editor: vscode.TextEditor, region: Region): void {
  const line = region.added.first < region.added.end ? region.added.first : region.removed.first;
  editor.selection = new vscode.Selection(line, 0, line, 0);
  editor.revealRange(new vscode.Range(region.removed.first, 0, region.added.end, 0), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === "number");
}
