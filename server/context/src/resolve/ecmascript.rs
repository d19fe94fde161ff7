//! What is particular to JavaScript and TypeScript: declarations and patterns, modules by relative paths. It must not
//! evaluate types.

use std::ops::Range;
use std::sync::Arc;

use index::{FileEntry, Found};
use syntax::{DefinitionKind, Import};

use super::curly::{block_around, enclosing as enclosing_braces, method_name, statement_end};
use super::locals::{Enclosing, EnclosingKind, Local, Way, block_end, header_before, offset_of};
use super::names::{MOST_STEPS, in_file, normal, of_symbol};
use super::tokens::{LexicalStyle, Tokens};
use super::types::{Module, Types};
use super::world::World;

pub(crate) const STYLE: LexicalStyle = LexicalStyle {
    line_comment: "//",
    block_comments: true,
    nested_comments: false,
    triple_quotes: false,
    multiline_strings: false,
    rust_literals: false,
    back_tick_strings: true,
    regex_literals: true,
    indent_blocks: false,
};

/// The words that are never names.
pub(crate) const KEYWORDS: &[&str] = &[
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "export",
    "extends",
    "finally",
    "for",
    "function",
    "if",
    "import",
    "in",
    "instanceof",
    "let",
    "new",
    "of",
    "return",
    "switch",
    "throw",
    "try",
    "typeof",
    "var",
    "void",
    "while",
    "yield",
];

/// The definitions around a byte offset, innermost first.
pub(crate) fn enclosing(tokens: &Tokens, offset: usize) -> Vec<Enclosing> {
    enclosing_braces(tokens, offset, |word| match word {
        "class" | "interface" | "enum" => Some(EnclosingKind::Class),
        "function" => Some(EnclosingKind::Function),
        "namespace" => Some(EnclosingKind::Module),
        _ => None,
    })
}

/// Every binding of the text.
pub(crate) fn locals(tokens: &Tokens) -> Vec<Local> {
    let mut out = Vec::new();
    for index in 0..tokens.len() {
        match tokens.word(index) {
            "const" | "let" | "var" if tokens.word(index + 1) != "enum" => {
                declaration(tokens, index, &mut out)
            }
            "=>" => arrow(tokens, index, &mut out),
            "{" => {
                let header = header_before(tokens, index);
                if method_name(tokens, header.clone()).is_some()
                    || header.clone().any(|it| tokens.word(it) == "function")
                {
                    let open = tokens.find_flat(header.clone(), |_, word| word == "(");
                    if let Some((open, close)) = open.and_then(|open| Some((open, tokens.partner(open)?))) {
                        let visible = offset_of(tokens, index)..block_end(tokens, index);
                        parameters(tokens, open + 1..close, &visible, &mut out);
                    }
                }
            }
            _ => {}
        }
    }
    out
}

/// What a pattern takes apart.
struct Subject {
    type_text: Option<String>,
    value: Option<String>,
    visible: Range<usize>,
    is_parameter: bool,
}

fn declaration(tokens: &Tokens, keyword: usize, out: &mut Vec<Local>) {
    let end = statement_end(tokens, keyword + 1);
    let of = tokens.find_flat(keyword + 1..end, |_, word| matches!(word, "of" | "="));
    let in_loop = keyword >= 2
        && tokens.word(keyword - 1) == "("
        && matches!(tokens.word(keyword - 2), "for" | "await");
    let text = |range: Range<usize>| {
        Some(tokens.text_of(range).to_owned()).filter(|it| !it.is_empty() && it.len() < 4000)
    };
    if let Some(of) = of.filter(|of| in_loop && tokens.word(*of) == "of") {
        let block = tokens.partner(keyword - 1).map(|close| close + 1);
        let visible = match block.filter(|block| tokens.word(*block) == "{") {
            Some(block) => offset_of(tokens, block)..block_end(tokens, block),
            None => offset_of(tokens, end)..usize::MAX,
        };
        let subject = Subject { type_text: None, value: text(of + 1..end), visible, is_parameter: false };
        pattern(tokens, keyword + 1..of, &subject, &[Way::Element], out);
        return;
    }
    let block = block_around(tokens, keyword);
    for part in tokens.split_flat(keyword + 1..end, ",", true) {
        let equals = tokens.find_flat(part.clone(), |_, word| word == "=").unwrap_or(part.end);
        let colon = tokens.find_flat(part.start..equals, |_, word| word == ":");
        let subject = Subject {
            type_text: colon.and_then(|colon| text(colon + 1..equals)),
            value: text((equals + 1).min(part.end)..part.end),
            visible: offset_of(tokens, part.end)..block.end,
            is_parameter: false,
        };
        pattern(tokens, part.start..colon.unwrap_or(equals), &subject, &[], out);
    }
}

fn arrow(tokens: &Tokens, arrow: usize, out: &mut Vec<Local>) {
    let Some(last) = arrow.checked_sub(1) else { return };
    let end = match tokens.word(arrow + 1) {
        "{" => block_end(tokens, arrow + 1),
        _ => offset_of(tokens, statement_end(tokens, arrow + 1)),
    };
    let visible = offset_of(tokens, arrow)..end;
    match tokens.partner(last) {
        Some(open) if tokens.word(last) == ")" => parameters(tokens, open + 1..last, &visible, out),
        _ if tokens.is_word(last) => {
            let subject = Subject { type_text: None, value: None, visible, is_parameter: true };
            pattern(tokens, last..arrow, &subject, &[], out);
        }
        _ => {}
    }
}

fn parameters(tokens: &Tokens, range: Range<usize>, visible: &Range<usize>, out: &mut Vec<Local>) {
    for part in tokens.split_flat(range, ",", true) {
        let mut start = part.start;
        while matches!(
            tokens.word(start),
            "..." | "private" | "public" | "readonly" | "protected" | "override"
        ) {
            start += 1;
        }
        let equals = tokens.find_flat(part.clone(), |_, word| word == "=").unwrap_or(part.end);
        let colon = tokens.find_flat(start..equals, |_, word| word == ":");
        let type_text = colon.map(|colon| tokens.text_of(colon + 1..equals).to_owned());
        let value = (equals < part.end).then(|| tokens.text_of(equals + 1..part.end).to_owned());
        let subject = Subject { type_text, value, visible: visible.clone(), is_parameter: true };
        let mut end = colon.unwrap_or(equals);
        if end > start && tokens.word(end - 1) == "?" {
            end -= 1;
        }
        pattern(tokens, start..end, &subject, &[], out);
    }
}

fn pattern(tokens: &Tokens, range: Range<usize>, subject: &Subject, path: &[Way], out: &mut Vec<Local>) {
    if range.is_empty() || path.len() > 8 {
        return;
    }
    let step = |way: Way| path.iter().cloned().chain([way]).collect::<Vec<_>>();
    let inner = |open: usize| open + 1..tokens.partner(open).unwrap_or(range.end).min(range.end);
    match tokens.word(range.start) {
        "{" => {
            for part in tokens.split_flat(inner(range.start), ",", false) {
                let field = Way::Field(String::new(), tokens.word(part.start).to_owned());
                let colon = if tokens.word(part.start + 1) == ":" { part.start + 2 } else { part.start };
                let end = tokens.find_flat(colon..part.end, |_, word| word == "=").unwrap_or(part.end);
                pattern(tokens, colon..end, subject, &step(field), out);
            }
        }
        "[" => {
            for (position, part) in tokens.split_flat(inner(range.start), ",", false).into_iter().enumerate()
            {
                pattern(tokens, part, subject, &step(Way::Tuple(position)), out);
            }
        }
        _ if tokens.is_word(range.start) && range.len() == 1 => out.push(Local {
            name: tokens.word(range.start).to_owned(),
            at: offset_of(tokens, range.start),
            visible: subject.visible.clone(),
            type_text: subject.type_text.clone(),
            value: subject.value.clone(),
            path: path.to_vec(),
            is_parameter: subject.is_parameter,
        }),
        _ => {}
    }
}

/// The module that a file imports by this name, when it is relative.
pub(crate) fn module(world: &World<'_>, entry: &Arc<FileEntry>, name: &str) -> Option<Module> {
    if !name.starts_with('.') {
        return None;
    }
    let path = normal(&entry.path.parent()?.join(name));
    let plain = path.extension().is_some().then(|| path.clone());
    let text = path.to_string_lossy().into_owned();
    let stem = text.strip_suffix(".js").or_else(|| text.strip_suffix(".mjs")).unwrap_or(&text).to_owned();
    let endings = [".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mjs", "/index.ts", "/index.tsx", "/index.js"];
    let candidates = endings.iter().map(|ending| format!("{stem}{ending}").into()).chain(plain);
    let entry = candidates.into_iter().find_map(|path: std::path::PathBuf| world.file(&path))?;
    Some(Module::File { entry, inline: None })
}

/// What a module exports as its default: what has the importer's name, or the only class or function of it.
pub(crate) fn default_export(world: &World<'_>, module: &Module, import: &Import) -> Types {
    let Module::File { entry, .. } = module else { return Types::new() };
    if let Some(alias) = &import.alias {
        let named = in_file(world, entry, alias, None, MOST_STEPS);
        if !named.is_empty() {
            return named;
        }
    }
    let wanted = [DefinitionKind::Class, DefinitionKind::Function];
    let mut all = entry.top_level().filter(|(_, symbol)| wanted.contains(&symbol.kind));
    match (all.next(), all.next()) {
        (Some((index, _)), None) => of_symbol(world, &Found { file: Arc::clone(entry), index }, None),
        _ => Types::new(),
    }
}
