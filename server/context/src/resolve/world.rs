//! What one resolution works with: the index, the file at hand, and limits that make every search end.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use index::{FileEntry, Index};
use syntax::DefinitionKind;

use super::holders::Holders;
use super::python::SelfField;
use super::source::{Family, Source, source_of};
use super::types::Types;

/// So many lookups are made at most; code that means something needs far fewer.
const FUEL: u32 = 6000;
/// Modules of installed packages that one resolution may read for the first time.
const MOST_LOADS: u32 = 12;
/// Lookups that need each other nest no deeper.
const DEPTH: u32 = 40;

/// A definition, by its file and its index there.
type Place = (PathBuf, usize);

/// What one resolution works with.
pub(crate) struct World<'a> {
    pub(crate) index: &'a Index,
    /// The file with the cursor, as it is now.
    pub(crate) current: Arc<Source>,
    fuel: Cell<u32>,
    depth: Cell<u32>,
    /// Whether the last inference rested on a guess.
    pub(crate) guessed: Cell<bool>,
    pub(crate) holders: RefCell<HashMap<Place, Rc<Holders>>>,
    pub(crate) self_fields: RefCell<HashMap<Place, Rc<Vec<SelfField>>>>,
    pub(crate) crates: RefCell<HashMap<String, Option<Arc<FileEntry>>>>,
    loads: Cell<u32>,
    imported: RefCell<HashMap<FilePlace, Known>>,
    inline_modules: RefCell<HashMap<usize, InlineModules>>,
}

/// A file, by the address of its entry, and the module inside it.
type FilePlace = (usize, Option<usize>);

/// What names mean in one place. It keeps the entry, so that its address stays its own.
struct Known {
    names: HashMap<String, Types>,
    _entry: Arc<FileEntry>,
}

/// The modules inside a file: their symbols and bytes.
struct InlineModules {
    list: Rc<Vec<(usize, Range<usize>)>>,
    _entry: Arc<FileEntry>,
}

/// Leaves a level of nesting when dropped.
pub(crate) struct Level<'a>(&'a Cell<u32>);

impl Drop for Level<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}

impl<'a> World<'a> {
    pub(crate) fn new(index: &'a Index, current: Arc<Source>) -> Self {
        Self {
            index,
            current,
            fuel: Cell::new(FUEL),
            depth: Cell::new(0),
            guessed: Cell::new(false),
            holders: RefCell::default(),
            self_fields: RefCell::default(),
            crates: RefCell::default(),
            loads: Cell::new(0),
            imported: RefCell::default(),
            inline_modules: RefCell::default(),
        }
    }

    /// One lookup more, inside the one at work; none when that is too many.
    pub(crate) fn enter(&self) -> Option<Level<'_>> {
        let fuel = self.fuel.get().checked_sub(1)?;
        self.fuel.set(fuel);
        if self.depth.get() >= DEPTH {
            return None;
        }
        self.depth.set(self.depth.get() + 1);
        Some(Level(&self.depth))
    }

    /// The modules inside a file, outer before inner.
    pub(crate) fn inline_modules(&self, entry: &Arc<FileEntry>) -> Rc<Vec<(usize, Range<usize>)>> {
        let key = Arc::as_ptr(entry).addr();
        if let Some(known) = self.inline_modules.borrow().get(&key) {
            return Rc::clone(&known.list);
        }
        let all =
            entry.symbols.iter().enumerate().filter(|(_, symbol)| symbol.kind == DefinitionKind::Module);
        let list: Rc<Vec<_>> = Rc::new(all.map(|(index, symbol)| (index, symbol.range.clone())).collect());
        let known = InlineModules { list: Rc::clone(&list), _entry: Arc::clone(entry) };
        self.inline_modules.borrow_mut().insert(key, known);
        list
    }

    /// What was found for an imported name before; an empty answer while it is being looked for.
    pub(crate) fn known_import(
        &self,
        entry: &Arc<FileEntry>,
        inline: Option<usize>,
        name: &str,
    ) -> Option<Types> {
        let place = (Arc::as_ptr(entry).addr(), inline);
        self.imported.borrow().get(&place)?.names.get(name).cloned()
    }

    /// Keeps what an imported name stands for.
    pub(crate) fn keep_import(
        &self,
        entry: &Arc<FileEntry>,
        inline: Option<usize>,
        name: &str,
        types: Types,
    ) {
        let place = (Arc::as_ptr(entry).addr(), inline);
        let mut imported = self.imported.borrow_mut();
        let known = imported
            .entry(place)
            .or_insert_with(|| Known { names: HashMap::new(), _entry: Arc::clone(entry) });
        known.names.insert(name.to_owned(), types);
    }

    pub(crate) fn family(&self) -> Family {
        self.current.family
    }

    /// The file of a path, the one at hand as it is now.
    pub(crate) fn file(&self, path: &Path) -> Option<Arc<FileEntry>> {
        if path == self.current.entry.path {
            return Some(Arc::clone(&self.current.entry));
        }
        self.index.file(path)
    }

    /// An entry of the index, or the current one in its place.
    pub(crate) fn fresh(&self, entry: &Arc<FileEntry>) -> Arc<FileEntry> {
        if entry.path == self.current.entry.path {
            Arc::clone(&self.current.entry)
        } else {
            Arc::clone(entry)
        }
    }

    /// The first file of a module of an installed package. Reads few that were never read before: what is not there now
    /// is at one of the next keystrokes.
    pub(crate) fn dependency(&self, module: &str) -> Option<Arc<FileEntry>> {
        let (language, importer) = (self.current.entry.language, &self.current.entry.path);
        let dependencies = self.index.dependencies();
        if let Some(known) = dependencies.known_module(language, importer, module) {
            return known.into_iter().next();
        }
        let loads = self.loads.get();
        if loads >= MOST_LOADS {
            return None;
        }
        self.loads.set(loads + 1);
        dependencies.module(language, importer, module).into_iter().next()
    }

    /// The text of a file and what is read from it.
    pub(crate) fn source(&self, entry: &Arc<FileEntry>) -> Option<Arc<Source>> {
        if entry.path == self.current.entry.path {
            return Some(Arc::clone(&self.current));
        }
        source_of(entry, || self.index.text_of(&entry.path))
    }
}
