//! Markdown fences around an answer. Instruct models sometimes answer as in a chat. Must not touch backticks that are part
//! of the code: in strings, in comments, or anywhere but alone at the start of a line.

use super::Draft;
use super::lexer::{self, State, Token};
use super::place::{Mode, Place};

const FENCE: &str = "```";

/// Takes the opening fence off, if the answer begins with one, and cuts at a fence alone on its line.
pub(super) fn unwrap(draft: &mut Draft, place: &Place) -> Option<String> {
    if !draft.text.contains(FENCE)
        || place.state.spans_lines()
        || place.before.trim_start().starts_with(FENCE)
    {
        return None;
    }
    let opened = take_opening(draft);
    let closed = find_closing(draft, place);
    if let Some(at) = closed {
        draft.cut_at(at, true);
        if place.mode != Mode::Block || opened {
            draft.text.truncate(draft.text.trim_end_matches('\n').len());
        }
    }
    match (opened, closed) {
        (true, _) => Some("answer taken out of its markdown fence".to_owned()),
        (false, Some(_)) => Some("cut at a markdown fence".to_owned()),
        (false, None) => None,
    }
}

/// An opening fence is the first thing in the answer, with at most a language's name behind it.
fn take_opening(draft: &mut Draft) -> bool {
    let Some(rest) = draft.text.trim_start().strip_prefix(FENCE) else { return false };
    let Some((name, body)) = rest.split_once('\n') else { return false };
    if !name.trim_end().chars().all(|c| c.is_alphanumeric() || matches!(c, '+' | '#' | '-' | '_')) {
        return false;
    }
    draft.text = body.to_owned();
    true
}

fn find_closing(draft: &Draft, place: &Place) -> Option<usize> {
    let mut state = place.state;
    let mut start = 0;
    for line in draft.text.split_inclusive('\n') {
        let whole = line.ends_with('\n') || draft.complete;
        if state == State::Code && start > 0 && whole && line.trim_end() == FENCE {
            return Some(start);
        }
        // Backticks are quotes in some languages; a fence must not open a string for what stands before it.
        state = lexer::scan(place.style, state, line, |_, _, _: Token| {});
        start += line.len();
    }
    None
}
