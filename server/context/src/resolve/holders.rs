//! Where the members of a type are: in its definition, its `impl` blocks, what it inherits from. It must not evaluate a
//! member.

use std::rc::Rc;
use std::sync::Arc;

use index::{FileEntry, Found, Symbol};
use syntax::DefinitionKind;

use super::collections::container;
use super::names::{self, MOST_STEPS, named};
use super::scope::Scope;
use super::source::Family;
use super::tokens::Tokens;
use super::types::{Class, Generics, Type, TypeExpr, Types, merge, parse_type, same, type_parameters};
use super::world::World;
use super::written::written;
use super::{go, rust, rust_modules};

/// A class inherits from no more classes than this.
const MOST_HOLDERS: usize = 48;
/// `impl` blocks are looked for in so many files.
const MOST_IMPL_FILES: usize = 80;

/// Where the members of a type are.
#[derive(Debug)]
pub(crate) struct Holders {
    pub(crate) list: Vec<Holder>,
    /// What it stands for besides: the target of its `Deref`, a collection that it extends.
    pub(crate) through: Types,
    /// Whether every base was found, and none answers to names that no definition tells.
    pub(crate) complete: bool,
}

/// One definition or block that has members.
#[derive(Debug)]
pub(crate) struct Holder {
    /// The type, or the `impl` block.
    pub(crate) of: Found,
    /// Indexes of the members in the file's symbols.
    pub(crate) members: Vec<usize>,
    /// The names of its type parameters.
    pub(crate) parameters: Vec<String>,
    /// What they stand for, if not the arguments of the type itself.
    pub(crate) arguments: Option<Vec<Types>>,
}

/// The holders of a type, nearest first.
pub(crate) fn holders(world: &World<'_>, class: &Class) -> Rc<Holders> {
    let key = (class.found.file.path.clone(), class.found.index);
    if let Some(known) = world.holders.borrow().get(&key) {
        return Rc::clone(known);
    }
    // While they are being collected there are none: a type that inherits from itself ends here.
    let nothing = Rc::new(Holders { list: Vec::new(), through: Types::new(), complete: false });
    world.holders.borrow_mut().insert(key.clone(), nothing);
    let mut holders =
        Holders { list: Vec::new(), through: Types::new(), complete: world.family() == Family::Python };
    collect(world, class, None, 0, &mut holders);
    let holders = Rc::new(holders);
    world.holders.borrow_mut().insert(key, Rc::clone(&holders));
    holders
}

fn collect(world: &World<'_>, class: &Class, arguments: Option<Vec<Types>>, distance: u8, out: &mut Holders) {
    let known = out.list.iter().any(|holder| same(&holder.of, &class.found));
    let Some(_level) = world.enter().filter(|_| !known && out.list.len() < MOST_HOLDERS && distance < 12)
    else {
        out.complete &= known;
        return;
    };
    let Some(symbol) = class.found.symbol() else { return };
    let style = world.family().style();
    let members: Vec<usize> = class.found.file.members(class.found.index).map(|(index, _)| index).collect();
    // A metaclass adds what it likes.
    let of_metaclass =
        symbol.signature.contains("metaclass=") && !symbol.signature.contains("metaclass=ABCMeta");
    out.complete &= !of_metaclass;
    out.complete &= !members.iter().any(|index| {
        class
            .found
            .file
            .symbols
            .get(*index)
            .is_some_and(|it| matches!(it.name.as_str(), "__getattr__" | "__getattribute__"))
    });
    out.list.push(Holder {
        of: class.found.clone(),
        members,
        parameters: type_parameters(&symbol.signature, style),
        arguments: arguments.clone(),
    });
    match world.family() {
        Family::Rust => collect_rust(world, class, symbol, arguments, distance, out),
        Family::Go => {
            for (file, members) in go::methods(world, class) {
                let of = Found { file, index: usize::MAX };
                out.list.push(Holder { of, members, parameters: Vec::new(), arguments: None });
            }
            collect_bases(world, class, distance, out);
        }
        _ => collect_bases(world, class, distance, out),
    }
}

fn collect_bases(world: &World<'_>, class: &Class, distance: u8, out: &mut Holders) {
    for base in base_types(world, class) {
        match base {
            Type::Instance(base) | Type::Class(base) => {
                let arguments = Some(base.arguments.clone());
                collect(world, &base, arguments, distance + 1, out);
            }
            Type::Known(name, arguments) => {
                if container(&name).is_some() {
                    out.through.push(Type::Known(name, arguments));
                    out.complete = false;
                } else if !has_no_members(&name) {
                    out.complete = false;
                }
            }
            _ => out.complete = false,
        }
    }
}

/// Bases that bring no members that anybody uses.
fn has_no_members(name: &str) -> bool {
    matches!(
        name,
        "object"
            | "ABC"
            | "Protocol"
            | "Generic"
            | "Enum"
            | "IntEnum"
            | "StrEnum"
            | "Flag"
            | "IntFlag"
            | "ABCMeta"
    )
}

/// The types that a type inherits from, as they are written after it.
fn base_types(world: &World<'_>, class: &Class) -> Types {
    let Some(symbol) = class.found.symbol() else { return Types::new() };
    let scope = Scope { this: None, ..Scope::of_symbol(&class.found, None, Generics::new()) };
    let scope = Scope { at: None, ..scope };
    let mut found = Types::new();
    for text in base_texts(world.family(), symbol) {
        merge(&mut found, written(world, &scope, &text));
    }
    found
}

/// The bases with their type arguments. The signature has them; the list of bases has them without.
fn base_texts(family: Family, symbol: &Symbol) -> Vec<String> {
    if family != Family::Python {
        return symbol.bases.clone();
    }
    let tokens = Tokens::new(symbol.signature.clone(), family.style());
    let open = tokens.find_flat(0..tokens.len(), |_, word| word == "(");
    let Some((open, close)) = open.and_then(|open| Some((open, tokens.partner(open)?))) else {
        return symbol.bases.clone();
    };
    tokens
        .split_flat(open + 1..close, ",", false)
        .into_iter()
        .filter(|part| tokens.word(part.start + 1) != "=")
        .map(|part| tokens.text_of(part).to_owned())
        .collect()
}

/// The direct bases that are in the index.
pub(crate) fn bases(world: &World<'_>, class: &Class) -> Vec<Class> {
    base_types(world, class)
        .into_iter()
        .filter_map(|one| match one {
            Type::Instance(class) | Type::Class(class) => Some(class),
            _ => None,
        })
        .collect()
}

fn collect_rust(
    world: &World<'_>,
    class: &Class,
    symbol: &Symbol,
    arguments: Option<Vec<Types>>,
    distance: u8,
    out: &mut Holders,
) {
    if symbol.kind == DefinitionKind::Trait {
        collect_bases(world, class, distance, out);
        return;
    }
    let mut traits: Vec<Class> = Vec::new();
    for block in impls(world, &class.found) {
        let Some(symbol) = block.symbol() else { continue };
        let file = &block.file;
        let members: Vec<usize> = file.members(block.index).map(|(index, _)| index).collect();
        let parameters = impl_parameters(&symbol.signature);
        let base = symbol.bases.first().map(String::as_str).unwrap_or_default();
        if matches!(base.rsplit("::").next(), Some("Deref")) {
            let target = members.iter().find(|index| {
                file.symbols
                    .get(**index)
                    .is_some_and(|it| it.kind == DefinitionKind::Type && it.name == "Target")
            });
            if let Some(target) = target {
                let found = Found { file: Arc::clone(file), index: *target };
                merge(&mut out.through, type_of_alias(world, &found, class));
            }
        }
        if !base.is_empty() {
            for one in rust_modules::path(world, file, base, Some(symbol.range.start), MOST_STEPS) {
                if let Type::Class(class) = one {
                    traits.push(class);
                }
            }
        }
        out.list.push(Holder { of: block, members, parameters, arguments: arguments.clone() });
    }
    for one in traits {
        collect(world, &one, Some(Vec::new()), distance.saturating_add(1), out);
    }
}

pub(crate) fn type_of_alias(world: &World<'_>, found: &Found, this: &Class) -> Types {
    let Some(text) = found.symbol().and_then(|symbol| symbol.type_text.clone()) else { return Types::new() };
    written(world, &Scope::of_symbol(found, Some(this.clone()), Generics::new()), &text)
}

/// The `impl` blocks of a type.
pub(crate) fn impls(world: &World<'_>, of: &Found) -> Vec<Found> {
    let Some(symbol) = of.symbol() else { return Vec::new() };
    let name = symbol.name.as_str();
    let same_name = named(world, name)
        .into_iter()
        .filter(|found| {
            found.symbol().is_some_and(|it| {
                matches!(
                    it.kind,
                    DefinitionKind::Struct
                        | DefinitionKind::Enum
                        | DefinitionKind::Trait
                        | DefinitionKind::Type
                )
            })
        })
        .count();
    let mut files: Vec<Arc<FileEntry>> = vec![Arc::clone(&of.file)];
    for file in world.index.files_referencing(name).into_iter().take(MOST_IMPL_FILES) {
        if !files.iter().any(|other| other.path == file.path) {
            files.push(world.fresh(&file));
        }
    }
    let current = &world.current.entry;
    if !files.iter().any(|file| file.path == current.path) {
        files.push(Arc::clone(current));
    }
    let mut found = Vec::new();
    for file in files {
        for (index, block) in file.symbols.iter().enumerate() {
            if block.kind != DefinitionKind::Impl || block.name != name {
                continue;
            }
            let means_other = same_name > 1 && file.path != of.file.path && {
                let meant = names::in_file(world, &file, name, Some(block.range.start), MOST_STEPS);
                !meant.iter().any(|one| matches!(one, Type::Class(class) if same(&class.found, of)))
            };
            if !means_other {
                found.push(Found { file: Arc::clone(&file), index });
            }
        }
    }
    found
}

/// The names that an `impl` gives to the parameters of its type, by position; empty where it names a type.
fn impl_parameters(signature: &str) -> Vec<String> {
    let tokens = Tokens::new(signature.to_owned(), rust::STYLE);
    let start = tokens.find_flat(0..tokens.len(), |_, word| word == "impl").unwrap_or(0);
    let own = type_parameters(signature, rust::STYLE);
    let (_, of) = rust::impl_parts(&tokens, start..tokens.len());
    match parse_type(tokens.text_of(of), rust::STYLE) {
        TypeExpr::Path(_, arguments) => arguments
            .into_iter()
            .map(|argument| match argument {
                TypeExpr::Path(segments, _) => {
                    segments.first().filter(|it| own.contains(it)).cloned().unwrap_or_default()
                }
                _ => String::new(),
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Whether values of a type may also be of types that are beside it: some class inherits from it and from others.
pub(crate) fn is_mixed_in(world: &World<'_>, class: &Class) -> bool {
    let Some(symbol) = class.found.symbol() else { return false };
    symbol.name.ends_with("Mixin")
        || world
            .index
            .subtypes_of(&symbol.name)
            .iter()
            .any(|it| it.symbol().is_some_and(|it| it.bases.len() > 1))
}
