//! A small made-up model, a store for it in a temporary folder, and pulling it while noting the progress.

use std::path::PathBuf;
use std::time::Duration;

use models::{
    CatalogueEntry, HuggingFaceSource, Progress, PullError, PullOptions, Pulled, Source, Store, pull,
};
use sha2::{Digest, Sha256};

/// A model of 1000 bytes that is served as `test/tiny` at commit `c0ffee`.
pub(crate) fn bytes() -> Vec<u8> {
    (0..1000_u32).map(|i| (i * i % 251) as u8).collect()
}

pub(crate) fn hugging_face() -> Source {
    Source::HuggingFace(HuggingFaceSource {
        repo: "test/tiny".to_owned(),
        revision: "c0ffee".to_owned(),
        path: None,
    })
}

pub(crate) fn entry(sources: Vec<Source>) -> CatalogueEntry {
    CatalogueEntry {
        name: "tiny".to_owned(),
        aliases: Vec::new(),
        description: String::new(),
        licence: "MIT".to_owned(),
        parameters: "1".to_owned(),
        file: "tiny.gguf".to_owned(),
        bytes: 1000,
        sha256: Sha256::digest(bytes()).iter().map(|byte| format!("{byte:02x}")).collect(),
        make: None,
        hidden: false,
        sources,
    }
}

/// Options that ask `endpoint` and wait for nothing longer than a test should take.
pub(crate) fn options(endpoint: &str) -> PullOptions {
    PullOptions {
        hugging_face_endpoint: endpoint.to_owned(),
        retry_delay: Duration::ZERO,
        ..PullOptions::default()
    }
}

/// A store in a temporary folder, which is deleted with it.
pub(crate) struct TestStore {
    folder: tempfile::TempDir,
    pub(crate) store: Store,
}

impl TestStore {
    pub(crate) fn new() -> TestStore {
        let folder = tempfile::tempdir().expect("temporary folder");
        let store = Store::new(folder.path().join("models"));
        TestStore { folder, store }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.store.folder().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::create_dir_all(self.store.folder()).expect("folder");
        std::fs::write(self.path(name), bytes).expect("written");
    }

    /// The names in the store's folder and their sizes.
    pub(crate) fn files(&self) -> Vec<(String, u64)> {
        let Ok(entries) = std::fs::read_dir(self.store.folder()) else { return Vec::new() };
        let mut files: Vec<(String, u64)> = entries
            .map(|entry| {
                let entry = entry.expect("readable");
                let bytes = entry.metadata().expect("metadata").len();
                (entry.file_name().into_string().expect("a name in UTF-8"), bytes)
            })
            .filter(|(name, _)| !name.ends_with(".lock"))
            .collect();
        files.sort();
        files
    }

    /// The model is there, whole, and nothing else is.
    pub(crate) fn assert_installed(&self) {
        assert_eq!(self.files(), [("tiny.gguf".to_owned(), 1000)]);
        assert_eq!(std::fs::read(self.path("tiny.gguf")).expect("readable"), bytes());
    }

    /// A message without what differs from run to run.
    pub(crate) fn shown(&self, message: &str, endpoint: &str) -> String {
        message.replace(&self.folder.path().display().to_string(), "<folder>").replace(endpoint, "<server>")
    }
}

/// Pulls, and returns the outcome with all that was reported.
pub(crate) async fn pull_noting(
    entry: &CatalogueEntry,
    store: &Store,
    options: &PullOptions,
) -> (Result<Pulled, PullError>, Vec<Progress>) {
    let mut noted = Vec::new();
    let outcome = pull(entry, store, options, &mut |progress| noted.push(progress)).await;
    (outcome, noted)
}

/// What failed, in the words of the reports.
pub(crate) fn failures(noted: &[Progress]) -> Vec<String> {
    noted
        .iter()
        .filter_map(|progress| match progress {
            Progress::SourceFailed { reason, .. } => Some(format!("failed: {reason}")),
            Progress::Retrying { reason } => Some(format!("again: {reason}")),
            _ => None,
        })
        .collect()
}
