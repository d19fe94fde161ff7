//! Text as Weft holds it: rope snapshots that are cheap to clone, edits by byte range, and positions as LSP counts
//! them (lines end at `\n`, `\r\n` or a lone `\r`; columns in UTF-8, UTF-16 or UTF-32 units).
//!
//! It must not do IO, be async, or know LSP's types. Offsets are bytes of UTF-8 everywhere unless a name says otherwise.

mod common;
mod edit;
mod position;
#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::Range;

use ropey::Rope;

pub use crate::edit::{Edit, EditError};
pub use crate::position::{Position, PositionEncoding};

/// An immutable-by-sharing text: a clone is a snapshot and costs a few machine words; an edit copies only the nodes
/// it touches.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Text {
    rope: Rope,
}

/// A place counted as tree-sitter counts: rows end at `\n` only and columns are bytes. Not an LSP position.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct NewlinePoint {
    /// How many `\n` lie before the place.
    pub row: usize,
    /// Bytes since the last `\n`, or since the text's start.
    pub column: usize,
}

impl Text {
    /// A text with the given content.
    pub fn new(content: &str) -> Self {
        Self { rope: Rope::from_str(content) }
    }

    /// Length in bytes of UTF-8.
    pub fn len_bytes(&self) -> usize {
        self.rope.len_bytes()
    }

    /// Whether there is not one byte in it.
    pub fn is_empty(&self) -> bool {
        self.len_bytes() == 0
    }

    /// The text of a byte range. Both ends are clamped to the text's length and moved back to a character's start;
    /// an inverted range gives the empty string.
    pub fn slice(&self, range: Range<usize>) -> String {
        self.chunks_in(range).collect()
    }

    /// The whole text, piece by piece, in order.
    pub fn chunks(&self) -> impl Iterator<Item = &str> {
        self.rope.chunks()
    }

    /// A byte range piece by piece, clamped as [`Text::slice`] does.
    pub fn chunks_in(&self, range: Range<usize>) -> impl Iterator<Item = &str> {
        let start = self.floor_char_boundary(range.start);
        let end = self.floor_char_boundary(range.end).max(start);
        self.rope.get_byte_slice(start..end).into_iter().flat_map(|slice| slice.chunks())
    }

    /// The rest of the piece of storage that holds the byte at `offset`; empty at or past the text's end.
    pub fn chunk_from(&self, offset: usize) -> &[u8] {
        match self.rope.get_chunk_at_byte(offset) {
            Some((chunk, chunk_start, _, _)) if offset < self.len_bytes() => {
                chunk.as_bytes().get(offset - chunk_start..).unwrap_or_default()
            }
            _ => &[],
        }
    }

    /// The character that begins at or contains `offset`; none at or past the text's end.
    pub fn char_at(&self, offset: usize) -> Option<char> {
        let index = self.rope.try_byte_to_char(offset).ok()?;
        self.rope.get_char(index)
    }

    /// The character that ends at `offset` (after the offset is moved back to a character's start); none at the text's start.
    pub fn char_before(&self, offset: usize) -> Option<char> {
        let index = self.rope.try_byte_to_char(offset.min(self.len_bytes())).ok()?;
        self.rope.get_char(index.checked_sub(1)?)
    }

    /// How many lines there are: one more than the line ends, so never zero.
    pub fn line_count(&self) -> usize {
        self.rope.len_lines()
    }

    /// Byte offset where a 0-based line starts; the text's end for a line past the last.
    pub fn line_start(&self, line: usize) -> usize {
        self.rope.try_line_to_byte(line).unwrap_or_else(|_| self.len_bytes())
    }

    /// Byte offset where a 0-based line's content ends, before its line end; the text's end for a line past the last.
    pub fn line_end(&self, line: usize) -> usize {
        let start = self.line_start(line);
        let next = self.line_start(line.saturating_add(1));
        let mut end = next;
        // A line that has a successor ends in exactly one line end; the last line has none to take off.
        if line.saturating_add(1) < self.line_count() {
            if end > start && self.rope.get_byte(end - 1) == Some(b'\n') {
                end -= 1;
                if end > start && self.rope.get_byte(end - 1) == Some(b'\r') {
                    end -= 1;
                }
            } else if end > start {
                end -= 1;
            }
        }
        end
    }

    /// The 0-based line that holds a byte offset; the last line for an offset past the end. An offset between the
    /// `\r` and the `\n` of one line end belongs to the line that they end.
    pub fn line_of(&self, offset: usize) -> usize {
        self.rope.try_byte_to_line(offset.min(self.len_bytes())).unwrap_or_default()
    }

    /// The content of a 0-based line without its line end; empty for a line past the last.
    pub fn line(&self, line: usize) -> String {
        self.slice(self.line_start(line)..self.line_end(line))
    }

    /// The offset, clamped to the text's length and moved back to the start of the character that it lies in.
    pub fn floor_char_boundary(&self, offset: usize) -> usize {
        let offset = offset.min(self.len_bytes());
        self.rope.try_byte_to_char(offset).and_then(|index| self.rope.try_char_to_byte(index)).unwrap_or(0)
    }

    /// Whether an offset is the start of a character or the text's end.
    pub fn is_char_boundary(&self, offset: usize) -> bool {
        offset <= self.len_bytes() && self.floor_char_boundary(offset) == offset
    }

    /// The row and column that tree-sitter gives to an offset (clamped to the text's length). Reads the text from its
    /// start: about 0.1 ms a megabyte.
    pub fn newline_point(&self, offset: usize) -> NewlinePoint {
        let offset = self.floor_char_boundary(offset);
        self.chunks_in(0..offset).fold(NewlinePoint::default(), |point, chunk| point.after(chunk))
    }
}

impl NewlinePoint {
    /// The point that lies one `text` further on.
    #[must_use]
    pub fn after(self, text: &str) -> Self {
        let bytes = text.as_bytes();
        match memchr::memrchr(b'\n', bytes) {
            Some(last) => Self {
                row: self.row + memchr::memchr_iter(b'\n', bytes).count(),
                column: bytes.len() - last - 1,
            },
            None => Self { row: self.row, column: self.column + bytes.len() },
        }
    }
}

impl From<&str> for Text {
    fn from(content: &str) -> Self {
        Self::new(content)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.chunks().try_for_each(|chunk| formatter.write_str(chunk))
    }
}

/// Length and line count only: a text is the user's code, which must not reach a log by way of `{:?}`.
impl fmt::Debug for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Text")
            .field("len_bytes", &self.len_bytes())
            .field("line_count", &self.line_count())
            .finish()
    }
}
