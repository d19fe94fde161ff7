//! Code elsewhere that shares rare names with the lines around the cursor: what was written in a similar place. It must
//! not show the text around the cursor again.

use std::ops::Range;

use documents::Snapshot;
use index::{Index, Similar, SimilarQuery};
use syntax::DefinitionKind;

use crate::excerpt::{Excerpt, Source};
use crate::files::file_of;
use crate::siblings::dedented;

/// Lines before and after the cursor whose names are looked for.
const QUERY_BEFORE: usize = 10;
const QUERY_AFTER: usize = 3;
/// Lines around the cursor that are never shown again.
const OWN_LINES: usize = 60;
/// Pieces that are offered.
const MOST: usize = 3;
/// Lines of one piece.
const MOST_LINES: u32 = 20;

/// The closest pieces of code.
pub(crate) fn excerpts(snapshot: &Snapshot, cursor: usize, index: &Index) -> Vec<Excerpt> {
    let (Some(tree), Some(path)) = (snapshot.tree_if_ready(), &snapshot.path) else { return Vec::new() };
    let text = &snapshot.text;
    let line = text.line_of(cursor);
    let start = text.line_start(line.saturating_sub(QUERY_BEFORE));
    let end = text.line_end(line + QUERY_AFTER);
    let mut identifiers = Vec::new();
    tree.visit_identifiers(text, start..end, &mut |name, _| identifiers.push(name.to_owned()));
    let own = number(line.saturating_sub(OWN_LINES))..number(line + OWN_LINES / 3);
    let query = SimilarQuery {
        identifiers: &identifiers,
        language: tree.language(),
        exclude: Some((path, own.clone())),
    };
    let found = index.similar(&query, MOST);
    // How many of the names are shared says more than a sum of weights, which grows with the query.
    found.into_iter().filter_map(|similar| excerpt(&similar, &identifiers, index)).collect()
}

fn excerpt(similar: &Similar, wanted: &[String], index: &Index) -> Option<Excerpt> {
    let file = file_of(&similar.file, index)?;
    let (text, tree) = file.parsed();
    let lines = at_boundaries(&similar.lines, &similar.file.symbols);
    let taken = file.lines(lines.clone());
    let mut names = std::collections::HashSet::new();
    let bytes = text.line_start(lines.start as usize)..text.line_start(lines.end as usize);
    tree.visit_identifiers(text, bytes, &mut |name, _| _ = names.insert(name.to_owned()));
    let wanted: std::collections::HashSet<&String> = wanted.iter().collect();
    let shared = wanted.iter().filter(|name| names.contains(**name)).count();
    #[allow(clippy::cast_precision_loss)] // A few dozen names.
    let share = shared as f32 / wanted.len().max(1) as f32;
    Some(Excerpt {
        path: similar.file.relative.clone(),
        lines,
        text: dedented(&taken),
        source: Source::Similar,
        reason: format!("it has {shared} of {} names with the cursor's lines in common", wanted.len()),
        // Half of the names is what many two pieces of one package share; shown, they cost more than they gave.
        score: share - 0.35,
    })
}

/// The window, grown to the whole function when that is short, else from where a definition begins.
fn at_boundaries(window: &Range<u32>, symbols: &[index::Symbol]) -> Range<u32> {
    let around = symbols.iter().rev().find(|symbol| {
        let callable = matches!(symbol.kind, DefinitionKind::Function | DefinitionKind::Method);
        callable && symbol.lines.start < window.end && window.start < symbol.lines.end
    });
    let Some(around) = around else { return window.clone() };
    let length = around.lines.end - around.lines.start;
    if length <= MOST_LINES {
        return around.lines.clone();
    }
    let start = window.start.max(around.lines.start);
    start..window.end.min(around.lines.end).max(start + 1)
}

fn number(line: usize) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}
