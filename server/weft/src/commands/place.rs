//! `FILE:LINE:COL`, as compilers print it: both count from 1, the column counts characters.
//! It must not read the file.

use anyhow::{Result, bail};
use std::path::PathBuf;
use text::{Position, PositionEncoding, Text};

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The path as given.
    pub(crate) file: PathBuf,
    /// From 1.
    pub(crate) line: usize,
    /// From 1, in characters; one past the last character is the end of the line.
    pub(crate) column: usize,
}

impl Place {
    /// Reads `FILE:LINE:COL`. The file's name may hold colons itself.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut parts = text.rsplitn(3, ':');
        let (column, line, file) = (parts.next(), parts.next(), parts.next());
        let number = |part: Option<&str>| part.and_then(|part| part.parse::<usize>().ok());
        let (Some(file), Some(line), Some(column)) =
            (file.filter(|file| !file.is_empty()), number(line), number(column))
        else {
            bail!(
                "`{text}` is not a place. Give FILE:LINE:COL, such as src/main.rs:12:9, both counted from 1"
            );
        };
        if line == 0 || column == 0 {
            bail!("`{text}`: line and column count from 1, as compilers print them");
        }
        Ok(Self { file: file.into(), line, column })
    }

    /// The byte offset of the place in the file's text.
    pub(crate) fn offset(&self, text: &Text) -> Result<usize> {
        let lines = text.line_count();
        if self.line > lines {
            bail!("{} has {lines} lines; there is no line {}", self.file.display(), self.line);
        }
        let length = text.line(self.line - 1).chars().count();
        if self.column > length + 1 {
            bail!(
                "line {} of {} has {length} characters; column {} is past its end, which is column {}",
                self.line,
                self.file.display(),
                self.column,
                length + 1
            );
        }
        let index = |number: usize| u32::try_from(number - 1).unwrap_or(u32::MAX);
        Ok(text.offset_of(Position::new(index(self.line), index(self.column)), PositionEncoding::Utf32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_file_line_and_column() {
        let place = Place::parse("C:\\a b.py:12:9").unwrap();
        assert_eq!((place.file.to_str(), place.line, place.column), (Some("C:\\a b.py"), 12, 9));
        for (bad, part) in
            [("a.py", "FILE:LINE:COL"), ("a.py:1", "FILE"), (":1:1", "FILE"), ("a.py:0:1", "from 1")]
        {
            let error = Place::parse(bad).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn columns_count_characters_and_the_end_of_a_line_is_a_place() {
        let text = Text::new("é😀x\r\ny");
        let offset = |place: &str| Place::parse(place).unwrap().offset(&text);
        assert_eq!(offset("f:1:3").unwrap(), 6);
        assert_eq!(offset("f:1:4").unwrap(), 7);
        assert_eq!(offset("f:2:2").unwrap(), 10);
        assert!(offset("f:1:5").unwrap_err().to_string().contains("column 5"));
        assert!(offset("f:3:1").unwrap_err().to_string().contains("has 2 lines"));
    }
}
