//! The members of a type: what each of them is. It must not know the cursor.

use std::rc::Rc;
use std::sync::Arc;

use index::{Found, Symbol};
use syntax::DefinitionKind;

use super::holders::{Holder, Holders, holders, type_of_alias};
use super::infer::expression;
use super::names::of_symbol;
use super::python;
use super::scope::Scope;
use super::source::Family;
use super::tokens::{TokenKind, Tokens};
use super::types::{Class, Function, Generics, Type, Types, merge, type_parameters};
use super::values::{self, returned, same_class, value_of_symbol};
use super::world::World;
use super::written::{as_classes, written};

/// The type parameters known in a holder of a type.
fn generics(class: &Class, holders: &Holders, holder: &Holder) -> Generics {
    let of_class: Generics = match holders.list.first() {
        Some(own) => zip(&own.parameters, &class.arguments),
        None => Generics::new(),
    };
    match &holder.arguments {
        None => zip(&holder.parameters, &class.arguments),
        Some(arguments) => {
            let arguments: Vec<Types> = arguments.iter().map(|types| substituted(types, &of_class)).collect();
            zip(&holder.parameters, &arguments)
        }
    }
}

fn zip(parameters: &[String], arguments: &[Types]) -> Generics {
    let known =
        parameters.iter().zip(arguments).filter(|(name, types)| !name.is_empty() && !types.is_empty());
    known.map(|(name, types)| (name.clone(), types.clone())).collect()
}

/// The same types with parameters replaced by what they stand for.
fn substituted(types: &Types, generics: &Generics) -> Types {
    let mut found = Types::new();
    for one in types {
        match one {
            Type::Known(name, arguments) if arguments.is_empty() => {
                let known = generics.iter().find(|(other, _)| other == name);
                merge(&mut found, known.map_or_else(|| vec![one.clone()], |(_, types)| types.clone()));
            }
            other => merge(&mut found, vec![other.clone()]),
        }
    }
    found
}

/// What a member of a type's value is.
pub(crate) fn member(world: &World<'_>, class: &Class, name: &str) -> Types {
    let Some(_level) = world.enter() else { return Types::new() };
    let holders = holders(world, class);
    let mut found = Types::new();
    for holder in &holders.list {
        let generics = generics(class, &holders, holder);
        for index in &holder.members {
            if holder
                .of
                .file
                .symbols
                .get(*index)
                .is_some_and(|it| it.name == name || it.name.strip_prefix("r#") == Some(name))
            {
                let one = Found { file: Arc::clone(&holder.of.file), index: *index };
                merge(&mut found, of_member(world, &one, class, &generics));
            }
        }
        if found.is_empty() && world.family() == Family::Python {
            found = self_field_types(world, holder, class, name, &generics);
        }
        if !found.is_empty() {
            return found;
        }
    }
    values::member(world, &holders.through, name)
}

fn of_member(world: &World<'_>, found: &Found, class: &Class, generics: &Generics) -> Types {
    let Some(symbol) = found.symbol() else { return Types::new() };
    match symbol.kind {
        DefinitionKind::Function | DefinitionKind::Method => {
            let function =
                Function { found: found.clone(), receiver: Some(class.clone()), generics: generics.clone() };
            if is_property(world, found, symbol) {
                returned(world, &function)
            } else {
                vec![Type::Function(function)]
            }
        }
        DefinitionKind::Field if is_enum(world, class) && symbol.type_text.is_none() => {
            vec![Type::Instance(class.clone())]
        }
        DefinitionKind::Field | DefinitionKind::Constant | DefinitionKind::Variable => {
            let mut scope = Scope::of_symbol(found, Some(class.clone()), generics.clone());
            // A field's type knows no locals, but the module around it matters.
            if world.family() == Family::Python {
                scope.at = None;
            }
            match &symbol.type_text {
                Some(text) => written(world, &scope, text),
                None => value_of_symbol(world, found, Some(class)),
            }
        }
        _ => of_symbol(world, found, Some(class)),
    }
}

/// Whether a type is one of Python's enums.
pub(crate) fn is_enum(world: &World<'_>, class: &Class) -> bool {
    world.family() == Family::Python
        && class
            .found
            .symbol()
            .is_some_and(|it| it.bases.iter().any(|base| base.ends_with("Enum") || base.ends_with("Flag")))
}

fn is_property(world: &World<'_>, found: &Found, symbol: &Symbol) -> bool {
    match world.family() {
        Family::Python => world.source(&found.file).is_some_and(|source| {
            let text = source.slice(symbol.range.clone());
            text.starts_with('@')
                && python::decorators(text)
                    .iter()
                    .any(|it| it.ends_with("property") || it.ends_with(".setter"))
        }),
        Family::Ecma => symbol.signature.starts_with("get "),
        _ => false,
    }
}

/// The attributes that a class's own methods set.
pub(crate) fn self_fields(world: &World<'_>, holder: &Holder) -> Rc<Vec<python::SelfField>> {
    let key = (holder.of.file.path.clone(), holder.of.index);
    if let Some(known) = world.self_fields.borrow().get(&key) {
        return Rc::clone(known);
    }
    let fields = match (world.source(&holder.of.file), holder.of.symbol()) {
        (Some(source), Some(symbol)) => {
            let from_tree = symbol.range.clone();
            let from_text = class_range(world, &holder.of).unwrap_or(from_tree.clone());
            python::self_fields(&source.tokens, from_tree.start..from_tree.end.max(from_text.end))
        }
        _ => Vec::new(),
    };
    let fields = Rc::new(fields);
    world.self_fields.borrow_mut().insert(key, Rc::clone(&fields));
    fields
}

/// The bytes of a class of the file at hand by its indentation: where the code is broken its tree ends early.
fn class_range(world: &World<'_>, class: &Found) -> Option<std::ops::Range<usize>> {
    if class.file.path != world.current.entry.path {
        return None;
    }
    let start = class.symbol()?.range.start;
    let source = &world.current;
    let inside = source.tokens.text.get(start..)?.find(':').map(|colon| start + colon + 1)?;
    source.enclosing(inside + 1).into_iter().map(|it| it.range).find(|it| it.start >= start.saturating_sub(1))
}

fn self_field_types(
    world: &World<'_>,
    holder: &Holder,
    class: &Class,
    name: &str,
    generics: &Generics,
) -> Types {
    let mut found = Types::new();
    let fields = self_fields(world, holder);
    let scope_at = |at: usize| Scope {
        at: Some(at),
        ..Scope::of_symbol(&holder.of, Some(class.clone()), generics.clone())
    };
    let own: Vec<_> = fields.iter().filter(|field| field.name == name).collect();
    for field in &own {
        if let Some(text) = &field.type_text {
            merge(&mut found, written(world, &scope_at(field.at), text));
        }
    }
    if found.is_empty() {
        for field in own.iter().take(4) {
            if let Some(value) = &field.value {
                merge(&mut found, expression(world, &scope_at(field.at), value));
            }
        }
    }
    found
}

/// What a name after a type and `::` is.
pub(crate) fn associated(world: &World<'_>, class: &Class, name: &str) -> Types {
    let holders = holders(world, class);
    for holder in &holders.list {
        for index in &holder.members {
            let Some(symbol) = holder.of.file.symbols.get(*index) else { continue };
            if symbol.name != name {
                continue;
            }
            let found = Found { file: Arc::clone(&holder.of.file), index: *index };
            return match symbol.kind {
                DefinitionKind::Variant => vec![Type::Instance(class.clone())],
                DefinitionKind::Type => as_classes(type_of_alias(world, &found, class)),
                DefinitionKind::Field => continue,
                _ => of_member(world, &found, class, &generics(class, &holders, holder)),
            };
        }
    }
    Types::new()
}

/// What a value of a type yields when it is iterated.
pub(crate) fn element(world: &World<'_>, class: &Class) -> Types {
    let holders = holders(world, class);
    let mut found = Types::new();
    if world.family() == Family::Rust {
        merge(&mut found, associated_type(world, class, &holders, "Item", "Iterator"));
    } else {
        for (method, deeper) in [
            ("__aiter__", true),
            ("__iter__", true),
            ("__anext__", false),
            ("__next__", false),
            ("__getitem__", false),
        ] {
            for one in member(world, class, method) {
                let Type::Function(function) = one else { continue };
                let result = returned(world, &function);
                let own = |one: &Type| matches!(one, Type::Instance(other) if same_class(other, class));
                let looped = deeper && !result.iter().any(own);
                merge(
                    &mut found,
                    if deeper {
                        if looped { values::element(world, &result) } else { Types::new() }
                    } else {
                        result
                    },
                );
            }
            if !found.is_empty() {
                return found;
            }
        }
    }
    if found.is_empty() { values::element(world, &holders.through) } else { found }
}

/// What indexing a value of a type gives, by its `Index`.
pub(crate) fn index_output(world: &World<'_>, class: &Class) -> Types {
    let holders = holders(world, class);
    associated_type(world, class, &holders, "Output", "Index")
}

fn associated_type(world: &World<'_>, class: &Class, holders: &Holders, name: &str, of_trait: &str) -> Types {
    for holder in &holders.list {
        let fits = holder.of.symbol().is_some_and(|it| {
            it.kind == DefinitionKind::Impl && it.bases.iter().any(|base| base.ends_with(of_trait))
        });
        let target = holder.members.iter().find(|index| {
            holder
                .of
                .file
                .symbols
                .get(**index)
                .is_some_and(|it| it.kind == DefinitionKind::Type && it.name == name)
        });
        if let (true, Some(index)) = (fits, target) {
            return type_of_alias(world, &Found { file: Arc::clone(&holder.of.file), index: *index }, class);
        }
    }
    Types::new()
}

/// The n-th value in a tuple struct, or in a variant of an enum that `path` ends in.
pub(crate) fn tuple_field(world: &World<'_>, one: &Type, path: &str, position: usize) -> Types {
    let Some(found) = pattern_owner(one, path) else { return Types::new() };
    let Some(symbol) = found.symbol() else { return Types::new() };
    // A signature ends before the values.
    let Some(source) = world.source(&found.file) else { return Types::new() };
    let text = source.slice(symbol.range.clone());
    let text = text.get(..text.len().min(2000)).unwrap_or_default();
    let tokens = Tokens::new(text.to_owned(), world.family().style());
    let open = tokens.find_flat(0..tokens.len(), |index, word| {
        word == "("
            && index > 0
            && (tokens.is_word(index - 1) || tokens.word(index - 1) == ">")
            && tokens.word(index - 1) != "pub"
    });
    let Some((open, close)) = open.and_then(|open| Some((open, tokens.partner(open)?))) else {
        return Types::new();
    };
    let parts = tokens.split_flat(open + 1..close, ",", true);
    let Some(part) = parts.get(position) else { return Types::new() };
    let mut start = part.start;
    // Attributes and visibility.
    while matches!(tokens.word(start), "#" | "pub")
        || tokens.kind(start) == Some(TokenKind::Open) && start + 1 < part.end
    {
        start = match tokens.partner(start) {
            Some(close) => close + 1,
            None => start + 1,
        };
        if start >= part.end {
            return Types::new();
        }
    }
    let start = if tokens.word(start).is_empty() { part.start } else { start };
    let scope = Scope::of_symbol(&found, None, class_generics(world, one));
    written(world, &scope, tokens.text_of(start..part.end))
}

/// A field of a struct, or of a variant that `path` ends in.
pub(crate) fn pattern_field(world: &World<'_>, one: &Type, path: &str, name: &str) -> Types {
    let Some(found) = pattern_owner(one, path) else { return Types::new() };
    let field =
        found.file.members(found.index).find(|(_, symbol)| symbol.name == name).map(|(index, _)| index);
    match (field, one) {
        (Some(index), _) => {
            let field = Found { file: Arc::clone(&found.file), index };
            let scope = Scope::of_symbol(&field, None, class_generics(world, one));
            field
                .symbol()
                .and_then(|it| it.type_text.clone())
                .map(|text| written(world, &scope, &text))
                .unwrap_or_default()
        }
        (None, Type::Class(class)) => member(world, class, name),
        _ => Types::new(),
    }
}

fn class_generics(world: &World<'_>, one: &Type) -> Generics {
    match one {
        Type::Class(class) | Type::Instance(class) => {
            let signature = class.found.symbol().map(|it| it.signature.clone()).unwrap_or_default();
            zip(&type_parameters(&signature, world.family().style()), &class.arguments)
        }
        _ => Generics::new(),
    }
}

/// The struct, or the variant of the enum, that a pattern's path names.
fn pattern_owner(one: &Type, path: &str) -> Option<Found> {
    let (Type::Class(class) | Type::Instance(class)) = one else { return None };
    let last = path.rsplit("::").next()?.trim();
    let variant = class
        .found
        .file
        .members(class.found.index)
        .find(|(_, symbol)| symbol.kind == DefinitionKind::Variant && symbol.name == last);
    let index = variant.map_or(class.found.index, |(index, _)| index);
    Some(Found { file: Arc::clone(&class.found.file), index })
}
