//! What a file defines: the result of the query `definitions.scm`. It must not look into other files.

use std::ops::Range;

use text::Text;
use tree_sitter::Node;

use crate::query::{Match, Part};
use crate::{Language, Tree};

/// A named thing that a file defines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// What it is.
    pub kind: DefinitionKind,
    /// Its name; of an `impl` block, the type's name.
    pub name: String,
    /// Bytes of the name.
    pub name_range: Range<usize>,
    /// Bytes of the whole definition. Python's decorators are part of it; Rust's attributes and comments are not.
    pub range: Range<usize>,
    /// Bytes of what stands before its body: the signature, without Python's decorators. All of the definition when it
    /// has no body.
    pub header: Range<usize>,
    /// Bytes of the body, with its brackets.
    pub body: Option<Range<usize>>,
    /// The name of the innermost definition around it; of a Go method, the type of its receiver.
    pub container: Option<String>,
    /// The innermost definition around it, as an index into the list that it is in. None for a Go method.
    pub parent: Option<usize>,
    /// Bytes of its documentation: the content of a docstring, without the quotes, or the comments directly above it, with
    /// their markers. In Rust and Java only doc comments count.
    pub doc: Option<Range<usize>>,
    /// What it extends or implements, as it is written but without type arguments: superclasses, supertraits, interfaces,
    /// Go's embedded types; of an `impl` block, the trait.
    pub bases: Vec<String>,
    /// The text of its type: the annotated one of a field, constant or variable, what a function returns, what an alias
    /// stands for.
    pub type_text: Option<String>,
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

impl Tree {
    /// Everything that the text defines, in the order of the text, outer before inner. Walks the whole tree.
    pub fn definitions(&self, text: &Text) -> Vec<Definition> {
        let Some(root) = self.root() else { return Vec::new() };
        read(self.language(), &Part::whole(root, text), 0..usize::MAX)
    }
}

/// What a part of a tree defines whose names are in the byte range, in the order of the text, outer before inner.
/// The rest of the part is only looked through for comments.
pub(crate) fn read(language: Language, part: &Part<'_>, names: Range<usize>) -> Vec<Definition> {
    let mut facts = Vec::new();
    let mut above = Vec::new();
    language.entry().definitions.visit_part(language, part, |one| match Fact::of_match(one) {
        Some(fact) => facts.push(fact),
        None => above.extend(Above::of_match(one)),
    });
    facts.retain(|fact| names.contains(&fact.name.start));
    above.sort_by_key(|it| it.range.start);
    // The first pattern in the file comes first: it says what the name is, and the others may add to it.
    facts.sort_by_key(|fact| (fact.name.start, fact.pattern));
    let mut definitions: Vec<Definition> = facts
        .chunk_by(|one, other| one.name == other.name)
        .filter_map(|facts| definition(facts, &above, part))
        .collect();
    definitions.sort_by_key(|it| (it.range.start, usize::MAX - it.range.end, it.name_range.start));
    nest(&mut definitions);
    definitions
}

/// Whether a node is a comment, or an attribute that may stand between a comment and what it documents.
pub(crate) fn is_above(language: Language, node: Node<'_>, text: &Text) -> bool {
    let mut is_above = false;
    language.entry().definitions.visit_at(language, node, text, |one| {
        is_above |= Fact::of_match(one).is_none() && Above::of_match(one).is_some();
    });
    is_above
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

/// What one match says about the definition of a name.
struct Fact {
    pattern: usize,
    name: Range<usize>,
    site: Option<FactSite>,
    doc: Option<Range<usize>>,
    base: Option<Range<usize>>,
    type_range: Option<Range<usize>>,
    container: Option<Range<usize>>,
}

/// Where a definition is, in a match that tells.
struct FactSite {
    kind: DefinitionKind,
    range: Range<usize>,
    /// The row, counted by `\n`, that it begins on.
    row: usize,
    header_start: usize,
    body: Option<Range<usize>>,
}

impl Fact {
    fn of_match(found: &Match<'_>) -> Option<Self> {
        Some(Self {
            pattern: found.pattern,
            name: found.range("name")?,
            site: FactSite::of_match(found),
            doc: found.range("doc"),
            base: found.range("base"),
            type_range: found.range("type"),
            container: found.range("container"),
        })
    }
}

impl FactSite {
    /// The body is the grammar's field `body` unless the query captures `@body`.
    fn of_match(found: &Match<'_>) -> Option<Self> {
        let mut kinds = found.captures.iter();
        let (kind, node) = kinds.find_map(|it| Some((DefinitionKind::of_capture(it.name)?, it.node)))?;
        let header = found.node("header").unwrap_or(node);
        let body = found.node("body").or_else(|| header.child_by_field_name("body"));
        Some(Self {
            kind,
            range: node.byte_range(),
            row: node.start_position().row,
            header_start: header.start_byte(),
            body: body.map(|body| body.byte_range()),
        })
    }
}

/// A comment, or an attribute that may stand between a comment and what it documents.
struct Above {
    is_comment: bool,
    range: Range<usize>,
    /// The rows that it begins and ends on, counted by `\n`.
    rows: (usize, usize),
}

impl Above {
    fn of_match(found: &Match<'_>) -> Option<Self> {
        let capture = found.captures.first()?;
        let is_comment = capture.name == "comment";
        if !is_comment && capture.name != "attribute" {
            return None;
        }
        let (start, end) = (capture.node.start_position(), capture.node.end_position());
        // Some grammars give a comment the line's end, too.
        let last_row = if end.column == 0 { end.row.saturating_sub(1) } else { end.row };
        Some(Self {
            is_comment,
            range: capture.node.byte_range(),
            rows: (start.row, last_row.max(start.row)),
        })
    }
}

/// Adds up what the matches of one name say. None if none of them says where the definition is.
fn definition(facts: &[Fact], above: &[Above], part: &Part<'_>) -> Option<Definition> {
    let site = facts.iter().find_map(|fact| fact.site.as_ref())?;
    let name_range = facts.first()?.name.clone();
    let text_of = |range: Range<usize>| part.text_of(range).to_owned();
    let mut bases: Vec<Range<usize>> = facts.iter().filter_map(|fact| fact.base.clone()).collect();
    bases.sort_by_key(|base| base.start);
    bases.dedup();
    let header = match &site.body {
        Some(body) => {
            let header = part.text_of(site.header_start..body.start);
            site.header_start..site.header_start + header.trim_end().len()
        }
        None => site.header_start..site.range.end,
    };
    // What an alias stands for may have members, and then it is the body.
    let is_body = |range: &Range<usize>| site.body.as_ref() == Some(range);
    let type_range = facts.iter().find_map(|fact| fact.type_range.clone()).filter(|range| !is_body(range));
    let docstring = facts.iter().find_map(|fact| fact.doc.clone());
    Some(Definition {
        kind: site.kind,
        name: text_of(name_range.clone()),
        name_range,
        range: site.range.clone(),
        header,
        body: site.body.clone(),
        container: facts.iter().find_map(|fact| fact.container.clone()).map(text_of),
        parent: None,
        doc: docstring.or_else(|| comments_above(site, above, part)),
        bases: bases.into_iter().map(text_of).collect(),
        type_text: type_range.map(text_of),
    })
}

/// The run of comments that ends on the line before the definition, or before its attributes.
fn comments_above(site: &FactSite, above: &[Above], part: &Part<'_>) -> Option<Range<usize>> {
    let before = above.partition_point(|it| it.range.start < site.range.start);
    let mut first_row = site.row;
    let mut comments: Option<Range<usize>> = None;
    for it in above.get(..before)?.iter().rev() {
        if it.rows.1 + 1 != first_row || !begins_its_line(it.range.start, part) {
            break;
        }
        first_row = it.rows.0;
        if it.is_comment {
            let end = comments.map_or(it.range.end, |later| later.end);
            comments = Some(it.range.start..end);
        }
    }
    let comments = comments?;
    let length = part.text_of(comments.clone()).trim_end().len();
    Some(comments.start..comments.start + length)
}

/// Whether there is only white space before the offset on its line.
fn begins_its_line(offset: usize, part: &Part<'_>) -> bool {
    part.row_before(offset).bytes().all(|byte| byte.is_ascii_whitespace())
}

/// Finds the definition that each one is in. Expects outer before inner.
fn nest(definitions: &mut [Definition]) {
    let mut open: Vec<(usize, Range<usize>)> = Vec::new();
    for index in 0..definitions.len() {
        let Some(range) = definitions.get(index).map(|it| it.range.clone()) else { return };
        while open.last().is_some_and(|(_, outer)| range.start >= outer.end || range == *outer) {
            open.pop();
        }
        let parent = open.last().map(|(parent, _)| *parent);
        let outer = parent.and_then(|parent| definitions.get(parent));
        let (container, outer_doc) = outer.map(|outer| (outer.name.clone(), outer.doc.clone())).unzip();
        if let Some(definition) = definitions.get_mut(index) {
            definition.parent = parent;
            definition.container = definition.container.take().or(container);
            // What begins on one line with its outer definition has the same comments above it.
            definition.doc.take_if(|doc| outer_doc.flatten().as_ref() == Some(doc));
        }
        open.push((index, range));
    }
}
