//! Installed packages: the files that an import reaches, read when they are first asked for. Only definitions and
//! imports are kept of them. It must not start processes or reach the network.

mod python;
mod rust;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rustc_hash::FxHashMap;
use syntax::{Language, Tree};
use text::Text;

use crate::cache::{self, CacheError, CachedFile};
use crate::entry::FileEntry;
use crate::extract::{Depth, extract};
use crate::index::{Options, lock};
use crate::place::{Place, slashed};
use crate::walk::{self, Stamp};

/// The packages that some roots depend on: Python's from the environment that is active, Rust's from the lock file and
/// the local registry. Readers do not wait for each other's files to be parsed.
pub struct Dependencies {
    roots: Vec<Arc<Path>>,
    options: Options,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What is installed, by root; found on first use.
    installed: FxHashMap<Option<Arc<Path>>, Arc<Installed>>,
    modules: FxHashMap<ModuleKey, Vec<Arc<FileEntry>>>,
    files: FxHashMap<PathBuf, Option<(Stamp, Arc<FileEntry>)>>,
    /// What a session before had read and this one did not need yet, by path; loaded on first use.
    cached: Option<FxHashMap<String, CachedFile>>,
    /// Source that was taken in.
    bytes: u64,
    /// Whether there is something that the cache has not.
    changed: bool,
}

/// The root, the language's id, and the module's name.
type ModuleKey = (Option<Arc<Path>>, &'static str, String);

/// Where the packages of a root are.
struct Installed {
    python: Vec<PathBuf>,
    rust: FxHashMap<String, PathBuf>,
}

/// A file of a package, to be read.
struct Located {
    path: PathBuf,
    /// Relative to where packages are installed.
    relative: String,
    module: String,
    package: String,
}

/// Files of packages beyond this number are not read; some 50 MiB of entries.
const MAX_FILES: usize = 4_000;
/// Source of packages beyond this is not read, in bytes.
const MAX_BYTES: u64 = 128 << 20;

impl Dependencies {
    pub(crate) fn new(roots: Vec<Arc<Path>>, options: Options) -> Self {
        Self { roots, options, state: Mutex::default() }
    }

    /// The files of a module of an installed package, as a file of the workspace at `importer` would import it: the
    /// module's own first, then that of the package that it is in. `module` is `a.b` in Python and `package::a::b` in
    /// Rust. Empty when no such module is installed. Reads and parses when it is asked for the first time, up to some
    /// 100 ms a file, so not for a thread that must not block.
    pub fn module(&self, language: Language, importer: &Path, module: &str) -> Vec<Arc<FileEntry>> {
        if let Some(known) = self.known_module(language, importer, module) {
            return known;
        }
        let root = crate::place::root_of(&self.roots, importer);
        let installed = self.installed(root.as_ref());
        let located = match language.id() {
            "python" => python::locate(&installed.python, module),
            "rust" => rust::locate(&installed.rust, module),
            _ => Vec::new(),
        };
        let files: Vec<Arc<FileEntry>> = located.into_iter().filter_map(|it| self.file(it)).collect();
        lock(&self.state).modules.insert((root, language.id(), module.to_owned()), files.clone());
        files
    }

    /// Like [`Dependencies::module`], but without reading: none when it was never asked for.
    pub fn known_module(
        &self,
        language: Language,
        importer: &Path,
        module: &str,
    ) -> Option<Vec<Arc<FileEntry>>> {
        let root = crate::place::root_of(&self.roots, importer);
        lock(&self.state).modules.get(&(root, language.id(), module.to_owned())).cloned()
    }

    /// Forgets what is installed where: after a lock file or an environment has changed.
    pub fn forget(&self) {
        *lock(&self.state) = State::default();
    }

    /// Writes what was read, so that the next session need not parse it.
    pub(crate) fn save(&self, folder: &Path) -> Result<(), CacheError> {
        let mut state = lock(&self.state);
        if !std::mem::take(&mut state.changed) {
            return Ok(());
        }
        let files: Vec<(Stamp, Arc<FileEntry>)> = state.files.values().flatten().cloned().collect();
        let unused = state.cached.take().unwrap_or_default();
        drop(state);
        let room = MAX_FILES.saturating_sub(files.len());
        let used = files.iter().map(|(stamp, entry)| (*stamp, &**entry));
        cache::save_dependencies(folder, used, unused.values().take(room))
    }

    #[cfg(test)]
    pub(crate) fn has_changes(&self) -> bool {
        lock(&self.state).changed
    }

    fn installed(&self, root: Option<&Arc<Path>>) -> Arc<Installed> {
        if let Some(known) = lock(&self.state).installed.get(&root.cloned()) {
            return Arc::clone(known);
        }
        let environment = &self.options.environment;
        let found = Arc::new(Installed {
            python: python::site_packages(environment, root.map(|root| &**root)),
            rust: root.map(|root| rust::packages(environment, root)).unwrap_or_default(),
        });
        lock(&self.state).installed.insert(root.cloned(), Arc::clone(&found));
        found
    }

    fn file(&self, located: Located) -> Option<Arc<FileEntry>> {
        {
            let state = lock(&self.state);
            if let Some(known) = state.files.get(&located.path) {
                return known.as_ref().map(|(_, entry)| Arc::clone(entry));
            }
            if state.files.len() >= MAX_FILES || state.bytes >= MAX_BYTES {
                tracing::debug!("no more files of packages are read: their limit is reached");
                return None;
            }
        }
        let path = located.path.clone();
        let stamp = walk::stamp_of_target(&path);
        let found = stamp.and_then(|stamp| Some((stamp, Arc::new(self.read(located, stamp)?))));
        let mut state = lock(&self.state);
        state.bytes += found.as_ref().map_or(0, |(_, entry)| entry.bytes);
        state.files.insert(path, found.clone());
        found.map(|(_, entry)| entry)
    }

    fn read(&self, located: Located, stamp: Stamp) -> Option<FileEntry> {
        let language = Language::from_path(&located.path)?;
        let place = Place {
            root: None,
            relative: located.relative,
            module: located.module,
            module_aliases: Vec::new(),
            package: Some(located.package),
        };
        let cached = {
            let mut state = lock(&self.state);
            let load = || self.options.cache_dir.as_deref().map(cache::load_dependencies).unwrap_or_default();
            state.cached.get_or_insert_with(load).remove(&*located.path.to_string_lossy())
        };
        if let Some(cached) = cached.filter(|cached| cached.stamp == stamp && cached.language == language) {
            return Some(cached.into_entry(&located.path, place));
        }
        lock(&self.state).changed = true;
        let text = Text::new(&walk::read(&located.path, self.options.max_file_bytes).ok()?);
        let tree = Tree::parse(language, &text);
        Some(extract(&text, &tree, Depth::Outline).entry(&located.path, language, place))
    }
}

fn below(base: &Path, path: &Path) -> String {
    slashed(Some(path.strip_prefix(base).unwrap_or(path)))
}
