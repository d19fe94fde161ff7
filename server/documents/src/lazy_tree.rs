//! The syntax tree of one snapshot and what it defines: parsed at once if the budget allows, otherwise by the first who asks
//! for it. It must not hold a lock while it parses, other than that of its own result.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use syntax::{Language, Outline, Tree};
use text::{Edit, Text};

/// How long the store may parse while an editor's notification waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseBudget {
    /// When a document is opened.
    pub open: Duration,
    /// When a document is changed; all edits of one notification together.
    pub change: Duration,
}

impl Default for ParseBudget {
    /// 30 ms to open, 10 ms to change: a keystroke must not be felt.
    fn default() -> Self {
        Self { open: Duration::from_millis(30), change: Duration::from_millis(10) }
    }
}

/// One edit of a document, kept for as long as the newest finished tree does not know of it.
pub(crate) struct LoggedEdit {
    /// The revision that the edit is part of.
    revision: u64,
    before: Text,
    edit: Edit,
    after: Text,
}

/// The newest result that anybody finished for a document, with its revision.
struct Newest<T>(Mutex<Option<(u64, T)>>);

/// More edits than this without one finished tree between them: parsing from scratch is as good.
const LOG_LIMIT: usize = 256;

/// A snapshot's tree, finished or not.
pub(crate) struct LazyTree {
    language: Language,
    revision: u64,
    newest: Arc<Newest<Tree>>,
    newest_outlines: Arc<Outlines>,
    /// The edits since revision `log_start`, in order.
    log: Vec<Arc<LoggedEdit>>,
    log_start: u64,
    finished: OnceLock<Tree>,
    outline: OnceLock<Arc<Outline>>,
}

impl LazyTree {
    /// The tree of a document that has no history; not parsed yet.
    pub(crate) fn new(language: Language, revision: u64) -> Self {
        Self {
            language,
            revision,
            newest: Arc::default(),
            newest_outlines: Arc::default(),
            log: Vec::new(),
            log_start: revision,
            finished: OnceLock::new(),
            outline: OnceLock::new(),
        }
    }

    /// The tree after one notification's edits, each with the texts before and after it; not parsed yet.
    pub(crate) fn after(&self, revision: u64, edits: Vec<(Text, Edit, Text)>) -> Self {
        let newest = self.newest.get().map_or(0, |(revision, _)| revision);
        let mut log: Vec<_> = self.log.iter().filter(|logged| logged.revision > newest).cloned().collect();
        log.extend(
            edits
                .into_iter()
                .map(|(before, edit, after)| Arc::new(LoggedEdit { revision, before, edit, after })),
        );
        let mut log_start = self.log_start.max(newest);
        if log.len() > LOG_LIMIT {
            log.clear();
            log_start = revision;
        }
        Self {
            language: self.language,
            revision,
            newest: Arc::clone(&self.newest),
            newest_outlines: Arc::clone(&self.newest_outlines),
            log,
            log_start,
            finished: OnceLock::new(),
            outline: OnceLock::new(),
        }
    }

    /// Parses from scratch unless that takes longer than the budget.
    pub(crate) fn try_parse(&self, text: &Text, budget: Duration) {
        if let Some(tree) = Tree::parse_within(self.language, text, None, budget) {
            self.finish(tree);
        }
    }

    /// Parses what the edits touched unless that takes longer than the budget. Without an earlier tree to begin from it
    /// does nothing: the budget was not enough for the whole text before, and would be wasted again at each keystroke.
    pub(crate) fn try_reparse(&self, text: &Text, budget: Duration) {
        let tree =
            self.edited_tree().and_then(|old| Tree::parse_within(self.language, text, Some(&old), budget));
        match tree {
            Some(tree) => self.finish(tree),
            None => tracing::debug!(revision = self.revision, "the syntax tree is left for its first reader"),
        }
    }

    pub(crate) fn if_finished(&self) -> Option<&Tree> {
        self.finished.get()
    }

    /// The finished tree; parses on this thread if nobody did. Others who ask meanwhile wait and share it.
    pub(crate) fn finished(&self, text: &Text) -> &Tree {
        let tree = self.finished.get_or_init(|| match self.edited_tree() {
            Some(old) => old.reparse(text),
            None => Tree::parse(self.language, text),
        });
        self.newest.offer(self.revision, tree.clone());
        tree
    }

    /// What the text defines and imports; read on this thread if nobody did, beginning with the newest outline of the
    /// document.
    pub(crate) fn outline(&self, text: &Text) -> &Arc<Outline> {
        let outline = self.outline.get_or_init(|| {
            let tree = self.finished(text);
            Arc::new(match self.newest_outlines.alike(tree) {
                Some(other) => other.after(tree, text),
                None => Outline::new(tree, text),
            })
        });
        self.newest_outlines.offer(self.revision, outline, self.finished(text));
        outline
    }

    fn finish(&self, tree: Tree) {
        self.newest.offer(self.revision, self.finished.get_or_init(|| tree).clone());
    }

    /// The newest finished tree, told of the edits since; none if there is none, or one from which the log has a gap.
    fn edited_tree(&self) -> Option<Tree> {
        let (revision, mut tree) = self.newest.get()?;
        if revision < self.log_start || revision > self.revision {
            return None;
        }
        for logged in self.log.iter().filter(|logged| logged.revision > revision) {
            tree.edit(&logged.before, &logged.edit, &logged.after);
        }
        Some(tree)
    }
}

/// The newest outline of a document, and the newest before it that is unlike it: both are there to begin from.
#[derive(Default)]
struct Outlines(Mutex<Vec<(u64, Arc<Outline>)>>);

impl Outlines {
    fn alike(&self, tree: &Tree) -> Option<Arc<Outline>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(_, outline)| outline.is_alike(tree)).map(|(_, outline)| Arc::clone(outline))
    }

    fn offer(&self, revision: u64, outline: &Arc<Outline>, tree: &Tree) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.iter().all(|(other, kept)| *other < revision || !kept.is_alike(tree)) {
            kept.retain(|(_, kept)| !kept.is_alike(tree));
            kept.push((revision, Arc::clone(outline)));
            // Of different kinds there are two: a text that makes sense, and one that does not.
            let excess = kept.len().saturating_sub(2);
            drop(kept.drain(..excess));
        }
    }
}

impl<T> Default for Newest<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T: Clone> Newest<T> {
    fn get(&self) -> Option<(u64, T)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn offer(&self, revision: u64, result: T) {
        let mut newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if newest.as_ref().is_none_or(|(other, _)| *other < revision) {
            *newest = Some((revision, result));
        }
    }
}
