//! What became of suggestions, as far as the client tells: shown, accepted, rejected. It stays on this machine and in this process, and it
//! must not hold what a suggestion says: a name, a length and a fate are all there is.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use documents::DocumentId;
use serde::{Deserialize, Serialize};

/// Suggestions that are remembered: a client speaks of the last few.
const REMEMBERED: usize = 200;

/// See the module's head.
#[derive(Debug, Default)]
pub(crate) struct Feedback(Mutex<Ledger>);

#[derive(Debug, Default)]
struct Ledger {
    /// The oldest first.
    offers: VecDeque<Offer>,
    next: u64,
    counts: Counts,
}

#[derive(Debug)]
struct Offer {
    id: String,
    document: DocumentId,
    /// In UTF-16 units, as clients count.
    length: usize,
    fate: Fate,
}

/// Each can follow those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate {
    /// It was answered.
    Offered,
    /// The user has seen it.
    Shown,
    /// The user did not want it.
    Rejected,
    /// The user took the beginning.
    PartlyAccepted,
    /// The user took all of it.
    Accepted,
}

/// How many suggestions came to what, each counted at most once a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Counts {
    /// Answered to a client that tells what becomes of them.
    pub(crate) offered: u64,
    /// Seen.
    pub(crate) shown: u64,
    /// Not wanted.
    pub(crate) rejected: u64,
    /// Taken in part, perhaps on the way to the whole.
    pub(crate) partly_accepted: u64,
    /// Taken.
    pub(crate) accepted: u64,
}

impl Feedback {
    /// Remembers a suggestion; returns its id.
    pub(crate) fn offer(&self, document: &DocumentId, text: &str) -> String {
        let mut ledger = self.ledger();
        ledger.next += 1;
        ledger.counts.offered += 1;
        let id = format!("weft-{}", ledger.next);
        let length = text.encode_utf16().count();
        if ledger.offers.len() == REMEMBERED {
            ledger.offers.pop_front();
        }
        let document = document.clone();
        ledger.offers.push_back(Offer { id: id.clone(), document, length, fate: Fate::Offered });
        id
    }

    /// The client tells what became of one. One that is not known is passed over: it may be older than what is remembered.
    pub(crate) fn tell(&self, id: &str, fate: Fate) {
        self.settle(id, |_| fate);
    }

    /// The client tells how much of one was accepted, in UTF-16 units from its beginning.
    pub(crate) fn accepted(&self, id: &str, length: usize) {
        self.settle(id, |offer| if length < offer.length { Fate::PartlyAccepted } else { Fate::Accepted });
    }

    /// The sums.
    pub(crate) fn counts(&self) -> Counts {
        self.ledger().counts
    }

    fn settle(&self, id: &str, fate: impl Fn(&Offer) -> Fate) {
        let mut ledger = self.ledger();
        let Ledger { offers, counts, .. } = &mut *ledger;
        let Some(offer) = offers.iter_mut().rev().find(|offer| offer.id == id) else {
            tracing::debug!("the client speaks of a suggestion that is not known");
            return;
        };
        let fate = fate(offer);
        // Clients reject what they have accepted, when they clear the screen.
        if fate <= offer.fate {
            return;
        }
        offer.fate = fate;
        match fate {
            Fate::Offered => {}
            Fate::Shown => counts.shown += 1,
            Fate::Rejected => counts.rejected += 1,
            Fate::PartlyAccepted => counts.partly_accepted += 1,
            Fate::Accepted => counts.accepted += 1,
        }
        tracing::debug!(document = offer.document.as_str(), length = offer.length, ?fate, "a suggestion");
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_suggestion_is_counted_once_and_what_was_accepted_stays_so() {
        let (feedback, document) = (Feedback::default(), DocumentId::new("file:///a.py"));
        let first = feedback.offer(&document, "a😀b");
        let second = feedback.offer(&document, "c");
        assert_ne!(first, second);
        for _ in 0..2 {
            feedback.tell(&first, Fate::Shown);
        }
        feedback.accepted(&first, 3);
        feedback.accepted(&first, 4);
        feedback.tell(&first, Fate::Rejected);
        feedback.tell(&second, Fate::Rejected);
        feedback.tell("another", Fate::Accepted);
        let expected = Counts { offered: 2, shown: 1, rejected: 1, partly_accepted: 1, accepted: 1 };
        assert_eq!(feedback.counts(), expected);
    }

    #[test]
    fn the_oldest_suggestions_are_forgotten() {
        let (feedback, document) = (Feedback::default(), DocumentId::new("file:///a.py"));
        let first = feedback.offer(&document, "x");
        for _ in 0..REMEMBERED {
            feedback.offer(&document, "x");
        }
        feedback.tell(&first, Fate::Shown);
        assert_eq!(feedback.counts().shown, 0);
        assert_eq!(feedback.ledger().offers.len(), REMEMBERED);
    }
}
