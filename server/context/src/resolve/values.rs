//! What is reached from values: members, elements, results of functions, what a pattern or a `with` statement binds. It
//! must not read expressions.

use index::Found;
use syntax::DefinitionKind;

use super::collections::{Container, container, keeps_type, seen_through};
use super::infer::expression;
use super::locals::Way;
use super::names::{self, MOST_STEPS, of_symbol, parent_class};
use super::scope::Scope;
use super::source::Family;
use super::tokens::Tokens;
use super::types::{Class, Function, Generics, Type, Types, merge, same};
use super::world::World;
use super::written::written;
use super::{members, python, rust_modules};

/// Longer values are data.
const LONGEST: usize = 4096;

/// One step from a value to what is bound of it.
pub(crate) fn follow(world: &World<'_>, scope: &Scope, types: &Types, way: &Way) -> Types {
    match way {
        Way::Element => element(world, types),
        Way::Entered => entered(world, types),
        Way::Tuple(position) => tuple_part(types, *position),
        Way::Variant(path, position) => match path.as_str() {
            "Some" | "Ok" | "Ready" => through_all(types, 0),
            "Err" => through_all(types, 1),
            _ => {
                let mut found = Types::new();
                for one in rust_modules::path(world, &scope.entry, path, scope.at, MOST_STEPS) {
                    merge(&mut found, members::tuple_field(world, &one, path, *position));
                }
                found
            }
        },
        Way::Field(path, name) => {
            let owner = rust_modules::path(world, &scope.entry, path, scope.at, MOST_STEPS);
            let mut found = Types::new();
            for one in &owner {
                merge(&mut found, members::pattern_field(world, one, path, name));
            }
            if found.is_empty() { member(world, types, name) } else { found }
        }
    }
}

/// The n-th argument of options and results.
fn through_all(types: &Types, position: usize) -> Types {
    let mut found = Types::new();
    for one in types {
        match one {
            Type::Known(name, arguments) if container(name) == Some(Container::Wrapper) => {
                let of_pointer = !matches!(name.as_str(), "Option" | "Result" | "Poll");
                let argument = arguments.get(position).cloned().unwrap_or_default();
                merge(&mut found, if of_pointer { through_all(&argument, position) } else { argument });
            }
            // Seen through already.
            other if position == 0 => merge(&mut found, vec![other.clone()]),
            _ => {}
        }
    }
    found
}

fn tuple_part(types: &Types, position: usize) -> Types {
    let mut found = Types::new();
    for one in types {
        if let Type::Known(name, arguments) = one {
            match container(name) {
                Some(Container::Tuple) => {
                    let endless =
                        arguments.len() == 2 && arguments.get(1).is_some_and(Vec::is_empty) && position > 1;
                    let at = if endless { 0 } else { position };
                    merge(&mut found, arguments.get(at).cloned().unwrap_or_default());
                }
                Some(Container::Sequence) => {
                    merge(&mut found, arguments.first().cloned().unwrap_or_default())
                }
                _ => {
                    if let Some(inner) = seen_through(name, arguments) {
                        merge(&mut found, tuple_part(inner, position));
                    }
                }
            }
        }
    }
    found
}

/// What values yield when they are iterated.
pub(crate) fn element(world: &World<'_>, types: &Types) -> Types {
    let mut found = Types::new();
    for one in types {
        match one {
            Type::Known(name, arguments) => match container(name) {
                Some(Container::Map) if world.family() == Family::Rust => {
                    merge(&mut found, vec![Type::Known("tuple".to_owned(), arguments.clone())]);
                }
                Some(Container::Tuple) => {
                    for argument in arguments {
                        merge(&mut found, argument.clone());
                    }
                }
                Some(Container::Wrapper | Container::Future) => {
                    let Some(inner) = seen_through(name, arguments) else { continue };
                    let deeper = element(world, inner);
                    merge(&mut found, if deeper.is_empty() { inner.clone() } else { deeper });
                }
                _ => merge(&mut found, arguments.first().cloned().unwrap_or_default()),
            },
            Type::Instance(class) => merge(&mut found, members::element(world, class)),
            // An enum class is iterated for its values.
            Type::Class(class) => merge(&mut found, vec![Type::Instance(class.clone())]),
            _ => {}
        }
    }
    found
}

/// What a `with` statement binds.
fn entered(world: &World<'_>, types: &Types) -> Types {
    let mut found = Types::new();
    for one in types {
        match one {
            Type::Known(name, arguments) => match container(name) {
                Some(Container::Generator | Container::Wrapper | Container::Future) => {
                    merge(&mut found, arguments.first().cloned().unwrap_or_default());
                }
                _ => merge(&mut found, vec![one.clone()]),
            },
            Type::Instance(class) => {
                let method = ["__aenter__", "__enter__"]
                    .into_iter()
                    .map(|name| members::member(world, class, name))
                    .find(|method| !method.is_empty());
                let result: Types = method
                    .unwrap_or_default()
                    .iter()
                    .flat_map(|method| match method {
                        Type::Function(function) => returned(world, function),
                        _ => Types::new(),
                    })
                    .collect();
                merge(&mut found, if result.is_empty() { vec![one.clone()] } else { result });
            }
            _ => {}
        }
    }
    found
}

pub(crate) fn indexed(world: &World<'_>, types: &Types, index: &str) -> Types {
    let mut found = Types::new();
    for one in types {
        match one {
            Type::Known(name, arguments) => match container(name) {
                Some(Container::Map) => merge(&mut found, arguments.last().cloned().unwrap_or_default()),
                Some(Container::Tuple) => {
                    merge(&mut found, tuple_part(&vec![one.clone()], index.trim().parse().unwrap_or(0)));
                }
                Some(Container::Sequence) if index.contains(':') || index.contains("..") => {
                    merge(&mut found, vec![one.clone()]);
                }
                Some(Container::Wrapper) => {
                    if let Some(inner) = seen_through(name, arguments) {
                        merge(&mut found, indexed(world, inner, index));
                    }
                }
                Some(_) => merge(&mut found, arguments.first().cloned().unwrap_or_default()),
                None => {}
            },
            Type::Instance(class) => {
                for method in members::member(world, class, "__getitem__") {
                    if let Type::Function(function) = method {
                        merge(&mut found, returned(world, &function));
                    }
                }
                merge(&mut found, members::index_output(world, class));
            }
            _ => {}
        }
    }
    found
}

/// What comes of values that may have to be waited for.
pub(crate) fn awaited(types: Types) -> Types {
    let mut found = Types::new();
    for one in types {
        match one {
            Type::Known(name, arguments) if container(&name) == Some(Container::Future) => {
                merge(&mut found, arguments.last().cloned().unwrap_or_default());
            }
            other => merge(&mut found, vec![other]),
        }
    }
    found
}

/// What a member of values is.
pub(crate) fn member(world: &World<'_>, on: &[Type], name: &str) -> Types {
    let Some(_level) = world.enter() else { return Types::new() };
    let mut found = Types::new();
    for one in on {
        let reached = match one {
            Type::Instance(class) => members::member(world, class, name),
            Type::Class(class) => members::member(world, class, name),
            Type::Module(module) => names::member(world, module, name, MOST_STEPS),
            Type::Known(known, arguments) => match (name.parse::<usize>(), seen_through(known, arguments)) {
                (Ok(position), _) => tuple_part(&vec![one.clone()], position),
                (_, Some(inner)) => member(world, inner, name),
                _ => Types::new(),
            },
            Type::Function(_) => Types::new(),
        };
        merge(&mut found, reached);
    }
    found
}

/// What a name after `::` is.
pub(crate) fn path_member(world: &World<'_>, on: &Type, name: &str) -> Types {
    match on {
        Type::Module(module) => names::member(world, module, name, MOST_STEPS),
        Type::Class(class) | Type::Instance(class) => members::associated(world, class, name),
        _ => Types::new(),
    }
}

/// A member of a receiver that is not known: if all definitions of the name agree, what they say.
pub(crate) fn guess(world: &World<'_>, name: &str, called: bool) -> Types {
    if keeps_type(name) {
        return Types::new();
    }
    let candidates: Vec<Found> = names::named(world, name)
        .into_iter()
        .filter(|found| {
            found.symbol().is_some_and(|symbol| {
                let fits = if called {
                    matches!(symbol.kind, DefinitionKind::Method | DefinitionKind::Function)
                } else {
                    symbol.kind == DefinitionKind::Field
                };
                fits && symbol.parent.is_some()
            })
        })
        .collect();
    let mut texts: Vec<&str> =
        candidates.iter().filter_map(|found| found.symbol()?.type_text.as_deref()).collect();
    let all = texts.len() == candidates.len();
    texts.sort_unstable();
    texts.dedup();
    let Some(first) = candidates.first().filter(|_| all && texts.len() == 1) else {
        return Types::new();
    };
    let mut found = Types::new();
    let receiver = parent_class(first);
    for one in of_symbol(world, first, receiver.as_ref()) {
        match one {
            Type::Function(function) if called => merge(&mut found, returned(world, &function)),
            other => merge(&mut found, vec![other]),
        }
    }
    world.guessed.set(true);
    found
}

/// What a function gives.
pub(crate) fn returned(world: &World<'_>, function: &Function) -> Types {
    let Some(_level) = world.enter() else { return Types::new() };
    let Some(symbol) = function.found.symbol() else { return Types::new() };
    let scope = Scope::of_symbol(&function.found, function.receiver.clone(), function.generics.clone());
    if let Some(text) = &symbol.type_text {
        return written(world, &scope, text);
    }
    if world.family() != Family::Python {
        return Types::new();
    }
    let Some(source) = world.source(&function.found.file) else { return Types::new() };
    let mut found = Types::new();
    for (at, text) in python::returned(&source.tokens, symbol.range.clone(), "return").into_iter().take(4) {
        merge(&mut found, expression(world, &Scope { at: Some(at), ..scope.clone() }, &text));
    }
    let mut yielded = Types::new();
    for (at, text) in python::returned(&source.tokens, symbol.range.clone(), "yield").into_iter().take(2) {
        merge(&mut yielded, expression(world, &Scope { at: Some(at), ..scope.clone() }, &text));
    }
    if !yielded.is_empty() {
        found.push(Type::Known("Generator".to_owned(), vec![yielded]));
    }
    found
}

/// What a variable, constant or field holds.
pub(crate) fn value_of_symbol(world: &World<'_>, found: &Found, receiver: Option<&Class>) -> Types {
    let Some(_level) = world.enter() else { return Types::new() };
    let Some(symbol) = found.symbol() else { return Types::new() };
    let mut scope = Scope::of_symbol(found, receiver.cloned(), Generics::new());
    scope.at = None;
    if let Some(text) = &symbol.type_text {
        let types = written(world, &scope, text);
        if !types.is_empty() {
            return types;
        }
    }
    let Some(value) = value_text(world, found) else { return Types::new() };
    expression(world, &scope, &value)
}

/// The text of the value that a definition gives.
pub(crate) fn value_text(world: &World<'_>, found: &Found) -> Option<String> {
    let symbol = found.symbol()?;
    let source = world.source(&found.file)?;
    let text = source.slice(symbol.range.clone());
    let tokens = Tokens::new(
        text.get(..text.len().min(LONGEST)).unwrap_or_default().to_owned(),
        world.family().style(),
    );
    let equals = tokens.find_flat(0..tokens.len(), |_, word| word == "=" || word == ":=")?;
    let end = tokens.find_flat(equals..tokens.len(), |_, word| word == ";").unwrap_or(tokens.len());
    Some(tokens.text_of(equals + 1..end).to_owned())
}

/// Whether two are the same type.
pub(crate) fn same_class(one: &Class, other: &Class) -> bool {
    same(&one.found, &other.found)
}
