//! The store: one folder of finished model files. Those of the catalogue and the user's own lie in it by name, those of the hub below `hf/`,
//! each model with a record. Models in Ollama's store are read where they are.
//!
//! Must not do: network, hashing (that is `pull` and `verify`), or choosing the folders. A file that is
//! still arriving lies beside the finished ones as `NAME.partial` and is never handed out.

mod error;
mod folder;
mod import;
mod remove;

use std::path::{Path, PathBuf};

use crate::catalogue::{CatalogueEntry, HubEntry, catalogue};
use crate::names::{HubName, ModelName};
use crate::ollama;
use crate::record::{self, Record, Stage};
pub(crate) use error::Doing;
pub use error::StoreError;
pub(crate) use folder::file_bytes;
pub use folder::model_bytes;
pub use import::{Imported, ImportedAs};

/// One folder of model files. Cheap to clone; nothing is read until a method is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    folder: PathBuf,
    ollama: Option<PathBuf>,
}

/// A model file that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledModel {
    /// The catalogue's name, `hf:…` for another of the hub, `ollama:…` for one of Ollama's, or the file name without `.gguf` for a file
    /// that the user put there.
    pub name: String,
    /// Where the file is; the first one of a split model.
    pub path: PathBuf,
    /// Its size in bytes, all parts together.
    pub bytes: u64,
    /// What the catalogue knows of it; `None` for other files.
    pub entry: Option<&'static CatalogueEntry>,
    /// Where it came from.
    pub origin: Origin,
    /// The SHA-256 of its file (the first one of a split model), where something says it.
    pub sha256: Option<String>,
    /// Its licence, where something says it.
    pub licence: Option<String>,
}

/// Where a model came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The folder itself: pulled by a pinned name of the catalogue, put there, or imported.
    Folder,
    /// A repository on the hub.
    Hub(HubName),
    /// Ollama's store.
    Ollama,
}

/// How far a catalogued model has come in a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelStatus {
    /// Nothing of it is there.
    Missing,
    /// A download was begun and not finished: `done` bytes of it are there.
    Partial {
        /// The bytes that are there.
        done: u64,
    },
    /// A file has its name but not its size; it is not used, and a pull replaces it.
    WrongSize {
        /// The size of that file in bytes.
        found: u64,
    },
    /// It can be used.
    Installed,
}

impl Store {
    /// A store in `folder`, which need not exist yet.
    pub fn new(folder: impl Into<PathBuf>) -> Store {
        Store { folder: folder.into(), ollama: None }
    }

    /// The same, with the models of Ollama's store in that folder.
    #[must_use]
    pub fn with_ollama(self, folder: Option<PathBuf>) -> Store {
        Store { ollama: folder, ..self }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder of Ollama's store, if one is read.
    #[must_use]
    pub fn ollama(&self) -> Option<&Path> {
        self.ollama.as_deref()
    }

    /// Where the file of `entry` lies once it is installed.
    #[must_use]
    pub fn path_of(&self, entry: &CatalogueEntry) -> PathBuf {
        self.folder.join(&entry.file)
    }

    /// The models that can be used, sorted by name, Ollama's last. Sizes are compared with what is known, hashes are not.
    ///
    /// # Errors
    /// When the folder exists and cannot be read. A folder that does not exist holds no models.
    pub fn list(&self) -> Result<Vec<InstalledModel>, StoreError> {
        let mut models = folder::models(&self.folder)?;
        let records = record::all(&self.folder, Stage::Done);
        models.extend(records.iter().filter_map(|record| self.of_record(record)));
        models.sort_by(|a, b| a.name.cmp(&b.name));
        models.extend(self.ollama.iter().flat_map(|folder| ollama::list(folder)).map(of_ollama));
        Ok(models)
    }

    /// The installed model of that name, alias or file name (with or without `.gguf`), whatever the case. A repository without a
    /// quantisation is the one of its models that is here.
    ///
    /// # Errors
    /// As [`Store::list`].
    pub fn find(&self, name: &str) -> Result<Option<InstalledModel>, StoreError> {
        match ModelName::parse(name) {
            // What cannot be a name on the hub is not here.
            Err(_) => Ok(None),
            Ok(ModelName::Ollama(name)) => {
                Ok(self.ollama.as_deref().and_then(|folder| ollama::find(folder, &name)).map(of_ollama))
            }
            Ok(ModelName::Hub(name)) => self.find_hub(&name),
            Ok(ModelName::Plain(name)) => {
                let own = folder::models(&self.folder)?.into_iter().find(|model| model.is_called(&name));
                match (own, catalogue().find_hub(&name)) {
                    (None, Some(entry)) => self.find_hub(&entry.hub_name()),
                    (own, _) => Ok(own),
                }
            }
        }
    }

    fn find_hub(&self, name: &HubName) -> Result<Option<InstalledModel>, StoreError> {
        let records = record::of_repository(&self.folder, name, Stage::Done);
        let mut wanted =
            records.iter().filter(|record| name.tag.as_deref().is_none_or(|tag| is_tag(record, tag)));
        if let Some(model) = wanted.find_map(|record| self.of_record(record)) {
            return Ok(Some(model));
        }
        // The same file may be here by its name in the catalogue.
        let pinned = catalogue().models.iter().find(|entry| entry.is_on_hub_as(name));
        let installed = pinned.filter(|entry| self.status(entry) == ModelStatus::Installed);
        Ok(installed.and_then(|entry| folder::model(&self.path_of(entry))))
    }

    /// How far a catalogued model has come here.
    #[must_use]
    pub fn status(&self, entry: &CatalogueEntry) -> ModelStatus {
        match file_bytes(&self.path_of(entry)) {
            Some(bytes) if bytes == entry.bytes => return ModelStatus::Installed,
            Some(found) => return ModelStatus::WrongSize { found },
            None => {}
        }
        match file_bytes(&self.partial_path(entry)) {
            Some(done) => ModelStatus::Partial { done },
            None => ModelStatus::Missing,
        }
    }

    /// The models of the hub whose download was begun and not finished: their names, the bytes that are here, and all bytes.
    #[must_use]
    pub fn unfinished(&self) -> Vec<(HubName, u64, u64)> {
        let pending = record::all(&self.folder, Stage::Pending);
        let shown = pending.iter().map(|record| {
            let here = record.files.iter().map(|file| {
                let path = self.folder.join(record.place(file));
                let partial = path.with_file_name(format!("{}.partial", name_of(&path)));
                file_bytes(&path).or_else(|| file_bytes(&partial)).unwrap_or(0)
            });
            (record.name(), here.sum(), record.bytes())
        });
        shown.collect()
    }

    /// The quantisation of a repository whose download was begun and not finished, so that the next one goes on with it.
    pub(crate) fn unfinished_tag(&self, name: &HubName) -> Option<String> {
        record::of_repository(&self.folder, name, Stage::Pending).into_iter().next().map(|record| record.tag)
    }

    /// Files that are said to have these bytes.
    pub(crate) fn same_bytes(&self, sha256: &str, bytes: u64) -> Vec<PathBuf> {
        let pinned = catalogue().models.iter().filter(|entry| entry.sha256 == sha256 && entry.bytes == bytes);
        let mut paths: Vec<PathBuf> = pinned.map(|entry| self.path_of(entry)).collect();
        for record in record::all(&self.folder, Stage::Done) {
            let files = record.files.iter().filter(|file| file.sha256 == sha256 && file.bytes == bytes);
            paths.extend(files.map(|file| self.folder.join(record.place(file))));
        }
        paths.extend(self.ollama.iter().filter_map(|folder| ollama::blob(folder, sha256, bytes)));
        paths.retain(|path| file_bytes(path) == Some(bytes));
        paths
    }

    /// Makes the folder if it is not there.
    pub(crate) fn create(&self) -> Result<(), StoreError> {
        std::fs::create_dir_all(&self.folder).map_err(|e| StoreError::new(Doing::Creating, &self.folder, e))
    }

    /// Makes the folder that the file of `entry` goes into.
    pub(crate) fn create_for(&self, entry: &CatalogueEntry) -> Result<(), StoreError> {
        let path = self.path_of(entry);
        let folder = path.parent().unwrap_or(&self.folder);
        std::fs::create_dir_all(folder).map_err(|e| StoreError::new(Doing::Creating, folder, e))
    }

    /// Where the bytes of `entry` gather before they are checked.
    pub(crate) fn partial_path(&self, entry: &CatalogueEntry) -> PathBuf {
        self.folder.join(format!("{}.partial", entry.file))
    }

    /// Where pip puts wheels; on the same disk as the store, because the system's temporary folder may
    /// be a small one in memory.
    pub(crate) fn parts_folder(&self, entry: &CatalogueEntry) -> PathBuf {
        self.folder.join(format!("{}.parts", entry.file))
    }

    /// The file that a pull of `entry` holds locked. It stays: deleting a lock file is a race.
    pub(crate) fn lock_path(&self, entry: &CatalogueEntry) -> PathBuf {
        self.folder.join(format!("{}.lock", entry.file))
    }

    fn of_record(&self, record: &Record) -> Option<InstalledModel> {
        let first = record.files.first().filter(|_| record.is_whole(&self.folder))?;
        let name = record.name();
        let listed = catalogue().hub_entry_of(&name);
        Some(InstalledModel {
            name: listed.map_or_else(|| name.to_string(), |entry| entry.name.clone()),
            path: self.folder.join(record.place(first)),
            bytes: record.bytes(),
            entry: None,
            origin: Origin::Hub(name),
            sha256: Some(first.sha256.clone()),
            licence: record.licence.clone().or_else(|| listed.map(|entry| entry.licence.clone())),
        })
    }
}

impl InstalledModel {
    /// Whether `name` means this model: its name, an alias, its file name with or without `.gguf`.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        let file = name_of(&self.path);
        self.name.eq_ignore_ascii_case(name)
            || file.eq_ignore_ascii_case(name)
            || folder::stem(&file).eq_ignore_ascii_case(name)
            || self.entry.is_some_and(|entry| entry.is_called(name))
    }

    /// What the catalogue says of it, where that knows only its repository.
    #[must_use]
    pub fn hub_entry(&self) -> Option<&'static HubEntry> {
        match &self.origin {
            Origin::Hub(name) => catalogue().hub_entry_of(name),
            Origin::Folder | Origin::Ollama => None,
        }
    }
}

fn of_ollama(model: ollama::OllamaModel) -> InstalledModel {
    InstalledModel {
        name: format!("ollama:{}", model.name),
        path: model.path,
        bytes: model.bytes,
        entry: None,
        origin: Origin::Ollama,
        sha256: Some(model.sha256),
        licence: None,
    }
}

/// Whether a record is the one of a quantisation or of a file.
fn is_tag(record: &Record, tag: &str) -> bool {
    let path = record.files.first().map_or("", |file| file.path.as_str());
    let file = path.rsplit('/').next().unwrap_or_default();
    [record.tag.as_str(), path, file].iter().any(|known| known.eq_ignore_ascii_case(tag))
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests;
