//! What keeps the index and the history true: one thread that is told of every change, reads the workspace first and then
//! folds changes in, the last state of a document for many.
//!
//! A notification's handler only puts a message into its queue: it must never wait for the index.

use crate::ext::IndexAnswer;
use context::Workspace;
use documents::{DocumentId, Snapshot};
use index::{Index, Options};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// `weft/index` waits no longer than this.
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// Changes are written to the disk's cache after so long without any.
const QUIET: Duration = Duration::from_secs(30);
/// A larger text's history is not kept: comparing it at each keystroke would cost more than it gives.
const LARGEST_HISTORY: usize = 1 << 20;
/// A document that took so long to fold in rests before it is folded in again, so that typing in a large file is not slowed by
/// it.
const QUICK: Duration = Duration::from_millis(3);
/// How many times as long it rests, and the longest rest: until then completion knows of the document's edits only in the
/// document itself.
const REST: u32 = 10;
const LONGEST_REST: Duration = Duration::from_secs(2);
/// Files that say what of a workspace is read. When one changes, what it newly excludes must go at once.
const PATTERN_FILES: [&str; 3] = [".gitignore", ".ignore", ".weftignore"];

/// What happened.
enum Change {
    Opened(Snapshot),
    Edited(Option<Snapshot>, Snapshot),
    Closed(PathBuf),
    OnDisk(PathBuf),
    Removed(PathBuf),
    Renamed(PathBuf, PathBuf),
}

impl Change {
    /// Whether other files may be read from here on, or be read no more.
    fn is_of_patterns(&self) -> bool {
        let of_patterns = |path: &Path| PATTERN_FILES.iter().any(|name| path.ends_with(name));
        match self {
            Self::OnDisk(path) | Self::Removed(path) => of_patterns(path),
            Self::Renamed(from, to) => of_patterns(from) || of_patterns(to),
            Self::Opened(_) | Self::Edited(..) | Self::Closed(_) => false,
        }
    }
}

/// The workspace of a session. Clones share it.
#[derive(Clone)]
pub(crate) struct WorkspaceWatch {
    workspace: Arc<Workspace>,
    index: Arc<Index>,
    watches_files: bool,
    changes: Sender<Change>,
    receiver: Arc<Mutex<Option<Receiver<Change>>>>,
    scanned: Arc<Scanned>,
    /// Set when the last clone is gone, so that a scan ends with the session.
    stop: Arc<AtomicBool>,
}

impl WorkspaceWatch {
    /// Of these folders. Reads nothing yet.
    pub(crate) fn new(roots: Vec<PathBuf>, watches_files: bool, options: Options) -> Self {
        let index = Arc::new(Index::new(roots, options));
        let workspace = Workspace::new(index.clone());
        let (changes, receiver) = channel();
        Self {
            workspace: Arc::new(workspace),
            index,
            watches_files,
            changes,
            receiver: Arc::new(Mutex::new(Some(receiver))),
            scanned: Arc::default(),
            stop: Arc::default(),
        }
    }

    /// What completion knows of it.
    pub(crate) fn workspace(&self) -> &Arc<Workspace> {
        &self.workspace
    }

    /// Its folders.
    pub(crate) fn roots(&self) -> Vec<PathBuf> {
        self.index.roots().iter().map(|root| root.to_path_buf()).collect()
    }

    /// The innermost of its folders that a path is in.
    pub(crate) fn root_of(&self, path: &Path) -> Option<PathBuf> {
        let roots = self.index.roots().iter().filter(|root| path.starts_with(root));
        roots.max_by_key(|root| root.as_os_str().len()).map(|root| root.to_path_buf())
    }

    /// Whether the client is to be asked for changed files.
    pub(crate) fn watches_files(&self) -> bool {
        self.watches_files
    }

    /// Starts the thread; the second time it does nothing.
    pub(crate) fn start(&self) {
        let receiver = self.receiver.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(receiver) = receiver else { return };
        let keeper = Keeper {
            workspace: self.workspace.clone(),
            index: self.index.clone(),
            scanned: self.scanned.clone(),
            stop: self.stop.clone(),
        };
        let started =
            std::thread::Builder::new().name("workspace".to_owned()).spawn(move || keeper.run(&receiver));
        if let Err(error) = started {
            tracing::warn!(%error, "the workspace cannot be read: no thread");
        }
    }

    /// What is known; with `wait` only once the workspace has been read.
    pub(crate) fn state(&self, wait: bool) -> IndexAnswer {
        let ms = self.scanned.wait(if wait { LONGEST_WAIT } else { Duration::ZERO });
        let files = self.index.files();
        let symbols = files.iter().map(|file| file.symbols.len()).sum();
        IndexAnswer { ready: ms.is_some(), files: files.len(), symbols, ms: ms.unwrap_or(0) }
    }

    pub(crate) fn opened(&self, snapshot: Snapshot) {
        self.tell(Change::Opened(snapshot));
    }

    pub(crate) fn changed(&self, before: Option<Snapshot>, after: Snapshot) {
        self.tell(Change::Edited(before, after));
    }

    pub(crate) fn closed(&self, path: PathBuf) {
        self.tell(Change::Closed(path));
    }

    pub(crate) fn changed_on_disk(&self, path: PathBuf) {
        self.tell(Change::OnDisk(path));
    }

    pub(crate) fn removed(&self, path: PathBuf) {
        self.tell(Change::Removed(path));
    }

    pub(crate) fn renamed(&self, from: PathBuf, to: PathBuf) {
        self.tell(Change::Renamed(from, to));
    }

    /// The user is at this place.
    pub(crate) fn looked_at(&self, snapshot: &Snapshot, cursor: usize) {
        if let Some(path) = &snapshot.path {
            let line = u32::try_from(snapshot.text.line_of(cursor)).unwrap_or(u32::MAX);
            self.workspace.history.visited(path, line);
        }
    }

    fn tell(&self, change: Change) {
        // The thread is gone only when the session ends.
        let _ = self.changes.send(change);
    }
}

impl Drop for WorkspaceWatch {
    fn drop(&mut self) {
        // The thread holds no clone, so the last one is the session's.
        if Arc::strong_count(&self.receiver) == 1 {
            self.stop.store(true, Ordering::Relaxed);
        }
    }
}

/// How long the first scan took, once it is over.
#[derive(Default)]
struct Scanned {
    ms: Mutex<Option<u64>>,
    changed: Condvar,
}

impl Scanned {
    fn set(&self, elapsed: Duration) {
        let ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
        self.ms.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(ms);
        self.changed.notify_all();
    }

    /// Waits for it, at most so long.
    fn wait(&self, timeout: Duration) -> Option<u64> {
        let ms = self.ms.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(ms, timeout, |ms| ms.is_none());
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// The documents that are to be folded in. Of several states of one only the last counts.
#[derive(Default)]
struct Waiting {
    last: HashMap<DocumentId, Snapshot>,
    /// Until when a document rests. A long one's edits come quicker than they can be folded in.
    rests: HashMap<DocumentId, Instant>,
}

impl Waiting {
    /// How long it is until one is to be folded in; none if none waits.
    fn next(&self, now: Instant) -> Option<Duration> {
        let due = self.last.keys().map(|id| {
            self.rests.get(id).map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
        });
        due.min()
    }

    /// Takes those out that do not rest.
    fn take_due(&mut self, now: Instant) -> Vec<Snapshot> {
        self.rests.retain(|_, until| *until > now);
        let due: Vec<DocumentId> =
            self.last.keys().filter(|id| !self.rests.contains_key(*id)).cloned().collect();
        due.iter().filter_map(|id| self.last.remove(id)).collect()
    }

    /// A document was folded in, which took so long.
    fn folded(&mut self, id: DocumentId, took: Duration, now: Instant) {
        if took > QUICK {
            self.rests.insert(id, now + (took * REST).min(LONGEST_REST));
        }
    }

    /// A document was saved: others look at it now.
    fn wake(&mut self, path: &Path) {
        let Self { last, rests } = self;
        rests.retain(|id, _| last.get(id).is_none_or(|snapshot| snapshot.path.as_deref() != Some(path)));
    }

    /// A document was closed.
    fn forget(&mut self, path: &Path) {
        self.wake(path);
        self.last.retain(|_, snapshot| snapshot.path.as_deref() != Some(path));
    }
}

/// What the thread works on.
struct Keeper {
    workspace: Arc<Workspace>,
    index: Arc<Index>,
    scanned: Arc<Scanned>,
    stop: Arc<AtomicBool>,
}

impl Keeper {
    fn run(&self, changes: &Receiver<Change>) {
        let (wish, wishes) = channel();
        let _ = wish.send(());
        std::thread::scope(|threads| {
            threads.spawn(move || self.scan_at(&wishes));
            self.follow(changes, &wish);
            // The scanning thread ends with the last who may wish for a scan.
            drop(wish);
        });
    }

    /// Reads the workspace at each wish; what has not changed is not read again.
    fn scan_at(&self, wishes: &Receiver<()>) {
        while wishes.recv().is_ok() {
            // A checkout changes many pattern files: one scan does for all.
            while wishes.try_recv().is_ok() {}
            let report = self.index.scan(&self.stop);
            tracing::info!(?report, "the workspace has been read");
            if !report.stopped {
                self.scanned.set(report.elapsed);
                if report.files > 0 {
                    // Not the document of anybody: what was answered before the reading may be answered better now.
                    self.workspace.changed(Path::new(""));
                }
            }
        }
    }

    /// Until the session ends.
    fn follow(&self, changes: &Receiver<Change>, scan: &Sender<()>) {
        let mut unsaved = false;
        let mut waiting = Waiting::default();
        loop {
            let first = match changes.recv_timeout(waiting.next(Instant::now()).unwrap_or(QUIET)) {
                Ok(change) => Some(change),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => break,
            };
            if first.is_none() && waiting.last.is_empty() {
                if std::mem::take(&mut unsaved) {
                    self.save();
                }
                continue;
            }
            unsaved = true;
            for change in first.into_iter().chain(changes.try_iter()) {
                if change.is_of_patterns() {
                    // The thread is gone only when the session ends.
                    let _ = scan.send(());
                }
                self.apply(change, &mut waiting);
            }
            for snapshot in waiting.take_due(Instant::now()) {
                let began = Instant::now();
                self.fold_in(&snapshot);
                waiting.folded(snapshot.id, began.elapsed(), Instant::now());
            }
        }
        waiting.last.values().for_each(|snapshot| self.fold_in(snapshot));
        self.save();
    }

    fn apply(&self, change: Change, waiting: &mut Waiting) {
        match change {
            Change::Opened(snapshot) => {
                waiting.rests.remove(&snapshot.id);
                waiting.last.insert(snapshot.id.clone(), snapshot);
            }
            Change::Edited(before, after) => {
                if let (Some(before), Some(path)) = (before, &after.path)
                    && after.text.len_bytes() < LARGEST_HISTORY
                {
                    self.workspace.history.edited(path, &before.text, &after.text);
                }
                waiting.last.insert(after.id.clone(), after);
            }
            Change::Closed(path) => {
                waiting.forget(&path);
                self.index.close(&path);
                self.workspace.changed(&path);
            }
            Change::OnDisk(path) => {
                waiting.wake(&path);
                self.index.changed_on_disk(&path);
                self.workspace.changed(&path);
            }
            Change::Removed(path) => {
                self.index.removed(&path);
                self.workspace.changed(&path);
            }
            Change::Renamed(from, to) => {
                self.workspace.history.renamed(&from, &to);
                self.index.renamed(&from, &to);
                self.workspace.changed(&to);
            }
        }
    }

    fn fold_in(&self, snapshot: &Snapshot) {
        if let (Some(path), Some(language), Some(tree), Some(outline)) =
            (&snapshot.path, snapshot.language, snapshot.tree(), snapshot.outline())
        {
            self.index.update_outlined(path, language, &snapshot.text, &tree, &outline);
            self.workspace.changed(path);
        }
    }

    fn save(&self) {
        if let Err(error) = self.index.save_cache() {
            tracing::warn!(%error, "the index of the workspace could not be kept for the next time");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use documents::DocumentStore;

    #[test]
    fn a_document_that_took_long_rests_and_its_last_state_is_not_lost() {
        let store = DocumentStore::default();
        let open = |name: &str| store.open(DocumentId::new(&format!("file:///{name}")), "python", 1, "");
        let (large, small) = (open("large.py"), open("small.py"));
        let mut waiting = Waiting::default();
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        let due = |waiting: &mut Waiting, now: Instant| {
            let mut names: Vec<String> =
                waiting.take_due(now).iter().map(|it| it.id.as_str().to_owned()).collect();
            names.sort();
            names.join(" ")
        };
        let change = |waiting: &mut Waiting| {
            for document in [&large, &small] {
                waiting.last.insert(document.id.clone(), document.clone());
            }
        };
        assert_eq!(waiting.next(start), None);
        change(&mut waiting);
        assert_eq!(waiting.next(start), Some(Duration::ZERO));
        assert_eq!(due(&mut waiting, start), "file:///large.py file:///small.py");
        waiting.folded(large.id.clone(), Duration::from_millis(50), start);
        waiting.folded(small.id.clone(), Duration::from_millis(1), start);

        change(&mut waiting);
        assert_eq!(due(&mut waiting, at(1)), "file:///small.py");
        assert_eq!(waiting.next(at(1)), Some(Duration::from_millis(499)));
        assert_eq!(due(&mut waiting, at(499)), "");
        assert_eq!(due(&mut waiting, at(500)), "file:///large.py");
        assert_eq!(waiting.next(at(500)), None);

        waiting.folded(large.id.clone(), Duration::from_secs(9), start);
        change(&mut waiting);
        assert_eq!(waiting.next(start), Some(Duration::ZERO), "of the small one");
        assert_eq!(due(&mut waiting, at(1_999)), "file:///small.py");
        waiting.wake(Path::new("/large.py"));
        assert_eq!(due(&mut waiting, at(1_999)), "file:///large.py", "it was saved");

        waiting.folded(large.id.clone(), Duration::from_secs(9), at(1_999));
        change(&mut waiting);
        waiting.forget(Path::new("/large.py"));
        assert_eq!(due(&mut waiting, at(9_000)), "file:///small.py", "the other is closed");
    }
}
