//! A definition as a model is to see it: signature, first line of documentation, members without bodies, as short as it
//! can be. It must not resolve anything: the members are handed to it.

use std::collections::HashSet;

use index::{Found, Symbol};
use syntax::{DefinitionKind, Language};

/// Members that are shown; of more, those whose names have words in common with the code at the cursor.
const MOST_MEMBERS: usize = 8;
/// Bytes of one signature.
const MOST_SIGNATURE: usize = 200;
/// Bytes of a line of documentation.
const MOST_DOC: usize = 100;

/// Renders a definition with some members.
///
/// `words` are the parts of identifiers near the cursor, in lower case ([`words_of`]): of many members those that share
/// some are shown.
pub(crate) fn skeleton(found: &Found, members: &[Found], words: &HashSet<String>) -> Option<String> {
    let symbol = found.symbol()?;
    let language = found.file.language;
    let members = choose(members, words);
    if !is_container(symbol.kind) || members.is_empty() {
        return Some(single(symbol, language, 0));
    }
    Some(if language.indent_blocks() {
        indented(symbol, &members, language)
    } else {
        braced(symbol, &members, language)
    })
}

/// The parts of identifiers in a text, in lower case: `getUserName` and `get_user_name` have the same three.
pub(crate) fn words_of(text: &str) -> HashSet<String> {
    let mut words = HashSet::new();
    let mut word = String::new();
    let mut before = ' ';
    for character in text.chars().chain([' ']) {
        let boundary = !character.is_alphanumeric() || (character.is_uppercase() && before.is_lowercase());
        if boundary && word.chars().count() > 2 {
            words.insert(std::mem::take(&mut word));
        } else if boundary {
            word.clear();
        }
        if character.is_alphanumeric() {
            word.extend(character.to_lowercase());
        }
        before = character;
    }
    words
}

fn choose<'a>(members: &'a [Found], words: &HashSet<String>) -> Vec<&'a Symbol> {
    let symbols: Vec<&Symbol> = members.iter().filter_map(Found::symbol).collect();
    let private = |symbol: &Symbol| symbol.name.starts_with('_');
    let common = |symbol: &Symbol| words_of(&symbol.name).intersection(words).count();
    // Private ones are shown only where there is nothing else.
    let public = symbols.iter().any(|symbol| !private(symbol));
    let mut ranked: Vec<(usize, &Symbol)> =
        symbols.into_iter().filter(|symbol| !(public && private(symbol))).enumerate().collect();
    ranked.sort_by_key(|(at, symbol)| (std::cmp::Reverse(common(symbol)), *at));
    ranked.truncate(MOST_MEMBERS);
    ranked.sort_by_key(|(at, _)| *at);
    ranked.into_iter().map(|(_, symbol)| symbol).collect()
}

fn is_container(kind: DefinitionKind) -> bool {
    use DefinitionKind::{Class, Enum, Impl, Module, Struct, Trait};
    matches!(kind, Class | Struct | Enum | Trait | Impl | Module)
}

fn is_data(kind: DefinitionKind) -> bool {
    use DefinitionKind::{Constant, Field, Variable, Variant};
    matches!(kind, Constant | Field | Variable | Variant)
}

/// Python and its like: the members below the class line.
fn indented(symbol: &Symbol, members: &[&Symbol], language: Language) -> String {
    let mut lines = vec![format!("{}:", signature(symbol).trim_end_matches([':', ' ']))];
    lines.extend(members.iter().map(|member| single(member, language, 4)));
    lines.join("\n")
}

/// Languages of braces: the type with its data, then an `impl` where functions stand apart from it, as in Rust.
fn braced(symbol: &Symbol, members: &[&Symbol], language: Language) -> String {
    let head = signature(symbol).trim_end_matches(['{', ' ']).to_owned();
    let apart =
        language.id() == "rust" && !matches!(symbol.kind, DefinitionKind::Trait | DefinitionKind::Impl);
    let (data, functions): (Vec<&&Symbol>, Vec<&&Symbol>) =
        members.iter().partition(|member| !apart || is_data(member.kind));
    let mut lines = Vec::new();
    if data.is_empty() {
        lines.push(format!("{head};"));
    } else {
        lines.push(format!("{head} {{"));
        lines.extend(data.iter().map(|member| single(member, language, 4)));
        lines.push("}".to_owned());
    }
    if !functions.is_empty() {
        lines.push(format!("impl {} {{", symbol.name));
        lines.extend(functions.iter().map(|member| single(member, language, 4)));
        lines.push("}".to_owned());
    }
    lines.join("\n")
}

/// One definition on a line, its body collapsed; the documentation of a function follows where it is short.
fn single(symbol: &Symbol, language: Language, indent: usize) -> String {
    let pad = " ".repeat(indent);
    let signature = signature(symbol);
    if is_data(symbol.kind) {
        let end = if language.indent_blocks() || signature.ends_with([',', ';']) { "" } else { "," };
        return format!("{pad}{signature}{end}");
    }
    let head = signature.trim_end_matches(['{', ':', ' ']);
    let doc = symbol.doc.lines().next().unwrap_or("").trim();
    let doc = if indent == 0 && !doc.is_empty() { shortened(doc, MOST_DOC) } else { String::new() };
    if language.indent_blocks() {
        let callable =
            matches!(symbol.kind, DefinitionKind::Function | DefinitionKind::Method | DefinitionKind::Class);
        return match (callable, doc.is_empty()) {
            (false, _) => format!("{pad}{signature}"),
            (true, true) => format!("{pad}{head}: ..."),
            (true, false) => format!("{pad}{head}:\n{pad}    \"\"\"{doc}\"\"\""),
        };
    }
    let doc = if doc.is_empty() { doc } else { format!("{pad}{} {doc}\n", language.line_comment()) };
    let end = if head.ends_with(';') || language.id() == "go" { "" } else { ";" };
    format!("{doc}{pad}{head}{end}")
}

fn signature(symbol: &Symbol) -> String {
    // A value says little and may be long.
    let text = match (is_data(symbol.kind), symbol.signature.split_once(" = ")) {
        (true, Some((name, value))) if value.len() > 40 => name,
        _ => &symbol.signature,
    };
    shortened(text.trim(), MOST_SIGNATURE)
}

fn shortened(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let mut end = most;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", text.get(..end).unwrap_or(""))
}
