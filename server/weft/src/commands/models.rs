//! `weft models`: list, show, remove; fetching is in `pull`. It must not decide where a model comes from: the catalogue does.

use super::{megabytes, pull, short_id, spoken};
use crate::cli::ModelsCommand;
use crate::paths::Paths;
use crate::serve::{ContextSizes, model_info};
use anyhow::{Context, Result, bail};
use assist::completion::fim_format;
use models::{CatalogueEntry, GgufMetadata, ModelStatus, Store, catalogue, estimate, read_metadata};
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;
use std::time::SystemTime;

/// The context that memory figures are for.
const CONTEXT_TOKENS: u64 = 4096;

pub(crate) async fn run(command: ModelsCommand, paths: &Paths) -> Result<ExitCode> {
    let store = Store::new(&paths.models);
    match command {
        ModelsCommand::Pull { name, json } => pull::run(name.as_deref(), json, &store).await,
        ModelsCommand::List { json } => list(&store, json),
        ModelsCommand::Show { name } => show(&name, &store),
        ModelsCommand::Path { name } => {
            let model = store.find(&name)?.with_context(|| not_here(&name))?;
            say!("{}", model.path.display());
            Ok(ExitCode::SUCCESS)
        }
        ModelsCommand::Cp { name, other } => {
            let copy = store.copy(&name, &other)?;
            say!("{} is now a name of {name} too", copy.name);
            Ok(ExitCode::SUCCESS)
        }
        ModelsCommand::Rm { name } => match store.remove(&name)? {
            Some(bytes) => {
                say!("removed {name}: {} are free again", megabytes(bytes));
                Ok(ExitCode::SUCCESS)
            }
            None => bail!(not_here(&name)),
        },
    }
}

fn list(store: &Store, as_json: bool) -> Result<ExitCode> {
    let installed = store.list()?;
    let default = catalogue().default_model().map(|entry| entry.name.as_str());
    let known: Vec<(&CatalogueEntry, ModelStatus)> =
        catalogue().listed().map(|entry| (entry, store.status(entry))).collect();
    let others = installed.iter().filter(|model| !known.iter().any(|(entry, _)| entry.name == model.name));
    if as_json {
        let mut rows: Vec<_> = known
            .iter()
            .map(|(entry, status)| {
                json!({
                    "name": entry.name, "bytes": entry.bytes, "description": entry.description,
                    "installed": *status == ModelStatus::Installed, "default": Some(entry.name.as_str()) == default,
                })
            })
            .collect();
        rows.extend(others.map(|model| json!({"name": model.name, "bytes": model.bytes, "installed": true})));
        say!("{:#}", serde_json::Value::from(rows));
        return Ok(ExitCode::SUCCESS);
    }
    say!("{:<22} {:<12}  {:>8}  {:<20}  ABOUT", "NAME", "ID", "SIZE", "MODIFIED");
    let row = |name: &str, sha256: Option<&str>, bytes: u64, modified: &str, about: &str| -> Result<()> {
        let (id, size) = (short_id(sha256), megabytes(bytes));
        say!("{name:<22} {id:<12}  {size:>8}  {modified:<20}  {about}");
        Ok(())
    };
    for (entry, status) in &known {
        let modified = match status {
            ModelStatus::Installed => age(&store.path_of(entry)),
            other => describe(*other, entry),
        };
        row(&entry.name, Some(&entry.sha256), entry.bytes, &modified, &entry.description)?;
    }
    for model in others {
        let about = model.entry.map_or("your own file", |entry| entry.description.as_str());
        let sha256 = model.entry.map(|entry| entry.sha256.as_str());
        row(&model.name, sha256, model.bytes, &age(&model.path), about)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// How long ago a file was written: `5 days ago`.
fn age(path: &Path) -> String {
    let modified = std::fs::metadata(path).and_then(|file| file.modified()).ok();
    let age = modified.and_then(|modified| SystemTime::now().duration_since(modified).ok());
    age.map_or_else(|| "just now".to_owned(), |age| format!("{} ago", spoken(age)))
}

fn describe(status: ModelStatus, entry: &CatalogueEntry) -> String {
    match status {
        ModelStatus::Missing => "not fetched".to_owned(),
        ModelStatus::Partial { done } => format!("{} % fetched", done * 100 / entry.bytes.max(1)),
        ModelStatus::WrongSize { .. } => "broken: pull it again".to_owned(),
        ModelStatus::Installed => "installed".to_owned(),
    }
}

fn show(name: &str, store: &Store) -> Result<ExitCode> {
    let entry = catalogue().find(name);
    let model = store.find(name)?;
    if entry.is_none() && model.is_none() {
        bail!(unknown(name));
    }
    if let Some(entry) = entry {
        say!("{}\n  {}", entry.name, entry.description);
        say!("  parameters  {}", entry.parameters);
        say!("  licence     {}", entry.licence);
        say!("  size        {} bytes", entry.bytes);
        say!("  sha256      {}", entry.sha256);
        say!("  status      {}", describe(store.status(entry), entry));
    }
    if let Some(model) = model {
        say!("  file        {}", model.path.display());
        match read_metadata(&model.path) {
            Ok(metadata) => show_metadata(name, metadata)?,
            Err(error) => say!("  the file cannot be read: {error}"),
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn show_metadata(name: &str, metadata: GgufMetadata) -> Result<()> {
    let text = |value: Option<String>| value.unwrap_or_else(|| "unknown".to_owned());
    if let Some(need) = estimate(&metadata, CONTEXT_TOKENS) {
        say!("  memory      about {} with {CONTEXT_TOKENS} tokens of context", megabytes(need.total_bytes()));
    }
    if let Some(tokens) = metadata.context_length {
        say!("  context     {tokens} tokens at most");
    }
    say!("  architecture {}, {}", text(metadata.architecture.clone()), text(metadata.quantisation.clone()));
    match fim_format(model_info(name.to_owned(), ContextSizes::UNLIMITED, metadata)) {
        Ok(format) => say!("  completion  yes, in the format of {}", format.family.models),
        Err(_) => say!("  completion  no: it has no fill-in-the-middle tokens"),
    }
    Ok(())
}

fn not_here(name: &str) -> String {
    match catalogue().find(name) {
        Some(entry) => {
            format!("{} is not on this machine. Fetch it with: weft models pull {}", entry.name, entry.name)
        }
        None => unknown(name),
    }
}

pub(super) fn unknown(name: &str) -> String {
    let names: Vec<&str> = catalogue().listed().map(|entry| entry.name.as_str()).collect();
    format!("there is no model called {name}. Weft knows: {}", names.join(", "))
}
