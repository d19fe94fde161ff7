//! The parts that a tree is made of at its top, and which of them two versions of a tree share. It must not read what they
//! mean.

use std::cell::OnceCell;
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

/// What tells an item apart from others without its tree.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    start: usize,
    end: usize,
    shape: Shape,
    in_error: bool,
    /// Where in memory its first part is.
    first: Option<usize>,
}

/// What nodes of one structure have in common.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Shape {
    kind: u16,
    length: usize,
    children: usize,
    descendants: usize,
    is_missing: bool,
    has_error: bool,
}

impl Mark {
    pub(crate) fn of(item: &Item<'_>) -> Self {
        Self {
            start: item.node.start_byte(),
            end: item.node.end_byte(),
            shape: Shape::of(item.node),
            in_error: item.in_error,
            first: item.node.child(0).map(|child| child.id()),
        }
    }

    pub(crate) fn start(&self) -> usize {
        self.start
    }
}

impl Shape {
    fn of(node: Node<'_>) -> Self {
        Self {
            kind: node.kind_id(),
            length: node.end_byte() - node.start_byte(),
            children: node.child_count(),
            descendants: node.descendant_count(),
            is_missing: node.is_missing(),
            has_error: node.has_error(),
        }
    }
}

/// One version of a text: its items, told apart, and its tree's root.
pub(crate) struct Version<'a> {
    pub(crate) root: Node<'a>,
    pub(crate) text: &'a Text,
    pub(crate) marks: &'a [Mark],
}

/// What differs between the items of two versions of a tree. Both trees must still be there: what they share is told by its
/// place in memory.
pub(crate) fn changed(old: &Version<'_>, new: &Version<'_>, new_items: &[Item<'_>]) -> Changed {
    let (prefix, suffix) = old.text.common_ends(new.text);
    let (old_len, new_len) = (old.text.len_bytes(), new.text.len_bytes());
    // Going through the old tree is rarely needed.
    let old_items: OnceCell<Vec<Item<'_>>> = OnceCell::new();
    let is_same = |old_index: usize, new_index: usize, one: &Mark, other: &Mark| {
        if one.in_error != other.in_error || one.shape != other.shape {
            return false;
        }
        if one.first == other.first && (one.first.is_none() || !other.shape.has_error) {
            return true;
        }
        let old_items = old_items.get_or_init(|| items(old.root));
        let pair = old_items.get(old_index).zip(new_items.get(new_index));
        pair.is_some_and(|(old, new)| is_same_node(old.node, new.node))
    };
    let (old_count, new_count) = (old.marks.len(), new.marks.len());
    let pairs = old.marks.iter().zip(new.marks).enumerate();
    let before = pairs.take_while(|(index, (one, other))| {
        other.end <= prefix && one.start == other.start && is_same(*index, *index, one, other)
    });
    let before = before.count();
    let room = old_count.min(new_count) - before;
    let pairs = old.marks.iter().rev().zip(new.marks.iter().rev()).take(room).enumerate();
    let behind = pairs.take_while(|(index, (one, other))| {
        other.start + suffix >= new_len
            && other.start + old_len == one.start + new_len
            && is_same(old_count - 1 - index, new_count - 1 - index, one, other)
    });
    let behind = behind.count();
    Changed { old: before..old_count - behind, new: before..new_count - behind }
}

/// Whether two nodes with the same text have the same structure. A parser that is given an old tree takes whole subtrees over,
/// and what is one piece of memory needs no comparison.
fn is_same_node(old: Node<'_>, new: Node<'_>) -> bool {
    if Shape::of(old) != Shape::of(new) {
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
