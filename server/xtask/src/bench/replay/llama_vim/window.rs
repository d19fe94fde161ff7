//! The text around the cursor that llama.vim sends, and what it makes of the answer: what is shown and accepted.
//!
//! It must not ask nor remember: both are functions of the document.

use super::super::document::{Cursor, Document};
use super::super::player::Suggestion;
use super::cache::Key;

/// llama.vim's `n_prefix` and `n_suffix`, in lines.
const LINES_BEFORE: usize = 256;
const LINES_AFTER: usize = 64;
/// An answer is also kept for windows that begin so many lines later.
const LATER_WINDOWS: usize = 3;

/// What is sent of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Window {
    /// The lines before the cursor's.
    pub(super) prefix: String,
    /// The cursor's line up to the cursor.
    pub(super) middle: String,
    /// The rest of the line and the lines after it.
    pub(super) suffix: String,
    /// Blanks at the start of the cursor's line; `None` where llama.vim takes those of the request before.
    pub(super) indentation: Option<usize>,
    /// Bytes of the line after the cursor.
    pub(super) rest_of_line: usize,
}

/// The window at the cursor.
pub(super) fn window(document: &Document) -> Window {
    let cursor = document.cursor();
    let (before, after) = (document.before(), document.after());
    let line = format!("{before}{after}");
    // A line of nothing but blanks counts as empty: the model writes its indentation.
    let blank = is_blank(&line);
    let indentation = if blank { 0 } else { line.len() - line.trim_start().len() };
    let (before, after) = if blank { ("", "") } else { (before, after) };
    let prefix = slice(document, cursor.line.saturating_sub(LINES_BEFORE), cursor.line);
    Window {
        prefix: joined(prefix),
        middle: before.to_owned(),
        suffix: format!("{after}\n{}", lines_after(document, cursor.line)),
        indentation: Some(indentation),
        rest_of_line: after.len(),
    }
}

/// The window after `content` was accepted at `cursor`, as far as llama.vim can say so ahead. `content` is what is
/// shown, with the rest of the line behind its last line.
pub(super) fn window_as_if_accepted(document: &Document, cursor: Cursor, content: &[String]) -> Window {
    let line = document.lines().get(cursor.line).map(String::as_str).unwrap_or_default();
    let first = format!("{line}{}", content.first().map(String::as_str).unwrap_or_default());
    let more = content.len().saturating_sub(1);
    let begin = (cursor.line + more).saturating_sub(LINES_BEFORE).min(cursor.line);
    let mut prefix = slice(document, begin, cursor.line).to_vec();
    let mut middle = first;
    if let Some((last, between)) = content.get(1..).unwrap_or_default().split_last() {
        prefix.push(middle);
        prefix.extend_from_slice(between);
        middle = last.clone();
    }
    Window {
        prefix: joined(&prefix),
        middle,
        suffix: format!("\n{}", lines_after(document, cursor.line)),
        indentation: None,
        rest_of_line: 0,
    }
}

impl Window {
    /// What an answer to this window is kept under, its own key first.
    pub(super) fn keys(&self) -> Vec<Key> {
        let mut keys = Vec::new();
        let mut prefix = self.prefix.as_str();
        for _ in 0..=LATER_WINDOWS {
            keys.push(Key { before: format!("{prefix}{}", self.middle), after: self.suffix.clone() });
            match prefix.split_once('\n') {
                Some((_, later)) if !later.is_empty() => prefix = later,
                _ => break,
            }
        }
        keys
    }
}

/// What is shown of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hint {
    /// The lines, with the rest of the cursor's line behind the last.
    pub(super) content: Vec<String>,
    /// What accepting it does; `None` if there is nothing to accept.
    pub(super) suggestion: Option<Suggestion>,
}

/// What `answer` looks like at the cursor.
pub(super) fn hint(document: &Document, answer: &str) -> Hint {
    let mut content: Vec<String> = answer.split('\n').map(str::to_owned).collect();
    while content.last().is_some_and(String::is_empty) {
        content.pop();
    }
    let said_something = !content.is_empty();
    if content.is_empty() {
        content.push(String::new());
    }
    let (mut before, mut after) = (document.before().to_owned(), document.after().to_owned());
    let mut deletes = false;
    let line = format!("{before}{after}");
    if is_blank(&line)
        && let Some(first) = content.first_mut()
    {
        // The blanks that are there already are not written again.
        let blanks = first.len() - first.trim_start_matches([' ', '\t']).len();
        let lead = blanks.min(line.len());
        let rest = first.split_off(lead);
        let kept = std::mem::replace(first, rest);
        deletes = kept != line;
        let place = before.len().min(kept.len());
        after = kept.get(place..).unwrap_or_default().to_owned();
        before = kept.get(..place).unwrap_or_default().to_owned();
    }
    if repeats(document, &content, &before, &after) {
        content = vec![String::new()];
    }
    let text = content.join("\n");
    if let Some(last) = content.last_mut() {
        last.push_str(&after);
    }
    let acceptable = said_something && !content.iter().all(|line| is_blank(line));
    let suggestion = acceptable.then_some(Suggestion { text, deletes });
    Hint { content, suggestion }
}

/// Whether a suggestion says again what follows the cursor. `before` and `after` are the cursor's line.
fn repeats(document: &Document, content: &[String], before: &str, after: &str) -> bool {
    let lines = document.lines();
    let line = document.cursor().line;
    let Some((first, more)) = content.split_first() else { return false };
    let following = |start: usize, count: usize| lines.get(start..start + count);
    if !more.is_empty() && first.is_empty() && following(line + 1, more.len()) == Some(more) {
        return true;
    }
    if more.is_empty() && first == after {
        return true;
    }
    // The first line below that has something on it.
    let mut below = line + 1;
    while below + 1 < lines.len() && lines.get(below).is_some_and(|line| is_blank(line)) {
        below += 1;
    }
    if lines.get(below).map(String::as_str) != Some(format!("{before}{first}").as_str()) {
        return false;
    }
    match more {
        [] => true,
        [second] => lines.get(below + 1).is_some_and(|line| line.starts_with(second.as_str())),
        _ => following(below + 1, more.len()) == Some(more),
    }
}

fn is_blank(line: &str) -> bool {
    line.chars().all(|it| it == ' ' || it == '\t')
}

fn slice(document: &Document, from: usize, to: usize) -> &[String] {
    let lines = document.lines();
    lines.get(from.min(lines.len())..to.min(lines.len())).unwrap_or_default()
}

fn lines_after(document: &Document, line: usize) -> String {
    joined(slice(document, line + 1, line + 1 + LINES_AFTER))
}

/// Lines as they are sent: each with its end, and one end even where there is no line.
fn joined(lines: &[String]) -> String {
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A document whose cursor stands at the end of a line.
    fn document(text: &str, line: usize) -> Document {
        let mut document = Document::new(text);
        document.go_to_end_of(line);
        document
    }

    #[test]
    fn the_window_is_the_lines_around_the_cursor() {
        let text: String = (0..600).map(|line| format!("line {line}\n")).collect();
        let window = window(&document(&text, 300));
        assert!(window.prefix.starts_with("line 44\n") && window.prefix.ends_with("line 299\n"));
        assert_eq!((window.middle.as_str(), window.rest_of_line), ("line 300", 0));
        assert!(window.suffix.starts_with("\nline 301\n") && window.suffix.ends_with("line 364\n"));
        let keys = window.keys();
        assert_eq!(keys.len(), 4);
        assert!(keys[3].before.starts_with("line 47\n") && keys[3].after == window.suffix);
    }

    #[test]
    fn a_blank_line_is_the_models_to_indent() {
        let window = window(&document("def f():\n    \nx", 1));
        assert_eq!((window.middle.as_str(), window.suffix.as_str()), ("", "\nx\n"));
        assert_eq!(window.indentation, Some(0));
        assert_eq!(window.keys()[0].before, "def f():\n");
        assert_eq!(super::window(&document("    a = ", 0)).indentation, Some(4));
    }

    #[test]
    fn accepting_leads_to_the_window_that_was_asked_ahead() {
        let table: [(&str, usize, &str); 4] = [
            ("def f(x):\n    y = \nz\n", 1, "x + 1"),
            ("def f(x):\n    \nz\n", 1, "    y = x\n    return y"),
            ("def f(x):\nz\n", 0, "\n    y = x\n    return y"),
            ("\n\nz\n", 1, "y = 1"),
        ];
        for (text, line, answer) in table {
            let mut document = document(text, line);
            let hint = hint(&document, answer);
            let ahead = window_as_if_accepted(&document, document.cursor(), &hint.content);
            document.insert(&hint.suggestion.unwrap().text);
            let there = window(&document);
            assert_eq!(ahead.keys(), there.keys(), "{text:?}");
        }
    }

    #[test]
    fn the_prefix_asked_ahead_is_as_long_as_later() {
        let text: String = (0..600).map(|line| format!("line {line}\n")).collect();
        let mut document = document(&text, 300);
        let hint = hint(&document, "a\nb\nc");
        let ahead = window_as_if_accepted(&document, document.cursor(), &hint.content);
        document.insert(&hint.suggestion.unwrap().text);
        assert_eq!(ahead.prefix, window(&document).prefix);
    }

    #[test]
    fn what_is_shown_can_be_accepted_or_is_nothing() {
        let shown = |text| Some((text, false));
        let table = [
            ("a = \nb", 0, "1", shown("1")),
            ("a = \nb", 0, "1\n\n", shown("1")),
            ("a = \nb", 0, "", None),
            ("a = \nb", 0, "  ", None),
            ("a = \nb", 0, "\n\n", None),
            // Blanks that are there are not written again.
            ("x:\n    \nb", 1, "    y = 1", shown("y = 1")),
            ("x:\n    \nb", 1, "      y = 1", shown("  y = 1")),
            ("x:\n    \nb", 1, "  y = 1", Some(("y = 1", true))),
            // What follows is not said again.
            ("a = \nb = 1\n", 0, "\nb = 1", None),
            ("\nb = 1\n", 0, "b = 1", None),
            ("\n\nb = 1\nc = 2\n", 0, "b = 1\nc =", None),
            ("\nb = 1\nc = 2\nd = 3\n", 0, "b = 1\nc = 2\nd = 3", None),
            ("\nb = 1\nc = 2\nd = 3\n", 0, "b = 1\nc = 2\nd = 4", shown("b = 1\nc = 2\nd = 4")),
            ("\nb = 1\n", 0, "b = 1\nc = 2", shown("b = 1\nc = 2")),
        ];
        for (text, line, answer, expected) in table {
            let hint = hint(&document(text, line), answer);
            let got = hint.suggestion.as_ref().map(|it| (it.text.as_str(), it.deletes));
            assert_eq!(got, expected, "{text:?} {answer:?}");
        }
    }
}
