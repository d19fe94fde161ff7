//! Fixtures for tests: a text with `$0` where the cursor is, or several files headed by `//- /path`.
//! It must not be used outside tests: it panics on a malformed fixture.
#![allow(clippy::panic)]

/// A text and the cursor's place in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorFixture {
    /// The text without the `$0`.
    pub text: String,
    /// Byte offset of the cursor in `text`.
    pub cursor: usize,
}

/// Splits `source` at its one `$0`. Panics when there is none or more than one.
pub fn cursor(source: &str) -> CursorFixture {
    let Some((before, after)) = source.split_once("$0") else { panic!("no $0 in the fixture:\n{source}") };
    assert!(!after.contains("$0"), "more than one $0 in the fixture:\n{source}");
    CursorFixture { text: format!("{before}{after}"), cursor: before.len() }
}

/// One file of a multi-file fixture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixtureFile {
    /// The path as written after `//- `, without the leading slash.
    pub path: String,
    /// The file's text.
    pub text: String,
}

/// Splits a fixture into its files: each begins with a line `//- /path`. Panics on text before the first header.
pub fn files(source: &str) -> Vec<FixtureFile> {
    let mut files: Vec<FixtureFile> = Vec::new();
    for line in source.split_inclusive('\n') {
        if let Some(path) = line.strip_prefix("//- /") {
            files.push(FixtureFile { path: path.trim().to_owned(), text: String::new() });
        } else if let Some(file) = files.last_mut() {
            file.text.push_str(line);
        } else {
            assert!(line.trim().is_empty(), "text before the first //- /path header: {line:?}");
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_taken_out_of_the_text() {
        assert_eq!(cursor("ab$0c"), CursorFixture { text: "abc".into(), cursor: 2 });
    }

    #[test]
    fn files_are_split_at_their_headers() {
        let split = files("//- /a.py\nx = 1\n//- /b/c.py\ny\n");
        assert_eq!(split.len(), 2);
        assert_eq!((split[1].path.as_str(), split[1].text.as_str()), ("b/c.py", "y\n"));
    }
}
