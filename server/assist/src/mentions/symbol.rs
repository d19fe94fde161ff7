//! `@symbol`: every definition of a name, with its body, from the text as it is now.

use std::path::PathBuf;

use index::FileEntry;
use syntax::{Definition, DefinitionKind, Language, Tree};
use text::Text;

use crate::mentions::error::MentionError;
use crate::mentions::file::left_out;
use crate::mentions::kind::LineRange;
use crate::mentions::place::{MOST_WHOLE, check, check_open, open_document, read};
use crate::mentions::resolved::{Resolved, counted, of_file, say_cut};
use crate::mentions::suggest::similar_names;
use crate::mentions::world::World;

/// Definitions that are given.
const MOST: usize = 8;

/// A file that may define a name, and the names of its module.
#[derive(Debug)]
struct Home {
    path: PathBuf,
    modules: Vec<String>,
}

/// Resolves a name to its definitions.
pub(crate) fn resolve(typed: &str, name: &str, world: &World) -> Result<Vec<Resolved>, MentionError> {
    let mut found: Vec<Resolved> = Vec::new();
    let mut not_read = Vec::new();
    for home in homes(name, world) {
        match definitions(typed, name, &home, world) {
            Ok(more) => found.extend(more),
            Err(error) => not_read.push(left_out(&error)),
        }
    }
    if found.is_empty() && !not_read.is_empty() {
        return Err(MentionError::AllLeftOut { mention: typed.to_owned(), reasons: not_read.join(", ") });
    }
    if found.is_empty() {
        if world.index.as_ref().is_some_and(|index| !index.is_ready()) {
            let what =
                "no such definition so far; the workspace is still being indexed. Try again in a moment";
            return Err(MentionError::Nothing { mention: typed.to_owned(), what });
        }
        let listing = world.files.listing(&world.roots);
        let suggestions = similar_names(&listing, world.index.as_deref(), name);
        return Err(MentionError::Unresolved { mention: typed.to_owned(), suggestions });
    }
    let more: Vec<String> = found.iter().skip(MOST).map(|it| it.attachment.title.clone()).collect();
    found.truncate(MOST);
    if let (Some(first), false) = (found.first_mut(), more.is_empty()) {
        let what = format!(
            "{} of the same name were left out: {}",
            counted(more.len(), "more definition"),
            more.join(", ")
        );
        say_cut(&mut first.attachment, &what);
    }
    if let (Some(first), false) = (found.first_mut(), not_read.is_empty()) {
        say_cut(&mut first.attachment, &format!("not read: {}", not_read.join(", ")));
    }
    Ok(found)
}

/// Whether a name means a definition that may be read.
pub(crate) fn is_defined(name: &str, world: &World) -> bool {
    homes(name, world).iter().any(|home| definitions("", name, home, world).is_ok_and(|it| !it.is_empty()))
}

/// The files that define the last part of a name: those of the index, and the open ones, which it may not have.
fn homes(name: &str, world: &World) -> Vec<Home> {
    let last = parts(name).pop().unwrap_or_default();
    let mut homes: Vec<Home> = Vec::new();
    let of_index = world.index.as_ref().map(|index| index.definitions_named(&last)).unwrap_or_default();
    for found in of_index {
        if !homes.iter().any(|home| home.path == found.file.path) {
            homes.push(Home { path: found.file.path.clone(), modules: modules(&found.file) });
        }
    }
    for document in world.open.iter().chain(world.current.as_ref().map(|current| &current.document)) {
        let Some(path) = document.path.as_deref() else { continue };
        if homes.iter().all(|home| home.path != path) {
            let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
            homes.push(Home { path: path.to_owned(), modules: stem.into_iter().collect() });
        }
    }
    homes.sort_by(|one, other| one.path.cmp(&other.path));
    homes
}

fn modules(file: &FileEntry) -> Vec<String> {
    let stem = file.path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    [file.module.clone()].into_iter().chain(file.module_aliases.iter().cloned()).chain(stem).collect()
}

fn definitions(typed: &str, name: &str, home: &Home, world: &World) -> Result<Vec<Resolved>, MentionError> {
    let Some(language) = Language::from_path(&home.path) else { return Ok(Vec::new()) };
    let shown = home.path.to_string_lossy();
    let place = match open_document(world, &home.path) {
        Some(document) => check_open(world, document)?,
        None => check(world, &home.path, &shown)?,
    };
    let content = Text::new(&read(world, &place, MOST_WHOLE)?);
    let all = Tree::parse(language, &content).definitions(&content);
    let wanted = parts(name);
    let named: Vec<&Definition> =
        all.iter().filter(|it| it.kind != DefinitionKind::Impl && matches(it, &all, &wanted, home)).collect();
    // A type's methods may stand in blocks of their own beside it.
    let blocks = all.iter().filter(|it| {
        it.kind == DefinitionKind::Impl
            && named.iter().any(|named| named.name == it.name && named.parent == it.parent)
    });
    let mut taken: Vec<&Definition> = named.iter().copied().chain(blocks).collect();
    taken.sort_by_key(|it| it.range.start);
    // What lies in another one of them is there already.
    let outer: Vec<&Definition> = taken
        .iter()
        .filter(|it| {
            !taken.iter().any(|other| {
                other.range != it.range
                    && other.range.start <= it.range.start
                    && it.range.end <= other.range.end
            })
        })
        .copied()
        .collect();
    Ok(outer
        .into_iter()
        .map(|it| {
            let start = it.doc.as_ref().map_or(it.range.start, |doc| doc.start.min(it.range.start));
            let (first, last) =
                (content.line_of(start), content.line_of(it.range.end.saturating_sub(1).max(start)));
            let text = content.slice(content.line_start(first)..content.line_end(last));
            let number = |line: usize| u32::try_from(line).unwrap_or(u32::MAX);
            let mut resolved = of_file(
                typed,
                &place,
                Some(LineRange { first: number(first) + 1, last: number(last) + 1 }),
                text,
            );
            resolved.attachment.title = format!("{} in {}", qualified(it, &all), resolved.attachment.title);
            resolved
        })
        .collect())
}

/// Whether a definition has a name: its own, that of what it is in, and that of its module, from the end as far as the name goes.
fn matches(definition: &Definition, all: &[Definition], wanted: &[String], home: &Home) -> bool {
    let path: Vec<String> =
        containers(definition, all).into_iter().chain([definition.name.clone()]).collect();
    if path.ends_with(wanted) {
        return true;
    }
    home.modules.iter().any(|module| {
        let whole: Vec<String> = parts(module).into_iter().chain(path.iter().cloned()).collect();
        whole.ends_with(wanted)
    })
}

/// The names of what a definition is in, the outermost first.
fn containers(definition: &Definition, all: &[Definition]) -> Vec<String> {
    let mut names = Vec::new();
    let mut parent = definition.parent;
    if parent.is_none() {
        names.extend(definition.container.clone());
    }
    while let Some(outer) = parent.and_then(|at| all.get(at)) {
        names.push(outer.name.clone());
        parent = outer.parent;
    }
    names.reverse();
    names
}

fn qualified(definition: &Definition, all: &[Definition]) -> String {
    let names: Vec<String> =
        containers(definition, all).into_iter().chain([definition.name.clone()]).collect();
    let name = names.join(".");
    if definition.kind == DefinitionKind::Impl { format!("impl {name}") } else { name }
}

/// `a::b.c` as its three names.
fn parts(name: &str) -> Vec<String> {
    name.split(['.', ':']).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}
