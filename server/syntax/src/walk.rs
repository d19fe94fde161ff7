//! What is read off the tree's nodes without a query: identifiers, and where the text does not fit the grammar. It must not
//! tell what an identifier is used for.

use std::ops::Range;

use text::Text;
use tree_sitter::TreeCursor;

use crate::Tree;

impl Tree {
    /// Calls `visit` with each identifier that lies in the byte range, and with its bytes in the text, in the order of the
    /// text. What is an identifier is for the grammar to say: a token whose kind ends in `identifier`. A walk over tokens,
    /// several times as fast as [`Tree::references_in`].
    pub fn visit_identifiers(
        &self,
        text: &Text,
        range: Range<usize>,
        visit: &mut dyn FnMut(&str, Range<usize>),
    ) {
        let Some(root) = self.root() else { return };
        let start = text.floor_char_boundary(range.start);
        let content = text.slice(start..range.end);
        let grammar = self.language().grammar();
        // By number, because a kind's name costs a call and a comparison at each of the tokens.
        let is_identifier: Vec<bool> = (0..=u16::MAX)
            .take(grammar.node_kind_count())
            .map(|kind| grammar.node_kind_for_id(kind).is_some_and(|name| name.ends_with("identifier")))
            .collect();
        let mut cursor = root.walk();
        loop {
            let node = cursor.node();
            let bytes = node.byte_range();
            let touches = bytes.end > range.start && bytes.start < range.end;
            if touches && cursor.goto_first_child() {
                continue;
            }
            if touches
                && is_identifier.get(usize::from(node.kind_id())).copied().unwrap_or_default()
                && let Some(name) = bytes
                    .start
                    .checked_sub(start)
                    .and_then(|from| content.get(from..from + bytes.len()))
                    .filter(|name| !name.is_empty())
            {
                visit(name, bytes.clone());
            }
            // What follows a node beyond the range is beyond it, too.
            while bytes.start >= range.end || !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return;
                }
            }
        }
    }

    /// Whether a part of the text that touches the byte range does not fit the grammar.
    pub fn syntax_error_in(&self, range: Range<usize>) -> bool {
        !self.error_ranges(range).is_empty()
    }

    /// The bytes of the parts that do not fit the grammar and that touch the byte range, in the order of the text, each as
    /// large as the parser made it. An empty range is a token that is missing there. Goes down only where there are
    /// errors in the range, so it costs little in code that is correct.
    pub fn error_ranges(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let mut errors = Vec::new();
        let Some(root) = self.root() else { return errors };
        let mut cursor = root.walk();
        loop {
            let node = cursor.node();
            let bytes = node.byte_range();
            let touches = bytes.end >= range.start && bytes.start <= range.end;
            if touches && (node.is_error() || node.is_missing()) {
                errors.push(bytes.clone());
            } else if touches && node.has_error() && goto_first_child_near(&mut cursor, range.start) {
                continue;
            }
            while bytes.start > range.end || !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return errors;
                }
            }
        }
    }
}

/// Goes to a child before which no other touches the offset. The quick way over the children fails where the byte looked
/// for is in a token that the grammar hides, as Go's line ends.
fn goto_first_child_near(cursor: &mut TreeCursor<'_>, offset: usize) -> bool {
    // A child that ends at the offset touches it.
    cursor.goto_first_child_for_byte(offset.saturating_sub(1)).is_some() || cursor.goto_first_child()
}
