//! Running the queries of `grammars/` over a tree. It must not know what the captures mean.

use std::ops::Range;
use std::sync::OnceLock;

use streaming_iterator::StreamingIterator;
use text::Text;
use tree_sitter::{Node, Query, QueryCursor};

use crate::Language;

/// A query's source and, from its first use on, its compiled form.
pub(crate) struct QuerySource {
    source: &'static str,
    compiled: OnceLock<Option<Query>>,
}

/// One match: which pattern of the query it is, counted from the file's start, and its captures.
pub(crate) struct Match<'tree> {
    pub(crate) pattern: usize,
    pub(crate) captures: Vec<Capture<'tree>>,
}

/// One capture of a match.
#[derive(Clone, Copy)]
pub(crate) struct Capture<'tree> {
    /// The capture's name without the `@`.
    pub(crate) name: &'static str,
    pub(crate) node: Node<'tree>,
}

impl QuerySource {
    pub(crate) const fn new(source: &'static str) -> Self {
        Self { source, compiled: OnceLock::new() }
    }

    /// None when the query does not compile, which the tests exclude for every query in `grammars/`.
    pub(crate) fn compiled(&'static self, language: Language) -> Option<&'static Query> {
        self.compiled.get_or_init(|| self.compile(language).ok()).as_ref()
    }

    pub(crate) fn compile(&self, language: Language) -> Result<Query, tree_sitter::QueryError> {
        Query::new(&language.grammar(), self.source)
    }

    /// Calls `visit` with each match below `root` that touches the byte range. Subtrees outside the
    /// range are not walked, so a narrow range costs the depth of the tree and not its size.
    pub(crate) fn visit_matches<'tree>(
        &'static self,
        language: Language,
        root: Node<'tree>,
        text: &Text,
        range: Range<usize>,
        mut visit: impl FnMut(&Match<'tree>),
    ) {
        let Some(query) = self.compiled(language) else { return };
        let names = query.capture_names();
        let mut cursor = QueryCursor::new();
        cursor.set_byte_range(range);
        let mut matches = cursor.matches(query, root, |node: Node<'_>| text.chunks_in(node.byte_range()));
        while let Some(found) = matches.next() {
            let captures: Vec<Capture<'tree>> = found
                .captures
                .iter()
                .filter_map(|capture| {
                    Some(Capture { name: names.get(capture.index as usize)?, node: capture.node })
                })
                .collect();
            visit(&Match { pattern: found.pattern_index, captures });
        }
    }
}
