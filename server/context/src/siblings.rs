//! The same method of a kin: when the cursor is in the body of a store's `load`, the `load` of another store shows how one is written here. It must not rank by
//! anything but names and kinship.

use std::collections::HashSet;

use documents::Snapshot;
use index::{Found, Index, Symbol};
use syntax::{Definition, DefinitionKind};

use crate::enclosing::function_at;
use crate::excerpt::{Excerpt, Source};
use crate::files::file_of;
use crate::skeleton::words_of;

/// Lines of one sibling; a longer function is cut at a line.
const MOST_LINES: u32 = 24;
/// Siblings that are looked at.
const MOST: usize = 24;
/// Names that are so common that sharing them says nothing.
const COMMON: [&str; 6] = ["__init__", "new", "main", "default", "fmt", "constructor"];

/// The excerpts of functions with the name of the one around the cursor.
pub(crate) fn excerpts(snapshot: &Snapshot, cursor: usize, index: &Index) -> Vec<Excerpt> {
    let (Some(outline), Some(path)) = (snapshot.outline(), &snapshot.path) else { return Vec::new() };
    let definitions = outline.definitions();
    // A cursor in the signature asks for something else.
    let Some(around) = function_at(snapshot, cursor, definitions).and_then(|at| definitions.get(at)) else {
        return Vec::new();
    };
    if COMMON.contains(&around.name.as_str()) {
        return Vec::new();
    }
    let Some(owner) = around.parent.and_then(|parent| definitions.get(parent)) else { return Vec::new() };
    let words = words_of(&snapshot.text.slice(around.header.clone()));
    let found = index.definitions_named(&around.name).into_iter().filter(|found| found.file.path != **path);
    found
        .filter(|found| Some(found.file.language) == snapshot.language)
        .take(MOST)
        .filter(|found| is_kin(found, owner))
        .filter_map(|found| excerpt(&found, around.kind, &words, index))
        .collect()
}

/// Whether a method's type extends or implements what `owner` does, or one of the two the other.
fn is_kin(found: &Found, owner: &Definition) -> bool {
    let theirs = found.symbol().and_then(|symbol| found.file.symbols.get(symbol.parent? as usize));
    let plain = |base: &str| base.rsplit(['.', ':']).next().unwrap_or(base).to_owned();
    theirs.is_some_and(|theirs| {
        let bases: HashSet<String> = theirs.bases.iter().map(|base| plain(base)).collect();
        owner.bases.iter().any(|base| bases.contains(&plain(base)) || plain(base) == theirs.name)
            || bases.contains(&owner.name)
    })
}

fn excerpt(found: &Found, kind: DefinitionKind, words: &HashSet<String>, index: &Index) -> Option<Excerpt> {
    let symbol: &Symbol = found.symbol()?;
    if symbol.kind != kind {
        return None;
    }
    let file = file_of(&found.file, index)?;
    let end = symbol.lines.end.min(symbol.lines.start + MOST_LINES);
    let lines = file.lines(symbol.lines.start..end);
    // A declaration without a body shows nothing.
    if lines.len() < 3 {
        return None;
    }
    let theirs = words_of(&symbol.signature);
    let common = theirs.intersection(words).count();
    let all = theirs.union(words).count().max(1);
    #[allow(clippy::cast_precision_loss)] // A signature has a few dozen words.
    let alike = common as f32 / all as f32;
    let owner = symbol.parent.and_then(|parent| found.file.symbols.get(parent as usize));
    let of = owner.map_or_else(String::new, |owner| format!(" of {}", owner.name));
    Some(Excerpt {
        path: found.file.relative.clone(),
        lines: symbol.lines.start..end,
        text: dedented(&lines),
        source: Source::Siblings,
        reason: format!("another `{}`{of}", symbol.name),
        score: 0.7 * alike,
    })
}

/// The lines without the indentation that all of them have.
pub(crate) fn dedented(lines: &[&str]) -> String {
    let indent = |line: &&str| line.len() - line.trim_start().len();
    let common = lines.iter().filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or(0);
    lines.iter().map(|line| line.get(common..).unwrap_or("")).collect::<Vec<_>>().join("\n")
}
