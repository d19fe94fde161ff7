//! The `weft` binary as the other commands use it: built, found, asked where its models are.
//!
//! It must not link Weft's crates: it treats the binary as a user does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::cache::Cache;
use crate::process;

/// The small model: `demo` and the tests use it.
pub(crate) const SMALL_MODEL: &str = "qwen2.5-coder-0.5b";

/// A model that has no fill-in-the-middle tokens, to test that weft refuses it.
pub(crate) const MODEL_WITHOUT_FIM: &str = "smollm2-135m";

/// cargo, with its target folder in the cache.
pub(crate) fn cargo(cache: &Cache) -> Command {
    let mut cargo = process::cargo();
    cargo.env("CARGO_TARGET_DIR", cache.build());
    cargo
}

/// Where the build puts the binary.
pub(crate) fn binary(cache: &Cache) -> PathBuf {
    cache.build().join("debug").join(format!("weft{}", std::env::consts::EXE_SUFFIX))
}

/// Builds the binary and says where it is.
pub(crate) fn build(cache: &Cache, root: &Path) -> Result<PathBuf> {
    cache.discard_build_of_another_cpu()?;
    let binary = binary(cache);
    if !binary.exists() {
        println!("The first build compiles llama.cpp: minutes. Later ones take seconds.");
    }
    process::run(cargo(cache).current_dir(root).args(["build", "--package", "weft"]))?;
    Ok(binary)
}

/// The file of a model in the folder that `weft` uses under `environment`; `None` if it is not there.
pub(crate) fn model_path(weft: &Path, name: &str, environment: &[(&str, &Path)]) -> Result<Option<PathBuf>> {
    let mut command = process::command(weft);
    command.args(["models", "path", name]).envs(environment.iter().copied());
    let output = process::capture(&mut command)?;
    if !output.status.success() {
        return Ok(None);
    }
    let path = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    Ok(path.is_file().then_some(path))
}

/// Sees that the model lies in `folder`: linked from the user's own folder, or else fetched.
pub(crate) fn ensure_model_in(weft: &Path, name: &str, folder: &Path) -> Result<()> {
    if let Some(file) = model_path(weft, name, &[])? {
        // A link that cannot be made (another file system) only means that the model is fetched.
        let _ = link_model(&file, folder);
    }
    pull(weft, name, &[("WEFT_MODELS", folder)])
}

/// Makes a model's file appear in `folder` too, at no cost in space; `weft models pull` checks it there.
pub(crate) fn link_model(file: &Path, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let link = folder.join(file.file_name().context("a model's path names a file")?);
    if !link.exists() {
        fs::hard_link(file, link)?;
    }
    Ok(())
}

/// `weft models pull NAME`, with its own progress bar.
pub(crate) fn pull(weft: &Path, name: &str, environment: &[(&str, &Path)]) -> Result<()> {
    let mut command = process::command(weft);
    command.args(["models", "pull", name]).envs(environment.iter().copied());
    process::run(&mut command)
}

/// The folder to give weft as WEFT_MODELS so that it finds all of `names`: the user's own, else the cache's.
pub(crate) fn folder_with_models(weft: &Path, cache: &Cache, names: &[String]) -> Result<PathBuf> {
    let cached = cache.models();
    for environment in [&[][..], &[("WEFT_MODELS", cached.as_path())][..]] {
        let mut folder = None;
        for name in names {
            let path = model_path(weft, name, environment)?;
            folder = path.and_then(|path| Some(path.parent()?.to_owned()));
            if folder.is_none() {
                break;
            }
        }
        if let Some(folder) = folder {
            return Ok(folder);
        }
    }
    bail!(
        "not every model is on this machine. Fetch each first:{}",
        names.iter().map(|name| format!("\n  {} models pull {name}", weft.display())).collect::<String>()
    )
}
