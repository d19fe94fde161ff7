//! `weft models import`: a GGUF file of the user's, or an Ollama's models, without a copy. It must not change what it takes over.

use super::megabytes;
use crate::paths::Paths;
use anyhow::{Context, Result, bail};
use directories::BaseDirs;
use models::{ImportedAs, Origin};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(super) fn run(
    what: &Path,
    name: Option<&str>,
    in_place: bool,
    from: Option<&Path>,
    paths: &Paths,
) -> Result<ExitCode> {
    if what == Path::new("ollama") {
        return ollama(from, paths);
    }
    if from.is_some() {
        bail!("--from is for `weft models import ollama`");
    }
    let imported = paths.store().import(what, name, in_place)?;
    let (name, file) = (&imported.model.name, what.display());
    match imported.how {
        ImportedAs::HardLink => {
            say!("{name} is a model now: a second name for the bytes of {file}, which may be deleted");
        }
        ImportedAs::InPlace => {
            say!("{name} is a model now: it is read at {file}, so leave that file there");
        }
        ImportedAs::SameAs(known) => say!("these bytes are here already, as {known}: nothing was changed"),
    }
    Ok(ExitCode::SUCCESS)
}

/// The folder of Ollama where it runs as a service of the system.
const SERVICE: &str = "/usr/share/ollama/.ollama/models";

fn ollama(from: Option<&Path>, paths: &Paths) -> Result<ExitCode> {
    let folder = match (from, &paths.ollama) {
        (Some(folder), _) => std::path::absolute(folder).context("that folder is no usable path")?,
        (None, Some(folder)) => folder.clone(),
        (None, None) => PathBuf::from(SERVICE),
    };
    if !folder.join("manifests").is_dir() {
        let home =
            BaseDirs::new().map_or_else(PathBuf::new, |dirs| dirs.home_dir().join(".ollama").join("models"));
        bail!(
            "there are no models of Ollama in {}. It keeps them in {}, or where its OLLAMA_MODELS says; name that folder: weft models \
             import ollama --from FOLDER",
            folder.display(),
            home.display()
        );
    }
    let store = paths.store().with_ollama(Some(folder.clone()));
    let models: Vec<_> = store.list()?.into_iter().filter(|model| model.origin == Origin::Ollama).collect();
    // So that processes that do not see the variable find them too.
    std::fs::create_dir_all(&paths.models).context("the folder of models cannot be made")?;
    let note = Paths::ollama_note(&paths.models);
    std::fs::write(&note, format!("{}\n", folder.display()))
        .with_context(|| format!("{} cannot be written", note.display()))?;
    for model in &models {
        say!("{}  {}", model.name, megabytes(model.bytes));
    }
    let (count, what) = (models.len(), if models.len() == 1 { "model" } else { "models" });
    say!(
        "{count} {what} of Ollama can be used by these names; they are read in {} and nothing is copied",
        folder.display()
    );
    Ok(ExitCode::SUCCESS)
}
