//! The parts that a tree is made of at its top, and which of them two versions of a tree share. It must not read what they
//! mean.

use std::ops::Range;

use text::Text;
use tree_sitter::Node;

/// A part of a tree that stands by itself: a statement or comment at the top level. What does not fit the grammar is no
/// part but has parts, because around an error the parser puts much of a file that is right.
#[derive(Clone, Copy)]
pub(crate) struct Item<'tree> {
    pub(crate) node: Node<'tree>,
    in_error: bool,
}

/// The items that two versions of a tree do not share, as indexes into both lists: what is before and behind them is the same
/// in both but for its place.
pub(crate) struct Changed {
    pub(crate) old: Range<usize>,
    pub(crate) new: Range<usize>,
}

/// The items of a tree in the order of the text.
pub(crate) fn items(root: Node<'_>) -> Vec<Item<'_>> {
    let mut items = Vec::new();
    let mut walk = root.walk();
    let mut errors_around = 0_usize;
    if !walk.goto_first_child() {
        return items;
    }
    loop {
        let node = walk.node();
        if node.is_error() && walk.goto_first_child() {
            errors_around += 1;
            continue;
        }
        items.push(Item { node, in_error: errors_around > 0 });
        while !walk.goto_next_sibling() {
            if errors_around == 0 || !walk.goto_parent() {
                return items;
            }
            errors_around -= 1;
        }
    }
}

/// What differs between the items of two versions of a tree.
pub(crate) fn changed(old: &[Item<'_>], old_text: &Text, new: &[Item<'_>], new_text: &Text) -> Changed {
    let (prefix, suffix) = old_text.common_ends(new_text);
    let (old_len, new_len) = (old_text.len_bytes(), new_text.len_bytes());
    let before = old.iter().zip(new).take_while(|(old, new)| {
        new.node.end_byte() <= prefix && is_same(old, new, new.node.start_byte(), old.node.start_byte())
    });
    let before = before.count();
    let room = old.len().min(new.len()) - before;
    let behind = old.iter().rev().zip(new.iter().rev()).take(room).take_while(|(old, new)| {
        let (old_start, new_start) = (old.node.start_byte(), new.node.start_byte());
        new_start + suffix >= new_len && is_same(old, new, new_start + old_len, old_start + new_len)
    });
    let behind = behind.count();
    Changed { old: before..old.len() - behind, new: before..new.len() - behind }
}

/// Whether two items are the same one, being at the same place (`place` and `other_place` say so when they are equal).
fn is_same(old: &Item<'_>, new: &Item<'_>, place: usize, other_place: usize) -> bool {
    place == other_place && old.in_error == new.in_error && is_same_node(old.node, new.node)
}

/// Whether two nodes with the same text have the same structure. A parser that is given an old tree takes whole subtrees over,
/// and what is one piece of memory needs no comparison.
fn is_same_node(old: Node<'_>, new: Node<'_>) -> bool {
    let alike = old.kind_id() == new.kind_id()
        && old.byte_range().len() == new.byte_range().len()
        && old.child_count() == new.child_count()
        && old.descendant_count() == new.descendant_count()
        && old.is_missing() == new.is_missing()
        && old.has_error() == new.has_error();
    if !alike {
        return false;
    }
    let (Some(first), Some(other)) = (old.child(0), new.child(0)) else { return old.child_count() == 0 };
    // A node that fits the grammar and begins in the same memory is the same one: there is one way to read its text.
    if first.id() == other.id() && !new.has_error() {
        return true;
    }
    let (mut old_walk, mut new_walk) = (old.walk(), new.walk());
    let (mut old_more, mut new_more) = (old_walk.goto_first_child(), new_walk.goto_first_child());
    while old_more && new_more {
        let (one, other) = (old_walk.node(), new_walk.node());
        let same_place = one.start_byte() - old.start_byte() == other.start_byte() - new.start_byte();
        let same = same_place
            && old_walk.field_id() == new_walk.field_id()
            && (one.id() == other.id() && one.end_byte() - one.start_byte() == other.byte_range().len()
                || is_same_node(one, other));
        if !same {
            return false;
        }
        (old_more, new_more) = (old_walk.goto_next_sibling(), new_walk.goto_next_sibling());
    }
    old_more == new_more
}
