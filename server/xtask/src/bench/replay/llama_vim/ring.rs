//! The chunks of other code that llama.vim sends along: which are picked, which have to go.
//!
//! It must not know when: the editor's events are another's business.

use std::collections::HashSet;

use fastrand::Rng;
use serde_json::{Value, json};

/// The most chunks that are sent along, llama.vim's `ring_n_chunks`, and that wait to be.
const CHUNKS: usize = 16;
/// llama.vim's `ring_chunk_size`. Of a text that is longer, half as many lines are picked at random.
pub(super) const CHUNK_LINES: usize = 64;
/// A text of fewer lines is no chunk.
const LEAST_LINES: usize = 3;
/// From which similarity on a chunk says the same as a new one, and as the text around the cursor.
const SAME_AS_CHUNK: f64 = 0.9;
const SAME_AS_CURSOR: f64 = 0.5;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Chunk {
    lines: Vec<String>,
    file: String,
}

pub(super) struct Ring {
    /// Those that are sent along, oldest first.
    chunks: Vec<Chunk>,
    /// Those that wait to be.
    queued: Vec<Chunk>,
    random: Rng,
}

impl Ring {
    pub(super) fn new(seed: u64) -> Self {
        Self { chunks: Vec::new(), queued: Vec::new(), random: Rng::with_seed(seed) }
    }

    /// Queues a chunk of `lines`. If one says nearly the same, that one goes, or else the new one is not taken.
    pub(super) fn pick(&mut self, lines: &[String], file: &str, evict: bool) {
        if lines.len() < LEAST_LINES {
            return;
        }
        let lines = if lines.len() + 1 < CHUNK_LINES { lines.to_vec() } else { self.slice(lines) };
        let all = || self.chunks.iter().chain(&self.queued);
        let says_the_same = |chunk: &Chunk| similarity(&chunk.lines, &lines) > SAME_AS_CHUNK;
        if all().any(|chunk| chunk.lines == lines) || (!evict && all().any(says_the_same)) {
            return;
        }
        self.queued.retain(|chunk| !says_the_same(chunk));
        self.chunks.retain(|chunk| !says_the_same(chunk));
        if self.queued.len() == CHUNKS {
            self.queued.remove(0);
        }
        self.queued.push(Chunk { lines, file: file.to_owned() });
    }

    /// Takes the chunk that has waited longest among those that are sent along. False if none waits.
    pub(super) fn promote(&mut self) -> bool {
        if self.queued.is_empty() {
            return false;
        }
        if self.chunks.len() == CHUNKS {
            self.chunks.remove(0);
        }
        self.chunks.push(self.queued.remove(0));
        true
    }

    /// Lets chunks go that say what stands around the cursor: the model would say it again.
    pub(super) fn evict_what_is_at_the_cursor(&mut self, around: &[String]) {
        let sample = self.slice(around);
        self.chunks.retain(|chunk| similarity(&chunk.lines, &sample) <= SAME_AS_CURSOR);
    }

    /// The chunks as `/infill` takes them.
    pub(super) fn extra(&self) -> Value {
        let chunk = |chunk: &Chunk| json!({"text": chunk.lines.join("\n") + "\n", "filename": chunk.file});
        self.chunks.iter().map(chunk).collect()
    }

    /// Half a chunk's lines and one more from anywhere in `lines`.
    fn slice(&mut self, lines: &[String]) -> Vec<String> {
        let first = self.random.usize(0..=lines.len().saturating_sub(CHUNK_LINES / 2));
        lines.iter().skip(first).take(CHUNK_LINES / 2 + 1).cloned().collect()
    }
}

/// How much two texts have in common, 0 for nothing and about 1 for all: twice the words of the second that the first has too, over all
/// words of both. Two texts without words are the same.
fn similarity(first: &[String], second: &[String]) -> f64 {
    let words = |lines: &[String]| -> Vec<String> {
        let text = lines.join("\n");
        let words = text.split(|it: char| !it.is_ascii_alphanumeric() && it != '_');
        words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let (first, second) = (words(first), words(second));
    let all = first.len() + second.len();
    if all == 0 {
        return 1.0;
    }
    let of_first: HashSet<&str> = first.iter().map(String::as_str).collect();
    let common = second.iter().filter(|word| of_first.contains(word.as_str())).count();
    2.0 * common as f64 / all as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines whose words no other name has.
    fn lines(name: &str, count: usize) -> Vec<String> {
        (0..count).map(|line| format!("{name}_{line} = {name}{line}()")).collect()
    }

    fn sizes(ring: &Ring) -> (usize, usize) {
        (ring.chunks.len(), ring.queued.len())
    }

    #[test]
    fn words_are_what_is_compared() {
        let text = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let table = [
            ("a b\nc", "c; b, a", 1.0),
            ("a b c d", "a b x y", 0.5),
            ("a", "b", 0.0),
            ("", "()", 1.0),
            ("a a a a", "a", 0.4),
            ("a", "a a a a", 1.6),
        ];
        for (first, second, expected) in table {
            assert_eq!(similarity(&text(first), &text(second)), expected, "{first:?} {second:?}");
        }
    }

    #[test]
    fn a_chunk_that_says_the_same_gives_way_or_keeps_its_place() {
        let mut ring = Ring::new(1);
        let mut changed = lines("a", 20);
        ring.pick(&changed, "a.py", true);
        ring.pick(&changed, "a.py", true);
        assert_eq!(sizes(&ring), (0, 1), "the same is not taken twice");
        changed[3] = "new".to_owned();
        ring.pick(&changed, "a.py", false);
        assert!(!ring.queued[0].lines.contains(&"new".to_owned()), "the old one stays");
        ring.pick(&changed, "a.py", true);
        assert_eq!(sizes(&ring), (0, 1));
        assert!(ring.queued[0].lines.contains(&"new".to_owned()), "the new one takes its place");
        assert!(ring.promote());
        ring.pick(&lines("a", 20), "a.py", true);
        assert_eq!(sizes(&ring), (0, 1), "also among those that are sent along");
        assert!(ring.promote() && !ring.promote());
        ring.pick(&lines("b", 2), "b.py", true);
        assert_eq!(sizes(&ring), (1, 0), "two lines are no chunk");
    }

    #[test]
    fn the_oldest_goes_when_there_are_too_many() {
        let mut ring = Ring::new(1);
        for number in 0..CHUNKS + 2 {
            ring.pick(&lines(&format!("n{number}x"), 10), "a.py", true);
        }
        assert_eq!(sizes(&ring), (0, CHUNKS));
        assert!(ring.queued[0].lines[0].starts_with("n2x"));
        for number in 0..CHUNKS + 2 {
            ring.promote();
            ring.pick(&lines(&format!("m{number}x"), 10), "a.py", true);
        }
        assert_eq!(sizes(&ring), (CHUNKS, CHUNKS));
        assert!(ring.chunks[0].lines[0].starts_with("n4x"));
    }

    #[test]
    fn what_stands_at_the_cursor_is_not_sent_along() {
        let mut ring = Ring::new(1);
        for name in ["a", "b", "c"] {
            ring.pick(&lines(name, 20), name, true);
            ring.promote();
        }
        ring.evict_what_is_at_the_cursor(&lines("b", 20));
        let extra = ring.extra();
        let names: Vec<&str> = (0..2).map(|it| extra[it]["filename"].as_str().unwrap()).collect();
        assert_eq!((names, sizes(&ring)), (vec!["a", "c"], (2, 0)));
        assert!(extra[0]["text"].as_str().unwrap().starts_with("a_0 = a0()\na_1"));
    }

    #[test]
    fn of_a_long_text_a_slice_is_picked() {
        let long = lines("a", 200);
        let mut ring = Ring::new(1);
        ring.pick(&long, "a.py", true);
        assert_eq!(ring.queued[0].lines.len(), CHUNK_LINES / 2 + 1);
        let mut other = Ring::new(2);
        other.pick(&long, "a.py", true);
        assert_ne!(ring.queued, other.queued);
    }
}
