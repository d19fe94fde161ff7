//! The tokens of the documents that a cursor was in last: the text at the next keystroke differs in a few bytes, so only
//! those are read again. It must not know what tokens mean.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use text::Text;

use super::source::{Family, Source};
use super::tokens::Tokens;

/// A document as a cursor saw it last.
struct Last {
    text: Text,
    source: Arc<Source>,
}

/// The newest at the end.
static LAST: Mutex<VecDeque<Last>> = Mutex::new(VecDeque::new());
/// How many documents are kept.
const MOST_KEPT: usize = 2;

/// The tokens of a document.
pub(crate) fn tokens_of(path: &Path, text: &Text, family: Family) -> Tokens {
    let last = {
        let mut kept = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|last| last.source.entry.path == path && last.source.family == family);
        at.and_then(|at| kept.remove(at))
    };
    let Some(Last { text: before, source }) = last else {
        return Tokens::new(text.to_string(), family.style());
    };
    let (start, end) = before.common_ends(text);
    let mut tokens = match Arc::try_unwrap(source) {
        Ok(source) => source.tokens,
        // Another request is still at work with it.
        Err(shared) => shared.tokens.clone(),
    };
    tokens.replace(start..before.len_bytes() - end, &text.slice(start..text.len_bytes() - end));
    tokens
}

/// Keeps what was read of a document for the next time.
pub(crate) fn keep(text: &Text, source: &Arc<Source>) {
    let mut kept = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    kept.retain(|last| last.source.entry.path != source.entry.path);
    kept.push_back(Last { text: text.clone(), source: Arc::clone(source) });
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
