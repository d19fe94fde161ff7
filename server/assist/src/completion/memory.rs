//! Answers that still hold: typing through a suggestion, or asking again at the same place, costs no engine call.
//! It must not ask an engine, and must not keep more than the last few answers of each document.

use super::flight::rest_of;
use super::{Request, Suggestion};
use crate::post::DropReason;
use dashmap::DashMap;
use documents::DocumentId;
use std::collections::VecDeque;
use text::Text;

/// Answers kept for each document.
const KEPT: usize = 64;

/// An answer to keep.
#[derive(Clone, Debug)]
pub(super) enum Remembered {
    Suggestions(Vec<Suggestion>),
    Nothing(DropReason),
}

/// The last answers of each document.
#[derive(Debug, Default)]
pub(super) struct Memory {
    documents: DashMap<DocumentId, VecDeque<Entry>>,
}

#[derive(Debug)]
struct Entry {
    asked: Asked,
    answer: Remembered,
}

/// What was asked: enough to tell whether another request can have the same answer.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    text: Text,
    cursor: usize,
    /// How many suggestions were asked for; a wish for more is not answered by fewer.
    wanted: u32,
    /// The revision of everything beside the document: with another one the answer no longer holds.
    pub(super) workspace: u64,
}

impl Memory {
    /// Keeps an answer.
    ///
    /// `workspace` is the revision of everything beside the document: with another one the answer no longer holds.
    pub(super) fn store(&self, request: &Request, workspace: u64, answer: Remembered) {
        let mut entries = self.documents.entry(request.snapshot.id.clone()).or_default();
        entries.truncate(KEPT - 1);
        entries.push_front(Entry { asked: Asked::new(request, workspace), answer });
    }

    /// Forgets a document.
    pub(super) fn forget(&self, document: &DocumentId) {
        self.documents.remove(document);
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        self.documents.clear();
    }

    /// The newest answer that holds for `request`, cut to what is not typed yet.
    pub(super) fn find(
        &self,
        request: &Request,
        workspace: u64,
    ) -> Option<Result<Vec<Suggestion>, DropReason>> {
        let entries = self.documents.get(&request.snapshot.id)?;
        let mut held = entries.iter().filter(|entry| entry.asked.workspace == workspace);
        held.find_map(|entry| entry.answer_for(request))
    }
}

impl Asked {
    pub(super) fn new(request: &Request, workspace: u64) -> Self {
        Self {
            text: request.snapshot.text.clone(),
            cursor: request.cursor,
            wanted: request.suggestions,
            workspace,
        }
    }

    /// What was typed since at the cursor, if nothing else is different in the text of `request`.
    pub(super) fn typed(&self, request: &Request) -> Option<String> {
        let typed = request.cursor.checked_sub(self.cursor)?;
        let now = &request.snapshot.text;
        if now.len_bytes() != self.text.len_bytes() + typed || request.suggestions > self.wanted {
            return None;
        }
        self.surroundings_equal(now, typed).then(|| now.slice(self.cursor..request.cursor))
    }

    /// Whether the text is the same before the old cursor and after the new one. Compared chunk by chunk, without
    /// a copy of the document.
    fn surroundings_equal(&self, now: &Text, typed: usize) -> bool {
        let before = same_chunks(self.text.chunks_in(0..self.cursor), now.chunks_in(0..self.cursor));
        before
            && same_chunks(
                self.text.chunks_in(self.cursor..self.text.len_bytes()),
                now.chunks_in(self.cursor + typed..now.len_bytes()),
            )
    }
}

impl Entry {
    fn answer_for(&self, request: &Request) -> Option<Result<Vec<Suggestion>, DropReason>> {
        let typed = self.asked.typed(request)?;
        match &self.answer {
            Remembered::Nothing(reason) => typed.is_empty().then_some(Err(*reason)),
            Remembered::Suggestions(suggestions) => {
                let left = rest_of(suggestions, &typed);
                (!left.is_empty()).then_some(Ok(left))
            }
        }
    }
}

/// Whether two sequences of chunks hold the same bytes, however they are divided.
fn same_chunks<'a>(left: impl Iterator<Item = &'a str>, right: impl Iterator<Item = &'a str>) -> bool {
    let (mut left, mut right) = (left.map(str::as_bytes), right.map(str::as_bytes));
    let (mut a, mut b): (&[u8], &[u8]) = (&[], &[]);
    loop {
        if a.is_empty() {
            a = left.find(|chunk| !chunk.is_empty()).unwrap_or_default();
        }
        if b.is_empty() {
            b = right.find(|chunk| !chunk.is_empty()).unwrap_or_default();
        }
        if a.is_empty() || b.is_empty() {
            return a.is_empty() && b.is_empty();
        }
        let common = a.len().min(b.len());
        let (first, rest_a) = a.split_at(common);
        let (second, rest_b) = b.split_at(common);
        if first != second {
            return false;
        }
        (a, b) = (rest_a, rest_b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_compared_by_content() {
        let same = |left: &[&str], right: &[&str]| same_chunks(left.iter().copied(), right.iter().copied());
        assert!(same(&["ab", "", "c"], &["a", "bc"]));
        assert!(same(&[], &[""]));
        assert!(!same(&["ab"], &["abc"]));
        assert!(!same(&["abd"], &["abc"]));
    }
}
