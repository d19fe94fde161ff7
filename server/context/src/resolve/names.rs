//! From a name to what it stands for: the definitions of a file, what it imports, the members of modules, followed
//! through re-exports. It must not evaluate expressions.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use index::{FileEntry, Found, Symbol};
use syntax::{DefinitionKind, Import};

use super::source::Family;
use super::types::{Class, Function, Module, Type, Types, merge};
use super::world::World;
use super::{ecmascript, go, java, python_modules, rust_modules, values, written};

/// Re-exports are followed so many steps.
pub(crate) const MOST_STEPS: u8 = 6;
/// Of several definitions of one name, such as overloads, so many count.
const MOST_OVERLOADS: usize = 6;

/// What a name means at the top level of a file. `place` is a byte offset in it: names of modules and functions around
/// it count, too.
pub(crate) fn in_file(
    world: &World<'_>,
    entry: &Arc<FileEntry>,
    name: &str,
    place: Option<usize>,
    steps: u8,
) -> Types {
    let Some(_level) = world.enter() else { return Types::new() };
    let mut found = Types::new();
    let inline = place.and_then(|place| inline_module_at(world, entry, place));
    let around = |parent: u32| {
        entry.symbols.get(parent as usize).is_some_and(|outer| {
            let callable = matches!(outer.kind, DefinitionKind::Function | DefinitionKind::Method);
            callable && place.is_some_and(|place| outer.range.contains(&place))
        })
    };
    // `mod name;` is a definition too, but what it stands for is in another file.
    let declared =
        world.family() == Family::Rust && entry.imports.iter().any(|it| declared_module(it) == Some(name));
    let candidates =
        entry.symbols.iter().enumerate().filter(|(_, symbol)| {
            symbol.name == name && !(declared && symbol.kind == DefinitionKind::Module)
        });
    for (index, symbol) in candidates.take(MOST_OVERLOADS * 4) {
        let visible = match symbol.parent {
            None => inline.is_none() || world.family() != Family::Rust,
            Some(parent) => Some(parent as usize) == inline || around(parent),
        };
        if visible && found.len() < MOST_OVERLOADS {
            merge(&mut found, of_symbol(world, &Found { file: Arc::clone(entry), index }, None));
        }
    }
    if found.is_empty() {
        found = imported(world, entry, name, inline, steps);
    }
    if found.is_empty() && inline.is_none() && world.family() == Family::Go {
        found = go::in_package(world, entry, name);
    }
    if found.is_empty() && world.family() == Family::Java {
        found = java::in_package(world, entry, name);
    }
    if found.is_empty() && inline.is_some() && world.family() == Family::Rust {
        // A child module that is a file is declared by `mod`, which imports tell; nothing else is visible.
        return found;
    }
    found
}

/// The module inside a file that a byte offset is in.
pub(crate) fn inline_module_at(world: &World<'_>, entry: &Arc<FileEntry>, place: usize) -> Option<usize> {
    let modules = world.inline_modules(entry);
    modules.iter().rfind(|(_, range)| range.contains(&place)).map(|(index, _)| *index)
}

/// What a file imports under this name, into itself or into the module inside it.
fn imported(
    world: &World<'_>,
    entry: &Arc<FileEntry>,
    name: &str,
    inline: Option<usize>,
    steps: u8,
) -> Types {
    if steps == 0 {
        return Types::new();
    }
    if let Some(known) = world.known_import(entry, inline, name) {
        return known;
    }
    // Re-exports that lead back here find nothing.
    world.keep_import(entry, inline, name, Types::new());
    let found = imported_anew(world, entry, name, inline, steps);
    world.keep_import(entry, inline, name, found.clone());
    found
}

fn imported_anew(
    world: &World<'_>,
    entry: &Arc<FileEntry>,
    name: &str,
    inline: Option<usize>,
    steps: u8,
) -> Types {
    let mut found = Types::new();
    let here = |import: &Import| {
        world.family() != Family::Rust || inline_module_at(world, entry, import.range.start) == inline
    };
    for import in entry.imports.iter().filter(|import| here(import)) {
        if bound_name(world.family(), import) == Some(name) {
            merge(&mut found, import_target(world, entry, import, steps - 1));
        }
    }
    if found.is_empty() {
        for import in
            entry.imports.iter().filter(|import| here(import) && import.name.as_deref() == Some("*"))
        {
            if let Some(module) = import_module(world, entry, import, steps - 1) {
                merge(&mut found, member(world, &module, name, steps - 1));
            } else if world.family() == Family::Rust {
                // `use Enum::*`.
                for of in
                    rust_modules::path(world, entry, &import.module, Some(import.range.start), steps - 1)
                {
                    merge(&mut found, values::path_member(world, &of, name));
                }
            }
            if !found.is_empty() {
                break;
            }
        }
    }
    found
}

/// The name that an import gives to what it imports; none for a glob.
pub(crate) fn bound_name(family: Family, import: &Import) -> Option<&str> {
    if let Some(alias) = &import.alias {
        return Some(alias);
    }
    match (&import.name, family) {
        (Some(name), _) if name == "*" => None,
        (Some(name), _) => Some(name),
        (None, Family::Python) => import.module.split('.').find(|part| !part.is_empty()),
        (None, Family::Rust) => import.module.rsplit("::").next(),
        (None, Family::Go) => go::package_name(&import.module),
        (None, Family::Java) => import.module.rsplit('.').next(),
        (None, Family::Ecma) => None,
    }
}

/// What an import brings in.
pub(crate) fn import_target(world: &World<'_>, entry: &Arc<FileEntry>, import: &Import, steps: u8) -> Types {
    let Some(_level) = world.enter() else { return Types::new() };
    if world.family() == Family::Rust {
        if let Some(name) = declared_module(import) {
            return rust_modules::child(world, entry, name).map(Type::Module).into_iter().collect();
        }
        let path = match import.name.as_deref() {
            Some(name) => format!("{}::{name}", import.module),
            None => import.module.clone(),
        };
        return rust_modules::path(world, entry, &path, Some(import.range.start), steps);
    }
    match import.name.as_deref() {
        None => {
            let path = match (world.family(), &import.alias) {
                // `import a.b` binds `a`.
                (Family::Python, None) => import.module.split('.').next().unwrap_or_default(),
                _ => import.module.as_str(),
            };
            module_named(world, entry, path).map(Type::Module).into_iter().collect()
        }
        Some(name) => match import_module(world, entry, import, steps) {
            Some(module) if name == "default" => ecmascript::default_export(world, &module, import),
            Some(module) => member(world, &module, name, steps),
            None if world.family() == Family::Java => java::class(world, &import.module, name),
            None => Types::new(),
        },
    }
}

/// The name of the module in a file of its own that `mod name;` declares.
fn declared_module(import: &Import) -> Option<&str> {
    let name = import.module.strip_prefix("self::")?;
    (import.name.is_none() && import.alias.is_none() && !name.contains("::")).then_some(name)
}

fn import_module(world: &World<'_>, entry: &Arc<FileEntry>, import: &Import, steps: u8) -> Option<Module> {
    if world.family() == Family::Rust {
        let found = rust_modules::path(world, entry, &import.module, Some(import.range.start), steps);
        return found.into_iter().find_map(|one| match one {
            Type::Module(module) => Some(module),
            _ => None,
        });
    }
    module_named(world, entry, &import.module)
}

/// The module that a file knows by this name.
pub(crate) fn module_named(world: &World<'_>, entry: &Arc<FileEntry>, name: &str) -> Option<Module> {
    match world.family() {
        Family::Python => python_modules::module(world, entry, name),
        Family::Rust => None,
        Family::Ecma => ecmascript::module(world, entry, name),
        Family::Go => go::module(entry, name),
        Family::Java => None,
    }
}

/// What a module's name means to those who import it.
pub(crate) fn member(world: &World<'_>, module: &Module, name: &str, steps: u8) -> Types {
    let Some(_level) = world.enter() else { return Types::new() };
    match module {
        Module::Folder(path) => match world.family() {
            Family::Go => go::folder_member(world, path, name),
            _ => python_modules::child(world, path, name).map(Type::Module).into_iter().collect(),
        },
        Module::File { entry, inline: None } => {
            let mut found = in_file(world, entry, name, None, steps);
            if found.is_empty() {
                found = child_module(world, entry, name).map(Type::Module).into_iter().collect();
            }
            found
        }
        Module::File { entry, inline: Some(index) } => {
            let place = entry.symbols.get(*index).map(|symbol| symbol.range.start);
            in_file(world, entry, name, place, steps)
        }
    }
}

/// The module of its own file that lies in the module that a file is.
fn child_module(world: &World<'_>, entry: &Arc<FileEntry>, name: &str) -> Option<Module> {
    match world.family() {
        Family::Python if entry.path.file_stem().is_some_and(|stem| stem == "__init__") => {
            match world.file(&entry.path) {
                Some(_) => python_modules::child(world, entry.path.parent()?, name),
                None => {
                    python_modules::module(world, &world.current.entry, &format!("{}.{name}", entry.module))
                }
            }
        }
        Family::Rust => rust_modules::child(world, entry, name),
        _ => None,
    }
}

/// What a definition is when it is named.
pub(crate) fn of_symbol(world: &World<'_>, found: &Found, receiver: Option<&Class>) -> Types {
    let Some(symbol) = found.symbol() else { return Types::new() };
    let class = || Class { found: found.clone(), arguments: Vec::new() };
    match symbol.kind {
        DefinitionKind::Function | DefinitionKind::Method | DefinitionKind::Macro => {
            let receiver = receiver.cloned();
            vec![Type::Function(Function { found: found.clone(), receiver, generics: Vec::new() })]
        }
        DefinitionKind::Class | DefinitionKind::Struct | DefinitionKind::Enum | DefinitionKind::Trait => {
            vec![Type::Class(class())]
        }
        DefinitionKind::Module => {
            vec![Type::Module(Module::File { entry: Arc::clone(&found.file), inline: Some(found.index) })]
        }
        DefinitionKind::Type => written::alias(world, found),
        DefinitionKind::Variant => parent_class(found).map(Type::Instance).into_iter().collect(),
        DefinitionKind::Constant | DefinitionKind::Variable | DefinitionKind::Field => {
            values::value_of_symbol(world, found, receiver)
        }
        DefinitionKind::Impl => Types::new(),
    }
}

/// The type that a definition lies in.
pub(crate) fn parent_class(found: &Found) -> Option<Class> {
    let parent = found.symbol()?.parent?;
    Some(Class {
        found: Found { file: Arc::clone(&found.file), index: parent as usize },
        arguments: Vec::new(),
    })
}

/// The definition that a name has at the top level of a file or where that imports it from, also of a variable or an
/// alias, whose value is not asked.
pub(crate) fn definition_of(
    world: &World<'_>,
    entry: &Arc<FileEntry>,
    name: &str,
    steps: u8,
) -> Option<Found> {
    let _level = world.enter().filter(|_| steps > 0)?;
    let own = entry.symbols.iter().position(|symbol| {
        symbol.name == name
            && symbol.parent.is_none()
            && !matches!(symbol.kind, DefinitionKind::Impl | DefinitionKind::Module)
    });
    if let Some(index) = own {
        return Some(Found { file: Arc::clone(entry), index });
    }
    for import in entry.imports.iter().filter(|import| import.name.is_some()) {
        let wanted = match bound_name(world.family(), import) {
            Some(bound) if bound == name => import.name.as_deref()?,
            None => name,
            Some(_) => continue,
        };
        if let Some(Module::File { entry: other, .. }) = import_module(world, entry, import, steps - 1)
            && other.path != entry.path
            && let Some(found) = definition_of(world, &other, wanted, steps - 1)
        {
            return Some(found);
        }
    }
    None
}

/// The definitions of a name in the whole index, those of the file at hand as they are now.
pub(crate) fn named(world: &World<'_>, name: &str) -> Vec<Found> {
    let current = &world.current.entry;
    let elsewhere = world.index.definitions_named(name).into_iter().filter(|it| it.file.path != current.path);
    let here = current.symbols.iter().enumerate().filter(|(_, symbol)| symbol.name == name);
    let here = here.map(|(index, _)| Found { file: Arc::clone(current), index });
    elsewhere.chain(here).filter(|it| Family::of(it.file.language) == Some(world.family())).collect()
}

/// Whether the module's users may name this: private names and those of tests are not told.
pub(crate) fn is_exported(family: Family, symbol: &Symbol) -> bool {
    match family {
        Family::Rust => symbol.signature.starts_with("pub") || symbol.kind == DefinitionKind::Macro,
        Family::Python => !symbol.name.starts_with('_'),
        Family::Go => symbol.name.starts_with(char::is_uppercase),
        Family::Ecma | Family::Java => true,
    }
}

/// A path without `.` and `..`, by its text alone.
pub(crate) fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}
