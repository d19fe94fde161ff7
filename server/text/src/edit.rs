//! One edit of a text by byte range. It must not know positions: those are turned into bytes before.

use std::ops::Range;

use thiserror::Error;

use crate::Text;

/// A replacement of a byte range by a new text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edit {
    /// The bytes that are replaced, as offsets into the text before the edit. Both ends are starts of characters.
    pub range: Range<usize>,
    /// What stands there afterwards.
    pub new_text: String,
}

/// Why an edit could not be applied. The text is unchanged then.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum EditError {
    /// The range ends before it starts.
    #[error("the edit's range {start}..{end} ends before it starts: give the smaller offset first")]
    Inverted {
        /// The range's start in bytes.
        start: usize,
        /// The range's end in bytes.
        end: usize,
    },
    /// The range reaches past the end of the text.
    #[error(
        "the edit's range ends at byte {end}, past the end of a text of {len} bytes: it was made for another version of the text"
    )]
    OutOfBounds {
        /// The range's end in bytes.
        end: usize,
        /// The text's length in bytes.
        len: usize,
    },
    /// An end of the range lies inside a character.
    #[error("byte {offset} lies inside a character: move it to the character's start")]
    InsideCharacter {
        /// The offending offset in bytes.
        offset: usize,
    },
}

impl Text {
    /// Replaces a byte range.
    ///
    /// # Errors
    /// When the range is inverted, reaches past the end, or cuts a character; the text is then unchanged.
    pub fn apply(&mut self, edit: &Edit) -> Result<(), EditError> {
        let Range { start, end } = edit.range;
        if start > end {
            return Err(EditError::Inverted { start, end });
        }
        if end > self.len_bytes() {
            return Err(EditError::OutOfBounds { end, len: self.len_bytes() });
        }
        for offset in [start, end] {
            if !self.is_char_boundary(offset) {
                return Err(EditError::InsideCharacter { offset });
            }
        }
        let first = self.rope.byte_to_char(start);
        let last = self.rope.byte_to_char(end);
        self.rope.remove(first..last);
        self.rope.insert(first, &edit.new_text);
        Ok(())
    }
}
