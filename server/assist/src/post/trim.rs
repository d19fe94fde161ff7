//! White space at the end of a suggestion. Must not touch its front, which is indentation.

use super::Draft;
use super::place::{Mode, Place};

/// Takes white space off the end; a space before a word that follows on the cursor's line stays.
pub(super) fn end(draft: &mut Draft, place: &Place) -> Option<String> {
    let kept = draft.text.trim_end().len();
    let trailing = draft.text.get(kept..).unwrap_or("");
    if trailing.is_empty() {
        return None;
    }
    let word_follows =
        place.after.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '"' | '\''));
    if place.mode == Mode::InLine && word_follows && kept > 0 && trailing == " " {
        return None;
    }
    let keep_space = place.mode == Mode::InLine && word_follows && kept > 0 && trailing.starts_with(' ');
    draft.text.truncate(kept + usize::from(keep_space));
    Some("white space at the end".to_owned())
}
