//! Between LSP's types and Weft's own.
//! It must not decide anything: a conversion loses nothing and adds nothing.

use documents::{Change, DocumentId};
use text::{Position, PositionEncoding};
use tower_lsp::ls_types as lsp;

/// The document of a URI.
pub(crate) fn document_id(uri: &lsp::Uri) -> DocumentId {
    DocumentId::new(uri.as_str())
}

/// A position, in the units of the session's encoding.
pub(crate) fn position(position: lsp::Position) -> Position {
    Position::new(position.line, position.character)
}

/// The way back.
pub(crate) fn lsp_position(position: Position) -> lsp::Position {
    lsp::Position::new(position.line, position.character)
}

/// One change of a `didChange`.
pub(crate) fn change(change: lsp::TextDocumentContentChangeEvent) -> Change {
    Change {
        range: change.range.map(|range| (position(range.start), position(range.end))),
        text: change.text,
    }
}

/// The encoding of a session: UTF-8 where the client offers it (no conversion for Weft), else the first of its
/// list that Weft knows; UTF-16 where it offers none, as LSP says.
pub(crate) fn choose_encoding(offered: Option<&[lsp::PositionEncodingKind]>) -> PositionEncoding {
    let known: Vec<PositionEncoding> = offered.unwrap_or_default().iter().filter_map(encoding).collect();
    if known.contains(&PositionEncoding::Utf8) {
        return PositionEncoding::Utf8;
    }
    known.first().copied().unwrap_or(PositionEncoding::Utf16)
}

/// The name of an encoding on the wire.
pub(crate) fn encoding_kind(encoding: PositionEncoding) -> lsp::PositionEncodingKind {
    match encoding {
        PositionEncoding::Utf8 => lsp::PositionEncodingKind::UTF8,
        PositionEncoding::Utf16 => lsp::PositionEncodingKind::UTF16,
        PositionEncoding::Utf32 => lsp::PositionEncodingKind::UTF32,
    }
}

fn encoding(kind: &lsp::PositionEncodingKind) -> Option<PositionEncoding> {
    [PositionEncoding::Utf8, PositionEncoding::Utf16, PositionEncoding::Utf32]
        .into_iter()
        .find(|&encoding| encoding_kind(encoding) == *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_is_utf_8_where_offered_and_utf_16_where_nothing_is() {
        let kinds = |names: &[&'static str]| {
            names.iter().map(|&name| lsp::PositionEncodingKind::new(name)).collect::<Vec<_>>()
        };
        let cases: &[(&[&'static str], PositionEncoding)] = &[
            (&["utf-16", "utf-8"], PositionEncoding::Utf8),
            (&["utf-32", "utf-16"], PositionEncoding::Utf32),
            (&["utf-7"], PositionEncoding::Utf16),
            (&[], PositionEncoding::Utf16),
        ];
        for (offered, expected) in cases {
            assert_eq!(choose_encoding(Some(&kinds(offered))), *expected, "{offered:?}");
        }
        assert_eq!(choose_encoding(None), PositionEncoding::Utf16);
    }
}
