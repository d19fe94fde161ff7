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

    /// Calls `visit` with each match below `root`, whose text is at its place in `content`. Tries the patterns only at nodes
    /// that one can begin at, and goes by the others with a plain walk, which costs half as much; the matches are those of
    /// [`QuerySource::visit_matches`], by the node that they begin at.
    pub(crate) fn visit_whole<'tree>(
        &'static self,
        language: Language,
        root: Node<'tree>,
        content: &str,
        mut visit: impl FnMut(&Match<'tree>),
    ) {
        // Reading predicates from one string is faster than from a rope's pieces where all of it is read.
        let text_of = |node: Node<'_>| std::iter::once(content.get(node.byte_range()).unwrap_or_default());
        let Some(query) = self.compiled(language) else { return };
        let mut run = QueryCursor::new();
        run.set_byte_range(0..content.len());
        let Some(roots) = self.roots(language) else {
            return visit_each(query, run.matches(query, root, text_of), &mut visit);
        };
        run.set_max_start_depth(Some(0));
        let mut walk = root.walk();
        loop {
            let node = walk.node();
            if roots.get(usize::from(node.kind_id())).copied().unwrap_or_default() {
                visit_each(query, run.matches(query, node, text_of), &mut visit);
            }
            if walk.goto_first_child() {
                continue;
            }
            while !walk.goto_next_sibling() {
                if !walk.goto_parent() {
                    return;
                }
            }
        }
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
