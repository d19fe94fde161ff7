//! How often a likely suggestion is accepted, by what the text becomes: no editor has to tell. Whoever seldom accepts gets nothing
//! computed ahead. It must not ask an engine, and must not keep more than one expectation for each document.

use super::Request;
use super::memory::Asked;
use dashmap::DashMap;
use documents::DocumentId;
use std::sync::{Mutex, PoisonError};

/// What is computed ahead is wanted in at least this share of cases. An answer ahead costs as much as any other, so below it
/// six and more of seven would be for nothing.
const LEAST: f64 = 0.15;
/// The weight that each expectation leaves to those before it: about the last ten count.
const KEPT: f64 = 0.9;

/// What was expected in each document, and how often it came.
#[derive(Debug, Default)]
pub(super) struct Acceptance {
    expected: DashMap<DocumentId, Asked>,
    counts: Mutex<Counts>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    shown: f64,
    accepted: f64,
}

impl Acceptance {
    /// A likely suggestion is shown; `accepted` is the request that would follow its acceptance. Whether computing the answer
    /// to it is worth the work.
    pub(super) fn foresee(&self, accepted: &Request) -> bool {
        let document = &accepted.snapshot.id;
        let same =
            self.expected.get(document).is_some_and(|asked| asked.typed(accepted).as_deref() == Some(""));
        if !same && self.expected.insert(document.clone(), Asked::new(accepted, 0)).is_some() {
            // Nothing came of the one before.
            self.count(0.0);
        }
        let counts = *self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        // With nothing known yet half of them are thought to be accepted.
        (counts.accepted + 1.0) / (counts.shown + 2.0) >= LEAST
    }

    /// Something is asked: perhaps because what was expected has come.
    pub(super) fn asked(&self, request: &Request) {
        let document = &request.snapshot.id;
        if self.expected.remove_if(document, |_, asked| asked.typed(request).is_some()).is_some() {
            self.count(1.0);
        }
    }

    /// A document was closed.
    pub(super) fn forget(&self, document: &DocumentId) {
        self.expected.remove(document);
    }

    fn count(&self, accepted: f64) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.shown = counts.shown * KEPT + 1.0;
        counts.accepted = counts.accepted * KEPT + accepted;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use documents::DocumentStore;

    fn request(text: &str, cursor: usize) -> Request {
        let store = DocumentStore::default();
        let snapshot = store.open(DocumentId::new("file:///a.py"), "python", 1, text);
        Request { snapshot, cursor, suggestions: 1 }
    }

    /// What follows when a line is accepted.
    fn line(number: usize) -> Request {
        let text = format!("x = {number}\n");
        request(&text, text.len() - 1)
    }

    #[test]
    fn who_never_accepts_gets_nothing_ahead_until_it_changes() {
        let acceptance = Acceptance::default();
        let tried = (0..20).take_while(|number| acceptance.foresee(&line(*number))).count();
        assert_eq!(tried, 6, "six misses are enough");
        assert!(!acceptance.foresee(&line(20)));
        acceptance.asked(&line(20));
        assert!(acceptance.foresee(&line(21)), "one of the last eight was accepted");
    }

    #[test]
    fn what_is_accepted_now_and_then_goes_on() {
        let acceptance = Acceptance::default();
        for number in 0..100 {
            assert!(acceptance.foresee(&line(number)), "{number}");
            if number % 4 == 0 {
                acceptance.asked(&line(number));
            }
        }
    }

    #[test]
    fn typing_through_a_suggestion_is_no_miss_and_typing_on_behind_it_is_acceptance() {
        let acceptance = Acceptance::default();
        for _ in 0..50 {
            assert!(
                acceptance.foresee(&request("total = price\n", 13)),
                "the same text is expected at each key"
            );
        }
        acceptance.asked(&request("tot\n", 3));
        acceptance.asked(&request("total = price * 2\n", 17));
        assert_eq!(acceptance.counts.lock().unwrap().accepted, 1.0);
    }
}
