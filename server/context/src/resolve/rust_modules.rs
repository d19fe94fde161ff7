//! Rust's modules: files by `mod`, paths with `crate`, `self` and `super`, the other crates of the workspace. It must
//! not evaluate types.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use index::FileEntry;

use super::names::{in_file, inline_module_at, member};
use super::types::{Module, Type, Types, merge};
use super::values;
use super::world::World;

/// What a path with `::` stands for in a file, at a byte offset in it.
pub(crate) fn path(
    world: &World<'_>,
    entry: &Arc<FileEntry>,
    path: &str,
    place: Option<usize>,
    steps: u8,
) -> Types {
    let Some(_level) = world.enter() else { return Types::new() };
    if steps == 0 {
        return Types::new();
    }
    let mut segments = path.split("::").filter(|segment| !segment.is_empty());
    let Some(first) = segments.next() else { return Types::new() };
    let mut found: Types = head(world, entry, first, place, steps);
    for segment in segments {
        let mut next = Types::new();
        for one in &found {
            let reached = match (one, segment) {
                (Type::Module(module), "super") => {
                    parent(world, module).map(Type::Module).into_iter().collect()
                }
                (Type::Module(_), "self") => vec![one.clone()],
                (Type::Module(module), _) => member(world, module, segment, steps - 1),
                _ => values::path_member(world, one, segment),
            };
            merge(&mut next, reached);
        }
        found = next;
    }
    found
}

/// What the first segment of a path stands for.
fn head(world: &World<'_>, entry: &Arc<FileEntry>, name: &str, place: Option<usize>, steps: u8) -> Types {
    let inline = place.and_then(|place| inline_module_at(world, entry, place));
    let here = Module::File { entry: Arc::clone(entry), inline };
    let module = match name {
        "crate" | "$crate" => crate_root(world, entry).map(|entry| Module::File { entry, inline: None }),
        "self" => Some(here),
        "super" => parent(world, &here),
        _ => {
            let known = in_file(world, entry, name, place, steps - 1);
            if !known.is_empty() {
                return known;
            }
            child(world, entry, name)
                .or_else(|| crate_named(world, name).map(|entry| Module::File { entry, inline: None }))
        }
    };
    module.map(Type::Module).into_iter().collect()
}

/// The module around a module.
pub(crate) fn parent(world: &World<'_>, module: &Module) -> Option<Module> {
    let Module::File { entry, inline } = module else { return None };
    if let Some(index) = inline {
        let outer = entry.symbols.get(*index)?.parent.map(|parent| parent as usize);
        return Some(Module::File { entry: Arc::clone(entry), inline: outer });
    }
    let location = match stem(entry)? {
        "mod" => entry.path.parent()?.to_path_buf(),
        _ => entry.path.with_extension(""),
    };
    let folder = location.parent()?;
    let candidates =
        [folder.join("lib.rs"), folder.join("main.rs"), folder.join("mod.rs"), folder.with_extension("rs")];
    let entry = candidates.iter().find_map(|path| world.file(path))?;
    Some(Module::File { entry, inline: None })
}

/// The module in a file of its own that `mod name;` in this file declares.
pub(crate) fn child(world: &World<'_>, entry: &Arc<FileEntry>, name: &str) -> Option<Module> {
    if world.file(&entry.path).is_none() {
        let entry =
            world.dependency(&format!("{}::{name}", entry.module)).filter(|it| it.path != entry.path)?;
        return Some(Module::File { entry, inline: None });
    }
    let folder = child_folder(world, entry)?;
    let name = name.trim_start_matches("r#");
    let candidates = [folder.join(format!("{name}.rs")), folder.join(name).join("mod.rs")];
    let entry = candidates.iter().find_map(|path| world.file(path)).filter(|it| it.path != entry.path)?;
    Some(Module::File { entry, inline: None })
}

/// The folder that the modules of a file lie in.
fn child_folder(world: &World<'_>, entry: &FileEntry) -> Option<PathBuf> {
    let folder = entry.path.parent()?;
    let own = matches!(stem(entry)?, "mod" | "lib" | "main") || is_target_root(world, &entry.path);
    Some(if own { folder.to_path_buf() } else { entry.path.with_extension("") })
}

fn stem(entry: &FileEntry) -> Option<&str> {
    entry.path.file_stem()?.to_str()
}

/// Whether a file is a crate by itself because of the folder that it lies in.
fn is_target_root(world: &World<'_>, path: &Path) -> bool {
    let folder = path.parent();
    let name = folder.and_then(Path::file_name).and_then(|name| name.to_str());
    let parent = folder.and_then(Path::parent);
    match name {
        Some("tests" | "examples" | "benches") => {
            parent.is_some_and(|it| world.file(&it.join("src/lib.rs")).is_some())
        }
        Some("bin") => parent.is_some_and(|it| it.file_name().is_some_and(|name| name == "src")),
        _ => false,
    }
}

/// The file that is the root of a file's crate.
pub(crate) fn crate_root(world: &World<'_>, entry: &Arc<FileEntry>) -> Option<Arc<FileEntry>> {
    if world.file(&entry.path).is_none() {
        return world.dependency(entry.module.split("::").next()?);
    }
    if is_target_root(world, &entry.path) || stem(entry)? == "main" {
        return Some(Arc::clone(entry));
    }
    entry
        .path
        .ancestors()
        .skip(1)
        .find_map(|folder| ["lib.rs", "main.rs"].iter().find_map(|name| world.file(&folder.join(name))))
}

/// The root of another crate of the workspace, or of one that this depends on, by the name that code uses for it.
fn crate_named(world: &World<'_>, name: &str) -> Option<Arc<FileEntry>> {
    if let Some(known) = world.crates.borrow().get(name) {
        return known.clone();
    }
    let rooted = |entry: &Arc<FileEntry>| entry.language == world.current.entry.language;
    let found = world.index.modules_named(name).into_iter().find(rooted).map(|entry| world.fresh(&entry));
    let found = found.or_else(|| world.dependency(name));
    world.crates.borrow_mut().insert(name.to_owned(), found.clone());
    found
}
