//! Which excerpts a document's prompts have while the user types: the same, so that the KV cache keeps all that stands
//! behind them. It must not look for excerpts or rank them.
//!
//! Excerpts stand before the file. One more, and the whole file is evaluated again: seconds on a laptop's processor. So what was
//! chosen holds while the user stays about the same place, and what is found meanwhile comes in when there is a pause,
//! evaluated ahead. Where the machine evaluates a whole prompt at once, the newest choice is always used.
//!
//! So does the size of a prompt hold: where a whole one takes many seconds, a new place begins with half of one.

use context::Excerpt;
use dashmap::DashMap;
use documents::DocumentId;
use std::time::{Duration, Instant};

/// Farther from where they were chosen, the prompt begins elsewhere and is evaluated anyway.
const LINES: usize = 24;
/// Seconds for a whole prompt below which nothing needs to be held.
const QUICK: f64 = 0.25;

/// Seconds for a whole prompt above which a new place begins with half of one.
const LONG: f64 = 4.0;

/// After so long without a request in a document, somebody was elsewhere.
const AWAY: Duration = Duration::from_secs(5);

/// The excerpts of each document's prompts.
#[derive(Debug, Default)]
pub(super) struct Held(DashMap<DocumentId, Choice>);

/// How much of a prompt's size is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    /// All of it.
    Whole,
    /// Half of it, for a first suggestion before the user has gone on.
    Half,
}

#[derive(Clone, Debug)]
struct Choice {
    excerpts: Vec<Excerpt>,
    size: Size,
    place: Place,
    used: Instant,
}

/// Where a prompt is for, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The cursor's line, from 0.
    pub(super) line: usize,
    /// The revision of everything beside the document.
    pub(super) workspace: u64,
}

impl Held {
    /// The excerpts that a prompt at this place is to have, and its size; none where it is free to choose. `seconds` is what
    /// the evaluation of a whole prompt takes, if that is known.
    pub(super) fn at(
        &self,
        document: &DocumentId,
        place: Place,
        seconds: Option<f64>,
        now: Instant,
    ) -> Option<(Vec<Excerpt>, Size)> {
        let choice = self.0.get(document)?;
        let slow = seconds.is_none_or(|seconds| seconds > QUICK);
        let near = choice.place.line.abs_diff(place.line) <= LINES;
        // Somebody comes back from another file, and what was done there is what matters now.
        let away = now.saturating_duration_since(choice.used) > AWAY;
        let back = away && choice.place.workspace != place.workspace;
        (slow && near && !back).then(|| (choice.excerpts.clone(), choice.size))
    }

    /// The size of the first prompt at a new place. The first of all is whole: how long one takes is not known yet.
    pub(super) fn first_size(seconds: Option<f64>) -> Size {
        if seconds.is_some_and(|seconds| seconds > LONG) { Size::Half } else { Size::Whole }
    }

    /// The excerpts of the last prompt, wherever it was.
    pub(super) fn last(&self, document: &DocumentId) -> Vec<Excerpt> {
        self.0.get(document).map(|choice| choice.excerpts.clone()).unwrap_or_default()
    }

    /// The line of the last prompt of a document, from 0.
    pub(super) fn place(&self, document: &DocumentId) -> Option<usize> {
        self.0.get(document).map(|choice| choice.place.line)
    }

    /// Notes what a prompt was made with.
    pub(super) fn put(
        &self,
        document: &DocumentId,
        place: Place,
        (excerpts, size): (Vec<Excerpt>, Size),
        now: Instant,
    ) {
        self.0.insert(document.clone(), Choice { excerpts, size, place, used: now });
    }

    /// Forgets a document.
    pub(super) fn forget(&self, document: &DocumentId) {
        self.0.remove(document);
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_holds_at_its_place_on_a_slow_machine() {
        let held = Held::default();
        let document = DocumentId::new("file:///a.py");
        let begun = Instant::now();
        let at = |line, workspace, seconds, later| {
            let now = begun + Duration::from_secs(later);
            held.at(&document, Place { line, workspace }, seconds, now).map(|(_, size)| size)
        };
        assert_eq!(at(10, 1, None, 0), None, "nothing was chosen yet");
        held.put(&document, Place { line: 10, workspace: 1 }, (Vec::new(), Size::Half), begun);
        assert_eq!(at(10, 1, None, 0), Some(Size::Half));
        assert_eq!(at(34, 1, Some(3.0), 60), Some(Size::Half));
        assert_eq!(at(10, 2, Some(3.0), 1), Some(Size::Half), "a file that changes meanwhile");
        assert_eq!(at(10, 2, Some(3.0), 60), None, "somebody was in another file");
        assert_eq!(at(35, 1, Some(3.0), 0), None, "another place");
        assert_eq!(at(10, 1, Some(0.1), 0), None, "a quick machine chooses anew");
        held.forget(&document);
        assert_eq!(at(10, 1, None, 0), None);
    }

    #[test]
    fn a_new_place_begins_small_where_a_whole_prompt_takes_long() {
        assert_eq!(Held::first_size(None), Size::Whole);
        assert_eq!(Held::first_size(Some(1.0)), Size::Whole);
        assert_eq!(Held::first_size(Some(9.0)), Size::Half);
    }
}
