//! What a file defines and imports, and how that follows edits: only the statements of the top level that an edit changed are
//! read again. It must give exactly what reading the whole tree gives.

use std::ops::Range;
use std::sync::Arc;

use text::Text;

use crate::definitions::{self, Definition, is_above};
use crate::imports::{self, Import};
use crate::items::{Changed, Item, Mark, Version, changed, items};
use crate::query::Part;
use crate::{Language, Tree};

/// What a text defines and imports. It keeps the tree that it was read from, so that the next version is read quickly.
#[derive(Clone)]
pub struct Outline {
    tree: Tree,
    text: Text,
    /// Shared by the versions in which they are the same.
    definitions: Vec<Arc<Definition>>,
    imports: Vec<Import>,
    /// The items of the tree.
    marks: Vec<Mark>,
}

impl Outline {
    /// Reads the whole tree of a text.
    pub fn new(tree: &Tree, text: &Text) -> Self {
        Self {
            tree: tree.clone(),
            text: text.clone(),
            definitions: tree.definitions(text).into_iter().map(Arc::new).collect(),
            imports: tree.imports(text),
            marks: tree.root().map(items).unwrap_or_default().iter().map(Mark::of).collect(),
        }
    }

    /// The outline of another version of the text, given that version's tree. The result is that of [`Outline::new`]; it is
    /// quick where that tree was parsed by reusing this version's and the two have most of their statements in common.
    #[must_use]
    pub fn after(&self, tree: &Tree, text: &Text) -> Self {
        self.after_edit(tree, text).unwrap_or_else(|| Self::new(tree, text))
    }

    /// Whether [`Outline::after`] can be quick for this tree: the two are not when one of them could not be made sense of as
    /// a whole, which in broken code comes and goes from key to key.
    pub fn is_alike(&self, tree: &Tree) -> bool {
        let kinds = self.tree.root().zip(tree.root()).map(|(one, other)| (one.kind_id(), other.kind_id()));
        self.tree.language() == tree.language() && kinds.is_some_and(|(one, other)| one == other)
    }

    /// Everything that the text defines, as [`Tree::definitions`] has it.
    pub fn definitions(&self) -> &[Arc<Definition>] {
        &self.definitions
    }

    /// Everything that the text imports, as [`Tree::imports`] has it.
    pub fn imports(&self) -> &[Import] {
        &self.imports
    }

    /// None when reading everything is as good.
    fn after_edit(&self, tree: &Tree, text: &Text) -> Option<Self> {
        let language = tree.language();
        let entry = language.entry();
        // Without these the queries cannot be tried at a node alone.
        entry.definitions.roots(language).and(entry.imports.roots(language))?;
        let (old_root, root) = (self.tree.root()?, tree.root()?);
        if !self.is_alike(tree) {
            return None;
        }
        let new_items = items(root);
        let marks: Vec<Mark> = new_items.iter().map(Mark::of).collect();
        let old = Version { root: old_root, text: &self.text, marks: &self.marks };
        let changed = changed(&old, &Version { root, text, marks: &marks }, &new_items);
        let region = widened(changed, language, &new_items, text);
        let old_bytes = bytes_of(&self.marks, &region.old);
        let new_bytes = bytes_of(&marks, &region.new);
        if new_bytes.end.min(text.len_bytes()).saturating_sub(new_bytes.start) > text.len_bytes() / 2 {
            return None;
        }
        let first = first_above(&new_items, region.new.start, language, text);
        let nodes: Vec<_> = new_items.get(first..region.new.end)?.iter().map(|item| item.node).collect();
        let (definitions, imports) = if nodes.is_empty() {
            (Vec::new(), Vec::new())
        } else {
            let part = Part::of_nodes(root, nodes, text);
            let definitions = definitions::read(language, &part, new_bytes.clone());
            (definitions, imports::read(language, &part, new_bytes.clone()))
        };
        let shift = Shift { from: old_bytes.end, to: new_bytes.end };
        Some(Self {
            tree: tree.clone(),
            text: text.clone(),
            definitions: spliced_definitions(&self.definitions, &old_bytes, definitions, shift),
            imports: spliced_imports(&self.imports, &old_bytes, imports, shift),
            marks,
        })
    }
}

/// The items that are to be read, given those that changed: also those behind them that comments there may be the comments of.
fn widened(changed: Changed, language: Language, items: &[Item<'_>], text: &Text) -> Changed {
    let item_at = |index: usize| items.get(index).map(|item| item.node);
    let above = |index: usize| item_at(index).is_some_and(|node| is_above(language, node, text));
    // Tokens that are missing have no length, so they are in both of two items that touch.
    let touches = |index: usize| {
        let pair = index.checked_sub(1).and_then(item_at).zip(item_at(index));
        pair.is_some_and(|(one, other)| {
            one.end_byte() >= other.start_byte() && (one.has_error() || other.has_error())
        })
    };
    let Range { mut start, mut end } = changed.new;
    // What a comment belongs to begins on the row below it, and may have several items there when it is broken.
    let mut last_row = end.checked_sub(1).and_then(item_at).map_or(0, |node| node.end_position().row + 1);
    if let Some(behind) = item_at(end) {
        last_row = last_row.max(behind.start_position().row);
    }
    while let Some(node) = item_at(end) {
        if above(end) {
            last_row = last_row.max(node.end_position().row + 1);
        } else if node.start_position().row > last_row && !touches(end) {
            break;
        }
        end += 1;
    }
    while start > 0 && touches(start) {
        start -= 1;
    }
    let (before, behind) = (changed.new.start - start, end - changed.new.end);
    Changed { old: changed.old.start - before..changed.old.end + behind, new: start..end }
}

/// The first of the items that may have the comments above another one.
fn first_above(items: &[Item<'_>], index: usize, language: Language, text: &Text) -> usize {
    let Some(mut row) = items.get(index).map(|item| item.node.start_position().row) else { return index };
    let mut first = index;
    while let Some(before) = first.checked_sub(1)
        && let Some(node) = items.get(before).map(|item| item.node)
        && node.end_position().row + 1 >= row
    {
        if is_above(language, node, text) {
            row = row.min(node.start_position().row);
        }
        first = before;
    }
    first
}

/// From the start of the first item to the start of the one behind the last.
fn bytes_of(marks: &[Mark], range: &Range<usize>) -> Range<usize> {
    let start_of = |index: usize| marks.get(index).map(Mark::start);
    let end = start_of(range.end).unwrap_or(usize::MAX);
    start_of(range.start).unwrap_or(end)..end
}

/// Where the place `from` is now.
#[derive(Clone, Copy)]
struct Shift {
    from: usize,
    to: usize,
}

impl Shift {
    fn range(self, range: &Range<usize>) -> Range<usize> {
        let offset = |offset: usize| (offset + self.to).saturating_sub(self.from);
        offset(range.start)..offset(range.end)
    }
}

fn spliced_definitions(
    old: &[Arc<Definition>],
    region: &Range<usize>,
    read: Vec<Definition>,
    shift: Shift,
) -> Vec<Arc<Definition>> {
    let before = old.partition_point(|it| it.range.start < region.start);
    let behind = old.partition_point(|it| it.range.start < region.end);
    let (kept_before, kept_behind) =
        (old.get(..before).unwrap_or_default(), old.get(behind..).unwrap_or_default());
    let first_behind = before + read.len();
    let mut all = Vec::with_capacity(first_behind + kept_behind.len());
    all.extend_from_slice(kept_before);
    all.extend(
        read.into_iter()
            .map(|it| Arc::new(Definition { parent: it.parent.map(|parent| parent + before), ..it })),
    );
    if shift.from == shift.to && behind == first_behind {
        all.extend_from_slice(kept_behind);
        return all;
    }
    all.extend(kept_behind.iter().map(|it| {
        Arc::new(Definition {
            name_range: shift.range(&it.name_range),
            range: shift.range(&it.range),
            header: shift.range(&it.header),
            body: it.body.as_ref().map(|body| shift.range(body)),
            doc: it.doc.as_ref().map(|doc| shift.range(doc)),
            parent: it.parent.map(|parent| parent - behind + first_behind),
            ..Definition::clone(it)
        })
    }));
    all
}

fn spliced_imports(old: &[Import], region: &Range<usize>, read: Vec<Import>, shift: Shift) -> Vec<Import> {
    let before = old.partition_point(|it| it.range.start < region.start);
    let behind = old.partition_point(|it| it.range.start < region.end);
    let mut all = old.get(..before).unwrap_or_default().to_vec();
    all.extend(read);
    let kept_behind = old.get(behind..).unwrap_or_default().iter();
    all.extend(kept_behind.map(|it| Import { range: shift.range(&it.range), ..it.clone() }));
    all
}

#[cfg(test)]
mod tests;
