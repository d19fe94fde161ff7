//! Removing models. It must not touch what is not the store's: not Ollama's, not the file that an imported name leads to.

use std::io;
use std::path::{Path, PathBuf};

use super::folder::parts;
use super::{Doing, Origin, Store, StoreError, is_tag, name_of};
use crate::catalogue::{CatalogueEntry, catalogue};
use crate::names::{HubName, ModelName};
use crate::record::{self, Record, Stage};

impl Store {
    /// Deletes a model, and whatever an unfinished download of it left. Returns the bytes that were freed (none where another name has
    /// the same bytes), or `None` when there was nothing of that name.
    ///
    /// # Errors
    /// When a file cannot be deleted, the model is being downloaded right now, or it is Ollama's.
    pub fn remove(&self, name: &str) -> Result<Option<u64>, StoreError> {
        if let Some(entry) = catalogue().find(name) {
            return self.remove_pinned(entry);
        }
        let hub = match ModelName::parse(name) {
            Ok(ModelName::Hub(name)) => Some(name),
            _ => None,
        };
        let listed = catalogue().find_hub(name).map(crate::HubEntry::hub_name);
        match self.find(name)? {
            Some(model) => match model.origin {
                Origin::Ollama => Err(StoreError::NotOurs { name: model.name }),
                Origin::Hub(name) => self.remove_hub(&name),
                // By another name of the same file.
                Origin::Folder => match model.entry {
                    Some(entry) => self.remove_pinned(entry),
                    None => {
                        let freed: Result<Vec<u64>, StoreError> =
                            parts(&model.path).iter().filter_map(|path| delete(path).transpose()).collect();
                        Ok(Some(freed?.iter().sum()))
                    }
                },
            },
            None => hub.or(listed).map_or(Ok(None), |name| self.remove_hub(&name)),
        }
    }

    fn remove_pinned(&self, entry: &CatalogueEntry) -> Result<Option<u64>, StoreError> {
        let _not_while_pulling = match self.folder.is_dir() {
            true => Some(self.lock_for_removal(entry)?),
            false => None,
        };
        let parts = self.parts_folder(entry);
        if parts.is_dir() {
            std::fs::remove_dir_all(&parts).map_err(|e| StoreError::new(Doing::Deleting, &parts, e))?;
        }
        sum([delete(&self.path_of(entry))?, delete(&self.partial_path(entry))?])
    }

    /// Deletes what is here of a model of the hub: its record first, because without that the files are no model.
    fn remove_hub(&self, name: &HubName) -> Result<Option<u64>, StoreError> {
        let mut freed = None;
        for stage in [Stage::Done, Stage::Pending] {
            let records = record::of_repository(&self.folder, name, stage);
            for one in records.iter().filter(|one| name.tag.as_deref().is_none_or(|tag| is_tag(one, tag))) {
                freed = Some(freed.unwrap_or(0) + self.remove_record(one, stage)?);
            }
        }
        Ok(freed)
    }

    fn remove_record(&self, one: &Record, stage: Stage) -> Result<u64, StoreError> {
        let name = one.name();
        let entries = one.files.iter().map(|file| crate::pull::entry_of(one, file));
        let mut locks = Vec::new();
        for entry in entries {
            if self.path_of(&entry).parent().is_some_and(Path::is_dir) {
                locks.push(self.lock_for_removal(&entry)?);
            }
        }
        delete(&one.path(&self.folder, stage))?;
        let others: Vec<Record> = [Stage::Done, Stage::Pending]
            .into_iter()
            .flat_map(|stage| record::of_repository(&self.folder, &name, stage))
            .collect();
        let is_others =
            |path: &str| others.iter().flat_map(|other| &other.files).any(|file| file.path == path);
        let mut freed = 0;
        for file in one.files.iter().filter(|file| !is_others(&file.path)) {
            let path = self.folder.join(one.place(file));
            let partial = path.with_file_name(format!("{}.partial", name_of(&path)));
            freed += delete(&path)?.unwrap_or(0) + delete(&partial)?.unwrap_or(0);
        }
        Ok(freed)
    }

    fn lock_for_removal(&self, entry: &CatalogueEntry) -> Result<std::fs::File, StoreError> {
        let path = self.lock_path(entry);
        let file = std::fs::File::create(&path).map_err(|e| StoreError::new(Doing::Deleting, &path, e))?;
        match file.try_lock() {
            Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::Busy { name: entry.name.clone() }),
            // A file system without locks cannot say who else is there; deleting is what the user asked for.
            Err(std::fs::TryLockError::Error(_)) | Ok(()) => Ok(file),
        }
    }
}

fn sum(freed: [Option<u64>; 2]) -> Result<Option<u64>, StoreError> {
    Ok(freed.into_iter().flatten().reduce(|one, other| one + other))
}

/// Deletes a file. Returns the bytes that the disk has free again, or `None` where there was no file.
fn delete(path: &PathBuf) -> Result<Option<u64>, StoreError> {
    let Ok(metadata) = std::fs::symlink_metadata(path) else { return Ok(None) };
    if metadata.is_dir() {
        return Ok(None);
    }
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::new(Doing::Deleting, path, error)),
        Ok(()) if metadata.is_file() && is_last_name(&metadata) => Ok(Some(metadata.len())),
        // The bytes have another name, or the file is elsewhere.
        Ok(()) => Ok(Some(0)),
    }
}

#[cfg(unix)]
fn is_last_name(metadata: &std::fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(metadata) <= 1
}

#[cfg(not(unix))]
fn is_last_name(_metadata: &std::fs::Metadata) -> bool {
    true
}
