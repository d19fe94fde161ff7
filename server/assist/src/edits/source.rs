//! A text with its lines, tree and definitions at hand, and its definitions as runs of whole lines: what a block is matched
//! with a file by. It must not change anything.

use std::ops::Range;

use syntax::{Definition, DefinitionKind, Import, Language, Tree};
use text::Text;

use super::lines::split;

/// A parsed text.
pub(super) struct Source {
    pub(super) language: Language,
    pub(super) content: String,
    /// The contents of the lines.
    pub(super) lines: Vec<String>,
    starts: Vec<usize>,
    pub(super) has_error: bool,
    pub(super) definitions: Vec<Definition>,
    pub(super) imports: Vec<Import>,
}

/// A definition as whole lines, counted from 0.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// Which definition it is.
    pub(super) index: usize,
    /// All of it, with the comments, attributes and decorators directly above.
    pub(super) lines: Range<usize>,
    /// Where its signature begins.
    pub(super) header: usize,
}

impl Source {
    pub(super) fn new(language: Language, content: &str) -> Self {
        let text = Text::new(content);
        let tree = Tree::parse(language, &text);
        let lines = split(content);
        Self {
            language,
            content: content.to_owned(),
            starts: lines.iter().map(|line| line.start).collect(),
            lines: lines.iter().map(|line| line.content.to_owned()).collect(),
            has_error: tree.has_error(),
            definitions: tree.definitions(&text),
            imports: tree.imports(&text),
        }
    }

    /// The line that holds a byte offset.
    pub(super) fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    /// The lines that a byte range touches.
    pub(super) fn lines_of(&self, range: &Range<usize>) -> Range<usize> {
        let last = range.end.saturating_sub(1).max(range.start);
        self.line_of(range.start)..self.line_of(last) + 1
    }

    pub(super) fn line(&self, line: usize) -> &str {
        self.lines.get(line).map_or("", String::as_str)
    }

    pub(super) fn definition(&self, index: usize) -> Option<&Definition> {
        self.definitions.get(index)
    }

    /// The definitions directly in another one, or at the top.
    pub(super) fn items_in(&self, parent: Option<usize>) -> Vec<Item> {
        let inside = self.definitions.iter().enumerate().filter(|(_, it)| it.parent == parent);
        inside.filter_map(|(index, _)| self.item(index)).collect()
    }

    /// Every definition that is not local to a function.
    pub(super) fn items(&self) -> Vec<Item> {
        let all = (0..self.definitions.len()).filter(|index| !self.is_local(*index));
        all.filter_map(|index| self.item(index)).collect()
    }

    pub(super) fn item(&self, index: usize) -> Option<Item> {
        let definition = self.definition(index)?;
        let whole = self.lines_of(&definition.range);
        // Lines of attributes may be part of the definition; the signature comes after them.
        let mut header = self.line_of(definition.header.start).max(whole.start);
        while header + 1 < whole.end && is_attribute(self.line(header)) && !self.names_on(header, definition)
        {
            header += 1;
        }
        let mut start = whole.start;
        let floor = definition.parent.and_then(|parent| self.definition(parent));
        let floor = floor.map_or(0, |parent| self.line_of(parent.range.start) + 1);
        while let Some(above) = start.checked_sub(1).filter(|above| *above >= floor) {
            let line = self.line(above);
            if !is_attribute(line) && !self.is_comment(line) {
                break;
            }
            start = above;
        }
        Some(Item { index, lines: start..whole.end, header })
    }

    fn names_on(&self, line: usize, definition: &Definition) -> bool {
        self.line_of(definition.name_range.start) == line
    }

    fn is_local(&self, index: usize) -> bool {
        let parent_of = |index: &usize| self.definition(*index).and_then(|it| it.parent);
        let mut parents = std::iter::successors(parent_of(&index), parent_of);
        parents.any(|parent| self.definition(parent).is_some_and(|it| is_callable(it.kind)))
    }

    /// Whether a line is nothing but a comment.
    pub(super) fn is_comment(&self, line: &str) -> bool {
        is_comment(line, self.language)
    }

    /// The line after those that imports must come behind: a byte order mark's line, `#!`, comments, a docstring.
    pub(super) fn preamble_end(&self) -> usize {
        let mut end = 0;
        let mut line = 0;
        while line < self.lines.len() {
            let text = self.line(line).trim();
            let quote = ["\"\"\"", "'''"].into_iter().find(|quote| text.starts_with(quote));
            if let Some(quote) = quote.filter(|_| self.language.indent_blocks()) {
                let closes = |text: &str| text.contains(quote);
                if !text.get(3..).is_some_and(closes) {
                    line += 1;
                    while line < self.lines.len() && !closes(self.line(line)) {
                        line += 1;
                    }
                }
                end = line + 1;
            } else if text.starts_with("#!") || text.starts_with("'use ") || text.starts_with("\"use ") {
                end = line + 1;
            } else if text.starts_with("package ") && !self.language.indent_blocks() {
                return line + 1;
            } else if self.is_comment(text) {
                let belongs_below = self.items_in(None).iter().any(|item| item.lines.contains(&line));
                if belongs_below {
                    return end;
                }
                end = line + 1;
            } else if !text.is_empty() {
                return end;
            }
            line += 1;
        }
        end
    }
}

/// Whether a line is nothing but a comment, of whichever form the language's family has.
pub(super) fn is_comment(line: &str, language: Language) -> bool {
    let line = line.trim();
    let mark = language.line_comment();
    if line.starts_with(mark) {
        return true;
    }
    mark == "//"
        && (line.starts_with("/*") || line.starts_with("* ") || line == "*" || line.starts_with("*/"))
}

/// Whether a line is a decorator or an attribute.
pub(super) fn is_attribute(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("#[") || line.starts_with('@') && !line.starts_with("@@")
}

/// Functions and methods.
pub(super) fn is_callable(kind: DefinitionKind) -> bool {
    matches!(kind, DefinitionKind::Function | DefinitionKind::Method)
}

/// What has members.
pub(super) fn is_container(kind: DefinitionKind) -> bool {
    use DefinitionKind::{Class, Enum, Impl, Module, Struct, Trait};
    matches!(kind, Class | Enum | Impl | Module | Struct | Trait)
}

/// What is a line among others rather than a block of its own.
pub(super) fn is_value(kind: DefinitionKind) -> bool {
    use DefinitionKind::{Constant, Field, Variable, Variant};
    matches!(kind, Constant | Field | Variable | Variant)
}

/// Whether two definitions can be the same thing in two texts, by what they are.
pub(super) fn same_kind(one: &Definition, other: &Definition) -> bool {
    if is_callable(one.kind) && is_callable(other.kind) {
        return true;
    }
    let value = |it: &Definition| matches!(it.kind, DefinitionKind::Constant | DefinitionKind::Variable);
    if value(one) && value(other) {
        return true;
    }
    one.kind == other.kind && (one.kind != DefinitionKind::Impl || one.bases == other.bases)
}
