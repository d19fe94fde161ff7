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
use crate::terms::{BLOCK_LINES, Use};

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
const MAX_PAIRS: usize = 6_000;

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
        let Some(stored) = store.at(slot).filter(|it| family(it.entry.language) == family(query.language))
        else {
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
    let following = lengths.iter().skip(1).chain([&0]);
    let window_lengths = lengths.iter().zip(following).map(|(&own, &next)| f32::from(own) + f32::from(next));
    // What counts are compared to, for each window: BM25's k1 * (1 - b + b * length / mean length).
    let scale = SATURATION * LENGTH_WEIGHT / mean_length;
    let halves: Vec<f32> = window_lengths.map(|it| SATURATION * (1.0 - LENGTH_WEIGHT) + scale * it).collect();
    let mut add = |window: u32, count: u16, weight: f32| {
        if let (Some(score), Some(half)) = (scores.get_mut(window as usize), halves.get(window as usize)) {
            let count = f32::from(count);
            *score += weight * count / (count + half);
        }
    };
    for &(_, id, weight) in pairs {
        let weight = weight * (SATURATION + 1.0);
        let mut last: Option<Use> = None;
        // A window is two blocks, so it is done when its second block is known.
        for one in stored.terms.uses(id) {
            let before = last.filter(|last| last.block + 1 == one.block);
            if let Some(last) = last {
                let second = before.map_or(0, |_| u16::from(one.count));
                add(last.block, u16::from(last.count) + second, weight);
            }
            if before.is_none() && one.block > 0 {
                add(one.block - 1, u16::from(one.count), weight);
            }
            last = Some(one);
        }
        if let Some(last) = last {
            add(last.block, u16::from(last.count), weight);
        }
    }
}

fn exclude(query: &SimilarQuery<'_>, stored: &Stored, scores: &mut [f32]) {
    let Some((_, lines)) = query.exclude.as_ref().filter(|(path, _)| *path == stored.entry.path) else {
        return;
    };
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
    let path = |slot: Slot| store.at(slot).map(|stored| stored.entry.path.as_os_str());
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
