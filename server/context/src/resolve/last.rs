//! What was read of the documents that a cursor was in last: the text at the next keystroke differs in a few bytes, so only
//! those are read again. It must not know what any of it means.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use index::Symbol;
use syntax::Outline;
use text::Text;

use super::source::{Family, Source};
use super::tokens::Tokens;

/// A document as a cursor saw it last.
struct Last {
    text: Text,
    source: Arc<Source>,
    outlines: Outlines,
}

/// Outlines of a document.
#[derive(Clone, Default)]
pub(crate) struct Outlines {
    /// That which the symbols were made from, and how much of the text it has from the text's start; what was put in to make
    /// the text whole is behind that.
    pub(crate) told: Option<(Arc<Outline>, usize)>,
    /// That of the text made whole, if it was broken when that was made last.
    pub(crate) repaired: Option<Arc<Outline>>,
}

/// What is kept of a document.
pub(crate) struct Known {
    pub(crate) tokens: Tokens,
    /// Of an earlier text, of which the first bytes are the same.
    pub(crate) symbols: Vec<Symbol>,
    pub(crate) same_until: usize,
    pub(crate) outlines: Outlines,
}

/// The newest at the end.
static LAST: Mutex<VecDeque<Last>> = Mutex::new(VecDeque::new());
/// Smaller texts are read anew each time, in bytes: that takes a millisecond or two. The tests have none so large.
const LEAST_BYTES: usize = 128 * 1024;
/// How many documents are kept.
const MOST_KEPT: usize = 2;

/// The tokens of a document, and what is to be given to [`keep`] again.
pub(crate) fn known_of(path: &Path, text: &Text, family: Family) -> Known {
    let last = (cfg!(test) || text.len_bytes() >= LEAST_BYTES).then(|| {
        let mut kept = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|last| last.source.entry.path == path && last.source.family == family);
        at.and_then(|at| kept.remove(at))
    });
    let last = last.flatten();
    let Some(Last { text: before, source, outlines }) = last else {
        let tokens = Tokens::new(text.to_string(), family.style());
        return Known { tokens, symbols: Vec::new(), same_until: 0, outlines: Outlines::default() };
    };
    let (start, end) = before.common_ends(text);
    let (mut tokens, entry) = match Arc::try_unwrap(source) {
        Ok(source) => (source.tokens, source.entry),
        // Another request is still at work with it.
        Err(shared) => (shared.tokens.clone(), Arc::clone(&shared.entry)),
    };
    let symbols = Arc::try_unwrap(entry).map_or_else(|shared| shared.symbols.clone(), |entry| entry.symbols);
    tokens.replace(start..before.len_bytes() - end, &text.slice(start..text.len_bytes() - end));
    Known { tokens, symbols, same_until: start, outlines }
}

/// Keeps what was read of a document for the next time.
pub(crate) fn keep(text: &Text, source: &Arc<Source>, outlines: Outlines) {
    let mut kept = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    kept.retain(|last| last.source.entry.path != source.entry.path);
    kept.push_back(Last { text: text.clone(), source: Arc::clone(source), outlines });
    while kept.len() > MOST_KEPT {
        kept.pop_front();
    }
}

/// Forgets a document, as if no cursor had been in it.
#[cfg(test)]
pub(crate) fn forget(path: &Path) {
    let mut kept = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    kept.retain(|last| last.source.entry.path != path);
}
