//! Names that the lines at the cursor use and the file does not have: an import that is still to be written. It must not
//! guess where several definitions would do.

use std::collections::HashSet;

use documents::Snapshot;
use index::{Found, Index};
use syntax::{DefinitionKind, ReferenceKind};

use crate::excerpt::{Excerpt, Source};
use crate::skeleton::skeleton;

/// Lines before and after the cursor whose names are looked at.
const LINES: usize = 12;
/// Shorter names are locals more often than not.
const LEAST_BYTES: usize = 4;
/// Definitions that are offered.
const MOST: usize = 3;

/// The definitions of names that are used near the cursor and come from nowhere.
pub(crate) fn excerpts(
    snapshot: &Snapshot,
    cursor: usize,
    words: &HashSet<String>,
    index: &Index,
) -> Vec<Excerpt> {
    let Some(tree) = snapshot.tree_if_ready().filter(|_| snapshot.path.is_some()) else { return Vec::new() };
    let text = &snapshot.text;
    let line = text.line_of(cursor);
    let around = text.line_start(line.saturating_sub(LINES))..text.line_end(line + LINES);
    let used = tree.references_in(text, around).into_iter();
    let mut used: Vec<String> = used
        .filter(|used| matches!(used.kind, ReferenceKind::Call | ReferenceKind::Type))
        // What stands behind a dot belongs to something else.
        .filter(|used| {
            !text.slice(used.range.start.saturating_sub(1)..used.range.start).ends_with(['.', ':'])
        })
        .map(|used| used.name)
        .filter(|name| name.len() >= LEAST_BYTES)
        .collect();
    used.sort_unstable();
    used.dedup();
    if used.is_empty() {
        return Vec::new();
    }
    let Some(outline) = snapshot.outline() else { return Vec::new() };
    // Whatever a glob brings cannot be told from what is lacking.
    if outline.imports().iter().any(|import| import.name.as_deref() == Some("*")) {
        return Vec::new();
    }
    let imported = outline.imports().iter().flat_map(|import| {
        let module = import.module.rsplit(['.', ':', '/']).next().unwrap_or("");
        [import.alias.as_deref(), import.name.as_deref(), Some(module)].into_iter().flatten()
    });
    let defined = outline.definitions().iter().map(|definition| definition.name.as_str());
    let known: HashSet<&str> = imported.chain(defined).collect();
    let lacking = used.into_iter().filter(|name| !known.contains(name.as_str()));
    let mut found: Vec<Found> = lacking.filter_map(|name| only_definition(&name, snapshot, index)).collect();
    if !found.is_empty() {
        // Reading what a whole file binds takes long, and few names come so far.
        let bindings = tree.bindings(text, 0..text.len_bytes());
        let bound: HashSet<&str> = bindings.iter().map(|binding| binding.name.as_str()).collect();
        found.retain(|found| found.symbol().is_some_and(|symbol| !bound.contains(symbol.name.as_str())));
    }
    found.iter().filter_map(|found| excerpt(found, words)).take(MOST).collect()
}

/// The definition of a name that can be imported, if there is one only.
fn only_definition(name: &str, snapshot: &Snapshot, index: &Index) -> Option<Found> {
    let mut found = index.definitions_named(name).into_iter().filter(|found| {
        let can_be_imported = found.symbol().is_some_and(|symbol| {
            symbol.parent.is_none() && !matches!(symbol.kind, DefinitionKind::Impl | DefinitionKind::Variable)
        });
        can_be_imported
            && Some(found.file.language) == snapshot.language
            && snapshot.path.as_deref() != Some(found.file.path.as_path())
    });
    let only = found.next()?;
    found.next().is_none().then_some(only)
}

fn excerpt(found: &Found, words: &HashSet<String>) -> Option<Excerpt> {
    let symbol = found.symbol()?;
    let members: Vec<Found> =
        found.file.members(found.index).map(|(index, _)| Found { file: found.file.clone(), index }).collect();
    Some(Excerpt {
        path: found.file.relative.clone(),
        lines: symbol.lines.clone(),
        text: skeleton(found, &members, words)?,
        source: Source::Lacking,
        reason: format!(
            "`{}` is used near the cursor and not imported; it is in {}",
            symbol.name, found.file.module
        ),
        score: 0.6,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use documents::{DocumentId, DocumentStore};
    use index::Options;
    use std::sync::atomic::AtomicBool;

    /// What is told of the last file of a fixture, with the cursor at its end.
    fn lacking(files: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        let index = Index::new(vec![folder.path().to_owned()], Options::default());
        index.scan(&AtomicBool::new(false));
        let (name, content) = files.last().unwrap();
        let id = DocumentId::from_path(&folder.path().join(name)).unwrap();
        let snapshot = DocumentStore::default().open(id, "python", 1, content);
        let excerpts = excerpts(&snapshot, content.len(), &HashSet::new(), &index);
        excerpts.into_iter().map(|excerpt| format!("{}: {}", excerpt.reason, excerpt.text)).collect()
    }

    #[test]
    fn a_name_that_is_used_and_not_imported_is_told_with_its_module() {
        let store =
            ("store.py", "def open_store(path: str) -> int:\n    return 1\n\n\ndef other():\n    pass\n");
        assert_eq!(
            lacking(&[store, ("main.py", "def main():\n    store = open_store(\"x\")\n    print(store)\n")]),
            ["`open_store` is used near the cursor and not imported; it is in store: \
                 def open_store(path: str) -> int: ..."]
        );
        let imported = ("main.py", "from store import open_store\n\nopen_store(\"x\")\n");
        assert_eq!(lacking(&[store, imported]), [""; 0]);
        let twice = ("twice.py", "def open_store(path):\n    pass\n");
        assert_eq!(lacking(&[store, twice, ("main.py", "open_store(1)\n")]), [""; 0], "which of the two?");
        assert_eq!(lacking(&[store, ("main.py", "from store import *\nopen_store(1)\n")]), [""; 0]);
        assert_eq!(lacking(&[store, ("main.py", "disk.open_store(1)\n")]), [""; 0], "a method of something");
    }
}
