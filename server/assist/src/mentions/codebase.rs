//! `@codebase`: the pieces of the workspace that have most to do with a question: BM25 (Robertson and Zaragoza, The Probabilistic
//! Relevance Framework, 2009) over pieces that are cut at definitions. The names of definitions and files count more than other words.
//!
//! The index's own search (`Index::similar`) is for code that is like code: it has identifiers only. A question is of words, which stand
//! in comments and documentation too, so the files are read here, once each, and kept as numbers.
//!
//! Where there is a model for embeddings, the best pieces are put in order by it too: the two orders are joined by reciprocal ranks (Cormack
//! et al. 2009), so that a piece which says the same in other words comes up, and one that both find comes first.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::SystemTime;

use rustc_hash::FxHashMap;

use crate::mentions::chunks::{Chunk, chunks, query_terms};
use crate::mentions::error::MentionError;
use crate::mentions::kind::LineRange;
use crate::mentions::place::{MOST_WHOLE, Place, open_document, read};
use crate::mentions::resolved::{Resolved, Worth, counted, of_file, say_cut};
use crate::mentions::world::World;

/// Pieces that are given.
const MOST_CHUNKS: usize = 10;
/// Pieces of one file that are given.
const MOST_OF_FILE: usize = 3;
/// All of them together, in bytes.
const MOST_BYTES: usize = 24 * 1024;
/// What is worth less than this part of the best one is left out.
const LEAST_SHARE: f32 = 0.3;
/// Larger files are data.
const LARGEST_FILE: u64 = 512 * 1024;
/// What is read for one question, in bytes.
const MOST_READ: u64 = 256 << 20;
/// How soon further occurrences of a word count less.
const SATURATION: f32 = 1.2;
/// How much long pieces are held back.
const LENGTH_WEIGHT: f32 = 0.75;

/// The pieces of files that were read, with the stamps of the files.
pub(crate) type ChunkCache = FxHashMap<PathBuf, (Stamp, Arc<Vec<Chunk>>)>;
/// When a file was changed, and its length in bytes.
pub(crate) type Stamp = (Option<SystemTime>, u64);

/// A file and its pieces.
type Pieces = (Place, Arc<Vec<Chunk>>);

/// The best pieces, the best first.
pub(crate) async fn resolve(
    typed: &str,
    question: &str,
    world: &Arc<World>,
) -> Result<Vec<Resolved>, MentionError> {
    let broken_off = || MentionError::BrokenOff { mention: typed.to_owned() };
    let look = |limits| {
        let (typed, question, world) = (typed.to_owned(), question.to_owned(), Arc::clone(world));
        tokio::task::spawn_blocking(move || candidates(&typed, &question, &world, limits))
    };
    let Some(embed) = &world.embed else { return look(GIVEN).await.map_err(|_| broken_off())? };
    let found = look(CANDIDATES).await.map_err(|_| broken_off())??;
    let texts = std::iter::once(question.to_owned());
    let texts: Vec<String> = texts.chain(found.iter().map(|it| it.attachment.text.clone())).collect();
    Ok(match embed.embed(texts).await {
        Ok(vectors) => joined(found, &vectors),
        Err(reason) => {
            // The words alone are worth something.
            let mut found = look(GIVEN).await.map_err(|_| broken_off())??;
            if let Some(first) = found.first_mut() {
                say_cut(&mut first.attachment, &format!("found by words only, because {reason}"));
            }
            found
        }
    })
}

/// How much is looked for.
#[derive(Clone, Copy)]
struct Limits {
    chunks: usize,
    of_file: usize,
    bytes: usize,
    share: f32,
}

const GIVEN: Limits =
    Limits { chunks: MOST_CHUNKS, of_file: MOST_OF_FILE, bytes: MOST_BYTES, share: LEAST_SHARE };
/// For a model to choose from.
const CANDIDATES: Limits =
    Limits { chunks: 3 * MOST_CHUNKS, of_file: 2 * MOST_OF_FILE, bytes: 3 * MOST_BYTES, share: 0.0 };
/// How soon a rank counts little; what the authors of the method found best.
const RANKS: f32 = 60.0;

/// The best of what was found by words, with what its vectors say. The first vector is the question's.
fn joined(found: Vec<Resolved>, vectors: &[Vec<f32>]) -> Vec<Resolved> {
    let Some((question, rest)) = vectors.split_first().filter(|(_, rest)| rest.len() == found.len()) else {
        return found.into_iter().take(GIVEN.chunks).collect();
    };
    let alike = |vector: &Vec<f32>| question.iter().zip(vector).map(|(one, other)| one * other).sum::<f32>();
    let mut by_vector: Vec<(usize, f32)> = rest.iter().map(alike).enumerate().collect();
    by_vector.sort_by(|one, other| other.1.total_cmp(&one.1));
    #[allow(clippy::cast_precision_loss)] // Ranks are small.
    let share = |rank: usize| 1.0 / (RANKS + rank as f32);
    let mut scores: Vec<f32> = (0..found.len()).map(share).collect();
    for (rank, (at, _)) in by_vector.into_iter().enumerate() {
        if let Some(score) = scores.get_mut(at) {
            *score += share(rank);
        }
    }
    let mut ranked: Vec<(f32, Resolved)> = scores.into_iter().zip(found).collect();
    ranked.sort_by(|one, other| other.0.total_cmp(&one.0));
    let mut bytes = 0;
    let fits = |(_, it): &(f32, Resolved)| {
        bytes += it.attachment.text.len();
        bytes <= MOST_BYTES
    };
    ranked.into_iter().take(GIVEN.chunks).take_while(fits).map(|(_, it)| it).collect()
}

/// The pieces that have most of the question's words, the best first.
fn candidates(
    typed: &str,
    question: &str,
    world: &World,
    limits: Limits,
) -> Result<Vec<Resolved>, MentionError> {
    let terms = query_terms(question);
    if terms.is_empty() {
        let what = "the message has no words to look for. Ask a question with it";
        return Err(MentionError::Nothing { mention: typed.to_owned(), what });
    }
    let (files, not_read) = read_all(world);
    let ranked = rank(&files, &terms);
    let best = ranked.first().map_or(0.0, |(score, ..)| *score);
    let mut taken: Vec<Resolved> = Vec::new();
    let mut in_file: FxHashMap<usize, usize> = FxHashMap::default();
    let mut bytes = 0;
    for (score, file, chunk) in ranked {
        if taken.len() >= limits.chunks || score < best * limits.share {
            break;
        }
        let Some((place, chunk)) = files.get(file).and_then(|(place, all)| Some((place, all.get(chunk)?)))
        else {
            continue;
        };
        let of_this = in_file.entry(file).or_default();
        if *of_this >= limits.of_file {
            continue;
        }
        let Ok(text) = read(world, place, MOST_WHOLE) else { continue };
        let lines: Vec<&str> =
            text.lines().skip(chunk.lines.start as usize).take(chunk.lines.len()).collect();
        let text = lines.join("\n");
        if bytes + text.len() > limits.bytes {
            continue;
        }
        bytes += text.len();
        *of_this += 1;
        let lines = LineRange { first: chunk.lines.start + 1, last: chunk.lines.end };
        let mut resolved = of_file(typed, place, Some(lines), text);
        resolved.worth = Worth::Found;
        taken.push(resolved);
    }
    let Some(first) = taken.first_mut() else {
        let what = "nothing in the workspace has the words of the question. Use the names that the code uses, or mention files";
        return Err(MentionError::Nothing { mention: typed.to_owned(), what });
    };
    if not_read > 0 {
        say_cut(
            &mut first.attachment,
            &format!("{} too large or no text were not searched", counted(not_read, "file")),
        );
    }
    Ok(taken)
}

/// The pieces of every file; and how many files were not read.
fn read_all(world: &World) -> (Vec<Pieces>, usize) {
    let listing = world.files.read(&world.roots);
    let (mut files, mut not_read, mut room) = (Vec::new(), listing.beyond_limit, MOST_READ);
    let kept = world.files.chunks.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let mut now: ChunkCache = FxHashMap::default();
    for file in &listing.files {
        let stamp = stamp(&file.path);
        let is_open = open_document(world, &file.path).is_some();
        let known = kept.get(&file.path).filter(|(known, _)| *known == stamp && !is_open);
        if let Some((stamp, chunks)) = known {
            now.insert(file.path.clone(), (*stamp, Arc::clone(chunks)));
            files.push((file.place(), Arc::clone(chunks)));
            continue;
        }
        let place = file.place();
        let is_small = stamp.1 <= LARGEST_FILE.min(room);
        let Some(text) = is_small.then(|| read(world, &place, MOST_WHOLE).ok()).flatten() else {
            not_read += 1;
            continue;
        };
        room = room.saturating_sub(stamp.1);
        let entry = world.index.as_ref().and_then(|index| index.file(&file.path));
        let chunks = Arc::new(chunks(&text, &file.relative, entry.as_deref()));
        if !is_open {
            now.insert(file.path.clone(), (stamp, Arc::clone(&chunks)));
        }
        files.push((place, chunks));
    }
    *world.files.chunks.lock().unwrap_or_else(PoisonError::into_inner) = now;
    (files, not_read)
}

fn stamp(path: &Path) -> Stamp {
    path.metadata().map_or((None, u64::MAX), |metadata| (metadata.modified().ok(), metadata.len()))
}

/// The scores of the pieces that have a word of the question, best first, each with its file and its number there.
fn rank(files: &[Pieces], terms: &[u32]) -> Vec<(f32, usize, usize)> {
    let all = || {
        files
            .iter()
            .enumerate()
            .flat_map(|(file, (_, chunks))| chunks.iter().enumerate().map(move |(at, it)| (file, at, it)))
    };
    let count = all().count();
    let length: u64 = all().map(|(_, _, chunk)| u64::from(chunk.length)).sum();
    #[allow(clippy::cast_precision_loss)] // Only ratios are needed.
    let (count, mean) = (count as f32, (length as f32 / count.max(1) as f32).max(1.0));
    #[allow(clippy::cast_precision_loss)]
    let weights: Vec<(u32, f32)> = terms
        .iter()
        .map(|term| {
            let having = all().filter(|(_, _, chunk)| chunk.count(*term) > 0).count() as f32;
            (*term, (1.0 + (count - having + 0.5) / (having + 0.5)).ln())
        })
        .collect();
    let mut ranked: Vec<(f32, usize, usize)> = all()
        .filter_map(|(file, at, chunk)| {
            #[allow(clippy::cast_precision_loss)]
            let held_back = SATURATION * (1.0 - LENGTH_WEIGHT + LENGTH_WEIGHT * chunk.length as f32 / mean);
            let score: f32 = weights
                .iter()
                .map(|(term, weight)| {
                    let found = f32::from(chunk.count(*term));
                    weight * found * (SATURATION + 1.0) / (found + held_back)
                })
                .sum();
            (score > 0.0).then_some((score, file, at))
        })
        .collect();
    ranked.sort_by(|one, other| other.0.total_cmp(&one.0).then((one.1, one.2).cmp(&(other.1, other.2))));
    ranked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mentions::resolved::plain;

    #[test]
    fn what_both_orders_have_in_front_comes_first() {
        let found: Vec<Resolved> = ["a", "b", "c", "d"]
            .map(|title| plain("@codebase", title, "", title.to_owned(), String::new()))
            .into();
        let titles = |vectors: &[Vec<f32>]| -> String {
            joined(found.clone(), vectors).iter().map(|it| it.attachment.title.clone()).collect()
        };
        let vector = |x: f32| vec![x, (1.0 - x * x).sqrt()];
        // The question, then a to d: c is nearest, then b.
        assert_eq!(titles(&[vector(1.0), vector(0.1), vector(0.5), vector(0.9), vector(0.2)]), "cbad");
        assert_eq!(titles(&[vector(1.0)]), "abcd", "a model that gives too few is not listened to");
    }
}
