//! Positions as LSP counts them, and their way to byte offsets and back. It must not fail: a position that no text
//! has is clamped as the LSP specification says (3.17, "Text Documents" and "Position").

use std::ops::Range;

use crate::Text;

/// What one unit of [`Position::character`] is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PositionEncoding {
    /// Bytes of UTF-8.
    Utf8,
    /// Code units of UTF-16; LSP's default.
    #[default]
    Utf16,
    /// Unicode scalar values.
    Utf32,
}

/// A place in a text as an editor names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// 0-based line.
    pub line: u32,
    /// 0-based distance from the line's start, in units of a [`PositionEncoding`].
    pub character: u32,
}

impl Position {
    /// A position by its two parts.
    pub fn new(line: u32, character: u32) -> Self {
        Self { line, character }
    }
}

impl PositionEncoding {
    /// How many units a piece of text counts.
    pub fn units(self, text: &str) -> usize {
        match self {
            Self::Utf8 => text.len(),
            Self::Utf16 => text.encode_utf16().count(),
            Self::Utf32 => text.chars().count(),
        }
    }
}

impl Text {
    /// The byte offset of a position. Past the line's end means before its line end; past the last line means the
    /// text's end; inside a character (a surrogate pair, a multi-byte sequence) means that character's start.
    pub fn offset_of(&self, position: Position, encoding: PositionEncoding) -> usize {
        let line = position.line as usize;
        let start = self.line_start(line);
        let end = self.line_end(line);
        let character = position.character as usize;
        let Some(content) = self.rope.get_byte_slice(start..end) else { return start };
        let within = match encoding {
            PositionEncoding::Utf8 => character.min(content.len_bytes()),
            PositionEncoding::Utf16 => {
                let unit = character.min(content.len_utf16_cu());
                content
                    .try_utf16_cu_to_char(unit)
                    .and_then(|index| content.try_char_to_byte(index))
                    .unwrap_or_default()
            }
            PositionEncoding::Utf32 => {
                content.try_char_to_byte(character.min(content.len_chars())).unwrap_or_default()
            }
        };
        self.floor_char_boundary(start + within)
    }

    /// The position of a byte offset. An offset past the end means the end; one inside a character means that
    /// character's start; one between the `\r` and `\n` of a line end means before that line end.
    pub fn position_of(&self, offset: usize, encoding: PositionEncoding) -> Position {
        let line = self.line_of(offset);
        let start = self.line_start(line);
        let offset = self.floor_char_boundary(offset).min(self.line_end(line));
        let character = match self.rope.get_byte_slice(start..offset) {
            None => 0,
            Some(before) => match encoding {
                PositionEncoding::Utf8 => before.len_bytes(),
                PositionEncoding::Utf16 => before.len_utf16_cu(),
                PositionEncoding::Utf32 => before.len_chars(),
            },
        };
        Position { line: saturating_u32(line), character: saturating_u32(character) }
    }

    /// The byte range of a pair of positions; a pair in the wrong order is turned round.
    pub fn range_of(&self, start: Position, end: Position, encoding: PositionEncoding) -> Range<usize> {
        let (first, second) = (self.offset_of(start, encoding), self.offset_of(end, encoding));
        first.min(second)..first.max(second)
    }

    /// The pair of positions of a byte range.
    pub fn positions_of(&self, range: Range<usize>, encoding: PositionEncoding) -> (Position, Position) {
        (self.position_of(range.start, encoding), self.position_of(range.end, encoding))
    }
}

/// LSP's numbers are 32 bits wide; a text beyond that is cut off rather than wrapped round.
fn saturating_u32(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
