//! What the model should see: from a snapshot and a cursor to the text around it, to excerpts of other code, each with a reason and a score, and to
//! the names that can stand at the cursor.
//!
//! It must not know tokenizers (sizes come from a function that it is handed), templates, engines or LSP. Little and exact
//! is the rule: an excerpt that the file itself makes unnecessary draws a small model away from the file.

mod definitions;
mod excerpt;
mod history;
mod in_file;
mod names;
mod pack;
mod recent;
pub mod resolve;
mod siblings;
mod similar;
mod skeleton;

use std::collections::HashSet;

use documents::Snapshot;
use index::Index;

pub use excerpt::{Excerpt, LeftOut, Source, WhyLeftOut};
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
pub fn gather(snapshot: &Snapshot, cursor: usize, workspace: &Workspace, off: &[Source]) -> Gathered {
    let (Some(index), Some(path)) = (&workspace.index, &snapshot.path) else { return Gathered::default() };
    let on = |source: Source| !off.contains(&source);
    let line = snapshot.text.line_of(cursor);
    let line_number = u32::try_from(line).unwrap_or(u32::MAX);
    let file = index.file(path);
    let root = file.as_ref().and_then(|file| file.root.clone());
    let mut gathered = Gathered {
        repository: root.and_then(|root| Some(root.file_name()?.to_string_lossy().into_owned())),
        path: file.as_ref().map(|file| file.relative.clone()),
        ..Gathered::default()
    };
    if on(Source::Definitions) || on(Source::Names) {
        let resolution = resolve::resolve(snapshot, cursor, index);
        if on(Source::Definitions) {
            let start = snapshot.text.line_start(line.saturating_sub(WORD_LINES));
            let words: HashSet<String> = skeleton::words_of(&snapshot.text.slice(start..cursor));
            let here = gathered.path.as_deref().unwrap_or("");
            gathered.excerpts.extend(definitions::excerpts(&resolution, here, &words));
        }
        if on(Source::Names) {
            gathered.names = names::expected(&resolution);
        }
    }
    if on(Source::Siblings) {
        gathered.excerpts.extend(siblings::excerpts(snapshot, cursor, index));
    }
    if on(Source::Similar) {
        gathered.excerpts.extend(similar::excerpts(snapshot, cursor, index));
    }
    if on(Source::Edits) {
        gathered.excerpts.extend(recent::edits(&workspace.history, path, line_number, index));
    }
    if on(Source::Visits) {
        gathered.excerpts.extend(recent::visits(&workspace.history, path, index));
    }
    gathered
}
