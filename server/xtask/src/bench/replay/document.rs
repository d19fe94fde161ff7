//! A text that is typed into, as an editor holds it: lines and a cursor.
//!
//! It must not know who watches: each change is described for whoever has to be told.

/// The text and where the next character goes.
#[derive(Debug, Clone)]
pub(super) struct Document {
    /// Without their line ends; never empty.
    lines: Vec<String>,
    cursor: Cursor,
}

/// A place in a document, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) line: usize,
    /// In bytes of the line.
    pub(super) byte: usize,
}

/// What an edit replaced and with what. The range is as LSP counts: lines from 0 and UTF-16 units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) start: (usize, usize),
    pub(super) end: (usize, usize),
    pub(super) text: String,
}

impl Document {
    pub(super) fn new(text: &str) -> Self {
        Self { lines: text.split('\n').map(str::to_owned).collect(), cursor: Cursor { line: 0, byte: 0 } }
    }

    pub(super) fn text(&self) -> String {
        self.lines.join("\n")
    }

    pub(super) fn lines(&self) -> &[String] {
        &self.lines
    }

    pub(super) fn cursor(&self) -> Cursor {
        self.cursor
    }

    /// The cursor as LSP counts.
    pub(super) fn position(&self) -> (usize, usize) {
        (self.cursor.line, self.before().encode_utf16().count())
    }

    /// The cursor's line before the cursor.
    pub(super) fn before(&self) -> &str {
        self.line().get(..self.cursor.byte).unwrap_or_default()
    }

    /// The cursor's line after the cursor.
    pub(super) fn after(&self) -> &str {
        self.line().get(self.cursor.byte..).unwrap_or_default()
    }

    /// Goes to the end of a line, or of the last one.
    pub(super) fn go_to_end_of(&mut self, line: usize) {
        self.cursor.line = line.min(self.lines.len() - 1);
        self.cursor.byte = self.line().len();
    }

    /// Writes at the cursor, which comes to stand behind what is written.
    pub(super) fn insert(&mut self, text: &str) -> Change {
        let start = self.position();
        let after = self.after().to_owned();
        let line = self.cursor.line;
        let mut written: Vec<String> =
            format!("{}{text}", self.before()).split('\n').map(str::to_owned).collect();
        self.cursor.line += written.len() - 1;
        if let Some(last) = written.last_mut() {
            self.cursor.byte = last.len();
            last.push_str(&after);
        }
        self.lines.splice(line..=line, written);
        Change { start, end: start, text: text.to_owned() }
    }

    /// Deletes the character before the cursor. At the start of a line there is none.
    pub(super) fn delete(&mut self) -> Option<Change> {
        let end = self.position();
        let character = self.before().chars().next_back()?;
        let from = self.cursor.byte - character.len_utf8();
        self.lines.get_mut(self.cursor.line)?.replace_range(from..self.cursor.byte, "");
        self.cursor.byte = from;
        Some(Change { start: (end.0, end.1 - character.len_utf16()), end, text: String::new() })
    }

    fn line(&self) -> &str {
        self.lines.get(self.cursor.line).map(String::as_str).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_made_and_described() {
        let mut document = Document::new("a\n🦀 = (;\nz\n");
        document.go_to_end_of(1);
        let change = document.delete().unwrap();
        assert_eq!((change.start, change.end, change.text.as_str()), ((1, 6), (1, 7), ""));
        let change = document.insert("é)");
        assert_eq!((change.start, change.end), ((1, 6), (1, 6)));
        document.insert("\n    b");
        assert_eq!(document.text(), "a\n🦀 = (é)\n    b\nz\n");
        assert_eq!((document.position(), document.before(), document.after()), ((2, 5), "    b", ""));
        document.go_to_end_of(99);
        assert_eq!(document.cursor(), Cursor { line: 4, byte: 0 });
        assert_eq!(document.delete(), None);
    }

    #[test]
    fn what_follows_the_cursor_stays_behind_it() {
        let mut document = Document::new("f()");
        document.go_to_end_of(0);
        document.cursor.byte = 2;
        document.insert("x,\ny");
        assert_eq!((document.text().as_str(), document.after()), ("f(x,\ny)", ")"));
    }
}
