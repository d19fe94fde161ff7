//! The folder of one run: a WEFT_HOME of its own, so that no other engine answers, and room for workspaces.
//!
//! It must not outlive its owner: with it go the engine and everything in the folder.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::cache::{self, Cache};
use crate::{process, weft};

/// A binary, its models and where it lives.
pub(super) struct Home {
    pub(super) folder: PathBuf,
    pub(super) binary: PathBuf,
    pub(super) models: PathBuf,
    pub(super) threads: Option<usize>,
    /// Where Weft keeps generations; `None` to generate always.
    pub(super) generations: Option<PathBuf>,
}

/// The binary that WEFT_BIN names, else one that is built.
pub(super) fn binary(cache: &Cache) -> Result<PathBuf> {
    match std::env::var_os("WEFT_BIN") {
        Some(binary) => fs::canonicalize(PathBuf::from(binary)).context("WEFT_BIN names no file"),
        None => weft::build(cache, &cache::workspace_root()?),
    }
}

impl Home {
    /// A fresh one for `binary`, which must have `model` on this machine.
    pub(super) fn make(cache: &Cache, binary: &Path, model: &str) -> Result<Self> {
        let models = weft::folder_with_models(binary, cache, &[model.to_owned()])?;
        let folder = cache.bench().join(format!("run-{}", std::process::id()));
        fs::create_dir_all(folder.join("home"))
            .with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self { folder, binary: binary.to_owned(), models, threads: None, generations: None })
    }

    /// The file of `model`.
    pub(super) fn model(&self, model: &str) -> Result<PathBuf> {
        let file = weft::model_path(&self.binary, model, &[("WEFT_MODELS", self.models.as_path())])?;
        file.context("the model is not on this machine")
    }

    /// A file below WEFT_HOME.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.join("home").join(name)
    }

    /// weft with this WEFT_HOME.
    pub(super) fn weft(&self) -> Command {
        let mut command = process::command(&self.binary);
        command.env("WEFT_HOME", self.folder.join("home")).env("WEFT_MODELS", &self.models);
        match &self.generations {
            Some(folder) => command.env("WEFT_GENERATION_CACHE", folder),
            None => command.env_remove("WEFT_GENERATION_CACHE"),
        };
        if let Some(threads) = self.threads {
            command.env("WEFT_THREADS", threads.to_string());
        }
        command
    }

    /// `weft lsp` as an editor starts it in `workspace`.
    pub(super) fn lsp(&self, model: &str, workspace: &Path) -> Result<Command> {
        let mut command = self.weft();
        let log = OpenOptions::new().create(true).append(true).open(self.folder.join("lsp.log"))?;
        // A package that the shell happens to offer must not answer, least of all the one that a case is from.
        command.env_remove("VIRTUAL_ENV").env_remove("CONDA_PREFIX").env_remove("PYTHONPATH");
        command.args(["lsp", "--model", model]).current_dir(workspace).stderr(log);
        Ok(command)
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // Without an answer the engine leaves by itself after its idle time.
        let _ = process::capture(self.weft().arg("stop"));
        let _ = fs::remove_dir_all(&self.folder);
    }
}
