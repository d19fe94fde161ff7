//! Python's modules: files and folders, found by dotted paths. It must not look inside a file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use index::FileEntry;

use super::types::Module;
use super::world::World;

/// The module that a file knows as `name`, with dots in front when it is relative.
pub(crate) fn module(world: &World<'_>, entry: &Arc<FileEntry>, name: &str) -> Option<Module> {
    let dots = name.len() - name.trim_start_matches('.').len();
    let parts: Vec<&str> = name.split('.').filter(|part| !part.is_empty()).collect();
    if let Some(name) = name_in_dependency(world, entry, dots, &parts) {
        return dependency(world, &name);
    }
    if dots > 0 {
        let mut folder = entry.path.parent()?;
        for _ in 1..dots {
            folder = folder.parent()?;
        }
        return below(world, folder, &parts);
    }
    bases(world, entry).iter().find_map(|base| below(world, base, &parts)).or_else(|| dependency(world, name))
}

/// The folders that absolute imports of a file may begin in, nearest first.
fn bases(world: &World<'_>, entry: &FileEntry) -> Vec<PathBuf> {
    let mut bases = Vec::new();
    let root = entry.root.as_deref();
    for folder in entry.path.ancestors().skip(1) {
        // What lies in a package is imported by the package's name.
        if world.file(&folder.join("__init__.py")).is_none() {
            bases.push(folder.to_path_buf());
        }
        if Some(folder) == root {
            bases.extend(["src", "lib", "python"].map(|it| folder.join(it)));
            break;
        }
        if root.is_none() && bases.len() > 3 {
            break;
        }
    }
    bases
}

/// The module at a path of names below a folder.
fn below(world: &World<'_>, folder: &Path, parts: &[&str]) -> Option<Module> {
    let Some((last, parents)) = parts.split_last() else { return file_of_folder(world, folder) };
    let folder = parents.iter().fold(folder.to_path_buf(), |path, part| path.join(part));
    child(world, &folder, last)
}

fn file_of_folder(world: &World<'_>, folder: &Path) -> Option<Module> {
    let found = ["__init__.py", "__init__.pyi"].iter().find_map(|name| world.file(&folder.join(name)));
    match found {
        Some(entry) => Some(Module::File { entry, inline: None }),
        None => is_folder(world, folder).then(|| Module::Folder(folder.to_path_buf())),
    }
}

/// The module `name` in a folder.
pub(crate) fn child(world: &World<'_>, folder: &Path, name: &str) -> Option<Module> {
    let file =
        ["py", "pyi"].iter().find_map(|extension| world.file(&folder.join(format!("{name}.{extension}"))));
    match file {
        Some(entry) => Some(Module::File { entry, inline: None }),
        None => file_of_folder(world, &folder.join(name)),
    }
}

/// Whether some file of the index lies in a folder.
fn is_folder(world: &World<'_>, folder: &Path) -> bool {
    // Of a package without `__init__.py` only the folder itself tells.
    world.current.entry.path.starts_with(folder) || folder.is_dir()
}

/// A module of an installed package by its full name.
fn dependency(world: &World<'_>, name: &str) -> Option<Module> {
    world.dependency(name).map(|entry| Module::File { entry, inline: None })
}

/// The full name of what a file of an installed package knows as `name`; none for a file of the workspace.
fn name_in_dependency(world: &World<'_>, entry: &FileEntry, dots: usize, parts: &[&str]) -> Option<String> {
    if world.file(&entry.path).is_some() {
        return None;
    }
    let own: Vec<&str> = entry.module.split('.').collect();
    let is_package = entry.path.file_stem().is_some_and(|stem| stem == "__init__");
    let up = if is_package { dots.saturating_sub(1) } else { dots };
    let kept = own.len().checked_sub(up)?;
    let base: Vec<&str> = if dots == 0 { Vec::new() } else { own.into_iter().take(kept).collect() };
    Some(base.into_iter().chain(parts.iter().copied()).collect::<Vec<_>>().join("."))
}
