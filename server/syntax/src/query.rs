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
        visit: impl FnMut(&Match<'tree>),
    ) {
        self.visit_matches_of(language, root, |node| text.chunks_in(node.byte_range()), range, visit);
    }

    /// Calls `visit` with each match of a whole tree whose text is `content`. Reading predicates and names from one string
    /// is faster than from a rope's pieces where all of it is read.
    pub(crate) fn visit_whole<'tree>(
        &'static self,
        language: Language,
        root: Node<'tree>,
        content: &str,
        visit: impl FnMut(&Match<'tree>),
    ) {
        let text_of = |node: Node<'_>| std::iter::once(content.get(node.byte_range()).unwrap_or_default());
        self.visit_matches_of(language, root, text_of, 0..content.len(), visit);
    }

    fn visit_matches_of<'tree, 'text, Pieces>(
        &'static self,
        language: Language,
        root: Node<'tree>,
        text_of: impl FnMut(Node<'_>) -> Pieces,
        range: Range<usize>,
        mut visit: impl FnMut(&Match<'tree>),
    ) where
        Pieces: Iterator<Item = &'text str>,
    {
        let Some(query) = self.compiled(language) else { return };
        let names = query.capture_names();
        let mut cursor = QueryCursor::new();
        cursor.set_byte_range(range);
        let mut matches = cursor.matches(query, root, text_of);
        let mut one = Match { pattern: 0, captures: Vec::new() };
        while let Some(found) = matches.next() {
            one.pattern = found.pattern_index;
            one.captures.clear();
            one.captures.extend(found.captures.iter().filter_map(|capture| {
                Some(Capture { name: names.get(capture.index as usize)?, node: capture.node })
            }));
            visit(&one);
        }
    }

    /// What `(#set! key "value")` says in a pattern, by the pattern's number in the file.
    pub(crate) fn setting(
        &'static self,
        language: Language,
        pattern: usize,
        key: &str,
    ) -> Option<&'static str> {
        let settings = self.compiled(language)?.property_settings(pattern);
        settings.iter().find(|setting| &*setting.key == key).and_then(|setting| setting.value.as_deref())
    }
}

impl<'tree> Match<'tree> {
    /// The first node captured under a name.
    pub(crate) fn node(&self, name: &str) -> Option<Node<'tree>> {
        self.captures.iter().find(|capture| capture.name == name).map(|capture| capture.node)
    }

    /// The bytes of the first node captured under a name.
    pub(crate) fn range(&self, name: &str) -> Option<Range<usize>> {
        self.node(name).map(|node| node.byte_range())
    }
}
