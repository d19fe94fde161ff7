//! Answers that still hold: typing through a suggestion, or asking again at the same place, costs no engine call.
//! It must not ask an engine, and must not keep more than the last few answers of each document.

use super::flight::rest_of;
use super::{Request, Suggestion};
use crate::post::DropReason;
use dashmap::DashMap;
use documents::DocumentId;
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use text::Text;

/// Answers kept for each document.
const KEPT: usize = 64;

/// So long after it was last given, an answer may still be on the screen.
const ON_SCREEN: Duration = Duration::from_secs(5);

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
    /// When it was last given to somebody, or came.
    given: Instant,
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
    pub(super) fn store(&self, request: &Request, workspace: u64, answer: Remembered, now: Instant) {
        let mut entries = self.documents.entry(request.snapshot.id.clone()).or_default();
        entries.truncate(KEPT - 1);
        entries.push_front(Entry { asked: Asked::new(request, workspace), answer, given: now });
    }

    /// Forgets a document.
    pub(super) fn forget(&self, document: &DocumentId) {
        self.documents.remove(document);
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        self.documents.clear();
    }

    /// The newest answer that holds for `request`, cut to what is not typed yet. What somebody types through does not change under
    /// the eyes because another file was read meanwhile; who asks the same question again gets what is known now.
    pub(super) fn find(
        &self,
        request: &Request,
        workspace: u64,
        now: Instant,
    ) -> Option<Result<Vec<Suggestion>, DropReason>> {
        let mut entries = self.documents.get_mut(&request.snapshot.id)?;
        entries.iter_mut().find_map(|entry| {
            let shown = now.saturating_duration_since(entry.given) < ON_SCREEN;
            let holds = entry.asked.workspace == workspace || shown && request.cursor > entry.asked.cursor;
            let answer = holds.then(|| entry.answer_for(request))??;
            entry.given = now;
            Some(answer)
        })
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
    fn an_answer_that_is_on_the_screen_no_more_is_not_typed_through_when_more_is_known() {
        let (memory, store) = (Memory::default(), documents::DocumentStore::default());
        let id = DocumentId::new("file:///a.py");
        let request = |text: &str| {
            let snapshot = store.open(id.clone(), "python", 1, text);
            Request { snapshot, cursor: text.len(), suggestions: 1 }
        };
        let suggestion = Suggestion {
            text: "abc".into(),
            replace_after: 0,
            tokens: 1,
            mean_logprob: 0.0,
            probability: 1.0,
        };
        let begun = Instant::now();
        let at = |seconds| begun + Duration::from_secs(seconds);
        memory.store(&request("x = "), 1, Remembered::Suggestions(vec![suggestion]), begun);
        let found = |text, workspace, seconds| memory.find(&request(text), workspace, at(seconds)).is_some();
        assert!(!found("x = ", 2, 1), "the same question, when more is known");
        assert!(found("x = a", 2, 4));
        assert!(found("x = ab", 3, 8), "it was shown at 4 s");
        assert!(!found("x = ab", 3, 14));
        assert!(found("x = ab", 1, 14), "nothing more is known");
    }

    #[test]
    fn chunks_are_compared_by_content() {
        let same = |left: &[&str], right: &[&str]| same_chunks(left.iter().copied(), right.iter().copied());
        assert!(same(&["ab", "", "c"], &["a", "bc"]));
        assert!(same(&[], &[""]));
        assert!(!same(&["ab"], &["abc"]));
        assert!(!same(&["abd"], &["abc"]));
    }
}
