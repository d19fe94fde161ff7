//! Cuts a file into pieces at its definitions, and text into words that a question can be compared with. It must not read files.

use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::ops::Range;

use index::FileEntry;
use rustc_hash::{FxHashMap, FxHasher};

use crate::mentions::parse::parse;

/// A piece of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// Counted from 0, the end excluded.
    pub(crate) lines: Range<u32>,
    /// How many words it has.
    pub(crate) length: u32,
    /// Words as numbers, ascending, with how often each is there.
    terms: Box<[(u32, u16)]>,
}

/// The longest piece, in lines.
const MOST_LINES: u32 = 60;
/// Smaller neighbours become one up to this length.
const SMALL_LINES: u32 = 24;
/// How much more the name of a definition counts than a word.
const NAME_WEIGHT: u16 = 4;
/// How much more the path counts.
const PATH_WEIGHT: u16 = 2;

/// Words that say nothing of what is asked.
const STOP_WORDS: &str = " a about all also an and any are as at be been but by can could did do does each explain file find for from function \
    get give had has have how i if in into is it its just know let like line list look make me method my need not of on one only or our please \
    see should show so some tell than that the their them then there these they this to us use used using want was way we were what when where \
    which who why will with work would you your code here ";

impl Chunk {
    /// How often a word is there.
    pub(crate) fn count(&self, term: u32) -> u16 {
        self.terms
            .binary_search_by_key(&term, |(term, _)| *term)
            .ok()
            .and_then(|at| self.terms.get(at))
            .map_or(0, |it| it.1)
    }
}

/// The pieces of a file. Those without a word are left out.
pub(crate) fn chunks(text: &str, relative: &str, entry: Option<&FileEntry>) -> Vec<Chunk> {
    let lines: Vec<&str> = text.lines().collect();
    let path: Vec<String> = words(relative).collect();
    let ranges = ranges(&lines, entry);
    let pieces = ranges.into_iter().map(|range| {
        let inside = lines.get(range.start as usize..range.end as usize).unwrap_or_default();
        let mut counts: FxHashMap<u32, u16> = FxHashMap::default();
        let mut length = 0;
        for word in inside.iter().flat_map(|line| words(line)) {
            length += 1;
            let count = counts.entry(number(&word)).or_default();
            *count = count.saturating_add(1);
        }
        let symbols = entry.map(|entry| entry.symbols.as_slice()).unwrap_or_default();
        let named = symbols.iter().filter(|symbol| range.contains(&symbol.lines.start));
        for word in named.flat_map(|symbol| words(&symbol.name).collect::<Vec<_>>()) {
            let count = counts.entry(number(&word)).or_default();
            *count = count.saturating_add(NAME_WEIGHT);
        }
        if length > 0 {
            for word in &path {
                let count = counts.entry(number(word)).or_default();
                *count = count.saturating_add(PATH_WEIGHT);
            }
        }
        let mut terms: Vec<(u32, u16)> = counts.into_iter().collect();
        terms.sort_unstable();
        Chunk { lines: range, length, terms: terms.into() }
    });
    pieces.filter(|piece| piece.length > 0).collect()
}

/// The words of a question, mentions and words without meaning left out.
pub(crate) fn query_terms(question: &str) -> Vec<u32> {
    let mut prose = question.to_owned();
    for mention in parse(question).into_iter().rev() {
        prose.replace_range(mention.range, " ");
    }
    let mut terms: Vec<u32> = Vec::new();
    for word in words(&prose) {
        let is_stop_word = STOP_WORDS.contains(&format!(" {word} "));
        let term = number(&word);
        if !is_stop_word && !terms.contains(&term) {
            terms.push(term);
        }
    }
    terms
}

/// The lines of each piece: a definition, or what stands between two; long ones in parts, small neighbours together.
fn ranges(lines: &[&str], entry: Option<&FileEntry>) -> Vec<Range<u32>> {
    let count = u32::try_from(lines.len()).unwrap_or(u32::MAX);
    let mut starts = BTreeSet::from([0, count]);
    if let Some(entry) = entry {
        entry.top_level().for_each(|(at, _)| add_starts(entry, at, lines, &mut starts));
    } else {
        // Text without a language is cut where a heading or a paragraph begins.
        let begins = |at: usize| {
            at.checked_sub(1).and_then(|before| lines.get(before)).is_some_and(|it| it.trim().is_empty())
        };
        starts.extend((0..count).filter(|at| begins(*at as usize)));
    }
    let starts: Vec<u32> = starts.into_iter().filter(|at| *at <= count).collect();
    let mut ranges: Vec<Range<u32>> = Vec::new();
    for pair in starts.windows(2) {
        let [start, end] = pair else { continue };
        for start in (*start..*end).step_by(MOST_LINES as usize) {
            let next = start..(start + MOST_LINES).min(*end);
            match ranges.last_mut() {
                Some(last) if next.end - last.start <= SMALL_LINES => last.end = next.end,
                _ => ranges.push(next),
            }
        }
    }
    ranges
}

/// Where a definition begins and ends; of one that is too long also where its members do.
fn add_starts(entry: &FileEntry, at: usize, lines: &[&str], starts: &mut BTreeSet<u32>) {
    let Some(symbol) = entry.symbols.get(at) else { return };
    let mark = entry.language.line_comment();
    let mut start = symbol.lines.start;
    // The comment and the attributes above it belong to it.
    while let Some(above) = start.checked_sub(1).and_then(|at| lines.get(at as usize)) {
        let above = above.trim_start();
        if !above.starts_with(mark) && !above.starts_with("#[") && !above.starts_with('@') {
            break;
        }
        start -= 1;
    }
    starts.extend([start, symbol.lines.end]);
    if symbol.lines.len() > MOST_LINES as usize {
        entry.members(at).for_each(|(member, _)| add_starts(entry, member, lines, starts));
    }
}

/// The words of a text in lower case; an identifier is several words.
fn words(text: &str) -> impl Iterator<Item = String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut before = ' ';
    for one in text.chars().chain([' ']) {
        let boundary = !one.is_alphanumeric() || (one.is_uppercase() && before.is_lowercase());
        if boundary && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if one.is_alphanumeric() {
            word.extend(one.to_lowercase());
        }
        before = one;
    }
    words.into_iter().filter(|word| word.chars().nth(1).is_some())
}

/// A word without the endings of plurals and verbs in English: enough for `computes` to find `computed`.
fn stem(word: &str) -> &str {
    if !word.is_ascii() {
        return word;
    }
    let endings = ["ing", "ed", "es", "s", "e"];
    let stem = endings
        .iter()
        .find_map(|ending| word.strip_suffix(ending).filter(|stem| stem.len() >= 3 && !stem.ends_with('s')));
    stem.unwrap_or(word)
}

/// A word as a number, the same for all its endings.
fn number(word: &str) -> u32 {
    let mut hasher = FxHasher::default();
    stem(word).hash(&mut hasher);
    let hash = hasher.finish();
    #[allow(clippy::cast_possible_truncation)] // Both halves are in it.
    let number = (hash ^ (hash >> 32)) as u32;
    number
}
