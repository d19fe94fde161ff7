//! The list of what can follow an expression. It must not decide which expressions matter.

use std::collections::HashSet;
use std::sync::Arc;

use index::{Found, Symbol};
use syntax::DefinitionKind;

use super::Member;
use super::collections::seen_through;
use super::holders::{Holder, holders};
use super::members::{is_enum, self_fields};
use super::names::is_exported;
use super::source::Family;
use super::types::{Class, Module, Type, Types};
use super::world::World;

/// No list is longer.
const MOST_MEMBERS: usize = 500;

/// What can follow values.
#[derive(Default)]
pub(crate) struct Listing {
    pub(crate) types: Vec<Found>,
    pub(crate) members: Vec<Member>,
    pub(crate) complete: bool,
    /// Whether methods with two underscores on both sides count: mostly they are called on `super()` only.
    of_bases: bool,
    seen: HashSet<String>,
}

/// What can follow what these are, after a dot or after `::`.
pub(crate) fn listing(world: &World<'_>, of: &Types, text: &str, separator: &str) -> Listing {
    let of_bases = text == "super()";
    let mut out = Listing { complete: !of.is_empty(), of_bases, ..Listing::default() };
    add(world, of, separator, 0, &mut out);
    out.complete &= !out.members.is_empty() && out.members.len() < MOST_MEMBERS;
    out
}

fn add(world: &World<'_>, of: &Types, separator: &str, depth: u8, out: &mut Listing) {
    if depth > 4 {
        return;
    }
    for one in of {
        match one {
            Type::Instance(class) => class_members(world, class, separator, false, depth, out),
            Type::Class(class) => class_members(world, class, separator, true, depth, out),
            Type::Module(module) => module_members(world, module, out),
            Type::Known(name, arguments) => {
                out.complete = false;
                if let Some(inner) = seen_through(name, arguments) {
                    add(world, inner, separator, depth + 1, out);
                }
            }
            Type::Function(_) => out.complete = false,
        }
    }
}

fn push(out: &mut Listing, name: &str, found: Option<Found>) {
    if out.members.len() < MOST_MEMBERS && !name.is_empty() && out.seen.insert(name.to_owned()) {
        out.members.push(Member { name: name.to_owned(), found });
    }
}

fn class_members(
    world: &World<'_>,
    class: &Class,
    separator: &str,
    of_class: bool,
    depth: u8,
    out: &mut Listing,
) {
    let holders = holders(world, class);
    out.types.push(class.found.clone());
    out.complete &= holders.complete;
    let by_path = separator == "::";
    for holder in &holders.list {
        // Fields and variants first: they are what a type is.
        let is_data = |symbol: &Symbol| {
            matches!(symbol.kind, DefinitionKind::Field | DefinitionKind::Variant | DefinitionKind::Constant)
        };
        for data in [true, false] {
            for index in &holder.members {
                let Some(symbol) =
                    holder.of.file.symbols.get(*index).filter(|symbol| is_data(symbol) == data)
                else {
                    continue;
                };
                if fits(world, symbol, by_path, out.of_bases) && seen_from_here(world, holder, symbol) {
                    let found = Found { file: Arc::clone(&holder.of.file), index: *index };
                    push(out, &symbol.name, Some(found));
                }
            }
            if data && world.family() == Family::Python && !of_class {
                for field in self_fields(world, holder).iter() {
                    push(out, &field.name, None);
                }
            }
        }
    }
    if out.of_bases {
        // `object` has it.
        push(out, "__init__", None);
    }
    if is_enum(world, class) {
        push(out, "value", None);
        push(out, "name", None);
    }
    if !by_path {
        add(world, &holders.through, separator, depth + 1, out);
    }
}

/// Whether a member can be named there: fields and methods after a dot, all else after `::`.
fn fits(world: &World<'_>, symbol: &Symbol, by_path: bool, of_bases: bool) -> bool {
    match world.family() {
        Family::Rust => match symbol.kind {
            DefinitionKind::Field => !by_path,
            DefinitionKind::Method | DefinitionKind::Function => by_path || takes_self(&symbol.signature),
            _ => by_path,
        },
        Family::Python => of_bases || !(symbol.name.starts_with("__") && symbol.name.ends_with("__")),
        _ => symbol.name != "constructor",
    }
}

fn takes_self(signature: &str) -> bool {
    // Not the bracket of `pub(crate)`.
    let name = signature.split_once("fn ").map_or(signature, |(_, rest)| rest);
    let Some((_, parameters)) = name.split_once('(') else { return false };
    let first = parameters.split([',', ')', ':']).next().unwrap_or_default();
    first.split(|it: char| !it.is_alphanumeric() && it != '_').any(|word| word == "self")
}

/// Whether code in the file at hand may name a member of another file's type.
fn seen_from_here(world: &World<'_>, holder: &Holder, symbol: &Symbol) -> bool {
    if holder.of.file.path == world.current.entry.path || world.family() != Family::Rust {
        return true;
    }
    let of_trait = holder.of.symbol().is_some_and(|it| {
        it.kind == DefinitionKind::Trait || it.kind == DefinitionKind::Impl && !it.bases.is_empty()
    });
    if of_trait || symbol.kind == DefinitionKind::Variant || symbol.signature.starts_with("pub") {
        return true;
    }
    is_inside(world, &holder.of.file.path)
}

/// Whether the file at hand lies in the module that a file is: what is private there is seen by its children.
fn is_inside(world: &World<'_>, path: &std::path::Path) -> bool {
    let folder = match path.file_stem().and_then(|it| it.to_str()) {
        Some("mod" | "lib" | "main") => path.parent().map(std::path::Path::to_path_buf),
        _ => Some(path.with_extension("")),
    };
    folder.is_some_and(|folder| world.current.entry.path.starts_with(folder))
}

fn module_members(world: &World<'_>, module: &Module, out: &mut Listing) {
    let Module::File { entry, inline } = module else {
        out.complete = false;
        return;
    };
    out.complete &= world.family() == Family::Rust
        && !entry.imports.iter().any(|import| import.name.as_deref() == Some("*"))
        && world.file(&entry.path).is_some();
    let own = entry.path == world.current.entry.path
        || world.family() == Family::Rust && is_inside(world, &entry.path);
    let parent = inline.and_then(|it| u32::try_from(it).ok());
    for (index, symbol) in entry.symbols.iter().enumerate() {
        let told = own || is_exported(world.family(), symbol);
        if symbol.parent == parent && symbol.kind != DefinitionKind::Impl && told {
            push(out, &symbol.name, Some(Found { file: Arc::clone(entry), index }));
        }
    }
    for import in &entry.imports {
        let package = entry.path.file_stem().is_some_and(|stem| stem == "__init__");
        if !(import.public || package || own) {
            continue;
        }
        match super::names::bound_name(world.family(), import) {
            Some(name) => {
                let found = super::names::import_target(world, entry, import, super::names::MOST_STEPS);
                push(out, name, found.iter().find_map(definition));
            }
            None => {
                if let (Family::Rust, Some(Type::Module(Module::File { entry: other, inline: None }))) = (
                    world.family(),
                    super::rust_modules::path(world, entry, &import.module, Some(import.range.start), 4)
                        .into_iter()
                        .next(),
                ) && other.path != entry.path
                {
                    for (index, symbol) in other.symbols.iter().enumerate() {
                        if symbol.parent.is_none()
                            && is_exported(Family::Rust, symbol)
                            && symbol.kind != DefinitionKind::Impl
                        {
                            push(out, &symbol.name, Some(Found { file: Arc::clone(&other), index }));
                        }
                    }
                }
            }
        }
    }
}

/// The definition that something is, or is a value of.
pub(crate) fn definition(one: &Type) -> Option<Found> {
    match one {
        Type::Instance(class) | Type::Class(class) => Some(class.found.clone()),
        Type::Function(function) => Some(function.found.clone()),
        Type::Module(_) | Type::Known(..) => None,
    }
}
