//! Fetching a model of a repository on the hub: all of its files, each checked by the checksum that the hub gives, then its record.
//! It must not choose a model by itself: `hub::choose` does.

use std::path::PathBuf;

use super::{Progress, PullError, PullOptions, Pulled, Report, disk, pull};
use crate::catalogue::{CatalogueEntry, HuggingFaceSource, Source, catalogue};
use crate::hub::{choose, repository};
use crate::names::HubName;
use crate::record::{Record, RecordedFile, Stage};
use crate::store::{Store, file_bytes};

/// A model that is here now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PulledModel {
    /// The name to use: the catalogue's where it has one.
    pub name: String,
    /// The file to load.
    pub path: PathBuf,
    /// Whether all of it was there before.
    pub was_there: bool,
}

/// Brings a model of the hub into `store`. Without a quantisation it is the first in the order of preference that fits into `memory`
/// bytes, or the one whose download was begun.
///
/// To cancel, drop the future; see [`pull`].
///
/// # Errors
/// When the hub cannot be asked or has no such model, and as [`pull`].
pub async fn pull_hub(
    name: &HubName,
    store: &Store,
    memory: Option<u64>,
    options: &PullOptions,
    progress: Report<'_>,
) -> Result<PulledModel, PullError> {
    let repository = repository(name, options).await?;
    let begun = store.unfinished_tag(name);
    let begun = begun.filter(|tag| repository.models.iter().any(|model| model.tag == *tag));
    let model = choose(&repository, name.tag.as_deref().or(begun.as_deref()), memory)?;
    let record = Record::new(&repository, model);
    let shown = catalogue()
        .hub_entry_of(&record.name())
        .map_or_else(|| record.name().to_string(), |entry| entry.name.clone());
    let total = record.bytes();
    let place = |file: &RecordedFile| store.folder().join(record.place(file));
    store.create()?;
    let missing = record.files.iter().filter(|file| file_bytes(&place(file)) != Some(file.bytes));
    let shared = |file: &&RecordedFile| store.same_bytes(&file.sha256, file.bytes).is_empty();
    disk::check_all(missing.filter(shared).map(|file| entry_of(&record, file)), store)?;
    record.write(store.folder(), Stage::Pending)?;
    let (mut before, mut was_there) = (0, true);
    for file in &record.files {
        // Progress is told of all files together.
        let mut report = |step: Progress| {
            progress(match step {
                Progress::WaitingForOther { done, .. } => {
                    Progress::WaitingForOther { done: before + done, total }
                }
                Progress::Downloading { done, .. } => Progress::Downloading { done: before + done, total },
                Progress::Verifying { done, .. } => Progress::Verifying { done: before + done, total },
                other => other,
            });
        };
        let pulled = pull(&entry_of(&record, file), store, options, &mut report).await?;
        was_there &= matches!(pulled, Pulled::AlreadyThere(_));
        before += file.bytes;
    }
    record.write(store.folder(), Stage::Done)?;
    disk::delete(&record.path(store.folder(), Stage::Pending))?;
    let path = record.files.first().map(place).unwrap_or_default();
    Ok(PulledModel { name: shown, path, was_there })
}

/// One file of a model as a pull wants it.
pub(crate) fn entry_of(record: &Record, file: &RecordedFile) -> CatalogueEntry {
    let source = HuggingFaceSource {
        repo: record.name().repository(),
        revision: record.revision.clone(),
        path: Some(file.path.clone()),
    };
    CatalogueEntry {
        name: record.name().to_string(),
        aliases: Vec::new(),
        description: String::new(),
        licence: record.licence.clone().unwrap_or_default(),
        parameters: String::new(),
        file: record.place(file),
        bytes: file.bytes,
        sha256: file.sha256.clone(),
        make: None,
        hidden: true,
        sources: vec![Source::HuggingFace(source)],
    }
}
