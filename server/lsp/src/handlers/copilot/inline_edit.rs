//! `textDocument/copilotInlineEdit`: the next edit, elsewhere in the document. Weft suggests at the cursor only, so there is none.

use crate::ext::copilot::InlineEditAnswer;

pub(crate) fn handle() -> InlineEditAnswer {
    InlineEditAnswer::default()
}
