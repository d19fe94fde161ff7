//! White space and the line end at the end of a suggestion. Must not touch its front, which is indentation.

use super::Draft;
use super::place::{Mode, Place};

/// Takes white space off the end; a space before a word that follows on the cursor's line stays, and so
/// does one that the model wrote before what follows.
pub(super) fn end(draft: &mut Draft, place: &Place) -> Option<String> {
    let kept = draft.text.trim_end().len();
    let trailing = draft.text.get(kept..).unwrap_or("");
    // Whole lines do not end with a space: the model went on to the code at the cursor.
    if draft.above && !draft.cut && trailing == " " {
        draft.above = false;
        draft.joins = true;
    }
    let in_line = matches!(place.mode, Mode::InLine | Mode::Above) && !draft.above;
    if trailing.is_empty() {
        return None;
    }
    let word_follows =
        place.after.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '"' | '\''));
    // Before code that the model wrote, too, the space is meant, whatever that begins with.
    let keep_space = in_line && (word_follows || draft.joins) && kept > 0 && trailing.starts_with(' ');
    if keep_space && trailing == " " {
        return None;
    }
    draft.text.truncate(kept + usize::from(keep_space));
    Some("white space at the end".to_owned())
}

/// Gives the code that stood at the cursor a line of its own below the suggestion.
pub(super) fn end_line(draft: &mut Draft, place: &Place) -> Option<String> {
    if !draft.above || draft.text.trim().is_empty() {
        return None;
    }
    draft.text.push('\n');
    draft.text.push_str(&place.before);
    Some("line end before the code at the cursor".to_owned())
}
