//! What the model should see: from a snapshot and a cursor to the text around it, to excerpts of other code, each with a reason and a score, and to
//! the names that can stand at the cursor.
//!
//! It must not know tokenizers (sizes come from a function that it is handed), templates, engines or LSP. Little and exact
//! is the rule: an excerpt that the file itself makes unnecessary draws a small model away from the file.

mod covering_tests;
mod definitions;
mod enclosing;
mod excerpt;
mod files;
mod given;
mod history;
mod in_file;
mod lacking;
mod names;
mod pack;
mod recent;
pub mod resolve;
mod siblings;
mod similar;
mod skeleton;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use documents::Snapshot;
use index::Index;

pub use excerpt::{Excerpt, LeftOut, Source, WhyLeftOut};
pub use given::Place;
pub use history::{Edited, History, Visited};
pub use in_file::{InFile, in_file};
pub use names::ExpectedNames;
pub use pack::{LEAST_SCORE, Limits, Packed, pack};

/// Lines before the cursor whose words tell which members of a type matter.
const WORD_LINES: usize = 20;

/// What is known of the workspace around a document.
#[derive(Default)]
pub struct Workspace {
    /// Its definitions.
    pub index: Option<std::sync::Arc<Index>>,
    /// What the user did lately.
    pub history: History,
    changes: Mutex<Changes>,
}

/// How often something changed, in all and file by file.
#[derive(Debug, Default)]
struct Changes {
    all: u64,
    of_file: HashMap<PathBuf, u64>,
}

impl Workspace {
    /// A workspace with an index.
    pub fn new(index: std::sync::Arc<Index>) -> Self {
        Self { index: Some(index), ..Self::default() }
    }

    /// Notes that what is known of a file changed.
    pub fn changed(&self, path: &Path) {
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        changes.all += 1;
        *changes.of_file.entry(path.to_owned()).or_default() += 1;
    }

    /// A number that differs when anything but this file changed: what was found for the file then may be found differently
    /// now.
    pub fn revision_beside(&self, path: Option<&Path>) -> u64 {
        let changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let own = path.and_then(|path| changes.of_file.get(path)).copied().unwrap_or(0);
        changes.all - own
    }
}

/// Which sources are asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Those that are not.
    pub off: Vec<Source>,
    /// Places of other files whose definitions are shown before anything else, whatever the file teaches: what an oracle would
    /// show, for measuring what context could win at most.
    pub given: Vec<Place>,
}

/// What was found for a cursor, before it is packed.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    /// Candidates for the prompt, in no order.
    pub excerpts: Vec<Excerpt>,
    /// Names that can stand at places of the answer.
    pub names: Vec<ExpectedNames>,
    /// The document's path from its root, with `/`; none outside a workspace.
    pub path: Option<String>,
    /// The name of the root's folder.
    pub repository: Option<String>,
}

/// Looks for everything that may help at `cursor` (a byte offset). Reads files that similar code is in, and finishes the document's tree if it
/// has to: for a thread that may block.
pub fn gather(snapshot: &Snapshot, cursor: usize, workspace: &Workspace, selection: &Selection) -> Gathered {
    let (Some(index), Some(path)) = (&workspace.index, &snapshot.path) else { return Gathered::default() };
    let on = |source: Source| !selection.off.contains(&source);
    let line = snapshot.text.line_of(cursor);
    let line_number = u32::try_from(line).unwrap_or(u32::MAX);
    // By the folders and not by the file's entry: a document that was opened a moment ago has none yet.
    let root =
        index.roots().iter().filter(|root| path.starts_with(root)).max_by_key(|root| root.as_os_str().len());
    let name = root.and_then(|root| root.file_name()).map(|name| name.to_string_lossy().into_owned());
    let mut gathered = Gathered {
        repository: name,
        path: relative_path(path, root.map(AsRef::as_ref)),
        ..Gathered::default()
    };
    let start = snapshot.text.line_start(line.saturating_sub(WORD_LINES));
    let words: HashSet<String> = skeleton::words_of(&snapshot.text.slice(start..cursor));
    if on(Source::Definitions) || on(Source::Names) {
        let resolution = resolve::resolve(snapshot, cursor, index);
        if on(Source::Definitions) {
            gathered.excerpts.extend(definitions::excerpts(&resolution, path, &words));
        }
        if on(Source::Names) {
            gathered.names = names::expected(&resolution);
        }
    }
    gathered.excerpts.extend(given::excerpts(&selection.given, root.map(AsRef::as_ref), &words, index));
    if on(Source::Lacking) {
        gathered.excerpts.extend(lacking::excerpts(snapshot, cursor, &words, index));
    }
    if on(Source::Siblings) {
        gathered.excerpts.extend(siblings::excerpts(snapshot, cursor, index));
    }
    if on(Source::Tests) {
        gathered.excerpts.extend(covering_tests::excerpts(snapshot, cursor, &words, index));
    }
    if on(Source::Similar) {
        gathered.excerpts.extend(similar::excerpts(snapshot, cursor, index));
    }
    if on(Source::Edits) {
        gathered.excerpts.extend(recent::edits(&workspace.history, path, line_number, index));
    }
    if on(Source::Visits) {
        gathered.excerpts.extend(recent::visits(&workspace.history, path, &words, index));
    }
    gathered
}

/// The path from the root with `/` between its parts; the file's name where it is in no root.
fn relative_path(path: &Path, root: Option<&Path>) -> Option<String> {
    let relative = match root {
        Some(root) => path.strip_prefix(root).ok()?,
        None => Path::new(path.file_name()?),
    };
    let parts: Vec<String> =
        relative.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    (!parts.is_empty()).then(|| parts.join("/"))
}
