//! What is particular to Java: declarations with the type in front, classes found by their packages. It must not
//! evaluate types.

use std::ops::Range;
use std::sync::Arc;

use index::FileEntry;

use super::curly::{block_around, enclosing as enclosing_braces, method_name, statement_end};
use super::locals::{Enclosing, EnclosingKind, Local, Way, block_end, header_before, offset_of};
use super::names::{named, of_symbol};
use super::tokens::{LexicalStyle, Tokens};
use super::types::{Types, merge};
use super::world::World;

pub(crate) const STYLE: LexicalStyle = LexicalStyle {
    line_comment: "//",
    block_comments: true,
    nested_comments: false,
    triple_quotes: true,
    multiline_strings: false,
    rust_literals: false,
    back_tick_strings: false,
    regex_literals: false,
    indent_blocks: false,
};

/// The words that are never names.
pub(crate) const KEYWORDS: &[&str] = &[
    "assert",
    "break",
    "case",
    "catch",
    "class",
    "continue",
    "default",
    "do",
    "else",
    "enum",
    "extends",
    "final",
    "finally",
    "for",
    "if",
    "implements",
    "import",
    "instanceof",
    "interface",
    "new",
    "package",
    "return",
    "static",
    "switch",
    "synchronized",
    "throw",
    "throws",
    "try",
    "while",
];

/// The definitions around a byte offset, innermost first.
pub(crate) fn enclosing(tokens: &Tokens, offset: usize) -> Vec<Enclosing> {
    enclosing_braces(tokens, offset, |word| {
        matches!(word, "class" | "interface" | "enum" | "record").then_some(EnclosingKind::Class)
    })
}

/// Every binding of the text: a name behind a type, before `=`, `;`, `:`, `,` or `)`.
pub(crate) fn locals(tokens: &Tokens) -> Vec<Local> {
    let mut out = Vec::new();
    for index in 1..tokens.len() {
        let after = tokens.word(index + 1);
        if !tokens.is_word(index)
            || KEYWORDS.contains(&tokens.word(index))
            || !matches!(after, "=" | ";" | ":" | "," | ")")
        {
            continue;
        }
        let Some(of_type) = type_before(tokens, index) else { continue };
        let type_text = Some(tokens.text_of(of_type).to_owned()).filter(|text| text != "var");
        let text = |range: Range<usize>| {
            Some(tokens.text_of(range).to_owned()).filter(|it| !it.is_empty() && it.len() < 4000)
        };
        let (visible, value, is_parameter) = match (after, parameter_body(tokens, index)) {
            ("," | ")" | ":", Some(body)) => {
                (offset_of(tokens, body)..block_end(tokens, body), None, after != ":")
            }
            ("=" | ";", _) => {
                let end = statement_end(tokens, index + 1);
                (offset_of(tokens, end)..block_around(tokens, index).end, text(index + 2..end), false)
            }
            _ => continue,
        };
        let looped = after == ":";
        let value = if looped { text(index + 2..statement_end(tokens, index + 2)) } else { value };
        let path = if looped && type_text.is_none() { vec![Way::Element] } else { Vec::new() };
        out.push(Local {
            name: tokens.word(index).to_owned(),
            at: offset_of(tokens, index),
            visible,
            type_text,
            value,
            path,
            is_parameter,
        });
    }
    out
}

/// The tokens of the type that stands right before a name.
fn type_before(tokens: &Tokens, name: usize) -> Option<Range<usize>> {
    let mut start = name.checked_sub(1)?;
    if tokens.word(start) == "]" {
        start = tokens.partner(start)?.checked_sub(1)?;
    }
    if tokens.word(start) == ">" {
        start = tokens.angle_open(start)?.checked_sub(1)?;
    }
    if !tokens.is_word(start) || KEYWORDS.contains(&tokens.word(start)) {
        return None;
    }
    while start >= 2 && tokens.word(start - 1) == "." && tokens.is_word(start - 2) {
        start -= 2;
    }
    Some(start..name)
}

/// The `{` of the method, loop or handler in whose brackets a token stands.
fn parameter_body(tokens: &Tokens, index: usize) -> Option<usize> {
    let open = header_before(tokens, index).start.checked_sub(1).filter(|open| tokens.word(*open) == "(")?;
    let close = tokens.partner(open)?;
    let body = tokens.find_flat(close + 1..tokens.len(), |_, word| matches!(word, "{" | ";" | "}" | "->"))?;
    let body = if tokens.word(body) == "->" { body + 1 } else { body };
    let header = header_before(tokens, open).start..close + 1;
    let fits = method_name(tokens, header.clone()).is_some()
        || header.clone().any(|it| matches!(tokens.word(it), "for" | "catch" | "try"))
        || tokens.word(close + 1) == "->";
    (tokens.word(body) == "{" && fits).then_some(body)
}

/// The class of a package.
pub(crate) fn class(world: &World<'_>, package: &str, name: &str) -> Types {
    let folder = package.replace('.', "/");
    let mut found = Types::new();
    for one in named(world, name) {
        let in_folder = one
            .file
            .path
            .parent()
            .is_some_and(|it| it.to_string_lossy().replace('\\', "/").ends_with(&folder));
        if in_folder && one.symbol().is_some_and(|symbol| symbol.parent.is_none()) {
            merge(&mut found, of_symbol(world, &one, None));
        }
    }
    found
}

/// What a name means in a file's own package.
pub(crate) fn in_package(world: &World<'_>, entry: &Arc<FileEntry>, name: &str) -> Types {
    let mut found = Types::new();
    for one in named(world, name) {
        let beside = one.file.path.parent() == entry.path.parent() && one.file.path != entry.path;
        if beside && one.symbol().is_some_and(|symbol| symbol.parent.is_none()) {
            merge(&mut found, of_symbol(world, &one, None));
        }
    }
    found
}
