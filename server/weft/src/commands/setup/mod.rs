//! `weft setup EDITOR`: shows the change that an editor's configuration needs, and makes it when told to.
//!
//! One file an editor says what the change is; record.rs makes it and takes it back. A file that is not understood is left alone, and what to
//! add by hand is said. It must not ask the network for anything.

mod emacs;
mod helix;
mod jetbrains;
mod neovim;
mod plan;
mod record;
mod surroundings;
#[cfg(test)]
mod tests;
mod vscode;
mod zed;

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use similar::TextDiff;

use crate::paths::Paths;
use plan::{Change, Plan, Program};
use record::Record;
use surroundings::Surroundings;

/// The arguments of `weft setup`.
#[derive(Debug, Args)]
pub(crate) struct SetupArgs {
    /// The editor
    #[arg(value_enum)]
    editor: Editor,
    /// Make the change without asking
    #[arg(long, short)]
    yes: bool,
    /// Take back what an earlier setup did
    #[arg(long)]
    undo: bool,
    /// VS Code: the extension's file, as `cargo xtask package vscode` makes it
    #[arg(long, value_name = "FILE")]
    vsix: Option<std::path::PathBuf>,
    /// JetBrains: the folder for the template
    #[arg(long, value_name = "FOLDER")]
    to: Option<std::path::PathBuf>,
}

/// The editors that can be set up.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Editor {
    Neovim,
    Helix,
    Vscode,
    Jetbrains,
    Emacs,
    Zed,
}

pub(crate) fn run(arguments: &SetupArgs, paths: &Paths) -> Result<ExitCode> {
    let at = Surroundings::of_process(paths)?;
    let record = Record::of(&paths.data.join("setup"), name(arguments.editor));
    if arguments.undo {
        return undo(arguments, &record);
    }
    let plan = plan(arguments, &at)?;
    show(&plan, &paths.data)?;
    if plan.is_empty() {
        return Ok(finish(&plan));
    }
    if !(arguments.yes || agreed("Make this change?")?) {
        say!("Nothing has been changed. `weft setup {} --yes` makes the change.", name(arguments.editor));
        return Ok(ExitCode::SUCCESS);
    }
    for backup in record.apply(&plan.changes)? {
        say!("The file as it was: {}", backup.display());
    }
    if let Some(program) = &plan.run {
        program.run()?;
    }
    say!("Done. `weft setup {} --undo` takes it back.", name(arguments.editor));
    for step in &plan.next {
        say!("{step}");
    }
    Ok(finish(&plan))
}

fn plan(arguments: &SetupArgs, at: &Surroundings) -> Result<Plan> {
    match arguments.editor {
        Editor::Neovim => neovim::plan(at),
        Editor::Helix => helix::plan(at),
        Editor::Vscode => Ok(vscode::plan(arguments.vsix.as_deref())),
        Editor::Jetbrains => jetbrains::plan(at, arguments.to.as_deref()),
        Editor::Emacs => emacs::plan(at),
        Editor::Zed => zed::plan(at),
    }
}

fn undo(arguments: &SetupArgs, record: &Record) -> Result<ExitCode> {
    let program: Option<Program> = matches!(arguments.editor, Editor::Vscode).then(vscode::uninstall);
    if let Some(program) = program {
        say!("This would be run:\n\n  {program}\n");
        if !(arguments.yes || agreed("Run it?")?) {
            say!("Nothing has been changed. `weft setup vscode --undo --yes` does it.");
            return Ok(ExitCode::SUCCESS);
        }
        program.run()?;
        return Ok(ExitCode::SUCCESS);
    }
    let paths = record.paths()?;
    if paths.is_empty() {
        say!(
            "There is nothing to take back: `weft setup {}` has changed nothing here.",
            name(arguments.editor)
        );
        return Ok(ExitCode::SUCCESS);
    }
    say!("These become what they were before:");
    for path in &paths {
        say!("  {}", path.display());
    }
    if !(arguments.yes || agreed("Take it back?")?) {
        say!("Nothing has been changed. `weft setup {} --undo --yes` does it.", name(arguments.editor));
        return Ok(ExitCode::SUCCESS);
    }
    let left = record.undo()?;
    for it in &left {
        say!("{it}");
    }
    Ok(if left.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Shows a plan: a diff of what is the user's, a line for what is Weft's own.
fn show(plan: &Plan, own: &Path) -> Result<()> {
    let (ours, theirs): (Vec<&Change>, Vec<&Change>) =
        plan.changes.iter().partition(|change| change.path.starts_with(own));
    if !ours.is_empty() {
        say!("{} files of Weft's own in {}", ours.len(), own.display());
    }
    for change in theirs {
        say!("{}", diff(change));
    }
    if let Some(program) = &plan.run {
        say!("This would be run:\n\n  {program}\n");
    }
    for text in &plan.by_hand {
        say!("{text}");
    }
    if plan.is_empty() && plan.by_hand.is_empty() {
        say!("It is set up already; nothing needs to change.");
        for step in &plan.next {
            say!("{step}");
        }
    }
    Ok(())
}

fn diff(change: &Change) -> String {
    let before = change.before.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
    let (path, new) = (change.path.display().to_string(), change.before.is_none());
    let from = if new { "(no file yet)" } else { path.as_str() };
    TextDiff::from_lines(before.as_ref(), change.after.as_str())
        .unified_diff()
        .header(from, &path)
        .to_string()
}

/// Asks on a terminal; nobody agrees where there is none.
fn agreed(question: &str) -> Result<bool> {
    if !(std::io::stdin().is_terminal() && std::io::stdout().is_terminal()) {
        return Ok(false);
    }
    print_question(question)?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).context("the answer cannot be read")?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

fn print_question(question: &str) -> Result<()> {
    let mut output = std::io::stdout();
    write!(output, "{question} [y/N] ")?;
    output.flush()?;
    Ok(())
}

fn finish(plan: &Plan) -> ExitCode {
    if plan.by_hand.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn name(editor: Editor) -> &'static str {
    match editor {
        Editor::Neovim => "neovim",
        Editor::Helix => "helix",
        Editor::Vscode => "vscode",
        Editor::Jetbrains => "jetbrains",
        Editor::Emacs => "emacs",
        Editor::Zed => "zed",
    }
}
