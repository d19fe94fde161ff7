//! The record of a model that was pulled from the hub: which files are its, what their checksums are. It lies beside them, is written
//! last, and without it the files are no model. It must not fetch or check anything.

use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::hub::{HubModel, HubRepository};
use crate::names::HubName;
use crate::store::{Doing, StoreError, file_bytes};

/// The folder of hub models in the store.
const FOLDER: &str = "hf";
const DONE: &str = ".model.json";
const PENDING: &str = ".pulling.json";

/// How far a model has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Its files are on their way.
    Pending,
    /// All of it is here.
    Done,
}

/// See the module's head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// `OWNER`, as it was asked for.
    pub(crate) owner: String,
    pub(crate) repo: String,
    pub(crate) tag: String,
    pub(crate) revision: String,
    #[serde(default)]
    pub(crate) licence: Option<String>,
    /// The first is the one to load.
    pub(crate) files: Vec<RecordedFile>,
}

/// A file of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RecordedFile {
    /// The path in the repository, and below its folder here.
    pub(crate) path: String,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
}

impl Record {
    pub(crate) fn new(repository: &HubRepository, model: &HubModel) -> Record {
        let file = |file: &crate::hub::HubFile| RecordedFile {
            path: file.path.clone(),
            bytes: file.bytes,
            sha256: file.sha256.clone(),
        };
        Record {
            owner: repository.name.owner.clone(),
            repo: repository.name.repo.clone(),
            tag: model.tag.clone(),
            revision: repository.revision.clone(),
            licence: repository.licence.clone(),
            files: model.files.iter().map(file).collect(),
        }
    }

    pub(crate) fn name(&self) -> HubName {
        HubName { owner: self.owner.clone(), repo: self.repo.clone(), tag: Some(self.tag.clone()) }
    }

    /// Where a file lies, relative to the store's folder.
    pub(crate) fn place(&self, file: &RecordedFile) -> String {
        format!("{FOLDER}/{}/{}/{}", self.owner, self.repo, file.path)
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(file.bytes))
    }

    /// Whether all files are there in their sizes.
    pub(crate) fn is_whole(&self, store: &Path) -> bool {
        let whole = |file: &RecordedFile| file_bytes(&store.join(self.place(file))) == Some(file.bytes);
        !self.files.is_empty() && self.files.iter().all(whole)
    }

    pub(crate) fn path(&self, store: &Path, stage: Stage) -> PathBuf {
        let end = match stage {
            Stage::Pending => PENDING,
            Stage::Done => DONE,
        };
        let tag = self.tag.replace('/', "--");
        folder(store, &self.name()).join(format!("{tag}{end}"))
    }

    /// Writes it, whole or not at all.
    pub(crate) fn write(&self, store: &Path, stage: Stage) -> Result<(), StoreError> {
        let path = self.path(store, stage);
        let failed = |error| StoreError::new(Doing::Writing, &path, error);
        let text = serde_json::to_vec_pretty(self).map_err(|error| failed(error.into()))?;
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|e| StoreError::new(Doing::Creating, folder, e))?;
        }
        let partial = path.with_extension("json.partial");
        let written = std::fs::write(&partial, text).and_then(|()| std::fs::rename(&partial, &path));
        written.map_err(|error| {
            let _ = std::fs::remove_file(&partial);
            failed(error)
        })
    }
}

/// The folder of a repository.
fn folder(store: &Path, name: &HubName) -> PathBuf {
    store.join(FOLDER).join(&name.owner).join(&name.repo)
}

/// The records of one repository, in the order in which its models are preferred.
pub(crate) fn of_repository(store: &Path, name: &HubName, stage: Stage) -> Vec<Record> {
    let mut records = read_folder(&folder(store, name), stage);
    records.retain(|record| record.name().is_same_repository(name));
    records
}

/// The records of all repositories.
pub(crate) fn all(store: &Path, stage: Stage) -> Vec<Record> {
    let owners = entries(&store.join(FOLDER));
    let repositories = owners.iter().flat_map(|owner| entries(owner));
    repositories.flat_map(|repository| read_folder(&repository, stage)).collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    paths
}

fn read_folder(folder: &Path, stage: Stage) -> Vec<Record> {
    let end = match stage {
        Stage::Pending => PENDING,
        Stage::Done => DONE,
    };
    let is_record =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(end));
    let read = |path: PathBuf| {
        let record: Record = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
        // Somebody else may have written it.
        let plain = |file: &RecordedFile| {
            Path::new(&file.path).components().all(|part| matches!(part, Component::Normal(_)))
        };
        record.files.iter().all(plain).then_some(record)
    };
    let mut records: Vec<Record> = entries(folder).into_iter().filter(is_record).filter_map(read).collect();
    records.sort_by_key(|record| (crate::quantisation::rank(&record.tag), record.bytes()));
    records
}
