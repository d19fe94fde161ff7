//! `@folder/`: what is in it, small files whole, of others what they define.

use std::fmt::Write as _;

use index::{FileEntry, Symbol};
use syntax::DefinitionKind;

use crate::mentions::error::MentionError;
use crate::mentions::files::Listed;
use crate::mentions::place::{MOST_WHOLE, locate, read};
use crate::mentions::resolved::{Resolved, counted, plain, say_cut};
use crate::mentions::tree;
use crate::mentions::world::World;

/// A file of so many bytes is given whole.
const SMALL: usize = 2 * 1024;
/// All files together, in bytes.
const MOST: usize = 48 * 1024;
/// Lines of the tree of names.
const MOST_NAMES: usize = 200;

/// Resolves a folder.
pub(crate) fn resolve(typed: &str, path: &str, world: &World) -> Result<Vec<Resolved>, MentionError> {
    let place = locate(world, if path.is_empty() { "." } else { path })?;
    if !place.path.is_dir() {
        return Err(MentionError::NotAFolder { path: place.shown });
    }
    let listing = world.files.read(&world.roots);
    let prefix = if place.shown.is_empty() { String::new() } else { format!("{}/", place.shown) };
    let files: Vec<&Listed> =
        listing.files.iter().filter(|file| file.relative.starts_with(&prefix)).collect();
    let names: Vec<&str> = files.iter().filter_map(|file| file.relative.strip_prefix(&prefix)).collect();
    if names.is_empty() {
        let what = "the folder has no files that Weft may read. Ignored files, secrets and names that begin with a dot do not count";
        return Err(MentionError::Nothing { mention: typed.to_owned(), what });
    }
    let (mut text, cut) = tree::render(&names, MOST_NAMES);
    text.push('\n');
    let (mut outlined, mut only_named) = (0, 0);
    for file in &files {
        let Some(section) = section(file, world) else {
            only_named += 1;
            continue;
        };
        if text.len() + section.text.len() > MOST {
            only_named += 1;
            continue;
        }
        outlined += usize::from(section.is_outline);
        let _ = write!(text, "\n== {}\n{}", file.relative, section.text);
    }
    let title = if place.shown.is_empty() { "the workspace".to_owned() } else { prefix };
    let title = format!("{title}, {}", counted(files.len(), "file"));
    let mut resolved = plain(typed, &title, "", text.trim_end().to_owned(), cut);
    resolved.attachment.path = Some(place.shown);
    resolved.attachment.file = Some(place.path);
    if outlined > 0 {
        say_cut(
            &mut resolved.attachment,
            &format!("of {} only the definitions are shown, without bodies", counted(outlined, "file")),
        );
    }
    if only_named > 0 {
        say_cut(&mut resolved.attachment, &format!("of {} only the name", counted(only_named, "file")));
    }
    Ok(vec![resolved])
}

struct Section {
    text: String,
    is_outline: bool,
}

/// What is shown of a file; none for one that is large and defines nothing that the index knows, or that is no text.
fn section(file: &Listed, world: &World) -> Option<Section> {
    let place = file.place();
    let entry = world.index.as_ref().and_then(|index| index.file(&file.path));
    let length =
        entry.as_ref().map_or_else(|| file.path.metadata().map_or(u64::MAX, |it| it.len()), |it| it.bytes);
    if length <= SMALL as u64 {
        let text = read(world, &place, MOST_WHOLE).ok()?;
        return Some(Section { text: format!("{}\n", text.trim_end()), is_outline: false });
    }
    let outline = outline(&*entry?);
    (!outline.is_empty()).then_some(Section { text: outline, is_outline: true })
}

/// What a file defines, each definition on a line with its line number, counted from 1.
pub(crate) fn outline(file: &FileEntry) -> String {
    let mut out = String::new();
    for symbol in &file.symbols {
        if let Some(depth) = outline_depth(file, symbol) {
            let head = symbol.signature.trim_end_matches([' ', '{', ':']);
            let _ = writeln!(out, "{:>5}  {}{head}", symbol.lines.start + 1, "    ".repeat(depth));
        }
    }
    out
}

/// How deep a definition lies in others; none for one that says little from outside: what is in a function, and data of a type.
pub(crate) fn outline_depth(file: &FileEntry, symbol: &Symbol) -> Option<usize> {
    use DefinitionKind::{Field, Function, Method, Variable, Variant};
    if matches!(symbol.kind, Field | Variant) {
        return None;
    }
    let mut depth = 0;
    let mut parent = symbol.parent;
    while let Some(outer) = parent.and_then(|at| file.symbols.get(at as usize)) {
        if matches!(outer.kind, Function | Method) || (symbol.kind == Variable) {
            return None;
        }
        depth += 1;
        parent = outer.parent;
    }
    Some(depth)
}
