//! The windows of lines, all over the index, that are most like a set of identifiers: BM25 over identifiers and, at a
//! lower weight, the words that they are made of (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009).
//! It must not read the text of files.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use syntax::Language;

use crate::entry::FileEntry;
use crate::names::{NameId, Names, split};
use crate::store::{Slot, Store, Stored};
use crate::terms::BLOCK_LINES;

/// What is looked for.
#[derive(Clone, Debug)]
pub struct SimilarQuery<'a> {
    /// The identifiers of the code that others shall be like. One that is repeated counts once.
    pub identifiers: &'a [String],
    /// Only files of this language are looked at, and of those that share their code with it: JavaScript, TypeScript
    /// and TSX are one.
    pub language: Language,
    /// Lines of a file, counted from 0, that no result may touch: those around the cursor.
    pub exclude: Option<(&'a Path, Range<u32>)>,
}

/// A piece of a file that shares identifiers with the query.
#[derive(Clone, Debug)]
pub struct Similar {
    /// The file.
    pub file: Arc<FileEntry>,
    /// Its lines, counted from 0, the end excluded; at most 12.
    pub lines: Range<u32>,
    /// The BM25 score: comparable within one answer, and not between queries.
    pub score: f32,
}

/// How soon further occurrences of a name in a window count less.
const SATURATION: f32 = 1.2;
/// How much long windows are held back.
const LENGTH_WEIGHT: f32 = 0.75;
/// What a common word of two names counts, against a common name.
const WORD_WEIGHT: f32 = 0.3;
/// How many pairs of a file and a name are looked at, the rarest names first: a few milliseconds.
const MAX_PAIRS: usize = 12_000;

/// A name or word to be looked for.
struct Term {
    id: NameId,
    weight: f32,
}

/// The query as names and words with numbers; those that no file has are left out.
pub(crate) struct Terms(Vec<Term>);

pub(crate) fn terms(query: &SimilarQuery<'_>, names: &Names) -> Terms {
    let mut weights: FxHashMap<NameId, f32> = FxHashMap::default();
    for identifier in query.identifiers {
        weights.extend(names.find(identifier).map(|id| (id, 1.0)));
    }
    for word in query.identifiers.iter().flat_map(|identifier| split(identifier)) {
        // A name of one word is not noted as a word, too.
        for id in [names.find_word(&word), names.find(&word)].into_iter().flatten() {
            weights.entry(id).or_insert(WORD_WEIGHT);
        }
    }
    Terms(weights.into_iter().map(|(id, weight)| Term { id, weight }).collect())
}

/// The best windows, best first, no two of one file that overlap.
pub(crate) fn search(query: &SimilarQuery<'_>, terms: &Terms, store: &Store, limit: usize) -> Vec<Similar> {
    let pairs = pairs(&terms.0, store);
    let totals = store.totals();
    #[allow(clippy::cast_precision_loss)] // Only a ratio is needed.
    let mean_length = 2.0 * totals.uses.max(1) as f32 / totals.blocks.max(1) as f32;
    let mut windows: Vec<(f32, Slot, u32)> = Vec::new();
    let mut scores = Vec::new();
    for of_file in pairs.chunk_by(|one, next| one.0 == next.0) {
        let Some(&(slot, ..)) = of_file.first() else { continue };
        let Some(stored) = store.at(slot).filter(|it| family(it.entry.language) == family(query.language)) else {
            continue;
        };
        score_windows(stored, of_file, mean_length, &mut scores);
        exclude(query, stored, &mut scores);
        windows.extend(peaks(&scores).map(|(window, score)| (score, slot, window)));
    }
    best(windows, store, limit)
}

/// Each file with a term that it uses and the term's weight in it, by file.
fn pairs(terms: &[Term], store: &Store) -> Vec<(Slot, NameId, f32)> {
    let mut by_rarity: Vec<&Term> = terms.iter().filter(|term| !store.used_in(term.id).is_empty()).collect();
    by_rarity.sort_unstable_by_key(|term| (store.used_in(term.id).len(), term.id));
    let mut pairs = Vec::new();
    for term in by_rarity {
        let slots = store.used_in(term.id);
        if !pairs.is_empty() && pairs.len() + slots.len() > MAX_PAIRS {
            break;
        }
        #[allow(clippy::cast_precision_loss)] // Only a ratio is needed.
        let (files, having) = (store.file_count() as f32, slots.len() as f32);
        let rarity = (1.0 + (files - having + 0.5).max(0.0) / (having + 0.5)).ln();
        pairs.extend(slots.iter().take(MAX_PAIRS).map(|&slot| (slot, term.id, term.weight * rarity)));
    }
    pairs.sort_unstable_by_key(|&(slot, id, _)| (slot, id));
    pairs
}

/// Fills `scores` with the score of each window of a file.
fn score_windows(stored: &Stored, pairs: &[(Slot, NameId, f32)], mean_length: f32, scores: &mut Vec<f32>) {
    let lengths = stored.terms.lengths();
    scores.clear();
    scores.resize(lengths.len(), 0.0);
    let length = |block: usize| f32::from(lengths.get(block).copied().unwrap_or_default());
    let mut add = |window: usize, count: u32, weight: f32| {
        let normal = 1.0 - LENGTH_WEIGHT + LENGTH_WEIGHT * (length(window) + length(window + 1)) / mean_length;
        #[allow(clippy::cast_precision_loss)] // At most 510.
        let count = count as f32;
        if let Some(score) = scores.get_mut(window) {
            *score += weight * count * (SATURATION + 1.0) / (count + SATURATION * normal);
        }
    };
    for &(_, id, weight) in pairs {
        let mut uses = stored.terms.uses(id).peekable();
        let mut last = None;
        while let Some(one) = uses.next() {
            let next = uses.peek().filter(|next| next.block == one.block + 1).map_or(0, |next| u32::from(next.count));
            add(one.block as usize, u32::from(one.count) + next, weight);
            if one.block > 0 && last != Some(one.block - 1) {
                add(one.block as usize - 1, u32::from(one.count), weight);
            }
            last = Some(one.block);
        }
    }
}

fn exclude(query: &SimilarQuery<'_>, stored: &Stored, scores: &mut [f32]) {
    let Some((_, lines)) = query.exclude.as_ref().filter(|(path, _)| *path == stored.entry.path) else { return };
    for (score, window) in scores.iter_mut().zip(0..) {
        let own = lines_of(window, stored.entry.lines);
        if own.start < lines.end && lines.start < own.end {
            *score = 0.0;
        }
    }
}

/// The windows that score higher than those that they overlap.
fn peaks(scores: &[f32]) -> impl Iterator<Item = (u32, f32)> {
    scores.iter().zip(0_u32..).enumerate().filter_map(|(at, (&score, window))| {
        let before = at.checked_sub(1).and_then(|before| scores.get(before)).copied().unwrap_or_default();
        let after = scores.get(at + 1).copied().unwrap_or_default();
        (score > 0.0 && score > before && score >= after).then_some((window, score))
    })
}

fn best(mut windows: Vec<(f32, Slot, u32)>, store: &Store, limit: usize) -> Vec<Similar> {
    let path = |slot: Slot| store.at(slot).map(|stored| &*stored.entry.path);
    let order = |one: &(f32, Slot, u32), other: &(f32, Slot, u32)| {
        let by_score = other.0.total_cmp(&one.0);
        // Slots depend on the order in which files were read; the answer must not.
        by_score.then_with(|| path(one.1).cmp(&path(other.1))).then(one.2.cmp(&other.2))
    };
    if limit < windows.len() {
        windows.select_nth_unstable_by(limit, order);
        windows.truncate(limit);
    }
    windows.sort_unstable_by(order);
    let similar = windows.into_iter().filter_map(|(score, slot, window)| {
        let file = Arc::clone(&store.at(slot)?.entry);
        let lines = lines_of(window, file.lines);
        Some(Similar { file, lines, score })
    });
    similar.collect()
}

fn lines_of(window: u32, lines: u32) -> Range<u32> {
    let start = window.saturating_mul(BLOCK_LINES);
    start..start.saturating_add(2 * BLOCK_LINES).min(lines.max(start + 1))
}

/// Languages whose code can be taken over from one into the other have one family.
fn family(language: Language) -> &'static str {
    match language.id() {
        "javascript" | "typescript" | "tsx" => "ecmascript",
        id => id,
    }
}
