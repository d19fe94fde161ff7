//! `weft models list`: what is on this machine and what can be fetched by name. It must not fetch or ask anybody.

use super::megabytes;
use crate::commands::{short_id, spoken};
use anyhow::Result;
use models::{CatalogueEntry, HubEntry, InstalledModel, ModelStatus, Origin, Store, catalogue};
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;
use std::time::SystemTime;

pub(super) fn run(store: &Store, as_json: bool) -> Result<ExitCode> {
    let rows = rows(store)?;
    if as_json {
        let rows: Vec<Value> = rows.iter().map(Row::json).collect();
        say!("{:#}", Value::from(rows));
        return Ok(ExitCode::SUCCESS);
    }
    let width = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0).max(22);
    say!("{:<width$} {:<12}  {:>8}  {:<20}  ABOUT", "NAME", "ID", "SIZE", "MODIFIED");
    for row in rows {
        let (id, size) = (short_id(row.sha256.as_deref()), row.bytes.map_or("-".to_owned(), megabytes));
        say!("{:<width$} {id:<12}  {size:>8}  {:<20}  {}", row.name, row.modified, row.about);
    }
    Ok(ExitCode::SUCCESS)
}

struct Row {
    name: String,
    sha256: Option<String>,
    /// None where only the hub knows.
    bytes: Option<u64>,
    modified: String,
    about: String,
    installed: bool,
    /// Of the catalogue.
    listed: bool,
}

impl Row {
    fn json(&self) -> Value {
        let mut row = json!({"name": self.name, "bytes": self.bytes, "installed": self.installed});
        if self.listed {
            let default = catalogue().default_model().is_some_and(|entry| entry.name == self.name);
            row["description"] = json!(self.about);
            row["default"] = json!(default);
        }
        row
    }
}

/// The catalogue's pinned models, then what else is here, then what else is known.
fn rows(store: &Store) -> Result<Vec<Row>> {
    let installed = store.list()?;
    let unfinished = store.unfinished();
    let mut rows: Vec<Row> = catalogue().listed().map(|entry| pinned(entry, store)).collect();
    let others: Vec<&InstalledModel> =
        installed.iter().filter(|model| rows.iter().all(|row| row.name != model.name)).collect();
    rows.extend(others.into_iter().map(here));
    for (name, done, total) in unfinished {
        let entry = catalogue().hub_entry_of(&name);
        let name = entry.map_or_else(|| name.to_string(), |entry| entry.name.clone());
        let about = entry.map_or_else(String::new, |entry| entry.description.clone());
        let modified = fetched(done, total);
        if rows.iter().all(|row| row.name != name) {
            let (bytes, listed) = (Some(total), entry.is_some());
            rows.push(Row { name, sha256: None, bytes, modified, about, installed: false, listed });
        }
    }
    let missing: Vec<&HubEntry> =
        catalogue().hub.iter().filter(|entry| rows.iter().all(|row| row.name != entry.name)).collect();
    rows.extend(missing.into_iter().map(|entry| Row {
        name: entry.name.clone(),
        sha256: None,
        bytes: None,
        modified: "not fetched".to_owned(),
        about: entry.description.clone(),
        installed: false,
        listed: true,
    }));
    Ok(rows)
}

fn pinned(entry: &CatalogueEntry, store: &Store) -> Row {
    let status = store.status(entry);
    Row {
        name: entry.name.clone(),
        sha256: Some(entry.sha256.clone()),
        bytes: Some(entry.bytes),
        modified: match status {
            ModelStatus::Installed => age(&store.path_of(entry)),
            other => describe(other, entry),
        },
        about: entry.description.clone(),
        installed: status == ModelStatus::Installed,
        listed: true,
    }
}

fn here(model: &InstalledModel) -> Row {
    let about = match (&model.origin, model.entry, model.hub_entry()) {
        (_, Some(entry), _) => entry.description.as_str(),
        (_, _, Some(entry)) => entry.description.as_str(),
        (Origin::Folder, ..) => "your own file",
        (Origin::Hub(_), ..) => "from Hugging Face",
        (Origin::Ollama, ..) => "Ollama's, read in place",
    };
    Row {
        name: model.name.clone(),
        sha256: model.sha256.clone(),
        bytes: Some(model.bytes),
        modified: age(&model.path),
        about: about.to_owned(),
        installed: true,
        listed: model.entry.is_some() || model.hub_entry().is_some(),
    }
}

/// How long ago a file was written: `5 days ago`.
fn age(path: &Path) -> String {
    let modified = std::fs::metadata(path).and_then(|file| file.modified()).ok();
    let age = modified.and_then(|modified| SystemTime::now().duration_since(modified).ok());
    age.map_or_else(|| "just now".to_owned(), |age| format!("{} ago", spoken(age)))
}

pub(super) fn describe(status: ModelStatus, entry: &CatalogueEntry) -> String {
    match status {
        ModelStatus::Missing => "not fetched".to_owned(),
        ModelStatus::Partial { done } => fetched(done, entry.bytes),
        ModelStatus::WrongSize { .. } => "broken: pull it again".to_owned(),
        ModelStatus::Installed => "installed".to_owned(),
    }
}

fn fetched(done: u64, total: u64) -> String {
    format!("{} % fetched", done.saturating_mul(100) / total.max(1))
}
