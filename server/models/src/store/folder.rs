//! The model files that lie in the store's folder itself. It must not look into its subfolders.

use std::io;
use std::path::{Path, PathBuf};

use super::{Doing, InstalledModel, Origin, StoreError, name_of};
use crate::catalogue::catalogue;
use crate::quantisation::split_part;

/// The models of a folder. Of a split one the first file stands for all, once all are there.
pub(super) fn models(folder: &Path) -> Result<Vec<InstalledModel>, StoreError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(StoreError::new(Doing::Reading, folder, error)),
    };
    let mut models = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| StoreError::new(Doing::Reading, folder, error))?.path();
        models.extend(model(&path));
    }
    models.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(models)
}

/// The model in a file, if it is a finished one.
pub(super) fn model(path: &Path) -> Option<InstalledModel> {
    let file = path.file_name()?.to_str()?;
    if !file.to_ascii_lowercase().ends_with(".gguf") {
        return None;
    }
    let own = stem(file);
    let (name, bytes) = match split_part(own) {
        Some(part) if part.number == 1 => {
            let sizes = parts(path).iter().map(|path| file_bytes(path)).collect::<Option<Vec<u64>>>()?;
            (part.stem, sizes.iter().sum())
        }
        Some(_) => return None,
        None => (own, file_bytes(path)?),
    };
    let entry = catalogue().models.iter().find(|entry| entry.file == file);
    if entry.is_some_and(|entry| entry.bytes != bytes) {
        return None;
    }
    Some(InstalledModel {
        name: entry.map_or_else(|| name.to_owned(), |entry| entry.name.clone()),
        path: path.to_owned(),
        bytes,
        entry,
        origin: Origin::Folder,
        sha256: entry.map(|entry| entry.sha256.clone()),
        licence: entry.map(|entry| entry.licence.clone()),
    })
}

/// The most files that a split model may have: the largest published ones have some hundred.
const MOST_PARTS: u32 = 1000;

/// All files of a model, by the name of the first.
pub(super) fn parts(first: &Path) -> Vec<PathBuf> {
    let file = name_of(first);
    match split_part(stem(&file)) {
        Some(part) if part.number == 1 && part.of <= MOST_PARTS => {
            let end = file.get(stem(&file).len()..).unwrap_or_default();
            let name = |number: u32| format!("{}-{number:05}-of-{:05}{end}", part.stem, part.of);
            (1..=part.of).map(|number| first.with_file_name(name(number))).collect()
        }
        _ => vec![first.to_owned()],
    }
}

/// The bytes of a model by the name of its first file, all parts together; 0 where there is none.
#[must_use]
pub fn model_bytes(first: &Path) -> u64 {
    parts(first).iter().filter_map(|path| file_bytes(path)).fold(0, u64::saturating_add)
}

pub(super) fn stem(file: &str) -> &str {
    file.rsplit_once('.').map_or(file, |(stem, _)| stem)
}

/// The size of a plain file; `None` for anything else.
pub(crate) fn file_bytes(path: &Path) -> Option<u64> {
    std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len())
}
