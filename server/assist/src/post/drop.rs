//! Whether what is left is worth showing. Must not change it.

use super::place::{Mode, Place};
use super::{Draft, DropReason};

/// Drops a suggestion that makes its line equal to the one above or below.
pub(super) fn neighbours(draft: &mut Draft, place: &Place) -> Option<String> {
    let text = draft.text.trim();
    let in_line = matches!(place.mode, Mode::InLine | Mode::Above) && !draft.above;
    if in_line || text.is_empty() {
        return None;
    }
    let first = text.lines().next().unwrap_or("");
    let whole =
        format!("{}{}", place.before.trim_start(), if place.mode == Mode::Statement { text } else { first });
    if whole.chars().filter(|character| character.is_alphanumeric()).count() < 4 {
        return None;
    }
    let same = |line: Option<&super::place::NextLine>| {
        line.is_some_and(|line| line.text == whole.trim_end() && line.indent == place.indent)
    };
    let single = !text.contains('\n');
    let reason = if single && same(place.above.as_ref()) {
        DropReason::RepeatsLineAbove
    } else if single && same(place.below.first()) {
        DropReason::RepeatsLineBelow
    } else {
        return None;
    };
    draft.drop_because(reason);
    Some("dropped".to_owned())
}

/// Drops what is empty.
pub(super) fn empty(draft: &mut Draft, _place: &Place) -> Option<String> {
    if !draft.text.trim().is_empty() || draft.dropped.is_some() {
        return None;
    }
    draft.drop_because(DropReason::Empty);
    Some("dropped".to_owned())
}
