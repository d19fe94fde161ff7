//! Emacs: a file of its own, and one line for the user's init file, which is a program and not edited.

use anyhow::Result;

use super::plan::{Plan, read};
use super::surroundings::Surroundings;

/// The file.
const FILE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../editors/emacs/weft.el"));

/// What it begins with; one without it is somebody else's.
const HEAD: &str = ";;; weft.el --- Code completion by a model on your own machine";

/// The line.
const LINE: &str = "(load (expand-file-name \"weft\" user-emacs-directory))";

pub(super) fn plan(at: &Surroundings) -> Result<Plan> {
    let older = at.home.join(".emacs.d");
    let newer = at.config.join("emacs");
    let folder = if newer.is_dir() && !older.is_dir() { newer } else { older };
    let path = folder.join("weft.el");
    let theirs = read(&path)?.is_some_and(|bytes| !bytes.starts_with(HEAD.as_bytes()));
    if theirs {
        return Ok(Plan::by_hand(format!(
            "{} is left as it is: it is not one of Weft's. Save this under another name and load it:\n\n{FILE}",
            path.display()
        )));
    }
    let mut plan = Plan::default();
    plan.write(path, with_program(&at.weft))?;
    let inits = [folder.join("init.el"), at.home.join(".emacs"), at.home.join(".emacs.el")];
    for init in &inits {
        if read(init)?.is_some_and(|bytes| String::from_utf8_lossy(&bytes).contains(LINE)) {
            return Ok(plan);
        }
    }
    plan.next = vec![format!("Add this line to {}:\n\n  {LINE}\n", inits[0].display())];
    Ok(plan)
}

fn with_program(weft: &str) -> String {
    let escaped = weft.replace('\\', "\\\\").replace('"', "\\\"");
    FILE.replacen("'(\"weft\" \"lsp\")", &format!("'(\"{escaped}\" \"lsp\")"), 1)
}
