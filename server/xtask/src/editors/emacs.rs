//! Emacs with lsp-mode: Debian's own, or the one of the system. It must not touch the user's packages.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::{debian, version};
use crate::process;

/// Emacs 30 and lsp-mode 10, which has ghost text.
const EMACS_AND_LSP_MODE: debian::Source = debian::Source {
    folder: "sid-emacs",
    release: "sid",
    packages: "emacs-nox,elpa-lsp-mode",
    programs: &[debian::Program { name: "emacs", file: "usr/bin/emacs-nox", start }],
};

/// Where packages of Emacs lie as source: they are compiled when they are installed, which they are not here.
const SOURCES: &str = "usr/share/emacs/site-lisp/elpa-src";

/// Sees that an Emacs is there that has lsp-mode, or whose user has.
pub(super) fn ensure(folder: &Path) -> Result<PathBuf> {
    if !debian::is_here() {
        return version::on_path("emacs", (29, 1));
    }
    let emacs = debian::ensure(folder, &EMACS_AND_LSP_MODE)?.join("emacs");
    let sources = folder.join(EMACS_AND_LSP_MODE.folder).join("root").join(SOURCES);
    let lsp_mode = newest(&sources, "lsp-mode-")?;
    // Uncompiled it is too slow to be used. The rest of it is loaded rarely.
    let missing: Vec<&str> = ["lsp-protocol", "lsp-mode", "lsp-completion", "lsp-inline-completion"]
        .into_iter()
        .filter(|name| !lsp_mode.join(name).with_extension("elc").is_file())
        .collect();
    if !missing.is_empty() {
        let mut compile = process::command(&emacs);
        compile.args([
            "-Q",
            "--batch",
            "--eval",
            "(setq byte-compile-warnings nil)",
            "-f",
            "batch-byte-compile",
        ]);
        compile.args(missing.iter().map(|name| lsp_mode.join(name).with_extension("el")));
        process::run(&mut compile)?;
    }
    Ok(emacs)
}

/// Emacs looks for its files where it was built for, and for its packages where they are installed.
fn start(root: &Path) -> Result<debian::Start> {
    let version = newest(&root.join("usr/libexec/emacs"), "")?;
    let number = version.file_name().context("a folder has a name")?.to_string_lossy().into_owned();
    let programs = newest(&version, "")?;
    let dump = newest(&programs, "emacs-")?;
    let shared = root.join("usr/share/emacs").join(&number);
    let mut lisp: Vec<String> = Vec::new();
    for package in children(&root.join(SOURCES))? {
        lisp.push(package.display().to_string());
    }
    lisp.push(shared.join("lisp").display().to_string());
    let at = |path: PathBuf| path.display().to_string();
    Ok(debian::Start {
        environment: vec![
            ("EMACSLOADPATH", lisp.join(":")),
            ("EMACSDATA", at(shared.join("etc"))),
            ("EMACSDOC", at(shared.join("etc"))),
            ("EMACSPATH", at(programs)),
        ],
        // It must not compile to machine code in the background of a test.
        options: vec![
            format!("--dump-file={}", dump.display()),
            "--eval=(setq native-comp-jit-compilation nil native-comp-enable-subr-trampolines nil)"
                .to_owned(),
        ],
    })
}

/// The last by name of what begins so in a folder.
fn newest(folder: &Path, beginning: &str) -> Result<PathBuf> {
    let begins =
        |path: &PathBuf| path.file_name().is_some_and(|it| it.to_string_lossy().starts_with(beginning));
    children(folder)?
        .into_iter()
        .rfind(begins)
        .with_context(|| format!("{} has nothing that begins with `{beginning}`", folder.display()))
}

fn children(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}
