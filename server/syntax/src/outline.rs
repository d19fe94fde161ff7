//! What a file refers to and where names live: the results of the queries `references.scm` and `scopes.scm`. It must not
//! resolve a reference to its definition.

use std::ops::Range;

use text::Text;
use tree_sitter::Node;

use crate::Tree;

/// A place that uses a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// How it is used.
    pub kind: ReferenceKind,
    /// The name, without what qualifies it; of an import, the text of what is imported.
    pub name: String,
    /// Bytes of the name.
    pub range: Range<usize>,
}

/// The kinds of reference; each is the capture `@reference.<kind>` of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ReferenceKind {
    /// A function, method or macro that is called, or a type that is constructed.
    Call,
    /// A type that is named as one.
    Type,
    /// Any other use of a name.
    Name,
    /// A module or name that is imported.
    Import,
}

/// A region that has names of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Its bytes.
    pub range: Range<usize>,
}

impl Tree {
    /// Every use of a name, in the order of the text. Walks the whole tree.
    pub fn references(&self, text: &Text) -> Vec<Reference> {
        self.references_in(text, 0..text.len_bytes())
    }

    /// The uses of names that touch a byte range, in the order of the text. Walks only that part of the tree.
    pub fn references_in(&self, text: &Text, range: Range<usize>) -> Vec<Reference> {
        // The kind is none for a name that is not a use, as the name that a definition gives.
        let mut found: Vec<(Range<usize>, usize, Option<ReferenceKind>)> = Vec::new();
        let Some(root) = self.root() else { return Vec::new() };
        let query = &self.language().entry().references;
        query.visit_matches(self.language(), root, text, range.clone(), |one| {
            for capture in &one.captures {
                let bytes = capture.node.byte_range();
                if bytes.end >= range.start && bytes.start <= range.end && !capture.name.starts_with('_') {
                    found.push((bytes, one.pattern, ReferenceKind::of_capture(capture.name)));
                }
            }
        });
        // Of several patterns that match one place the first in the file counts.
        found.sort_by_key(|(bytes, pattern, _)| (bytes.start, usize::MAX - bytes.end, *pattern));
        found.dedup_by(|(later, ..), (earlier, ..)| later == earlier);
        let mut told_end = 0;
        found.retain(|(bytes, _, kind)| {
            // What an import or an ignored name is made of is not told again part by part.
            let part_of_told = bytes.end <= told_end;
            if matches!(kind, Some(ReferenceKind::Import) | None) {
                told_end = told_end.max(bytes.end);
            }
            !part_of_told
        });
        let used = found.into_iter().filter_map(|(range, _, kind)| Some((range, kind?)));
        used.map(|(range, kind)| Reference { kind, name: text.slice(range.clone()), range }).collect()
    }

    /// The regions that have names of their own, in the order of the text, outer before inner. Walks the whole tree.
    pub fn scopes(&self, text: &Text) -> Vec<Scope> {
        self.scopes_in(text, 0..text.len_bytes())
    }

    /// The regions with names of their own that touch a byte range.
    pub(crate) fn scopes_in(&self, text: &Text, range: Range<usize>) -> Vec<Scope> {
        let mut scopes = Vec::new();
        let Some(root) = self.root() else { return scopes };
        self.language().entry().scopes.visit_matches(self.language(), root, text, range, |one| {
            let found = one.captures.iter().filter(|capture| capture.name == "scope");
            scopes.extend(found.map(|capture| Scope { range: capture.node.byte_range() }));
        });
        scopes.sort_by_key(|scope| (scope.range.start, usize::MAX - scope.range.end));
        scopes.dedup();
        scopes
    }
}

impl ReferenceKind {
    fn of_capture(name: &str) -> Option<Self> {
        Some(match name.strip_prefix("reference.")? {
            "call" => Self::Call,
            "type" => Self::Type,
            "name" => Self::Name,
            "import" => Self::Import,
            _ => return None,
        })
    }
}

/// The range without white space at its end.
pub(crate) fn trimmed(text: &Text, range: Range<usize>) -> Range<usize> {
    let content = text.slice(range.clone());
    range.start..range.start + content.trim_end().len()
}

/// The nodes from `node` up to the root, `node` first.
pub(crate) fn ancestors<'tree>(node: Node<'tree>) -> impl Iterator<Item = Node<'tree>> {
    std::iter::successors(Some(node), Node::parent)
}
