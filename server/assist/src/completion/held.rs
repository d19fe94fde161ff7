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

/// Farther from where they were chosen, the prompt begins elsewhere and is evaluated anyway.
const LINES: usize = 24;
/// Seconds for a whole prompt below which nothing needs to be held.
const QUICK: f64 = 0.25;

/// Seconds for a whole prompt above which a new place begins with half of one.
const LONG: f64 = 4.0;

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
    line: usize,
}

impl Held {
    /// The excerpts that a prompt at this line is to have whatever was found now, and its size; none where it is free to
    /// choose. `seconds` is what the evaluation of a whole prompt takes, if that is known.
    pub(super) fn at(
        &self,
        document: &DocumentId,
        line: usize,
        seconds: Option<f64>,
    ) -> Option<(Vec<Excerpt>, Size)> {
        let choice = self.0.get(document)?;
        let slow = seconds.is_none_or(|seconds| seconds > QUICK);
        (slow && choice.line.abs_diff(line) <= LINES).then(|| (choice.excerpts.clone(), choice.size))
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
        self.0.get(document).map(|choice| choice.line)
    }

    /// Notes what a prompt was made with.
    pub(super) fn put(&self, document: &DocumentId, line: usize, excerpts: Vec<Excerpt>, size: Size) {
        self.0.insert(document.clone(), Choice { excerpts, size, line });
    }

    /// Forgets a document.
    pub(super) fn forget(&self, document: &DocumentId) {
        self.0.remove(document);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_holds_at_its_place_on_a_slow_machine() {
        let held = Held::default();
        let document = DocumentId::new("file:///a.py");
        assert!(held.at(&document, 10, None).is_none(), "nothing was chosen yet");
        held.put(&document, 10, Vec::new(), Size::Half);
        let holds = |line, seconds| held.at(&document, line, seconds).is_some();
        assert!(holds(10, None) && holds(34, Some(3.0)) && holds(0, Some(0.3)));
        assert!(!holds(35, Some(3.0)), "another place");
        assert!(!holds(10, Some(0.1)), "a quick machine chooses anew");
        assert_eq!(held.at(&document, 11, None).map(|(_, size)| size), Some(Size::Half));
        held.forget(&document);
        assert!(!holds(10, None));
    }

    #[test]
    fn a_new_place_begins_small_where_a_whole_prompt_takes_long() {
        assert_eq!(Held::first_size(None), Size::Whole);
        assert_eq!(Held::first_size(Some(1.0)), Size::Whole);
        assert_eq!(Held::first_size(Some(9.0)), Size::Half);
    }
}
