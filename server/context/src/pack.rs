//! Which excerpts go into the prompt, and in which order: the best that fit, none twice, none that the model sees anyway,
//! and what was there the last time first and unchanged, so that the KV cache survives. It must not know a tokenizer: sizes come from a function.

use std::collections::HashSet;

use crate::excerpt::{Excerpt, LeftOut, WhyLeftOut};

/// An excerpt that scores less is not worth its tokens.
pub const LEAST_SCORE: f32 = 0.3;

/// The excerpts of a prompt.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Packed {
    /// In the order of the prompt, with the size of each by the measure.
    pub excerpts: Vec<(Excerpt, usize)>,
    /// The others.
    pub left_out: Vec<LeftOut>,
}

/// What packing has to keep to.
pub struct Limits<'a> {
    /// Size of all excerpts together.
    pub tokens: usize,
    /// The excerpts of the last prompt of the same document, in its order: they keep their places as long as they are still
    /// found and everything fits. A stranger's excerpts do no harm.
    pub before: &'a [Excerpt],
    /// The text of the file that is in the prompt.
    pub near: &'a str,
    /// The size of a text.
    pub measure: &'a dyn Fn(&str) -> usize,
}

/// Chooses among candidates.
pub fn pack(mut candidates: Vec<Excerpt>, limits: &Limits<'_>) -> Packed {
    candidates.sort_by(|one, other| other.score.total_cmp(&one.score));
    let near = lines_of(limits.near);
    let mut packed = Packed::default();
    let mut seen: Vec<Excerpt> = Vec::new();
    let mut room = limits.tokens;
    for candidate in candidates {
        let size = (limits.measure)(&candidate.text) + (limits.measure)(&candidate.path);
        let why = if candidate.score < LEAST_SCORE {
            Some(WhyLeftOut::LowScore)
        } else if mostly_in(&candidate.text, &near) {
            Some(WhyLeftOut::NearCursor)
        } else if seen.iter().any(|other| same_place(other, &candidate)) {
            Some(WhyLeftOut::Duplicate)
        } else if size > room {
            Some(WhyLeftOut::NoRoom)
        } else {
            None
        };
        match why {
            Some(why) => packed.left_out.push(LeftOut { excerpt: candidate, why }),
            None => {
                room -= size;
                seen.push(candidate.clone());
                packed.excerpts.push((candidate, size));
            }
        }
    }
    // The best last, next to the file; but what was in the last prompt stays in front in its order, because moving it
    // would cost the evaluation of everything behind it.
    packed.excerpts.reverse();
    packed.excerpts.sort_by_key(|(excerpt, _)| {
        limits
            .before
            .iter()
            .position(|old| old.text == excerpt.text && old.path == excerpt.path)
            .unwrap_or(usize::MAX)
    });
    packed
}

/// Whether more than half of the lines that say something are in `near`.
fn mostly_in(text: &str, near: &HashSet<&str>) -> bool {
    let lines = lines_of(text);
    !lines.is_empty() && lines.iter().filter(|line| near.contains(*line)).count() * 2 > lines.len()
}

/// The lines with at least a name in them; brackets alone are everywhere.
fn lines_of(text: &str) -> HashSet<&str> {
    text.lines()
        .map(str::trim)
        .filter(|line| line.bytes().filter(|byte| byte.is_ascii_alphanumeric()).count() > 3)
        .collect()
}

fn same_place(one: &Excerpt, other: &Excerpt) -> bool {
    one.path == other.path && one.lines.start < other.lines.end && other.lines.start < one.lines.end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::excerpt::Source;

    fn excerpt(path: &str, lines: std::ops::Range<u32>, text: &str, score: f32) -> Excerpt {
        Excerpt {
            path: path.to_owned(),
            lines,
            text: text.to_owned(),
            source: Source::Definitions,
            reason: String::new(),
            score,
        }
    }

    fn packed(candidates: Vec<Excerpt>, tokens: usize, before: &[Excerpt], near: &str) -> String {
        let limits = Limits { tokens, before, near, measure: &|text: &str| text.len() };
        let packed = pack(candidates, &limits);
        let shown = packed.excerpts.iter().map(|(excerpt, _)| excerpt.path.clone());
        let left = packed.left_out.iter().map(|left| format!("-{} ({})", left.excerpt.path, left.why));
        shown.chain(left).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_best_that_fit_the_best_last() {
        let candidates = vec![
            excerpt("a", 0..1, "alpha", 0.5),
            excerpt("b", 0..1, "beta beta", 1.0),
            excerpt("c", 0..1, "gamma", 0.4),
        ];
        assert_eq!(packed(candidates.clone(), 100, &[], ""), "c a b");
        assert_eq!(packed(candidates, 16, &[], ""), "a b -c (better excerpts took the room)");
    }

    #[test]
    fn what_was_there_keeps_its_place() {
        let a = excerpt("a", 0..1, "alpha", 0.5);
        let b = excerpt("b", 0..1, "beta", 0.9);
        let c = excerpt("c", 0..1, "gamma", 0.7);
        assert_eq!(packed(vec![a.clone(), c.clone(), b.clone()], 100, &[b.clone(), a], ""), "b a c");
        // What is changed is new.
        let b_now = excerpt("b", 0..1, "beta two", 0.9);
        assert_eq!(packed(vec![b_now, c.clone()], 100, &[b, c], ""), "c b");
    }

    #[test]
    fn nothing_twice_and_nothing_that_is_near() {
        let near = "def alpha():\n    return one\n";
        let candidates = vec![
            excerpt("a", 0..2, "def alpha():\n    return one\n    return two", 1.0),
            excerpt("b", 0..9, "some other text", 0.9),
            excerpt("b", 8..12, "text that overlaps", 0.8),
            excerpt("c", 0..1, "worth little", 0.1),
        ];
        assert_eq!(
            packed(candidates, 1000, &[], near),
            "b -a (its lines stand near the cursor already) -b (another excerpt shows the same lines) -c (it is not worth its \
             tokens)"
        );
    }
}
