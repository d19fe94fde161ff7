//! The names of all files of a workspace, read once and kept. It must not read a file's content.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::mentions::codebase::ChunkCache;
use crate::mentions::place::Place;

/// The files of a workspace as they were when they were last listed. A clone shares what is kept. Blocks on the disk when it lists.
#[derive(Clone, Default)]
pub struct Files {
    kept: Arc<Mutex<Option<Arc<Listing>>>>,
    /// What `@codebase` has read, kept with the files' stamps.
    pub(crate) chunks: Arc<Mutex<ChunkCache>>,
}

/// All files that the walk of the index finds, secrets left out.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// In the order of the roots, then of the paths.
    pub(crate) files: Vec<Listed>,
    /// Files that were not listed because there are too many.
    pub(crate) beyond_limit: usize,
    roots: Vec<PathBuf>,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) path: PathBuf,
    /// With `/`, from the root; with several roots, from the folder that holds the root.
    pub(crate) relative: String,
}

impl Listed {
    /// The place to read it at. It needs no further check: the walk leaves out links, what patterns exclude, and secrets.
    pub(crate) fn place(&self) -> Place {
        Place { path: self.path.clone(), shown: self.relative.clone() }
    }
}

/// As many as the index takes.
const MOST_FILES: usize = 100_000;

impl Files {
    /// Forgets the names: a file was made, removed or renamed, or an ignore file was changed.
    pub fn changed(&self) {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The listing, read now if there is none for these roots.
    pub(crate) fn listing(&self, roots: &[PathBuf]) -> Arc<Listing> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match kept.filter(|kept| kept.roots == roots) {
            Some(kept) => kept,
            None => self.read(roots),
        }
    }

    /// The listing as it is on the disk now.
    pub(crate) fn read(&self, roots: &[PathBuf]) -> Arc<Listing> {
        let listing = Arc::new(list(roots));
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&listing));
        listing
    }
}

impl fmt::Debug for Files {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Files").finish_non_exhaustive()
    }
}

/// A path as it is shown and typed: from its root, with `/`. With several roots the root's folder comes first.
pub(crate) fn relative(roots: &[PathBuf], path: &Path) -> Option<String> {
    let root =
        roots.iter().filter(|root| path.starts_with(root)).max_by_key(|root| root.as_os_str().len())?;
    let base = if roots.len() > 1 { root.parent().unwrap_or(root) } else { root };
    let below = path.strip_prefix(base).ok()?;
    let parts: Vec<String> =
        below.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    Some(parts.join("/"))
}

fn list(roots: &[PathBuf]) -> Listing {
    let shared: Vec<Arc<Path>> = roots.iter().map(|root| Arc::from(root.as_path())).collect();
    let mut listing = Listing { roots: roots.to_vec(), ..Listing::default() };
    for root in roots {
        for entry in index::walk(root, &shared).flatten() {
            let is_file = entry.file_type().is_some_and(|file_type| file_type.is_file());
            if !is_file || index::is_secret(entry.path()) {
                continue;
            }
            if listing.files.len() >= MOST_FILES {
                listing.beyond_limit += 1;
                continue;
            }
            if let Some(relative) = relative(roots, entry.path()) {
                listing.files.push(Listed { path: entry.into_path(), relative });
            }
        }
    }
    listing
}
