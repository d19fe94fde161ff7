//! The text of the file around the cursor. It must not look at other files.

use documents::Snapshot;

/// Lines in one step of the grid on which the text before the cursor begins. The start moves only when the
/// cursor has moved by so many lines, so that typing leaves the prompt's beginning (and the KV cache) alone.
const GRID_LINES: usize = 1024;
/// The most bytes on either side. Far more than any prompt holds; it bounds the work in files of one long line.
const MOST_BYTES: usize = 256 * 1024;

/// The text around the cursor, long enough for any prompt's budget to choose from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InFile {
    /// The text before the cursor, from a line of the grid.
    pub before: String,
    /// The text after the cursor.
    pub after: String,
}

/// Takes the text around `cursor` (a byte offset; clamped).
pub fn in_file(snapshot: &Snapshot, cursor: usize) -> InFile {
    let text = &snapshot.text;
    let line = text.line_of(cursor);
    // One full step before the cursor's own, so that there is always enough.
    let first_line = (line / GRID_LINES).saturating_sub(1) * GRID_LINES;
    let start = text.line_start(first_line).max(cursor.saturating_sub(MOST_BYTES));
    let end = text.line_end(line.saturating_add(GRID_LINES)).min(cursor.saturating_add(MOST_BYTES));
    InFile { before: text.slice(start..cursor), after: text.slice(cursor..end) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use documents::{DocumentId, DocumentStore};

    fn snapshot(text: &str) -> Snapshot {
        DocumentStore::default().open(DocumentId::new("file:///a.py"), "python", 1, text)
    }

    #[test]
    fn a_small_file_is_taken_whole() {
        let around = in_file(&snapshot("a = 1\nb = 2\n"), 8);
        assert_eq!((around.before.as_str(), around.after.as_str()), ("a = 1\nb ", "= 2\n"));
    }

    #[test]
    fn in_a_large_file_the_start_stays_while_the_cursor_moves_within_a_step() {
        let text: String = (0..10_000).map(|line| format!("line {line}\n")).collect();
        let snapshot = snapshot(&text);
        let first_line = |line: usize| {
            let around = in_file(&snapshot, snapshot.text.line_start(line));
            around.before.lines().next().unwrap_or_default().to_owned()
        };
        assert_eq!(first_line(5_200), "line 4096");
        assert_eq!(first_line(6_000), "line 4096");
        assert_eq!(first_line(6_200), "line 5120");
    }

    #[test]
    fn a_cursor_past_the_end_or_in_a_huge_line_does_no_harm() {
        let around = in_file(&snapshot("é"), 99);
        assert_eq!((around.before.as_str(), around.after.as_str()), ("é", ""));
        let around = in_file(&snapshot(&"é".repeat(400_000)), 500_001);
        assert!(around.before.len() <= MOST_BYTES + 2 && around.after.len() <= MOST_BYTES + 2);
    }
}
