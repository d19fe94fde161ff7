//! Names like a name: what was probably meant, and what fits what is being typed. It must not know kinds of mentions.

use index::Index;
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use rapidfuzz::distance::osa;

use crate::mentions::files::Listing;
use crate::mentions::kind::KEYWORDS;

/// Suggestions of one error.
const MOST: usize = 3;

/// Ranks names by how well they fit what was typed: fuzzy, as in the pickers of editors.
pub(crate) struct Ranker {
    matcher: Matcher,
    pattern: Pattern,
    buffer: Vec<char>,
}

impl Ranker {
    /// For paths a match after a `/` counts more.
    pub(crate) fn new(typed: &str, config: Config) -> Self {
        let pattern = Pattern::parse(typed, CaseMatching::Smart, Normalization::Smart);
        Self { matcher: Matcher::new(config), pattern, buffer: Vec::new() }
    }

    /// How well a name fits; none when it does not.
    pub(crate) fn score(&mut self, name: &str) -> Option<u32> {
        self.pattern.score(Utf32Str::new(name, &mut self.buffer), &mut self.matcher)
    }
}

/// The paths that are most like one that does not exist.
pub(crate) fn similar_paths(listing: &Listing, wanted: &str) -> Vec<String> {
    let name = wanted.rsplit('/').next().unwrap_or(wanted);
    let candidates = listing.files.iter().map(|file| {
        let file_name = file.relative.rsplit('/').next().unwrap_or(&file.relative);
        (distance(name, file_name).min(distance(wanted, &file.relative)), file.relative.clone())
    });
    closest(candidates, wanted)
}

/// The names of files and symbols that are most like one that nothing has.
pub(crate) fn similar_names(listing: &Listing, index: Option<&Index>, wanted: &str) -> Vec<String> {
    let stem = wanted.rsplit(['.', ':']).next().unwrap_or(wanted);
    let of_files = listing.files.iter().map(|file| {
        let name = file.relative.rsplit('/').next().unwrap_or(&file.relative);
        let without = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        (distance(wanted, name).min(distance(wanted, without)), file.relative.clone())
    });
    let entries = index.map(Index::files).unwrap_or_default();
    let of_symbols = entries
        .iter()
        .flat_map(|entry| &entry.symbols)
        .map(|symbol| (distance(stem, &symbol.name), symbol.name.clone()));
    let of_weft =
        KEYWORDS.iter().map(|(word, _)| (distance(wanted, word.trim_end_matches(':')), (*word).to_owned()));
    closest(of_weft.chain(of_files).chain(of_symbols), wanted)
}

fn closest(candidates: impl Iterator<Item = (usize, String)>, wanted: &str) -> Vec<String> {
    // Further away than a third of its letters it is another word.
    let farthest = (wanted.rsplit('/').next().unwrap_or(wanted).chars().count() / 3).max(1);
    let mut near: Vec<(usize, String)> = candidates.filter(|(far, _)| *far <= farthest).collect();
    near.sort();
    near.dedup_by(|one, other| one.1 == other.1);
    near.truncate(MOST);
    near.into_iter().map(|(_, name)| name).collect()
}

/// How many letters are wrong, missing, too many, or in the place of their neighbours.
fn distance(one: &str, other: &str) -> usize {
    if one.len().abs_diff(other.len()) > one.len() {
        return usize::MAX;
    }
    osa::distance(one.to_lowercase().chars(), other.to_lowercase().chars())
}
