//! Between the references of Copilot's conversations and Weft's mentions. It must not read files.

use assist::mentions::{Attachment, quoted};
use documents::DocumentId;
use tower_lsp::ls_types::{Position, Range};

use crate::ext::copilot_chat::Reference;
use crate::server::Session;

/// A reference as it would be typed, such as `@src/cart.py:10-40`. None for what Weft has no file for.
pub(super) fn mention(session: &Session, reference: &Reference) -> Option<String> {
    let path = session.relative(&DocumentId::new(&reference.uri).path()?);
    match reference.kind.as_str() {
        "file" => {
            let lines = reference.selection.or(reference.range).and_then(lines).unwrap_or_default();
            Some(format!("@{}{lines}", quoted(&path)))
        }
        "directory" if path.is_empty() => Some("@./".to_owned()),
        "directory" => Some(format!("@{}", quoted(&format!("{}/", path.trim_end_matches('/'))))),
        _ => None,
    }
}

/// What went along, as a reference.
pub(super) fn reference(attachment: &Attachment) -> Option<Reference> {
    let id = DocumentId::from_path(attachment.file.as_deref()?)?;
    let whole_lines =
        |lines: &std::ops::Range<u32>| Range::new(Position::new(lines.start, 0), Position::new(lines.end, 0));
    Some(Reference {
        kind: "file".to_owned(),
        status: "included".to_owned(),
        uri: id.as_str().to_owned(),
        selection: attachment.lines.as_ref().map(whole_lines),
        range: None,
    })
}

/// The lines of a selection, counted from 1; none where nothing is selected.
fn lines(range: Range) -> Option<String> {
    if range.start == range.end {
        return None;
    }
    // A selection that ends at the beginning of a line has nothing of it.
    let (first, end) = (range.start.line + 1, range.end.line.saturating_add(1));
    let last = if range.end.character == 0 { range.end.line } else { end }.max(first);
    Some(if first == last { format!(":{first}") } else { format!(":{first}-{last}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_is_its_lines_counted_from_one() {
        let of = |from: (u32, u32), to: (u32, u32)| {
            lines(Range::new(Position::new(from.0, from.1), Position::new(to.0, to.1)))
        };
        assert_eq!(of((9, 0), (14, 0)).as_deref(), Some(":10-14"));
        assert_eq!(of((9, 2), (9, 4)).as_deref(), Some(":10"));
        assert_eq!(of((9, 2), (9, 2)), None);
        assert_eq!(of((0, 0), (u32::MAX, 1)).as_deref(), Some(":1-4294967295"));
    }
}
