//! Where Weft keeps its files. `WEFT_HOME` puts all of it into one folder, `WEFT_MODELS` the models and `WEFT_CONFIG` the configuration
//! file elsewhere.
//! It must not create anything: who writes creates.

use anyhow::{Context, Result};
use directories::{BaseDirs, ProjectDirs};
use models::Store;
use std::path::{Path, PathBuf};

/// The folders.
#[derive(Clone, Debug)]
pub(crate) struct Paths {
    /// Model files.
    pub(crate) models: PathBuf,
    /// The models of an Ollama on this machine, if there is one: they are read there.
    pub(crate) ollama: Option<PathBuf>,
    /// What the running processes leave for each other: only the user may read it.
    pub(crate) run: PathBuf,
    /// What was read of workspaces: it can be made again.
    pub(crate) index: PathBuf,
    /// What the user would miss: conversations, chat documents.
    pub(crate) data: PathBuf,
    /// The user's own prompt files.
    pub(crate) prompts: PathBuf,
    /// The configuration file.
    pub(crate) config: PathBuf,
    /// The keys of engines: only the user may read it.
    pub(crate) keys: PathBuf,
}

impl Paths {
    /// The folders of this user.
    pub(crate) fn of_user() -> Result<Self> {
        let models = std::env::var_os("WEFT_MODELS").filter(|value| !value.is_empty()).map(PathBuf::from);
        let mut paths = match std::env::var_os("WEFT_HOME").filter(|value| !value.is_empty()) {
            Some(home) => {
                let home =
                    std::path::absolute(PathBuf::from(home)).context("WEFT_HOME is not a usable path")?;
                Self::in_folder(&home)
            }
            None => {
                let dirs = ProjectDirs::from("", "", "weft")
                    .context("there is no home folder; set WEFT_HOME to a folder for Weft's files")?;
                let state = dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir());
                Self {
                    models: dirs.data_local_dir().join("models"),
                    ollama: None,
                    run: state.join("run"),
                    index: dirs.cache_dir().join("index"),
                    data: dirs.data_dir().to_owned(),
                    prompts: dirs.config_dir().join("prompts"),
                    config: dirs.config_dir().join("config.toml"),
                    keys: dirs.config_dir().join("keys.toml"),
                }
            }
        };
        if let Some(models) = models {
            paths.models = std::path::absolute(models).context("WEFT_MODELS is not a usable path")?;
        }
        paths.ollama = ollama_store(&paths.models);
        if let Some(config) = std::env::var_os("WEFT_CONFIG").filter(|value| !value.is_empty()) {
            paths.config = std::path::absolute(config).context("WEFT_CONFIG is not a usable path")?;
        }
        Ok(paths)
    }

    /// All of it in one folder.
    pub(crate) fn in_folder(home: &Path) -> Self {
        Self {
            models: home.join("models"),
            ollama: None,
            run: home.join("run"),
            index: home.join("index"),
            data: home.join("data"),
            prompts: home.join("prompts"),
            config: home.join("config.toml"),
            keys: home.join("keys.toml"),
        }
    }

    /// The models of this user.
    pub(crate) fn store(&self) -> Store {
        Store::new(&self.models).with_ollama(self.ollama.clone())
    }

    /// Where Ollama's store is, as `weft models import ollama` has noted it: processes that an editor starts may not see the variable.
    pub(crate) fn ollama_note(models: &Path) -> PathBuf {
        models.join("ollama-store.txt")
    }

    /// How quickly models wrote here.
    pub(crate) fn speed_file(&self) -> PathBuf {
        self.run.join("speed.json")
    }

    /// Port and token of the running engine.
    pub(crate) fn serve_file(&self) -> PathBuf {
        self.run.join("serve.json")
    }

    /// Held by the running engine for as long as it lives.
    pub(crate) fn serve_lock(&self) -> PathBuf {
        self.run.join("serve.lock")
    }

    /// What the engine logs.
    pub(crate) fn serve_log(&self) -> PathBuf {
        self.run.join("serve.log")
    }

    /// The traces of the last requests, for `weft why`.
    pub(crate) fn why_file(&self) -> PathBuf {
        self.run.join("why.jsonl")
    }

    /// Creates the run folder, readable by the user alone.
    pub(crate) fn create_run(&self) -> std::io::Result<()> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.run)
    }
}

/// Ollama's store: where its variable says, where it was noted, or where Ollama keeps it for a user.
fn ollama_store(models: &Path) -> Option<PathBuf> {
    let variable = std::env::var_os("OLLAMA_MODELS").filter(|value| !value.is_empty()).map(PathBuf::from);
    let noted = || {
        let note = std::fs::read_to_string(Paths::ollama_note(models)).ok()?;
        Some(PathBuf::from(note.trim())).filter(|path| path.is_absolute())
    };
    let usual = || Some(BaseDirs::new()?.home_dir().join(".ollama").join("models"));
    variable.or_else(noted).or_else(usual).filter(|folder| folder.join("manifests").is_dir())
}
