//! The file with the cursor, as it is now: its definitions from a tree of the text made whole, because the index knows
//! it as it was a moment ago, and the tree of broken code loses what follows. It must not resolve anything.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use documents::Snapshot;
use index::{FileEntry, Index, Symbol};
use syntax::{Definition, DefinitionKind, Import, Outline, SiteClass, Tree};
use text::{Edit, Text};

use super::last::{self, Known};
use super::lexical::{Site, site};
use super::locals::EnclosingKind;
use super::source::{Family, Source};
use super::tokens::{TokenKind, Tokens};

/// Larger texts are not read here, in bytes.
const LARGEST: usize = 2 * 1024 * 1024;
/// Signatures are kept up to so many bytes.
const LONGEST_SIGNATURE: usize = 600;
/// How long a broken text may be parsed again.
const REPAIR_TIME: Duration = Duration::from_millis(15);
/// The same for a text of few bytes: its parse takes a millisecond, and what takes longer is a core that others have just now.
const SMALL: usize = 64 * 1024;
const REPAIR_TIME_OF_SMALL: Duration = Duration::from_millis(150);

/// The file, and what stands at the cursor. None where there is nothing to resolve.
pub(crate) fn read(snapshot: &Snapshot, cursor: usize, index: &Index) -> Option<(Arc<Source>, Site)> {
    let path = snapshot.path.as_deref()?;
    let tree = snapshot.tree()?;
    let family = Family::of(tree.language())?;
    let text = &snapshot.text;
    if text.len_bytes() > LARGEST {
        return None;
    }
    let mut last = last::known_of(path, text, family);
    let mut tokens = std::mem::take(&mut last.tokens);
    tokens.count_words();
    let in_comment = tree.class_at(text, cursor) == SiteClass::Comment;
    let at = if in_comment {
        Site { tokens_before: tokens.index_at(cursor), ..Site::default() }
    } else {
        site(&tokens, cursor, family.keywords())
    };
    let (symbols, imports) = outline(snapshot, &tree, &tokens, &mut last, cursor)?;
    let known = index.file(path);
    let entry = FileEntry {
        path: path.to_path_buf(),
        relative: known.as_ref().map_or_else(String::new, |it| it.relative.clone()),
        root: known.as_ref().and_then(|it| it.root.clone()),
        language: tree.language(),
        package: known.as_ref().and_then(|it| it.package.clone()),
        module: known.as_ref().map_or_else(String::new, |it| it.module.clone()),
        module_aliases: known.as_ref().map_or_else(Vec::new, |it| it.module_aliases.clone()),
        imports,
        symbols,
        lines: number(text.line_count()),
        bytes: text.len_bytes() as u64,
    };
    let source = Arc::new(Source::with_tokens(Arc::new(entry), family, tokens));
    last::keep(text, &source, last.outlines);
    Some((source, at))
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The definitions and imports of the text; where it is so broken that what is around the cursor is lost, of the text with
/// what most likely is missing.
fn outline(
    snapshot: &Snapshot,
    tree: &Tree,
    tokens: &Tokens,
    known: &mut Known,
    cursor: usize,
) -> Option<(Vec<Symbol>, Vec<Import>)> {
    let text = &snapshot.text;
    let family = Family::of(tree.language())?;
    let outline = snapshot.outline()?;
    let as_it_is = |known: &mut Known| {
        let header = |range: Range<usize>| Cow::Borrowed(str_in(&tokens.text, range));
        let symbols = symbols(known, &outline, usize::MAX, text, header);
        Some((symbols, outline.imports().to_vec()))
    };
    if !tree.has_error() || !loses_surroundings(outline.definitions(), tokens, family, cursor) {
        return as_it_is(known);
    }
    let filler = filler(tokens, cursor);
    let edit = Edit { range: cursor..cursor, new_text: filler.clone() };
    let mut whole = text.clone();
    if whole.apply(&edit).is_err() {
        return as_it_is(known);
    }
    let mut edited = tree.clone();
    edited.edit(text, &edit, &whole);
    let time = if whole.len_bytes() <= SMALL { REPAIR_TIME_OF_SMALL } else { REPAIR_TIME };
    let Some(repaired) = Tree::parse_within(tree.language(), &whole, Some(&edited), time) else {
        return as_it_is(known);
    };
    let last = known.outlines.repaired.as_ref().filter(|last| last.is_alike(&repaired));
    let outline = Arc::new(last.unwrap_or(&outline).after(&repaired, &whole));
    known.outlines.repaired = Some(Arc::clone(&outline));
    let shift = Shift { at: cursor, by: filler.len() };
    let header = |range: Range<usize>| {
        if range.end <= cursor || range.start >= cursor + filler.len() {
            Cow::Borrowed(str_in(&tokens.text, shift.back(range)))
        } else {
            Cow::Owned(whole.slice(range))
        }
    };
    let mut symbols = symbols(known, &outline, cursor, &whole, header);
    let mut imports = outline.imports().to_vec();
    symbols.iter_mut().for_each(|symbol| symbol.range = shift.back(symbol.range.clone()));
    imports.iter_mut().for_each(|import| import.range = shift.back(import.range.clone()));
    Some((symbols, imports))
}

/// The text of a byte range, which is clamped and begins and ends with whole characters.
fn str_in(text: &str, range: Range<usize>) -> &str {
    let floor = |offset: usize| {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    };
    text.get(floor(range.start)..floor(range.end)).unwrap_or_default()
}

/// Whether a type around the cursor has no definition, or one that ends before the type does.
fn loses_surroundings(
    definitions: &[Arc<Definition>],
    tokens: &Tokens,
    family: Family,
    cursor: usize,
) -> bool {
    let around = family.enclosing(tokens, cursor);
    around.iter().filter(|it| matches!(it.kind, EnclosingKind::Class | EnclosingKind::Impl)).any(|it| {
        let last = tokens.index_at(it.range.end.min(tokens.text.len())).saturating_sub(1);
        let end = tokens.get(last).map_or(0, |token| token.end);
        let start = it.range.start;
        !definitions.iter().any(|symbol| {
            let of_kind = matches!(
                symbol.kind,
                DefinitionKind::Class
                    | DefinitionKind::Struct
                    | DefinitionKind::Enum
                    | DefinitionKind::Trait
                    | DefinitionKind::Impl
            );
            // Decorators and attributes are part of one of the two only.
            let begins =
                symbol.range.start.abs_diff(start) < LONGEST_SIGNATURE || symbol.range.contains(&start);
            of_kind
                && begins
                && symbol.range.end >= end
                && symbol.range.contains(&cursor.min(end.saturating_sub(1)))
        })
    })
}

/// How far the offsets behind a place were moved.
#[derive(Clone, Copy)]
struct Shift {
    at: usize,
    by: usize,
}

impl Shift {
    fn back(self, range: Range<usize>) -> Range<usize> {
        let offset = |offset: usize| {
            if offset <= self.at { offset } else { offset.saturating_sub(self.by).max(self.at) }
        };
        offset(range.start)..offset(range.end)
    }
}

/// What makes the text whole at the cursor: a name, the brackets that nothing closes, what ends the statement.
fn filler(tokens: &Tokens, cursor: usize) -> String {
    let before = tokens.index_at(cursor);
    let mut open: Vec<char> = Vec::new();
    let mut statement_start = 0;
    let bracket = |index: usize| tokens.word(index).chars().next().unwrap_or(' ');
    for index in 0..before {
        match tokens.kind(index) {
            Some(TokenKind::Open) if tokens.partner(index).is_none_or(|close| close >= before) => {
                open.push(bracket(index))
            }
            _ => {}
        }
        let starts_line = tokens.get(index).is_some_and(|token| token.first_at.is_some());
        if starts_line && open.is_empty() {
            statement_start = index;
        }
    }
    let mut filler = "_".to_owned();
    let in_string = [Some(before), before.checked_sub(1)].into_iter().flatten().find_map(|index| {
        let token = tokens.get(index)?;
        let open =
            token.kind == TokenKind::Str && !token.closed && token.start < cursor && cursor <= token.end;
        open.then(|| tokens.word(index))
    });
    if let Some(string) = in_string {
        let quote = string.trim_start_matches(|it: char| it.is_ascii_alphabetic());
        let width = if quote.starts_with("\"\"\"") || quote.starts_with("'''") { 3 } else { 1 };
        if string.rfind('{') > string.rfind('}') {
            filler.push('}');
        }
        filler.push_str(quote.get(..width).unwrap_or_default());
    }
    // Brackets that the text after the cursor closes stay open.
    let mut needed = open.clone();
    let mut index = before;
    let mut depth = 0_usize;
    while let (Some(kind), false) = (tokens.kind(index), needed.is_empty()) {
        match kind {
            TokenKind::Open => depth += 1,
            TokenKind::Close if depth > 0 => depth -= 1,
            TokenKind::Close => {
                let wanted = match bracket(index) {
                    ')' => '(',
                    ']' => '[',
                    _ => '{',
                };
                if !needed.contains(&wanted) {
                    break;
                }
                while let Some(last) = needed.pop() {
                    if last == wanted {
                        break;
                    }
                    filler.push(closing(last));
                }
            }
            TokenKind::Word
                if tokens.style.indent_blocks
                    && tokens.get(index).is_some_and(|token| token.first_at.is_some())
                    && matches!(
                        tokens.word(index),
                        "def" | "class" | "return" | "async" | "with" | "import"
                    ) =>
            {
                break;
            }
            _ => {}
        }
        index += 1;
    }
    filler.extend(needed.into_iter().rev().map(closing));
    let rest_of_line: String =
        tokens.text.get(cursor..).and_then(|rest| rest.lines().next()).unwrap_or_default().trim().to_owned();
    if tokens.style.indent_blocks {
        let mut first = tokens.word(statement_start);
        if first == "async" {
            first = tokens.word(statement_start + 1);
        }
        let opens_block = matches!(
            first,
            "if" | "elif" | "for" | "while" | "with" | "def" | "class" | "except" | "match" | "case"
        );
        if opens_block && !rest_of_line.ends_with(':') {
            filler.push(':');
        }
    } else if rest_of_line.is_empty() && tokens.word(before) != "." {
        filler.push(';');
    }
    filler
}

fn closing(open: char) -> char {
    match open {
        '(' => ')',
        '[' => ']',
        _ => '}',
    }
}

/// The definitions of a text as the index has them; `header` gives the text of a byte range of it. What is the same as last
/// time and before `whole_until`, from where on the text may have been made whole, is taken over.
fn symbols<'a>(
    known: &mut Known,
    outline: &Arc<Outline>,
    whole_until: usize,
    text: &Text,
    header: impl Fn(Range<usize>) -> Cow<'a, str>,
) -> Vec<Symbol> {
    let told = known.outlines.told.replace((Arc::clone(outline), whole_until));
    let same_until = told.as_ref().map_or(0, |(_, until)| known.same_until.min(*until).min(whole_until));
    let mut before = told.iter().flat_map(|(told, _)| told.definitions()).zip(known.symbols.drain(..));
    let symbol = |definition: &Arc<Definition>| {
        if let Some((other, symbol)) = before.next()
            && definition.range.end < same_until
            && (Arc::ptr_eq(other, definition) || other == definition)
        {
            return symbol;
        }
        let Range { start, end } = definition.header;
        let header = header(start..end.min(start + 2 * LONGEST_SIGNATURE));
        let mut signature = String::with_capacity(header.len());
        for word in header.split_whitespace() {
            if !signature.is_empty() {
                signature.push(' ');
            }
            signature.push_str(word);
        }
        if signature.len() > LONGEST_SIGNATURE {
            let cut = (0..=LONGEST_SIGNATURE).rev().find(|at| signature.is_char_boundary(*at)).unwrap_or(0);
            signature.truncate(cut);
        }
        let first = text.line_of(definition.range.start);
        let last = text.line_of(definition.range.end.max(definition.range.start + 1) - 1);
        Symbol {
            kind: definition.kind,
            name: definition.name.clone(),
            parent: definition.parent.map(number),
            lines: number(first)..number(last + 1),
            range: definition.range.clone(),
            signature,
            doc: String::new(),
            type_text: definition.type_text.clone(),
            bases: definition.bases.clone(),
        }
    };
    outline.definitions().iter().map(symbol).collect()
}
