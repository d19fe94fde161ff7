//! Running the queries of `grammars/` over a tree. It must not know what the captures mean.

use std::ops::Range;
use std::sync::OnceLock;

use streaming_iterator::StreamingIterator;
use text::Text;
use tree_sitter::{Node, Query, QueryCursor, QueryMatches, TextProvider};

use crate::Language;

/// A query's source and, from its first use on, its compiled form.
pub(crate) struct QuerySource {
    source: &'static str,
    compiled: OnceLock<Option<Query>>,
    roots: OnceLock<Option<RootKinds>>,
}

/// By the number of a node's kind, whether a pattern can begin at it.
type RootKinds = Box<[bool]>;

/// What a query reads of a tree: nodes of it, and the text that they are in.
pub(crate) struct Part<'tree> {
    root: Node<'tree>,
    /// In the order of the text, none in another.
    nodes: Vec<Node<'tree>>,
    /// The bytes that they are in.
    range: Range<usize>,
    content: String,
    /// Where in the text the content begins: at the start of a row, as tree-sitter counts rows.
    content_start: usize,
}

impl<'tree> Part<'tree> {
    /// All of a tree.
    pub(crate) fn whole(root: Node<'tree>, text: &Text) -> Self {
        let nodes = root.children(&mut root.walk()).collect();
        Self { root, nodes, range: 0..text.len_bytes(), content: text.to_string(), content_start: 0 }
    }

    /// Some nodes that follow each other.
    pub(crate) fn of_nodes(root: Node<'tree>, nodes: Vec<Node<'tree>>, text: &Text) -> Self {
        let start = nodes.first().map_or(0, |node| node.start_byte());
        let end = nodes.last().map_or(start, |node| node.end_byte());
        let column = nodes.first().map_or(0, |node| node.start_position().column);
        let content_start = start.saturating_sub(column);
        Self { root, nodes, range: start..end, content: text.slice(content_start..end), content_start }
    }

    /// The text of a byte range; empty when it is not in the part.
    pub(crate) fn text_of(&self, range: Range<usize>) -> &str {
        let bytes =
            range.start.checked_sub(self.content_start).zip(range.end.checked_sub(self.content_start));
        bytes.and_then(|(start, end)| self.content.get(start..end)).unwrap_or_default()
    }

    /// The text before an offset on its row.
    pub(crate) fn row_before(&self, offset: usize) -> &str {
        let before = self.text_of(self.content_start..offset);
        before.rsplit('\n').next().unwrap_or_default()
    }
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
        Self { source, compiled: OnceLock::new(), roots: OnceLock::new() }
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
        let mut run = QueryCursor::new();
        run.set_byte_range(range);
        let text_of = |node: Node<'_>| text.chunks_in(node.byte_range());
        visit_each(query, run.matches(query, root, text_of), &mut visit);
    }

    /// Calls `visit` with each match that begins at the root of a part's tree or at or below one of the part's nodes. Tries the
    /// patterns only at nodes that one can begin at, and goes by the others with a plain walk, which costs half as much; for a
    /// whole tree the matches are those of [`QuerySource::visit_matches`], by the node that they begin at. Matches that begin at
    /// the root may lie outside the part.
    pub(crate) fn visit_part<'tree>(
        &'static self,
        language: Language,
        part: &Part<'tree>,
        mut visit: impl FnMut(&Match<'tree>),
    ) {
        // Reading predicates from one string is faster than from a rope's pieces where all of it is read.
        let text_of = |node: Node<'_>| std::iter::once(part.text_of(node.byte_range()));
        let Some(query) = self.compiled(language) else { return };
        let mut run = QueryCursor::new();
        run.set_byte_range(part.range.clone());
        let Some(roots) = self.roots(language) else {
            return visit_each(query, run.matches(query, part.root, text_of), &mut visit);
        };
        run.set_max_start_depth(Some(0));
        let can_begin_at =
            |node: Node<'_>| roots.get(usize::from(node.kind_id())).copied().unwrap_or_default();
        if can_begin_at(part.root) {
            visit_each(query, run.matches(query, part.root, text_of), &mut visit);
        }
        for &top in &part.nodes {
            let mut walk = top.walk();
            loop {
                let node = walk.node();
                if can_begin_at(node) {
                    visit_each(query, run.matches(query, node, text_of), &mut visit);
                }
                if walk.goto_first_child() {
                    continue;
                }
                let mut at_end = false;
                while !at_end && !walk.goto_next_sibling() {
                    at_end = !walk.goto_parent();
                }
                if at_end {
                    break;
                }
            }
        }
    }

    /// Calls `visit` with each match that begins at this very node, which costs little.
    pub(crate) fn visit_at<'tree>(
        &'static self,
        language: Language,
        node: Node<'tree>,
        text: &Text,
        mut visit: impl FnMut(&Match<'tree>),
    ) {
        let Some(query) = self.compiled(language) else { return };
        let can_begin = |roots: &[bool]| roots.get(usize::from(node.kind_id())).copied().unwrap_or_default();
        if self.roots(language).is_some_and(|roots| !can_begin(roots)) {
            return;
        }
        let mut run = QueryCursor::new();
        run.set_max_start_depth(Some(0));
        let text_of = |node: Node<'_>| text.chunks_in(node.byte_range());
        visit_each(query, run.matches(query, node, text_of), &mut visit);
    }

    /// None when a pattern can begin at any node, or at one that its first word does not tell.
    pub(crate) fn roots(&'static self, language: Language) -> Option<&'static [bool]> {
        let roots = self.roots.get_or_init(|| root_kinds(self.compiled(language)?, self.source, language));
        roots.as_deref()
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

fn visit_each<'query, 'tree: 'query, 'text, T: TextProvider<&'text str>>(
    query: &'static Query,
    mut matches: QueryMatches<'query, 'tree, T, &'text str>,
    visit: &mut impl FnMut(&Match<'tree>),
) {
    let names = query.capture_names();
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

/// The kinds that the patterns begin with, read from the query's source: each pattern is `(kind ...)`, or that with more
/// brackets around it. tree-sitter tells where a pattern is, and not what it begins with.
fn root_kinds(query: &Query, source: &str, language: Language) -> Option<RootKinds> {
    let grammar = language.grammar();
    let mut roots = vec![false; grammar.node_kind_count()];
    for pattern in 0..query.pattern_count() {
        let bytes = query.start_byte_for_pattern(pattern)..query.end_byte_for_pattern(pattern);
        let inside = source.get(bytes)?.strip_prefix('(')?;
        let inside = inside.trim_start_matches(|it: char| it == '(' || it.is_whitespace());
        let kind = inside.split(|it: char| !it.is_alphanumeric() && !"_-.".contains(it)).next()?;
        let number = grammar.id_for_node_kind(kind, true);
        // A pattern of several nodes side by side cannot be tried at one of them. No node is of the kind 0, and none of a
        // supertype.
        if !query.is_pattern_rooted(pattern) || number == 0 || grammar.node_kind_is_supertype(number) {
            return None;
        }
        *roots.get_mut(usize::from(number))? = true;
    }
    Some(roots.into())
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
