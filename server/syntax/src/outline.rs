//! What a file defines, what it refers to and where names live: the results of the queries `definitions.scm`,
//! `references.scm` and `scopes.scm`. It must not resolve a reference to its definition.

use std::ops::Range;

use text::Text;
use tree_sitter::Node;

use crate::Tree;
use crate::query::Capture;

/// A named thing that a file defines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// What it is.
    pub kind: DefinitionKind,
    /// Its name; of an `impl` block, the type's name.
    pub name: String,
    /// Bytes of the name.
    pub name_range: Range<usize>,
    /// Bytes of the whole definition.
    pub range: Range<usize>,
    /// Bytes of what stands before its body: the signature. Equal to `range` when it has no body.
    pub header: Range<usize>,
    /// Bytes of the body, with its brackets.
    pub body: Option<Range<usize>>,
    /// The name of the innermost definition around it.
    pub container: Option<String>,
}

/// The kinds of definition; each is the capture `@definition.<kind>` of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DefinitionKind {
    /// A function outside any type.
    Function,
    /// A function of a type.
    Method,
    /// A class.
    Class,
    /// A struct, record or union.
    Struct,
    /// An enumeration.
    Enum,
    /// One value of an enumeration.
    Variant,
    /// An interface or trait.
    Trait,
    /// A block that adds methods to a type.
    Impl,
    /// A constant or static.
    Constant,
    /// A variable outside any function.
    Variable,
    /// An alias of a type.
    Type,
    /// A module or namespace.
    Module,
    /// A field of a type.
    Field,
    /// A macro.
    Macro,
}

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
    /// Everything that the text defines, in the order of the text, outer before inner. Walks the whole tree.
    pub fn definitions(&self, text: &Text) -> Vec<Definition> {
        let mut found = Vec::new();
        let Some(root) = self.root() else { return Vec::new() };
        let whole = 0..text.len_bytes();
        self.language().entry().definitions.visit_matches(self.language(), root, text, whole, |one| {
            found.extend(definition(&one.captures, text).map(|definition| (one.pattern, definition)));
        });
        // Of several patterns that match one definition the first in the file counts.
        found.sort_by_key(|(pattern, it)| {
            (it.range.start, usize::MAX - it.range.end, it.name_range.start, *pattern)
        });
        found.dedup_by(|(_, later), (_, earlier)| {
            later.range == earlier.range && later.name_range == earlier.name_range
        });
        let mut definitions: Vec<Definition> = found.into_iter().map(|(_, definition)| definition).collect();
        name_containers(&mut definitions);
        definitions
    }

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
        let mut scopes = Vec::new();
        let Some(root) = self.root() else { return scopes };
        let whole = 0..text.len_bytes();
        self.language().entry().scopes.visit_matches(self.language(), root, text, whole, |one| {
            let found = one.captures.iter().filter(|capture| capture.name == "scope");
            scopes.extend(found.map(|capture| Scope { range: capture.node.byte_range() }));
        });
        scopes.sort_by_key(|scope| (scope.range.start, usize::MAX - scope.range.end));
        scopes.dedup();
        scopes
    }
}

impl DefinitionKind {
    fn of_capture(name: &str) -> Option<Self> {
        Some(match name.strip_prefix("definition.")? {
            "function" => Self::Function,
            "method" => Self::Method,
            "class" => Self::Class,
            "struct" => Self::Struct,
            "enum" => Self::Enum,
            "variant" => Self::Variant,
            "trait" => Self::Trait,
            "impl" => Self::Impl,
            "constant" => Self::Constant,
            "variable" => Self::Variable,
            "type" => Self::Type,
            "module" => Self::Module,
            "field" => Self::Field,
            "macro" => Self::Macro,
            _ => return None,
        })
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

/// The definition of one match: one `@definition.*`, its `@name`, and a body, which is the grammar's field `body`
/// unless the query captures `@body`.
fn definition(captures: &[Capture<'_>], text: &Text) -> Option<Definition> {
    let named = |name: &str| captures.iter().find(|capture| capture.name == name).map(|capture| capture.node);
    let (kind, node) = captures
        .iter()
        .find_map(|capture| Some((DefinitionKind::of_capture(capture.name)?, capture.node)))?;
    let name_range = named("name")?.byte_range();
    let range = node.byte_range();
    let body = named("body").or_else(|| node.child_by_field_name("body")).map(|body| body.byte_range());
    let header = body.as_ref().map_or(range.clone(), |body| trimmed(text, range.start..body.start));
    Some(Definition {
        kind,
        name: text.slice(name_range.clone()),
        name_range,
        range,
        header,
        body,
        container: None,
    })
}

/// Expects outer before inner.
fn name_containers(definitions: &mut [Definition]) {
    let mut open: Vec<(Range<usize>, String)> = Vec::new();
    for definition in definitions {
        while open
            .last()
            .is_some_and(|(range, _)| definition.range.start >= range.end || definition.range == *range)
        {
            open.pop();
        }
        definition.container = open.last().map(|(_, name)| name.clone());
        open.push((definition.range.clone(), definition.name.clone()));
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
