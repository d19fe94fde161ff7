//! The tables that answer queries: files by slot, and for each name the slots that use it, define it, or extend it. A
//! changed file costs as much as its own names, however large the workspace. It must not read files or parse.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use syntax::DefinitionKind;

use crate::entry::{FileEntry, Found};
use crate::names::{NameId, Names};
use crate::terms::Terms;
use crate::walk::Stamp;

/// The number of a file while it is in the index; used again after it was removed.
pub(crate) type Slot = u32;
/// Ascending. Most names are used by very few files.
pub(crate) type Slots = SmallVec<[Slot; 4]>;

/// A file as the store holds it.
pub(crate) struct Stored {
    pub(crate) entry: Arc<FileEntry>,
    pub(crate) terms: Terms,
    /// The file on disk that it was made from; none for an open document.
    pub(crate) stamp: Option<Stamp>,
    /// Names of definitions with the index of their symbol, ascending.
    defined: Box<[(NameId, u32)]>,
    /// Names of bases with the index of the symbol that has them, ascending.
    extended: Box<[(NameId, u32)]>,
}

/// All files.
#[derive(Default)]
pub(crate) struct Store {
    files: Vec<Option<Arc<Stored>>>,
    by_path: FxHashMap<PathBuf, Slot>,
    free: Vec<Slot>,
    /// By the number of the name.
    used_in: Vec<Slots>,
    defined_in: FxHashMap<NameId, Slots>,
    extended_in: FxHashMap<NameId, Slots>,
    modules: FxHashMap<String, Slots>,
    /// Names and blocks in all files: what the mean length of a window follows from.
    totals: Totals,
}

/// Sums over all files.
#[derive(Clone, Copy, Default)]
pub(crate) struct Totals {
    pub(crate) uses: u64,
    pub(crate) blocks: u64,
}

impl Stored {
    pub(crate) fn new(entry: FileEntry, terms: Terms, stamp: Option<Stamp>, names: &mut Names) -> Self {
        let mut defined = Vec::new();
        let mut extended = Vec::new();
        for (symbol, at) in entry.symbols.iter().zip(0..) {
            // An impl block has the type's name but does not define it.
            if symbol.kind != DefinitionKind::Impl {
                defined.push((names.intern(&symbol.name), at));
            }
            extended.extend(symbol.bases.iter().map(|base| (names.intern(last_part(base)), at)));
        }
        defined.sort_unstable();
        extended.sort_unstable();
        extended.dedup();
        Self { entry: Arc::new(entry), terms, stamp, defined: defined.into(), extended: extended.into() }
    }

    /// The same file under other names: after a rename, or when a folder has become a package.
    pub(crate) fn with_entry(&self, entry: FileEntry) -> Self {
        Self {
            entry: Arc::new(entry),
            terms: self.terms.clone(),
            stamp: self.stamp,
            defined: self.defined.clone(),
            extended: self.extended.clone(),
        }
    }

    fn totals(&self) -> Totals {
        let uses = self.terms.lengths().iter().map(|&length| u64::from(length)).sum();
        Totals { uses, blocks: self.terms.lengths().len() as u64 }
    }

    fn modules(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.entry.module).chain(&self.entry.module_aliases)
    }
}

impl Store {
    /// Puts a file in, in place of the one at the same path.
    pub(crate) fn put(&mut self, stored: Arc<Stored>) {
        let slot = match self.by_path.get(&stored.entry.path) {
            Some(&slot) => slot,
            None => {
                let slot = self.free.pop().unwrap_or(self.files.len() as Slot);
                if slot as usize == self.files.len() {
                    self.files.push(None);
                }
                self.by_path.insert(stored.entry.path.clone(), slot);
                slot
            }
        };
        let old = self.files.get_mut(slot as usize).and_then(|file| file.replace(Arc::clone(&stored)));
        self.fold(slot, old.as_deref(), Some(&stored));
    }

    /// Takes a file out.
    pub(crate) fn remove(&mut self, path: &Path) -> Option<Arc<Stored>> {
        let slot = self.by_path.remove(path)?;
        let old = self.files.get_mut(slot as usize).and_then(Option::take);
        self.fold(slot, old.as_deref(), None);
        self.free.push(slot);
        old
    }

    pub(crate) fn get(&self, path: &Path) -> Option<&Arc<Stored>> {
        self.files.get(*self.by_path.get(path)? as usize)?.as_ref()
    }

    pub(crate) fn at(&self, slot: Slot) -> Option<&Arc<Stored>> {
        self.files.get(slot as usize)?.as_ref()
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = &Arc<Stored>> {
        self.files.iter().flatten()
    }

    pub(crate) fn file_count(&self) -> usize {
        self.by_path.len()
    }

    pub(crate) fn totals(&self) -> Totals {
        self.totals
    }

    /// The files that use or define a name, or the word of a name.
    pub(crate) fn used_in(&self, name: NameId) -> &[Slot] {
        self.used_in.get(name as usize).map_or(&[], SmallVec::as_slice)
    }

    pub(crate) fn definitions(&self, name: NameId) -> Vec<Found> {
        self.found(self.defined_in.get(&name), name, |stored| &stored.defined)
    }

    pub(crate) fn subtypes(&self, name: NameId) -> Vec<Found> {
        self.found(self.extended_in.get(&name), name, |stored| &stored.extended)
    }

    pub(crate) fn module(&self, name: &str) -> Vec<Arc<FileEntry>> {
        let slots = self.modules.get(name).map_or(&[][..], SmallVec::as_slice);
        slots.iter().filter_map(|&slot| Some(Arc::clone(&self.at(slot)?.entry))).collect()
    }

    /// The files that use a name otherwise than to define it, those that do so most often first.
    pub(crate) fn users(&self, name: NameId) -> Vec<Arc<FileEntry>> {
        let users = self.used_in(name).iter().filter_map(|&slot| {
            let stored = self.at(slot)?;
            let uses = stored.terms.count(name);
            let used = uses.checked_sub(with_name(&stored.defined, name).len()).filter(|&used| used > 0)?;
            Some((used, &stored.entry))
        });
        let mut users: Vec<(usize, &Arc<FileEntry>)> = users.collect();
        users.sort_unstable_by(|one, other| {
            // Paths byte by byte: as paths they are compared part by part, which takes a millisecond for a common name.
            (other.0, one.1.path.as_os_str()).cmp(&(one.0, other.1.path.as_os_str()))
        });
        users.into_iter().map(|(_, entry)| Arc::clone(entry)).collect()
    }

    fn found(
        &self,
        slots: Option<&Slots>,
        name: NameId,
        table: impl Fn(&Stored) -> &[(NameId, u32)],
    ) -> Vec<Found> {
        let mut found = Vec::new();
        for stored in slots.into_iter().flatten().filter_map(|&slot| self.at(slot)) {
            let symbols = with_name(table(stored), name).iter();
            found.extend(
                symbols.map(|&(_, index)| Found { file: Arc::clone(&stored.entry), index: index as usize }),
            );
        }
        found
    }

    /// Makes the tables say of a slot what the new file says.
    fn fold(&mut self, slot: Slot, old: Option<&Stored>, new: Option<&Stored>) {
        let (old_ids, new_ids) =
            (old.map_or(&[][..], |it| it.terms.ids()), new.map_or(&[][..], |it| it.terms.ids()));
        if let Some(&last) = new_ids.last().filter(|&&last| last as usize >= self.used_in.len()) {
            self.used_in.resize_with(last as usize + 1, Slots::new);
        }
        let used_in = &mut self.used_in;
        each_difference(old_ids.iter().copied(), new_ids.iter().copied(), |id, change| {
            if let Some(slots) = used_in.get_mut(id as usize) {
                apply(slots, slot, change);
            }
        });
        let names = |table: Option<&[(NameId, u32)]>| {
            let mut names: Vec<NameId> = table.unwrap_or_default().iter().map(|&(name, _)| name).collect();
            names.dedup();
            names
        };
        let tables = [
            (&mut self.defined_in, old.map(|it| &*it.defined), new.map(|it| &*it.defined)),
            (&mut self.extended_in, old.map(|it| &*it.extended), new.map(|it| &*it.extended)),
        ];
        for (map, old, new) in tables {
            each_difference(names(old).into_iter(), names(new).into_iter(), |name, change| {
                let slots = map.entry(name).or_default();
                apply(slots, slot, change);
                if slots.is_empty() {
                    map.remove(&name);
                }
            });
        }
        let modules = |it: Option<&Stored>| {
            let mut modules: Vec<String> = it.into_iter().flat_map(Stored::modules).cloned().collect();
            modules.sort_unstable();
            modules.dedup();
            modules
        };
        let map = &mut self.modules;
        each_difference(modules(old).into_iter(), modules(new).into_iter(), |module, change| {
            let slots = map.entry(module.clone()).or_default();
            apply(slots, slot, change);
            if slots.is_empty() {
                map.remove(&module);
            }
        });
        let totals = |it: Option<&Stored>| it.map(Stored::totals).unwrap_or_default();
        let (old, new) = (totals(old), totals(new));
        self.totals.uses = (self.totals.uses + new.uses).saturating_sub(old.uses);
        self.totals.blocks = (self.totals.blocks + new.blocks).saturating_sub(old.blocks);
    }
}

/// The last part of a name with a path: `Base` of `module.Base` and of `module::Base`.
pub(crate) fn last_part(name: &str) -> &str {
    name.rsplit(['.', ':']).next().unwrap_or(name)
}

#[derive(Clone, Copy)]
enum Change {
    Added,
    Removed,
}

fn apply(slots: &mut Slots, slot: Slot, change: Change) {
    match (slots.binary_search(&slot), change) {
        (Err(at), Change::Added) => slots.insert(at, slot),
        (Ok(at), Change::Removed) => _ = slots.remove(at),
        (Ok(_), Change::Added) | (Err(_), Change::Removed) => {}
    }
}

/// Both ascending, without repetition.
fn each_difference<T: Ord>(
    old: impl Iterator<Item = T>,
    new: impl Iterator<Item = T>,
    mut visit: impl FnMut(T, Change),
) {
    let (mut old, mut new) = (old.peekable(), new.peekable());
    loop {
        let order = match (old.peek(), new.peek()) {
            (Some(old), Some(new)) => old.cmp(new),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (None, None) => return,
        };
        match order {
            std::cmp::Ordering::Less => old.next().into_iter().for_each(|it| visit(it, Change::Removed)),
            std::cmp::Ordering::Greater => new.next().into_iter().for_each(|it| visit(it, Change::Added)),
            std::cmp::Ordering::Equal => {
                old.next();
                new.next();
            }
        }
    }
}

/// The entries of one name; the table is ascending.
fn with_name(table: &[(NameId, u32)], name: NameId) -> &[(NameId, u32)] {
    let start = table.partition_point(|&(it, _)| it < name);
    let end = table.partition_point(|&(it, _)| it <= name);
    table.get(start..end).unwrap_or_default()
}
