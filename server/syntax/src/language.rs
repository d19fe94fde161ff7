//! The languages that Weft can parse: a table made by build.rs from `grammars/*/language.toml`. It must not name any
//! language: what differs between languages is in their folders.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use crate::query::QuerySource;

include!(concat!(env!("OUT_DIR"), "/languages.rs"));

/// One of the languages of `grammars/`. Two are equal when they have the same id.
#[derive(Clone, Copy)]
pub struct Language(&'static Entry);

/// One row of the table.
pub(crate) struct Entry {
    id: &'static str,
    name: &'static str,
    language_ids: &'static [&'static str],
    extensions: &'static [&'static str],
    file_names: &'static [&'static str],
    line_comment: &'static str,
    block_by_indentation: bool,
    grammar: fn() -> tree_sitter::Language,
    pub(crate) scopes: QuerySource,
    pub(crate) definitions: QuerySource,
    pub(crate) references: QuerySource,
    pub(crate) imports: QuerySource,
    pub(crate) bindings: QuerySource,
    pub(crate) literals: QuerySource,
}

impl Language {
    /// Every language, in the order of the ids.
    pub fn all() -> impl ExactSizeIterator<Item = Language> {
        TABLE.iter().map(Language)
    }

    /// The language of an LSP `languageId`, such as `python` or `typescriptreact`.
    pub fn from_id(lsp_language_id: &str) -> Option<Self> {
        Self::all().find(|language| language.0.language_ids.contains(&lsp_language_id))
    }

    /// The language of a file by its name or its extension. The file need not exist.
    pub fn from_path(path: &Path) -> Option<Self> {
        let file_name = path.file_name()?.to_str()?;
        let extension = path.extension().and_then(|extension| extension.to_str());
        let by_name = Self::all().find(|language| language.0.file_names.contains(&file_name));
        by_name.or_else(|| {
            Self::all().find(|language| extension.is_some_and(|it| language.0.extensions.contains(&it)))
        })
    }

    /// The name to show to people, such as `Python`.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// The id inside Weft: the name of the language's folder in `grammars/`.
    pub fn id(self) -> &'static str {
        self.0.id
    }

    /// The file name extensions, without the dot; the most usual one first.
    pub fn extensions(self) -> &'static [&'static str] {
        self.0.extensions
    }

    /// What begins a comment that runs to the line's end, such as `//`.
    pub fn line_comment(self) -> &'static str {
        self.0.line_comment
    }

    /// Whether blocks are shown by indentation, as in Python, and not by brackets.
    pub fn indent_blocks(self) -> bool {
        self.0.block_by_indentation
    }

    pub(crate) fn entry(self) -> &'static Entry {
        self.0
    }

    pub(crate) fn grammar(self) -> tree_sitter::Language {
        (self.0.grammar)()
    }
}

/// A number that is another one as soon as [`Tree::definitions`], [`Tree::imports`] or [`Tree::visit_identifiers`] may give
/// another result for the same text: when a query, the code that runs it, or a grammar has changed. It is the same in every
/// build of the same sources with the same compiler, so results may be kept with it between sessions.
///
/// [`Tree::definitions`]: crate::Tree::definitions
/// [`Tree::imports`]: crate::Tree::imports
/// [`Tree::visit_identifiers`]: crate::Tree::visit_identifiers
pub fn fingerprint() -> u64 {
    let mut hasher = DefaultHasher::new();
    SOURCES_HASH.hash(&mut hasher);
    for language in Language::all() {
        // Not every grammar tells its version, but one that parses differently has other states.
        let grammar = language.grammar();
        let size = (grammar.node_kind_count(), grammar.field_count(), grammar.parse_state_count());
        (language.id(), grammar.abi_version(), size).hash(&mut hasher);
    }
    hasher.finish()
}

impl PartialEq for Language {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for Language {}

impl Hash for Language {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.id.hash(state);
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Language({})", self.0.id)
    }
}
