//! The index itself: what callers ask and tell. It must not resolve names or decide what a model sees.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use rustc_hash::FxHashMap;
use syntax::{Language, Outline, Tree};
use text::Text;

use crate::dependencies::Dependencies;
use crate::entry::{FileEntry, Found};
use crate::extract::{Depth, Extract, extract, extract_outlined};
use crate::names::Names;
use crate::place::{Place, Places, decides_modules, root_of};
use crate::similar::{self, Similar, SimilarQuery};
use crate::store::{Store, Stored, last_part};
use crate::walk::{self, LeftOut, Stamp};

/// What an index may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The folder for what is kept between sessions, made when needed; nothing is kept without one.
    pub cache_dir: Option<PathBuf>,
    /// Larger files are left out, in bytes.
    pub max_file_bytes: u64,
    /// Files beyond this number are left out; those that come first in the order of the names are in.
    pub max_files: usize,
    /// The threads that a scan works on, at low priority; the calling one waits.
    pub scan_threads: usize,
    /// Where installed packages are looked for.
    pub environment: Environment,
}

/// The parts of a process's environment that say where packages are installed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// `VIRTUAL_ENV`: the folder of the Python environment that is active.
    pub virtual_env: Option<PathBuf>,
    /// `CONDA_PREFIX`: the folder of the conda environment that is active.
    pub conda_prefix: Option<PathBuf>,
    /// `CARGO_HOME`, or `.cargo` in the home folder.
    pub cargo_home: Option<PathBuf>,
}

/// Every definition, import and use of a name in some folders, with the documents that are open as they are now.
/// Readers wait for writers only for as long as one file is put in.
pub struct Index {
    pub(crate) roots: Vec<Arc<Path>>,
    pub(crate) options: Options,
    names: RwLock<Names>,
    state: RwLock<State>,
    pub(crate) ready: Ready,
    dependencies: Dependencies,
}

#[derive(Default)]
struct State {
    store: Store,
    open: FxHashMap<PathBuf, Open>,
}

/// An open document.
struct Open {
    text: Text,
    /// The file on disk as it was when the document was opened.
    on_disk: Option<Arc<Stored>>,
    place: Place,
    /// Whether it is in the store: a document that a pattern excludes is not.
    admitted: bool,
}

/// Whether the first scan is over, to be waited for.
#[derive(Default)]
pub(crate) struct Ready {
    done: Mutex<bool>,
    changed: Condvar,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cache_dir: None,
            max_file_bytes: 1 << 20,
            max_files: 100_000,
            scan_threads: 2,
            environment: Environment::default(),
        }
    }
}

impl Environment {
    /// As the environment variables of this process have it.
    pub fn of_process() -> Self {
        let folder =
            |variable: &str| std::env::var_os(variable).filter(|it| !it.is_empty()).map(PathBuf::from);
        let home = folder("HOME").or_else(|| folder("USERPROFILE"));
        Self {
            virtual_env: folder("VIRTUAL_ENV"),
            conda_prefix: folder("CONDA_PREFIX"),
            cargo_home: folder("CARGO_HOME").or_else(|| home.map(|home| home.join(".cargo"))),
        }
    }
}

impl Index {
    /// An empty index of some folders (absolute paths). Reads nothing: that is what [`Index::scan`] is for.
    pub fn new(roots: Vec<PathBuf>, options: Options) -> Self {
        let mut roots: Vec<Arc<Path>> = roots.into_iter().map(Arc::from).collect();
        roots.sort_unstable();
        roots.dedup();
        let dependencies = Dependencies::new(roots.clone(), options.clone());
        Self {
            roots,
            options,
            names: RwLock::default(),
            state: RwLock::default(),
            ready: Ready::default(),
            dependencies,
        }
    }

    /// The folders that it is an index of.
    pub fn roots(&self) -> &[Arc<Path>] {
        &self.roots
    }

    /// Whether a scan has come to its end. Before, answers have what was read so far.
    pub fn is_ready(&self) -> bool {
        *lock(&self.ready.done)
    }

    /// Waits until a scan has come to its end, at most so long. Returns whether it has.
    pub fn wait_ready(&self, timeout: Duration) -> bool {
        let done = lock(&self.ready.done);
        let waited = self.ready.changed.wait_timeout_while(done, timeout, |done| !*done);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// An open document as it is now. It counts instead of the file on disk until [`Index::close`]. Nothing is kept of a
    /// file that holds secrets or that a pattern excludes. Calls for one path must not overlap.
    ///
    /// Reads the whole tree on the calling thread: some 3 ms for a thousand lines, below 10 ms up to 3,000 lines, and up to
    /// 100 ms for 15,000. Others wait only while the result is put in. So it belongs on a thread that may block, once for
    /// changes that follow each other quickly, and never between a keystroke and its suggestion.
    pub fn update(&self, path: &Path, language: Language, text: &Text, tree: &Tree) {
        self.update_outlined(path, language, text, tree, &Outline::new(tree, text));
    }

    /// As [`Index::update`], with the outline of the text, which then need not be read.
    pub fn update_outlined(
        &self,
        path: &Path,
        language: Language,
        text: &Text,
        tree: &Tree,
        outline: &Outline,
    ) {
        if walk::is_secret(path) {
            return;
        }
        let known = self.read().open.get(path).map(|open| (open.place.clone(), open.admitted));
        let (known, was_admitted) = known.map_or((None, false), |(place, admitted)| (Some(place), admitted));
        let place = known.unwrap_or_else(|| Places::new(&self.roots).find(path, language));
        // A document outside every root is open because somebody works with it.
        let admitted = was_admitted || place.root.as_ref().is_none_or(|root| walk::is_walked(root, path));
        let stored = admitted.then(|| {
            let extract = extract_outlined(text, tree, outline);
            Arc::new(self.stored(path, language, place.clone(), extract, None))
        });
        let mut state = self.write();
        let State { store, open } = &mut *state;
        if let Some(open) = open.get_mut(path) {
            open.text = text.clone();
            open.place = place;
            open.admitted = admitted;
        } else {
            let on_disk = store.get(path).cloned();
            open.insert(path.to_owned(), Open { text: text.clone(), on_disk, place, admitted });
        }
        if let Some(stored) = stored {
            store.put(stored);
        }
    }

    /// A document is no longer open: the file on disk counts again.
    pub fn close(&self, path: &Path) {
        let mut state = self.write();
        let Some(open) = state.open.remove(path) else { return };
        match open.on_disk.filter(|stored| stored.stamp.is_some() && stored.stamp == walk::stamp(path)) {
            Some(stored) if open.admitted => state.store.put(stored),
            _ => {
                drop(state);
                self.changed_on_disk(path);
            }
        }
    }

    /// A file was made, changed or removed. Reads and parses it, up to some 100 ms for a file of the largest size. When
    /// the file has patterns of what to leave out (`.gitignore`, `.weftignore`), another [`Index::scan`] is what finds
    /// the files that it brings in or takes away.
    pub fn changed_on_disk(&self, path: &Path) {
        self.refresh(path);
        if decides_modules(path) {
            self.relocate(path.parent().unwrap_or(path));
        }
    }

    /// A file or a folder was removed.
    pub fn removed(&self, path: &Path) {
        for file in self.paths_below(path) {
            self.changed_on_disk(&file);
        }
        self.changed_on_disk(path);
    }

    /// A file or a folder has another path. Reads what is there now, as [`Index::changed_on_disk`] does.
    pub fn renamed(&self, from: &Path, to: &Path) {
        let moved: Vec<PathBuf> = self.paths_below(from);
        self.removed(from);
        for file in moved {
            let below = file.strip_prefix(from).ok().filter(|below| !below.as_os_str().is_empty());
            self.changed_on_disk(&below.map_or_else(|| to.to_owned(), |below| to.join(below)));
        }
        self.changed_on_disk(to);
    }

    /// What the index has of a file.
    pub fn file(&self, path: &Path) -> Option<Arc<FileEntry>> {
        Some(Arc::clone(&self.read().store.get(path)?.entry))
    }

    /// All files, in no order.
    pub fn files(&self) -> Vec<Arc<FileEntry>> {
        self.read().store.files().map(|stored| Arc::clone(&stored.entry)).collect()
    }

    /// All definitions of a name, members of types among them, `impl` blocks not.
    pub fn definitions_named(&self, name: &str) -> Vec<Found> {
        let Some(id) = self.names().find(name) else { return Vec::new() };
        self.read().store.definitions(id)
    }

    /// The files that use a name other than to define it; those that do so most often first.
    pub fn files_referencing(&self, name: &str) -> Vec<Arc<FileEntry>> {
        let Some(id) = self.names().find(name) else { return Vec::new() };
        self.read().store.users(id)
    }

    /// What extends or implements a type or trait: classes, and `impl` blocks. Of a name with a path the last part
    /// counts, because the same type has different paths in different files.
    pub fn subtypes_of(&self, name: &str) -> Vec<Found> {
        let Some(id) = self.names().find(last_part(name)) else { return Vec::new() };
        self.read().store.subtypes(id)
    }

    /// The files whose [`FileEntry::module`] it is, or one of their [`FileEntry::module_aliases`].
    pub fn modules_named(&self, module: &str) -> Vec<Arc<FileEntry>> {
        self.read().store.module(module)
    }

    /// The pieces of code that share most with the query, best first.
    pub fn similar(&self, query: &SimilarQuery<'_>, limit: usize) -> Vec<Similar> {
        let terms = similar::terms(query, &self.names());
        similar::search(query, &terms, &self.read().store, limit)
    }

    /// The text that a file's entry was made from: the open document's, else what is on disk. None for a file that is
    /// not in the index.
    pub fn text_of(&self, path: &Path) -> Option<String> {
        let open = {
            let state = self.read();
            state.store.get(path)?;
            state.open.get(path).map(|open| open.text.clone())
        };
        match open {
            Some(text) => Some(text.slice(0..text.len_bytes())),
            None => walk::read(path, self.options.max_file_bytes).ok(),
        }
    }

    /// As [`Index::text_of`]; of an open document without a copy of its text.
    pub fn shared_text_of(&self, path: &Path) -> Option<Text> {
        let open = {
            let state = self.read();
            state.store.get(path)?;
            state.open.get(path).map(|open| open.text.clone())
        };
        open.or_else(|| walk::read(path, self.options.max_file_bytes).ok().map(|content| Text::new(&content)))
    }

    /// The packages that the roots depend on.
    pub fn dependencies(&self) -> &Dependencies {
        &self.dependencies
    }

    /// Everything below a path, or the file that it is.
    fn paths_below(&self, path: &Path) -> Vec<PathBuf> {
        let state = self.read();
        let below = state.store.files().filter(|stored| stored.entry.path.starts_with(path));
        below.map(|stored| stored.entry.path.clone()).collect()
    }

    /// Makes the index say of a file what is on disk.
    fn refresh(&self, path: &Path) {
        let root = root_of(&self.roots, path);
        let language = Language::from_path(path).filter(|_| !walk::is_secret(path));
        let found =
            language.zip(root).filter(|(_, root)| walk::is_walked(root, path)).and_then(|(language, _)| {
                let stamp = walk::stamp(path)?;
                self.read_file(path, language, stamp, &mut Places::new(&self.roots)).ok()
            });
        match found {
            Some(stored) => self.put_from_disk(stored),
            None => {
                let mut state = self.write();
                match state.open.get_mut(path) {
                    Some(open) => open.on_disk = None,
                    None => _ = state.store.remove(path),
                }
            }
        }
    }

    /// Finds the module names below a folder again.
    fn relocate(&self, folder: &Path) {
        let mut places = Places::new(&self.roots);
        for path in self.paths_below(folder) {
            let mut state = self.write();
            let Some(stored) = state.store.get(&path).cloned() else { continue };
            let place = places.find(&path, stored.entry.language);
            if let Some(open) = state.open.get_mut(&path) {
                open.place = place.clone();
                // It bears the old names; what is on disk is read again when the document is closed.
                open.on_disk = None;
            }
            let entry = FileEntry {
                relative: place.relative,
                root: place.root,
                module: place.module,
                module_aliases: place.module_aliases,
                package: place.package,
                ..FileEntry::clone(&stored.entry)
            };
            if entry != *stored.entry {
                state.store.put(Arc::new(stored.with_entry(entry)));
            }
        }
    }

    /// Reads and parses a file of the disk.
    pub(crate) fn read_file(
        &self,
        path: &Path,
        language: Language,
        stamp: Stamp,
        places: &mut Places<'_>,
    ) -> Result<Arc<Stored>, LeftOut> {
        let text = Text::new(&walk::read(path, self.options.max_file_bytes)?);
        let tree = Tree::parse(language, &text);
        let extract = extract(&text, &tree, Depth::Full);
        let place = places.find(path, language);
        Ok(Arc::new(self.stored(path, language, place, extract, Some(stamp))))
    }

    /// Puts in what was read from the disk, unless the document is open.
    pub(crate) fn put_from_disk(&self, stored: Arc<Stored>) {
        let mut state = self.write();
        match state.open.get_mut(&stored.entry.path) {
            Some(open) => open.on_disk = Some(stored),
            None => state.store.put(stored),
        }
    }

    pub(crate) fn stored(
        &self,
        path: &Path,
        language: Language,
        place: Place,
        extract: Extract,
        stamp: Option<Stamp>,
    ) -> Stored {
        let mut names = self.names_mut();
        let terms = extract.uses.terms(&mut names);
        Stored::new(extract.entry(path, language, place), terms, stamp, &mut names)
    }

    /// A file as it was when it was last read from disk.
    pub(crate) fn on_disk(&self, path: &Path) -> Option<Arc<Stored>> {
        let state = self.read();
        match state.open.get(path) {
            Some(open) => open.on_disk.clone(),
            None => state.store.get(path).cloned(),
        }
    }

    /// The files as they are on disk, as far as they were read.
    pub(crate) fn files_on_disk(&self) -> Vec<Arc<Stored>> {
        let state = self.read();
        let of_open = state.open.values().filter_map(|open| open.on_disk.clone());
        let closed =
            state.store.files().filter(|stored| !state.open.contains_key(&stored.entry.path)).cloned();
        closed.chain(of_open).filter(|stored| stored.stamp.is_some()).collect()
    }

    pub(crate) fn names(&self) -> RwLockReadGuard<'_, Names> {
        self.names.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn names_mut(&self) -> RwLockWriteGuard<'_, Names> {
        self.names.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ready {
    pub(crate) fn set(&self) {
        *lock(&self.done) = true;
        self.changed.notify_all();
    }
}

/// The tables stay usable when a thread panicked: each change of them is whole before the next begins.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
