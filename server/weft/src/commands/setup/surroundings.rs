//! Where editors keep their configuration on this machine, and how `weft` is started from there. It must not read any of it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use directories::BaseDirs;

use crate::paths::Paths;

/// The folders that setups work in.
#[derive(Clone, Debug)]
pub(super) struct Surroundings {
    /// The user's own.
    pub(super) home: PathBuf,
    /// Where configuration is: `$XDG_CONFIG_HOME` or `~/.config`, `%APPDATA%` on Windows.
    pub(super) config: PathBuf,
    /// Neovim's, which is elsewhere on Windows and can have another name (`$NVIM_APPNAME`).
    pub(super) neovim: PathBuf,
    /// Weft's own folder for editors' files.
    pub(super) own: PathBuf,
    /// The program, as a shell of the user's finds it: `weft`, or its path where it is not on the PATH.
    pub(super) weft: String,
}

impl Surroundings {
    /// Those of this user.
    pub(super) fn of_process(paths: &Paths) -> Result<Self> {
        let dirs = BaseDirs::new().context("there is no home folder; set HOME to yours")?;
        let home = dirs.home_dir().to_owned();
        let given = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let config = match given {
            Some(given) => given,
            None if cfg!(windows) => dirs.config_dir().to_owned(),
            None => home.join(".config"),
        };
        let name = std::env::var_os("NVIM_APPNAME").filter(|name| !name.is_empty()).unwrap_or("nvim".into());
        let neovim = if cfg!(windows) { dirs.data_local_dir().join(name) } else { config.join(name) };
        let program = std::env::current_exe().context("the path of the weft program is not known")?;
        let weft = if is_on_path(&program) { "weft".to_owned() } else { program.display().to_string() };
        Ok(Self { home, config, neovim, own: paths.data.join("editors"), weft })
    }
}

/// Whether `weft` on the PATH is this program.
fn is_on_path(program: &Path) -> bool {
    let name = if cfg!(windows) { "weft.exe" } else { "weft" };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let first = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|found| found.is_file());
    let same = |found: PathBuf| found.canonicalize().ok() == program.canonicalize().ok();
    first.is_some_and(same)
}
