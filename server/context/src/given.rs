//! Definitions at places that somebody names: what an oracle would show, to measure what context could win at most. It
//! must not choose anything.

use std::collections::HashSet;
use std::path::Path;

use index::{Found, Index};

use crate::definitions::definition;
use crate::excerpt::Excerpt;

/// Where a definition begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The path of its file from the workspace's root, with `/`.
    pub path: String,
    /// Its line, counted from 0.
    pub line: u32,
}

/// The definitions at these places, with the highest score. A place at which nothing is defined is passed over.
pub(crate) fn excerpts(
    places: &[Place],
    root: Option<&Path>,
    words: &HashSet<String>,
    index: &Index,
) -> Vec<Excerpt> {
    let Some(root) = root else { return Vec::new() };
    let at = |place: &Place| {
        let file = index.file(&root.join(&place.path))?;
        let here = |symbol: &index::Symbol| symbol.lines.contains(&place.line);
        // The innermost one: outer definitions come before those in them.
        let index = file.symbols.iter().rposition(here)?;
        definition(&Found { file, index }, words, "given with the request".to_owned(), 1.0)
    };
    places.iter().filter_map(at).collect()
}
