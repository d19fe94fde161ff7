//! Tables of positions, edits and lines, and the rope against a naive string. It must not test ropey itself.
#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;

use super::*;

const ENCODINGS: [PositionEncoding; 3] =
    [PositionEncoding::Utf8, PositionEncoding::Utf16, PositionEncoding::Utf32];

/// `é` as one character and as `e` with a combining accent, a BMP and a non-BMP character.
const MIXED: &str = "a\u{e9}e\u{301}\u{6f22}\u{1f600}z";

#[test]
fn lines_end_at_lf_crlf_and_cr_and_nowhere_else() {
    let cases: &[(&str, &[&str])] = &[
        ("", &[""]),
        ("a", &["a"]),
        ("a\n", &["a", ""]),
        ("a\nb", &["a", "b"]),
        ("a\r\nb\r\n", &["a", "b", ""]),
        ("a\rb\r", &["a", "b", ""]),
        ("\r\r\n\n\r", &["", "", "", "", ""]),
        ("a\u{b}b\u{c}c\u{85}d\u{2028}e\u{2029}f", &["a\u{b}b\u{c}c\u{85}d\u{2028}e\u{2029}f"]),
    ];
    for (content, expected) in cases {
        let text = Text::new(content);
        let lines: Vec<String> = (0..text.line_count()).map(|line| text.line(line)).collect();
        assert_eq!(&lines, expected, "{content:?}");
        assert_eq!(text.line(text.line_count()), "", "past the last line of {content:?}");
        assert_eq!(text.line_start(usize::MAX), content.len());
    }
}

#[test]
fn a_position_becomes_an_offset() {
    use PositionEncoding::{Utf8, Utf16, Utf32};
    // text, line, character, then the offset in UTF-8, UTF-16, UTF-32
    let cases: &[(&str, u32, u32, [usize; 3])] = &[
        ("", 0, 0, [0, 0, 0]),
        ("", 0, 9, [0, 0, 0]),
        ("", 9, 9, [0, 0, 0]),
        // Past the line's end is before its line end, of whichever kind.
        ("ab\r\ncd", 0, 3, [2, 2, 2]),
        ("ab\ncd", 0, 9, [2, 2, 2]),
        ("ab\rcd", 0, 9, [2, 2, 2]),
        ("ab\r\ncd", 1, 1, [5, 5, 5]),
        ("ab\rcd", 1, 1, [4, 4, 4]),
        ("ab\n\rcd", 2, 1, [5, 5, 5]),
        // The last line has no line end.
        ("ab\ncd", 1, u32::MAX, [5, 5, 5]),
        ("ab\n", 1, 4, [3, 3, 3]),
        ("ab\n", 2, 0, [3, 3, 3]),
        ("ab\n", u32::MAX, u32::MAX, [3, 3, 3]),
        // MIXED's characters start at bytes 0 1 3 4 6 9 13, and it is 14 long.
        (MIXED, 0, 1, [1, 1, 1]),
        (MIXED, 0, 2, [1, 3, 3]),
        (MIXED, 0, 4, [4, 6, 6]),
        (MIXED, 0, 5, [4, 9, 9]),
        (MIXED, 0, 6, [6, 9, 13]),
        (MIXED, 0, 7, [6, 13, 14]),
        (MIXED, 0, 8, [6, 14, 14]),
        (MIXED, 0, 12, [9, 14, 14]),
        (MIXED, 0, 14, [14, 14, 14]),
        ("\u{1f600}\r\n\u{1f600}x", 1, 1, [6, 6, 10]),
        ("\u{1f600}\r\n\u{1f600}x", 1, 2, [6, 10, 11]),
    ];
    for &(content, line, character, expected) in cases {
        let text = Text::new(content);
        let position = Position { line, character };
        let actual = [Utf8, Utf16, Utf32].map(|encoding| text.offset_of(position, encoding));
        assert_eq!(actual, expected, "{content:?} at {line}:{character}");
    }
}

#[test]
fn an_offset_becomes_a_position() {
    // text, offset, line, then the character in UTF-8, UTF-16, UTF-32
    let cases: &[(&str, usize, u32, [u32; 3])] = &[
        ("", 0, 0, [0, 0, 0]),
        ("", 7, 0, [0, 0, 0]),
        ("ab\r\ncd", 2, 0, [2, 2, 2]),
        ("ab\r\ncd", 3, 0, [2, 2, 2]),
        ("ab\r\ncd", 4, 1, [0, 0, 0]),
        ("ab\rcd", 3, 1, [0, 0, 0]),
        ("ab\n", 3, 1, [0, 0, 0]),
        ("ab", 99, 0, [2, 2, 2]),
        (MIXED, 9, 0, [9, 5, 5]),
        (MIXED, 11, 0, [9, 5, 5]),
        (MIXED, 13, 0, [13, 7, 6]),
    ];
    for &(content, offset, line, expected) in cases {
        let text = Text::new(content);
        let actual = ENCODINGS.map(|encoding| text.position_of(offset, encoding));
        assert_eq!(actual, expected.map(|character| Position { line, character }), "{content:?} at {offset}");
    }
}

#[test]
fn a_pair_of_positions_in_the_wrong_order_is_turned_round() {
    let text = Text::new("ab\ncd");
    let (first, second) = (Position::new(0, 1), Position::new(1, 1));
    for (start, end) in [(first, second), (second, first)] {
        assert_eq!(text.range_of(start, end, PositionEncoding::Utf16), 1..4);
    }
    assert_eq!(text.positions_of(1..4, PositionEncoding::Utf16), (first, second));
}

#[test]
fn a_slice_is_clamped_and_never_cuts_a_character() {
    let text = Text::new(MIXED);
    let cases: &[(Range<usize>, &str)] = &[
        (0..1, "a"),
        (0..2, "a"),
        (2..6, "\u{e9}e\u{301}"),
        (9..12, ""),
        (10..13, "\u{1f600}"),
        (13..usize::MAX, "z"),
        (usize::MAX..usize::MAX, ""),
        (Range { start: 13, end: 1 }, ""),
    ];
    for (range, expected) in cases {
        assert_eq!(text.slice(range.clone()), *expected, "{range:?}");
    }
}

#[test]
fn characters_beside_an_offset() {
    let text = Text::new(MIXED);
    let cases: &[(usize, Option<char>, Option<char>)] = &[
        (0, None, Some('a')),
        (1, Some('a'), Some('\u{e9}')),
        (2, Some('a'), Some('\u{e9}')),
        (13, Some('\u{1f600}'), Some('z')),
        (14, Some('z'), None),
        (99, Some('z'), None),
    ];
    for &(offset, before, at) in cases {
        assert_eq!((text.char_before(offset), text.char_at(offset)), (before, at), "{offset}");
    }
}

#[test]
fn an_edit_that_fits_no_text_is_refused_and_changes_nothing() {
    let cases: &[(Range<usize>, EditError)] = &[
        (Range { start: 2, end: 1 }, EditError::Inverted { start: 2, end: 1 }),
        (0..99, EditError::OutOfBounds { end: 99, len: 14 }),
        (2..3, EditError::InsideCharacter { offset: 2 }),
        (1..10, EditError::InsideCharacter { offset: 10 }),
    ];
    for (range, expected) in cases {
        let mut text = Text::new(MIXED);
        let edit = Edit { range: range.clone(), new_text: "new".into() };
        assert_eq!(text.apply(&edit).unwrap_err(), *expected);
        assert_eq!(text.to_string(), MIXED);
    }
}

#[test]
fn a_snapshot_keeps_its_text_when_the_original_is_edited() {
    let mut text = Text::new("one two");
    let snapshot = text.clone();
    text.apply(&Edit { range: 0..3, new_text: "1".into() }).unwrap();
    assert_eq!((text.to_string().as_str(), snapshot.to_string().as_str()), ("1 two", "one two"));
}

#[test]
fn rows_of_tree_sitter_end_at_lf_only() {
    let text = Text::new("a\r\u{e9}\r\nb\n\nc");
    let cases = [(0, 0, 0), (4, 0, 4), (6, 1, 0), (7, 1, 1), (8, 2, 0), (9, 3, 0), (99, 3, 1)];
    for (offset, row, column) in cases {
        assert_eq!(text.newline_point(offset), NewlinePoint { row, column }, "{offset}");
    }
}

#[test]
fn a_debug_print_shows_no_code() {
    assert_eq!(format!("{:?}", Text::new("secret\n")), "Text { len_bytes: 7, line_count: 2 }");
}

fn any_content() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\n"),
        Just("\r\n"),
        Just("\r"),
        Just("x"),
        Just("\u{e9}"),
        Just("e\u{301}"),
        Just("\u{6f22}"),
        Just("\u{1f600}"),
        Just("some words in a row; "),
        Just("\u{2028}"),
    ];
    // Up to several kilobytes, so that the rope has more than one leaf.
    prop::collection::vec(piece, 0..600).prop_map(|pieces| pieces.concat())
}

/// LSP's line starts, found by looking at every byte.
fn naive_line_starts(content: &str) -> Vec<usize> {
    let bytes = content.as_bytes();
    let ends = (0..bytes.len()).filter(|&index| {
        bytes[index] == b'\n' || (bytes[index] == b'\r' && bytes.get(index + 1) != Some(&b'\n'))
    });
    std::iter::once(0).chain(ends.map(|index| index + 1)).collect()
}

proptest! {
    #[test]
    fn lines_agree_with_a_naive_scan_and_positions_round_trip(content in any_content()) {
        let text = Text::new(&content);
        let starts: Vec<usize> = (0..text.line_count()).map(|line| text.line_start(line)).collect();
        prop_assert_eq!(&starts, &naive_line_starts(&content));
        for (offset, _) in content.char_indices().step_by(7) {
            if offset > 0 && content[..offset].ends_with('\r') && content[offset..].starts_with('\n') {
                continue; // inside a line end, which no position names
            }
            for encoding in ENCODINGS {
                let position = text.position_of(offset, encoding);
                prop_assert_eq!(text.offset_of(position, encoding), offset);
                let line = position.line as usize;
                prop_assert_eq!(position.character as usize, encoding.units(&content[starts[line]..offset]));
            }
        }
    }

    #[test]
    fn an_edit_agrees_with_string_replace(
        content in any_content(), new_text in any_content(), start in any::<prop::sample::Index>(), end in any::<prop::sample::Index>()
    ) {
        let boundaries: Vec<usize> = (0..=content.len()).filter(|&offset| content.is_char_boundary(offset)).collect();
        let (first, second) = (*start.get(&boundaries), *end.get(&boundaries));
        let range = first.min(second)..first.max(second);
        let mut text = Text::new(&content);
        text.apply(&Edit { range: range.clone(), new_text: new_text.clone() }).unwrap();
        let mut expected = content;
        expected.replace_range(range, &new_text);
        prop_assert_eq!(text.to_string(), expected.clone());
        prop_assert_eq!(text.line_count(), naive_line_starts(&expected).len());
        prop_assert_eq!(text.newline_point(text.len_bytes()).row, expected.matches('\n').count());
    }
}
