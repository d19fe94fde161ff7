//! The syntax tree of one version of a text, and how it follows edits. It must not interpret what it parsed.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use text::{Edit, NewlinePoint, Text};
use tree_sitter::{InputEdit, Node, ParseOptions, ParseState, Parser, Point};

use crate::Language;

/// A syntax tree. Clones share it. It belongs to one version of a text: every method that takes a [`Text`] wants
/// that very version.
#[derive(Clone)]
pub struct Tree {
    language: Language,
    /// None only if the grammar was generated for another tree-sitter; the tests exclude that for every language.
    tree: Option<tree_sitter::Tree>,
}

impl Tree {
    /// Parses a text from scratch, however long it takes: some 300 ms for 100,000 lines.
    pub fn parse(language: Language, text: &Text) -> Self {
        Self { language, tree: run_parser(language, text, None, None) }
    }

    /// Parses within a time budget; none when the budget runs out. `old` is a tree of the same language that was
    /// told of all edits up to `text` by [`Tree::edit`]; what it has in common with the new tree is reused.
    pub fn parse_within(
        language: Language,
        text: &Text,
        old: Option<&Tree>,
        budget: Duration,
    ) -> Option<Self> {
        let old = old.filter(|old| old.language == language).and_then(|old| old.tree.as_ref());
        let tree = run_incrementally(language, text, old, Instant::now().checked_add(budget))?;
        Some(Self { language, tree: Some(tree) })
    }

    /// Parses again after [`Tree::edit`], reusing what the edits left alone, however long it takes. tree-sitter takes
    /// over each statement of the top level by itself, some 3 ms for a thousand of them.
    ///
    /// The result is that of [`Tree::parse`], except in a text that is larger than 16 KiB and does not fit the grammar:
    /// there the parts in error may be cut up differently.
    #[must_use]
    pub fn reparse(&self, text: &Text) -> Self {
        Self {
            language: self.language,
            tree: run_incrementally(self.language, text, self.tree.as_ref(), None),
        }
    }

    /// Tells the tree of an edit, so that a following reparse can reuse what lies outside it. Until that reparse the
    /// tree fits neither text.
    pub fn edit(&mut self, before: &Text, edit: &Edit, after: &Text) {
        let Some(tree) = &mut self.tree else { return };
        let start = before.newline_point(edit.range.start);
        let old_end = before.chunks_in(edit.range.clone()).fold(start, NewlinePoint::after);
        let new_end_byte = (edit.range.start + edit.new_text.len()).min(after.len_bytes());
        tree.edit(&InputEdit {
            start_byte: edit.range.start,
            old_end_byte: edit.range.end,
            new_end_byte,
            start_position: point(start),
            old_end_position: point(old_end),
            new_end_position: point(start.after(&edit.new_text)),
        });
    }

    /// The language that it was parsed as.
    pub fn language(&self) -> Language {
        self.language
    }

    /// Whether some part of the text did not fit the grammar.
    pub fn has_error(&self) -> bool {
        self.root().is_some_and(|root| root.has_error())
    }

    /// The tree as an S-expression with the byte range of each node, anonymous tokens in quotes: what two trees are
    /// compared by.
    pub fn sexp(&self) -> String {
        let mut out = String::new();
        let Some(root) = self.root() else { return out };
        let mut cursor = root.walk();
        loop {
            open_node(&mut out, cursor.node(), cursor.field_name());
            if cursor.goto_first_child() {
                continue;
            }
            out.push(')');
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return out;
                }
                out.push(')');
            }
        }
    }

    pub(crate) fn root(&self) -> Option<Node<'_>> {
        self.tree.as_ref().map(tree_sitter::Tree::root_node)
    }
}

fn open_node(out: &mut String, node: Node<'_>, field: Option<&str>) {
    use std::fmt::Write as _;
    if !out.is_empty() {
        out.push(' ');
    }
    if let Some(field) = field {
        let _ = write!(out, "{field}: ");
    }
    let missing = if node.is_missing() { "MISSING " } else { "" };
    let range = node.byte_range();
    // Writing to a String cannot fail.
    let _ = if node.is_named() {
        write!(out, "({missing}{} {}..{}", node.kind(), range.start, range.end)
    } else {
        write!(out, "({missing}{:?} {}..{}", node.kind(), range.start, range.end)
    };
}

fn point(point: NewlinePoint) -> Point {
    Point { row: point.row, column: point.column }
}

thread_local! {
    /// A parser owns buffers worth keeping; each thread has its own because parsing needs it mutably.
    static PARSER: RefCell<Parser> = RefCell::new(Parser::new());
}

/// Up to this many bytes, some 500 lines, a text in error is parsed from scratch: 5 ms where that was measured.
const REPRODUCIBLE_LIMIT: usize = 16 * 1024;

/// What tree-sitter makes of broken code depends on which nodes of the old tree it could reuse, so the same text would
/// have another tree in another session. Correct code has one tree only.
fn run_incrementally(
    language: Language,
    text: &Text,
    old: Option<&tree_sitter::Tree>,
    deadline: Option<Instant>,
) -> Option<tree_sitter::Tree> {
    let tree = run_parser(language, text, old, deadline)?;
    if old.is_some() && tree.root_node().has_error() && text.len_bytes() <= REPRODUCIBLE_LIMIT {
        return run_parser(language, text, None, deadline);
    }
    Some(tree)
}

/// None when the deadline passed, or when the grammar does not fit this tree-sitter.
fn run_parser(
    language: Language,
    text: &Text,
    old: Option<&tree_sitter::Tree>,
    deadline: Option<Instant>,
) -> Option<tree_sitter::Tree> {
    PARSER.with_borrow_mut(|parser| {
        parser.set_language(&language.grammar()).ok()?;
        let mut out_of_time = |_: &ParseState| deadline.is_some_and(|deadline| Instant::now() >= deadline);
        let options = ParseOptions::new().progress_callback(&mut out_of_time);
        let tree = parser.parse_with_options(&mut |offset, _| text.chunk_from(offset), old, Some(options));
        if tree.is_none() {
            // Otherwise the next parse on this thread would resume the one that was given up.
            parser.reset();
        }
        tree
    })
}
