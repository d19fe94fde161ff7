//! The last line of a generation that was too long. Must not touch a suggestion whose end a rule chose.

use super::Draft;
use super::place::Place;

/// Takes the unfinished last line away, and headers that are left without a body; a single line stays.
pub(super) fn cut(draft: &mut Draft, place: &Place) -> Option<String> {
    if !draft.truncated || draft.cut {
        return None;
    }
    let last = draft.text.rfind('\n')?;
    if draft.text.get(..last).is_none_or(|kept| kept.trim().is_empty()) {
        return None;
    }
    draft.text.truncate(last);
    draft.text.truncate(draft.text.trim_end().len());
    while let Some(at) = draft.text.rfind('\n') {
        let line = draft.text.get(at + 1..).unwrap_or("");
        if !line.trim().is_empty() && !place.opens_block(line) {
            break;
        }
        draft.text.truncate(at);
    }
    Some("took the unfinished last line away".to_owned())
}
