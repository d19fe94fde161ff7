//! Lines with their line ends, and how new lines are put into a file so that all the rest of it stays byte by byte as it
//! was. It must not know what the lines say.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// The byte order mark that may begin a file. It belongs to no line.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// One line of a text. Lines end at `\n`, `\r\n` or a lone `\r`, as in [`text::Text`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Line<'a> {
    /// Byte offset where it begins.
    pub(super) start: usize,
    /// What it says, without its line end.
    pub(super) content: &'a str,
    /// Its line end; empty for the last line of a text that does not end with one.
    pub(super) line_end: &'a str,
}

impl Line<'_> {
    /// Byte offset where the next line begins.
    pub(super) fn end(&self) -> usize {
        self.start + self.content.len() + self.line_end.len()
    }

    fn key(&self) -> (&str, &str) {
        (self.content, self.line_end)
    }
}

/// The lines of a text, without a byte order mark at its start. An empty text has none.
pub(super) fn split(text: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut start = text.len() - text.trim_start_matches(BYTE_ORDER_MARK).len();
    while start < text.len() {
        let rest = text.get(start..).unwrap_or_default();
        let length = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let (content, after) = rest.split_at(length);
        let end_length = if after.starts_with("\r\n") { 2 } else { after.len().min(1) };
        let line = Line { start, content, line_end: after.get(..end_length).unwrap_or_default() };
        start = line.end();
        lines.push(line);
    }
    lines
}

/// The contents of the lines of a text.
pub(super) fn contents(text: &str) -> Vec<String> {
    split(text).iter().map(|line| line.content.to_owned()).collect()
}

/// The part of a line list that is neither blank at its start nor at its end.
pub(super) fn trim_blank<T: AsRef<str>>(lines: &[T]) -> Range<usize> {
    let filled = |line: &T| !line.as_ref().trim().is_empty();
    match (lines.iter().position(filled), lines.iter().rposition(filled)) {
        (Some(first), Some(last)) => first..last + 1,
        _ => 0..0,
    }
}

/// Some lines of a file and what stands in their place afterwards. An empty range is a place between two lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LineEdit {
    /// The lines that go, counted from 0.
    pub(super) lines: Range<usize>,
    /// The contents of those that come.
    pub(super) new: Vec<String>,
}

/// Applies edits that do not overlap to the contents of lines. Those at one place come in the order that they are given in.
/// None if they overlap or reach past the end.
pub(super) fn edited(contents: &[String], mut edits: Vec<LineEdit>) -> Option<Vec<String>> {
    edits.sort_by_key(|edit| (edit.lines.start, edit.lines.end));
    let mut result = Vec::new();
    let mut done = 0;
    for edit in edits {
        result.extend_from_slice(contents.get(done..edit.lines.start)?);
        result.extend(edit.new);
        done = edit.lines.end.max(edit.lines.start);
    }
    result.extend_from_slice(contents.get(done..)?);
    Some(result)
}

/// How much white space at the ends of lines counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TrailingBlanks {
    /// A line that differs in nothing else stays as it was, unless that is all that changed. Models drop such blanks.
    Keep,
    /// It is a change like any other.
    Count,
}

/// The text of a file with the given lines: each line that is still there keeps its line end, a new one gets that of the
/// line before it, and the byte order mark and the end of the file stay as they were.
pub(super) fn restored(base: &str, new: &[String], blanks: TrailingBlanks) -> String {
    let old = split(base);
    let mut ops = Vec::new();
    if blanks == TrailingBlanks::Keep {
        let old_keys: Vec<&str> = old.iter().map(|line| line.content.trim_end()).collect();
        let new_keys: Vec<&str> = new.iter().map(|line| line.trim_end()).collect();
        if old_keys != new_keys {
            ops = capture_diff_slices(Algorithm::Patience, &old_keys, &new_keys);
        }
    }
    if ops.is_empty() {
        let old_keys: Vec<&str> = old.iter().map(|line| line.content).collect();
        let new_keys: Vec<&str> = new.iter().map(String::as_str).collect();
        ops = capture_diff_slices(Algorithm::Patience, &old_keys, &new_keys);
    }
    let usual = usual_line_end(&old);
    let mut lines: Vec<(&str, &str)> = Vec::with_capacity(new.len());
    for op in ops {
        match op {
            DiffOp::Equal { old_index, len, .. } => {
                let kept = old.get(old_index..old_index + len).unwrap_or_default();
                lines.extend(kept.iter().map(Line::key));
            }
            DiffOp::Insert { old_index, new_index, new_len }
            | DiffOp::Replace { old_index, new_index, new_len, .. } => {
                let near = [old_index.checked_sub(1), Some(old_index)].into_iter().flatten();
                let mut ends = near.filter_map(|at| old.get(at)).map(|line| line.line_end);
                let line_end = ends.find(|line_end| !line_end.is_empty()).unwrap_or(usual);
                let added = new.get(new_index..new_index + new_len).unwrap_or_default();
                lines.extend(added.iter().map(|line| (line.as_str(), line_end)));
            }
            DiffOp::Delete { .. } => {}
        }
    }
    let ends_open = old.last().is_some_and(|line| line.line_end.is_empty());
    let last = lines.len().saturating_sub(1);
    let mut text = String::with_capacity(base.len());
    text.extend(base.chars().take_while(|it| *it == BYTE_ORDER_MARK));
    for (index, (content, line_end)) in lines.into_iter().enumerate() {
        text.push_str(content);
        match (index == last, line_end.is_empty()) {
            (true, _) if ends_open => {}
            (_, true) => text.push_str(usual),
            (_, false) => text.push_str(line_end),
        }
    }
    text
}

/// The line end that most lines have; a line feed where there is none.
fn usual_line_end<'a>(lines: &[Line<'a>]) -> &'a str {
    let count = |line_end: &str| lines.iter().filter(|line| line.line_end == line_end).count();
    let ends = lines.iter().map(|line| line.line_end).filter(|line_end| !line_end.is_empty());
    let mut different: Vec<&str> = Vec::new();
    for line_end in ends {
        if !different.contains(&line_end) {
            different.push(line_end);
        }
    }
    // Of equals the first one in the file.
    different.into_iter().rev().max_by_key(|line_end| count(line_end)).unwrap_or("\n")
}
