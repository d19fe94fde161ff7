//! Line ends: the rules see line feeds only, the file gets its own. Must not touch anything else.

use super::Draft;
use super::place::Place;

/// `\r\n` to `\n`.
pub(super) fn to_line_feeds(draft: &mut Draft, _place: &Place) -> Option<String> {
    if !draft.text.contains('\r') {
        return None;
    }
    draft.text = draft.text.replace("\r\n", "\n");
    // A lone one is the first half of a line end that is still being written.
    draft.text = draft.text.replace('\r', "");
    Some("carriage returns taken out".to_owned())
}

/// `\n` to what the file has.
pub(super) fn to_files(draft: &mut Draft, place: &Place) -> Option<String> {
    if !place.crlf || !draft.text.contains('\n') {
        return None;
    }
    draft.text = draft.text.replace('\n', "\r\n");
    Some("line ends as in the file".to_owned())
}
