//! The names that a function or a file binds to values, as the strategies of the languages report them. It must not
//! infer their types.

use std::ops::Range;
use std::sync::OnceLock;

use super::tokens::{TokenKind, Tokens};

/// A name bound to a value, in one place of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Local {
    pub(crate) name: String,
    /// Byte offset of the name.
    pub(crate) at: usize,
    /// Bytes in which the name has this meaning.
    pub(crate) visible: Range<usize>,
    /// The text of its type.
    pub(crate) type_text: Option<String>,
    /// The text of the value that it comes from.
    pub(crate) value: Option<String>,
    /// How it comes from that value, or from a value of that type, first step first.
    pub(crate) path: Vec<Way>,
    pub(crate) is_parameter: bool,
}

/// One step from a value to what a pattern or statement binds of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// One of what it yields when it is iterated.
    Element,
    /// What a `with` statement binds.
    Entered,
    /// The n-th of a tuple.
    Tuple(usize),
    /// A field of it: the path of its struct or variant as written, and the field's name.
    Field(String, String),
    /// The n-th value in a variant or tuple struct; the path of the variant as written.
    Variant(String, usize),
}

/// What is around a place: a definition whose body it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Enclosing {
    pub(crate) kind: EnclosingKind,
    /// The name; of an `impl` the text of the type.
    pub(crate) name: String,
    /// Its header as written, without the body.
    pub(crate) header: String,
    /// Bytes from the header to the end of the body; the text's end when that is not known.
    pub(crate) range: Range<usize>,
    /// Tokens of the header.
    pub(crate) tokens: Range<usize>,
}

/// The kinds of surroundings that matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EnclosingKind {
    /// A function or method.
    Function,
    /// A class, struct, trait or interface.
    Class,
    /// An `impl` block.
    Impl,
    /// A module inside a file.
    Module,
}

/// The bindings of a file, some of them not read before somebody asks for a place where they are seen.
#[derive(Debug)]
pub(crate) struct Locals {
    everywhere: Vec<Local>,
    parts: Vec<(LocalsPart, OnceLock<Vec<Local>>)>,
}

/// A part of a file whose bindings are seen nowhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LocalsPart {
    pub(crate) tokens: Range<usize>,
    pub(crate) bytes: Range<usize>,
}

impl Locals {
    /// Parts that follow each other in the text, and what is bound outside of them.
    pub(crate) fn of_parts(everywhere: Vec<Local>, parts: Vec<LocalsPart>) -> Self {
        Self { everywhere, parts: parts.into_iter().map(|part| (part, OnceLock::new())).collect() }
    }

    /// All bindings that can be seen at an offset, and others.
    pub(crate) fn near(
        &self,
        offset: usize,
        read: impl FnOnce(&LocalsPart) -> Vec<Local>,
    ) -> impl Iterator<Item = &Local> {
        let index = self.parts.partition_point(|(part, _)| part.bytes.end <= offset);
        let part = self.parts.get(index).filter(|(part, _)| part.bytes.start <= offset);
        let inside = part.map(|(part, locals)| locals.get_or_init(|| read(part)));
        self.everywhere.iter().chain(inside.into_iter().flatten())
    }
}

/// The nearest binding of `name` that is visible at `offset` and begins before it.
pub(crate) fn nearest<'a>(
    locals: impl Iterator<Item = &'a Local>,
    name: &str,
    offset: usize,
) -> Option<&'a Local> {
    locals
        .filter(|local| local.name == name && local.at < offset && local.visible.contains(&offset))
        .max_by_key(|local| local.at)
}

/// The blocks in braces around a byte offset, innermost first: the tokens of each one's header and the index of its
/// `{`. A header reaches back to the last `;`, `{` or `}`, or to a bracket that is still open.
pub(crate) fn brace_blocks(tokens: &Tokens, offset: usize) -> Vec<(Range<usize>, usize)> {
    let mut blocks = Vec::new();
    let mut index = tokens.index_at(offset);
    while let Some(at) = index.checked_sub(1) {
        index = at;
        match tokens.kind(at) {
            Some(TokenKind::Close) => {
                if let Some(open) = tokens.partner(at).filter(|open| *open < at) {
                    index = open;
                }
            }
            Some(TokenKind::Open) if tokens.word(at) == "{" => {
                blocks.push((header_before(tokens, at), at));
            }
            _ => {}
        }
    }
    blocks
}

/// The tokens of the header of the block that opens at `open`.
pub(crate) fn header_before(tokens: &Tokens, open: usize) -> Range<usize> {
    let mut index = open;
    while let Some(at) = index.checked_sub(1) {
        match tokens.kind(at) {
            Some(TokenKind::Close) => {
                if tokens.word(at) == "}" {
                    break;
                }
                match tokens.partner(at).filter(|partner| *partner < at) {
                    Some(partner) => index = partner,
                    None => break,
                }
            }
            Some(TokenKind::Open) => break,
            _ if tokens.word(at) == ";" => break,
            _ => index = at,
        }
    }
    index..open
}

/// The byte offset at which the block that opens at token `open` ends; the text's end when nothing closes it.
pub(crate) fn block_end(tokens: &Tokens, open: usize) -> usize {
    tokens.partner(open).and_then(|close| tokens.get(close)).map_or(usize::MAX, |token| token.start)
}

/// The byte offset of a token; the text's end past the last.
pub(crate) fn offset_of(tokens: &Tokens, index: usize) -> usize {
    tokens.get(index).map_or(tokens.text.len(), |token| token.start)
}
