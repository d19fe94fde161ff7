//! From the names that can stand at a place to how an engine weighs them. It must not find names.

use context::ExpectedNames;
use engine::{Guidance, Guide};

/// Added to the logits of names where resolution knows all that can stand there.
const ALL_KNOWN: f32 = 6.0;
/// Added where others may stand too: members of a base class that nobody has read, methods of a trait.
const SOME_KNOWN: f32 = 3.5;
/// Bytes before the cursor that the engine is told; receivers are shorter.
const BEFORE: usize = 200;

/// The guidance for an answer that follows `prefix`.
pub(super) fn guidance(names: Vec<ExpectedNames>, prefix: &str) -> Guidance {
    if names.is_empty() {
        return Guidance::default();
    }
    let mut start = prefix.len().saturating_sub(BEFORE);
    while !prefix.is_char_boundary(start) {
        start += 1;
    }
    let guides = names.into_iter().map(|expected| Guide {
        bonus: if expected.complete { ALL_KNOWN } else { SOME_KNOWN },
        after: expected.after,
        names: expected.names,
    });
    Guidance { before: prefix.get(start..).unwrap_or("").to_owned(), guides: guides.collect() }
}
