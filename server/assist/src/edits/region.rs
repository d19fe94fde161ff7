//! The part of a file that an edit is about: whole lines. It must not look at the instruction.

use std::ops::Range;

use syntax::Language;
use text::Text;

use super::lines::{split, trim_blank};
use super::source::{Source, is_value};

/// A file as an edit sees it.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// Its path from the workspace's root.
    pub path: &'a str,
    /// Its text.
    pub text: &'a Text,
    /// Its language; none if Weft has no grammar for it.
    pub language: Option<Language>,
}

impl File<'_> {
    pub(super) fn content(&self) -> String {
        self.text.slice(0..self.text.len_bytes())
    }
}

/// Some whole lines of one version of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// The lines, counted from 0, the end excluded. Empty where something is to be inserted.
    pub lines: Range<usize>,
    /// Their bytes, with the last line's end.
    pub range: Range<usize>,
}

impl Region {
    /// All of a file.
    pub fn whole(file: &File<'_>) -> Self {
        let content = file.content();
        of_lines(&content, 0..split(&content).len())
    }
}

/// The lines of a selection (bytes), without blank lines at its ends.
///
/// An empty selection is a cursor: then it is the innermost function or type around it, with its comments and attributes;
/// outside of those the paragraph, and on a blank line that line.
pub fn region(file: &File<'_>, selection: Range<usize>) -> Region {
    let content = file.content();
    let lines = split(&content);
    let line_of = |offset: usize| lines.partition_point(|line| line.start <= offset).saturating_sub(1);
    if selection.start < selection.end {
        let last = line_of(selection.end - 1).max(line_of(selection.start));
        let selected = line_of(selection.start)..(last + 1).min(lines.len());
        let texts: Vec<&str> =
            lines.get(selected.clone()).unwrap_or_default().iter().map(|it| it.content).collect();
        let filled = trim_blank(&texts);
        if filled.is_empty() {
            return of_lines(&content, selected);
        }
        return of_lines(&content, selected.start + filled.start..selected.start + filled.end);
    }
    // Behind the last line end there is one more line, with nothing in it.
    let cursor = selection.start.min(content.len());
    let behind = lines.last().is_none_or(|last| !last.line_end.is_empty() && cursor >= last.end());
    if behind {
        return of_lines(&content, lines.len()..lines.len());
    }
    let line = line_of(cursor);
    let text_of = |at: usize| lines.get(at).map_or("", |line| line.content);
    if let Some(language) = file.language {
        let source = Source::new(language, &content);
        let mut around = source.items().into_iter().rev().filter(|item| {
            let value = source.definition(item.index).is_none_or(|it| is_value(it.kind));
            !value && item.lines.contains(&line)
        });
        if let Some(item) = around.next() {
            return of_lines(&content, item.lines);
        }
    }
    if text_of(line).trim().is_empty() {
        return of_lines(&content, line..line + 1);
    }
    let filled = |at: &usize| !text_of(*at).trim().is_empty();
    let start = (0..=line).rev().take_while(filled).last().unwrap_or(line);
    let end = (line..lines.len()).take_while(filled).last().unwrap_or(line) + 1;
    of_lines(&content, start..end)
}

pub(super) fn of_lines(content: &str, lines: Range<usize>) -> Region {
    let all = split(content);
    let start = |at: usize| all.get(at).map_or(content.len(), |line| line.start);
    Region { range: start(lines.start)..start(lines.end), lines }
}
