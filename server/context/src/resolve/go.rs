//! What is particular to Go: packages that are folders, methods outside their types, short declarations. It must not
//! evaluate types.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use index::{FileEntry, Found};
use syntax::DefinitionKind;

use super::curly::{block_around, enclosing as enclosing_braces, statement_end};
use super::locals::{Enclosing, EnclosingKind, Local, Way, block_end, header_before, offset_of};
use super::names::of_symbol;
use super::tokens::{LexicalStyle, Tokens};
use super::types::{Class, Module, Types, merge};
use super::world::World;

pub(crate) const STYLE: LexicalStyle = LexicalStyle {
    line_comment: "//",
    block_comments: true,
    nested_comments: false,
    triple_quotes: false,
    multiline_strings: false,
    rust_literals: false,
    back_tick_strings: true,
    regex_literals: false,
    indent_blocks: false,
};

/// The words that are never names.
pub(crate) const KEYWORDS: &[&str] = &[
    "break",
    "case",
    "chan",
    "const",
    "continue",
    "default",
    "defer",
    "else",
    "fallthrough",
    "for",
    "func",
    "go",
    "goto",
    "if",
    "import",
    "interface",
    "map",
    "package",
    "range",
    "return",
    "select",
    "struct",
    "switch",
    "type",
    "var",
];

/// The definitions around a byte offset, innermost first.
pub(crate) fn enclosing(tokens: &Tokens, offset: usize) -> Vec<Enclosing> {
    enclosing_braces(tokens, offset, |word| match word {
        "func" => Some(EnclosingKind::Function),
        "struct" | "interface" => Some(EnclosingKind::Class),
        _ => None,
    })
}

/// Every binding of the text.
pub(crate) fn locals(tokens: &Tokens) -> Vec<Local> {
    let mut out = Vec::new();
    for index in 0..tokens.len() {
        match tokens.word(index) {
            ":=" => short_declaration(tokens, index, &mut out),
            "var" if tokens.is_word(index + 1) => {
                let end = statement_end(tokens, index + 1);
                let equals = tokens.find_flat(index + 1..end, |_, word| word == "=").unwrap_or(end);
                let mut local =
                    local(tokens, index + 1, offset_of(tokens, end)..block_around(tokens, index).end);
                local.type_text = text(tokens, index + 2..equals);
                local.value = text(tokens, (equals + 1).min(end)..end);
                out.push(local);
            }
            "func" => function(tokens, index, &mut out),
            _ => {}
        }
    }
    out
}

fn text(tokens: &Tokens, range: Range<usize>) -> Option<String> {
    Some(tokens.text_of(range).to_owned()).filter(|text| !text.is_empty() && text.len() < 4000)
}

fn local(tokens: &Tokens, index: usize, visible: Range<usize>) -> Local {
    Local {
        name: tokens.word(index).to_owned(),
        at: offset_of(tokens, index),
        visible,
        type_text: None,
        value: None,
        path: Vec::new(),
        is_parameter: false,
    }
}

fn short_declaration(tokens: &Tokens, operator: usize, out: &mut Vec<Local>) {
    let mut start = operator;
    while start > 0
        && (tokens.is_word(start - 1) && !KEYWORDS.contains(&tokens.word(start - 1))
            || tokens.word(start - 1) == ",")
    {
        start -= 1;
    }
    let end = tokens
        .find_flat(operator + 1..statement_end(tokens, operator + 1), |_, word| word == ";")
        .unwrap_or_else(|| statement_end(tokens, operator + 1));
    let ranged = tokens.word(operator + 1) == "range";
    let value_start = if ranged { operator + 2 } else { operator + 1 };
    // In the header of a block the block is where the names are known.
    let block = tokens.find_flat(value_start..end.min(tokens.len()), |_, word| word == "{");
    let in_header = matches!(tokens.word(start.wrapping_sub(1)), "for" | "if" | "switch");
    let (end, visible) = match block.filter(|_| in_header) {
        Some(block) => (block, offset_of(tokens, block)..block_end(tokens, block)),
        None => (end, offset_of(tokens, end)..block_around(tokens, operator).end),
    };
    let names = tokens.split_flat(start..operator, ",", false);
    let values = tokens.split_flat(value_start..end, ",", false);
    let several_values = values.len() == names.len();
    for (position, name) in names.into_iter().enumerate() {
        let mut local = local(tokens, name.start, visible.clone());
        local.value = match values.get(position) {
            Some(value) if several_values => text(tokens, value.clone()),
            _ => text(tokens, value_start..end),
        };
        if ranged {
            if position == 0 {
                local.value = None;
            }
            local.path.push(Way::Element);
        } else if !several_values {
            local.path.push(Way::Tuple(position));
        }
        out.push(local);
    }
}

fn function(tokens: &Tokens, keyword: usize, out: &mut Vec<Local>) {
    let body = tokens.find_flat(keyword + 1..tokens.len(), |index, word| {
        word == "{" && !matches!(tokens.word(index - 1), "interface" | "struct")
    });
    let Some(body) = body else { return };
    let visible = offset_of(tokens, body)..block_end(tokens, body);
    let header = header_before(tokens, body);
    let mut at = keyword + 1;
    // The receiver, the parameters and named results are all lists of names with types.
    while let Some(open) = tokens.find_flat(at..header.end, |_, word| word == "(") {
        let Some(close) = tokens.partner(open) else { return };
        let mut pending: Vec<usize> = Vec::new();
        for part in tokens.split_flat(open + 1..close, ",", false) {
            pending.push(part.start);
            if part.len() > 1 {
                for name in pending.drain(..) {
                    let mut local = local(tokens, name, visible.clone());
                    local.type_text = text(tokens, part.start + 1..part.end);
                    local.is_parameter = true;
                    out.push(local);
                }
            }
        }
        at = close + 1;
    }
}

/// The name under which a package is known to those who import its path.
pub(crate) fn package_name(path: &str) -> Option<&str> {
    path.rsplit('/')
        .find(|part| !(part.starts_with('v') && part.get(1..).is_some_and(|it| it.parse::<u32>().is_ok())))
}

/// The folder of a package of the workspace: the one whose path the import's ends with.
pub(crate) fn module(entry: &Arc<FileEntry>, name: &str) -> Option<Module> {
    let parts: Vec<&str> = name.split('/').collect();
    let root = entry.root.as_deref()?;
    (0..parts.len()).find_map(|skipped| {
        let folder = parts.iter().skip(skipped).fold(root.to_path_buf(), |path, part| path.join(part));
        folder.is_dir().then_some(Module::Folder(folder))
    })
}

/// What a name means in the package that a folder is.
pub(crate) fn folder_member(world: &World<'_>, folder: &Path, name: &str) -> Types {
    let mut found = Types::new();
    for one in super::names::named(world, name) {
        let top = one.symbol().is_some_and(|symbol| symbol.parent.is_none() && !is_method(&symbol.signature));
        if top && one.file.path.parent() == Some(folder) {
            merge(&mut found, of_symbol(world, &one, None));
        }
    }
    found
}

/// What a name means in a file's own package.
pub(crate) fn in_package(world: &World<'_>, entry: &Arc<FileEntry>, name: &str) -> Types {
    entry.path.parent().map(|folder| folder_member(world, folder, name)).unwrap_or_default()
}

fn is_method(signature: &str) -> bool {
    signature.strip_prefix("func").is_some_and(|rest| rest.trim_start().starts_with('('))
}

/// The methods of a type, by file: they stand outside it, in its package.
pub(crate) fn methods(world: &World<'_>, class: &Class) -> Vec<(Arc<FileEntry>, Vec<usize>)> {
    let Some(symbol) = class.found.symbol() else { return Vec::new() };
    let folder = class.found.file.path.parent();
    let mut files = vec![Arc::clone(&class.found.file)];
    for file in world.index.files_referencing(&symbol.name) {
        if file.path.parent() == folder && !files.iter().any(|other| other.path == file.path) {
            files.push(world.fresh(&file));
        }
    }
    let of_type = |signature: &str| {
        let rest =
            signature.strip_prefix("func").map(str::trim_start).and_then(|rest| rest.strip_prefix('('));
        let receiver = rest.and_then(|rest| rest.split([')', '[']).next()).unwrap_or_default();
        receiver.rsplit([' ', '*']).next() == Some(symbol.name.as_str())
    };
    files
        .into_iter()
        .map(|file| {
            let members = file.symbols.iter().enumerate().filter(|(_, it)| {
                matches!(it.kind, DefinitionKind::Method | DefinitionKind::Function) && of_type(&it.signature)
            });
            let members = members.map(|(index, _)| index).collect();
            (file, members)
        })
        .collect()
}

/// The type of a method's receiver, by its header.
pub(crate) fn receiver_type(world: &World<'_>, entry: &Arc<FileEntry>, header: &str) -> Option<Found> {
    let rest = header.strip_prefix("func")?.trim_start().strip_prefix('(')?;
    let name = rest.split([')', '[']).next()?.rsplit([' ', '*']).next()?;
    in_package(world, entry, name).into_iter().find_map(|one| match one {
        super::types::Type::Class(class) => Some(class.found),
        _ => None,
    })
}
