//! From a parsed file to what the index keeps of it. It must not read files or know other files.

use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;

use rustc_hash::FxHashMap;
use syntax::{Definition, DefinitionKind, Import, Language, Outline, Tree};
use text::Text;

use crate::entry::{FileEntry, MAX_DOC_BYTES, MAX_SIGNATURE_BYTES, Symbol};
use crate::names::{NameId, Names};
use crate::place::Place;
use crate::terms::{BLOCK_LINES, Terms};

/// What a file's own text says, without its place in the workspace.
pub(crate) struct Extract {
    pub(crate) symbols: Vec<Symbol>,
    pub(crate) imports: Vec<Import>,
    pub(crate) lines: u32,
    pub(crate) bytes: u64,
    pub(crate) uses: Uses,
}

/// Every use of an identifier in a file, with names that are numbered within the file.
#[derive(Default)]
pub(crate) struct Uses {
    pub(crate) names: Vec<String>,
    /// The name and its block, in the order of the text.
    pub(crate) places: Vec<(u32, u32)>,
    pub(crate) blocks: u32,
}

/// Which part of a file is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Definitions, imports, and every use of a name.
    Full,
    /// Definitions and imports.
    Outline,
}

/// Walks the whole tree.
pub(crate) fn extract(text: &Text, tree: &Tree, depth: Depth) -> Extract {
    let symbols = tree.definitions(text).into_iter().map(|definition| symbol(text, definition)).collect();
    Extract {
        symbols,
        imports: tree.imports(text),
        lines: number(text.line_count()),
        bytes: text.len_bytes() as u64,
        uses: if depth == Depth::Full { uses(text, tree) } else { Uses::default() },
    }
}

/// With the definitions and imports that are known already.
pub(crate) fn extract_outlined(text: &Text, tree: &Tree, outline: &Outline) -> Extract {
    let definitions = outline.definitions().iter().map(|definition| Definition::clone(definition));
    Extract {
        symbols: definitions.map(|definition| symbol(text, definition)).collect(),
        imports: outline.imports().to_vec(),
        lines: number(text.line_count()),
        bytes: text.len_bytes() as u64,
        uses: uses(text, tree),
    }
}

impl Extract {
    /// With what the path says, the file's entry.
    pub(crate) fn entry(self, path: &Path, language: Language, place: Place) -> FileEntry {
        let mut imports = self.imports;
        // Whoever imports a Python package can use what its first file imports.
        let is_package = path.file_stem().is_some_and(|stem| stem == "__init__");
        imports.iter_mut().for_each(|import| import.public |= is_package);
        FileEntry {
            path: path.to_owned(),
            relative: place.relative,
            root: place.root,
            language,
            module: place.module,
            module_aliases: place.module_aliases,
            package: place.package,
            imports,
            symbols: self.symbols,
            lines: self.lines,
            bytes: self.bytes,
        }
    }
}

impl Uses {
    /// The same with the numbers of the whole index, and with the words of each name added.
    pub(crate) fn terms(&self, names: &mut Names) -> Terms {
        let ids: Vec<NameId> = self.names.iter().map(|name| names.intern(name)).collect();
        let mut lengths = vec![0_u16; self.blocks as usize];
        let mut uses = Vec::with_capacity(self.places.len() * 2);
        for &(name, block) in &self.places {
            let Some(&id) = ids.get(name as usize) else { continue };
            uses.push((id, block));
            uses.extend(names.words(id).iter().map(|&word| (word, block)));
            if let Some(length) = lengths.get_mut(block as usize) {
                *length = length.saturating_add(1);
            }
        }
        Terms::new(uses, lengths.into())
    }
}

fn uses(text: &Text, tree: &Tree) -> Uses {
    let mut numbers: FxHashMap<String, u32> = FxHashMap::default();
    let mut found = Uses { blocks: number(text.line_count()).div_ceil(BLOCK_LINES), ..Uses::default() };
    let mut line = 0;
    let mut next_line_start = text.line_start(1);
    tree.visit_identifiers(text, 0..text.len_bytes(), &mut |name, bytes| {
        // Identifiers come in the order of the text, so the line is found without searching.
        while bytes.start >= next_line_start && line + 1 < text.line_count() {
            line =
                if bytes.start >= text.line_start(line + 2) { text.line_of(bytes.start) } else { line + 1 };
            next_line_start = text.line_start(line + 1);
        }
        if name.len() > MAX_NAME_BYTES {
            return;
        }
        let name = match numbers.get(name) {
            Some(&known) => known,
            None => {
                let new = number(found.names.len());
                numbers.insert(name.to_owned(), new);
                found.names.push(name.to_owned());
                new
            }
        };
        found.places.push((name, number(line) / BLOCK_LINES));
    });
    found
}

/// Longer identifiers are data and not names.
const MAX_NAME_BYTES: usize = 120;

fn symbol(text: &Text, definition: Definition) -> Symbol {
    let first = number(text.line_of(definition.range.start));
    let last = number(text.line_of(definition.range.end.max(definition.range.start + 1) - 1));
    let header = definition.header.clone();
    // Only Python has anything between the two: decorators.
    let decorators =
        text.slice(definition.range.start..header.start.min(definition.range.start + MAX_NAME_BYTES));
    // White space collapses, so somewhat more than the limit is read.
    let header = text.slice(header.start..header.end.min(header.start + 4 * MAX_SIGNATURE_BYTES));
    let doc = definition.doc.map_or_else(String::new, |doc| first_paragraph(text, doc));
    let mut signature = on_one_line(&header);
    let mut kind = definition.kind;
    let is_property = decorators.lines().any(|line| line.trim().ends_with("property"));
    if is_property && let Some(returned) = &definition.type_text {
        // Read like an attribute, so it is told as one: with brackets it would be called.
        kind = DefinitionKind::Field;
        signature = format!("{}: {}", definition.name, collapsed(returned, MAX_SIGNATURE_BYTES));
    }
    Symbol {
        kind,
        name: definition.name,
        parent: definition.parent.and_then(|parent| u32::try_from(parent).ok()),
        lines: first..last + 1,
        range: definition.range,
        signature,
        doc,
        type_text: definition.type_text.map(|text| collapsed(&text, MAX_SIGNATURE_BYTES)),
        bases: definition.bases,
    }
}

/// A signature on one line, as it would have been written there: without the comma and the spaces that come from giving
/// each parameter a line.
fn on_one_line(header: &str) -> String {
    let mut line = String::with_capacity(header.len());
    for part in header.lines().map(str::trim).filter(|part| !part.is_empty()) {
        if part.starts_with([')', ']']) {
            let kept = line.trim_end().trim_end_matches(',').len();
            line.truncate(kept);
        } else if !line.is_empty() && !line.ends_with(['(', '[']) {
            line.push(' ');
        }
        line.push_str(part);
    }
    collapsed(&line, MAX_SIGNATURE_BYTES)
}

/// Each run of white space as one space, cut at the limit.
fn collapsed(text: &str, limit: usize) -> String {
    let mut result = String::with_capacity(text.len().min(limit));
    for word in text.split_whitespace() {
        let space = usize::from(!result.is_empty());
        if result.len() + space + word.len() > limit {
            let room = limit.saturating_sub(result.len() + space);
            let cut = (0..=room).rev().find(|&at| word.is_char_boundary(at)).unwrap_or(0);
            if cut > 0 && space > 0 {
                result.push(' ');
            }
            result.push_str(word.get(..cut).unwrap_or_default());
            break;
        }
        if space > 0 {
            result.push(' ');
        }
        result.push_str(word);
    }
    result.shrink_to_fit();
    result
}

/// The first paragraph of a documentation, without the marks of comments.
fn first_paragraph(text: &Text, doc: Range<usize>) -> String {
    let content = text.slice(doc.start..doc.end.min(doc.start + 8 * MAX_DOC_BYTES));
    let lines = content.lines().map(|line| without_marks(line.trim()));
    let paragraph: Vec<Cow<'_, str>> =
        lines.skip_while(|line| line.is_empty()).take_while(|line| !line.is_empty()).collect();
    collapsed(&paragraph.join(" "), MAX_DOC_BYTES)
}

/// A line of a comment without what makes it one, in any of the languages.
fn without_marks(line: &str) -> Cow<'_, str> {
    let start = line.trim_start_matches(['/', '!', '*', '#']);
    Cow::Borrowed(start.strip_suffix("*/").unwrap_or(start).trim_end_matches('*').trim())
}

/// Lines and indexes are kept in four bytes; nothing that large is read.
pub(crate) fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
