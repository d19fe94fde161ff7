//! From a type as it is written to the definitions that it names. It must not know the cursor.

use std::sync::Arc;

use index::Found;
use syntax::DefinitionKind;

use super::names::{self, MOST_STEPS, in_file};
use super::scope::Scope;
use super::source::Family;
use super::types::{
    Class, Generics, Module, Type, TypeExpr, Types, bound_of, merge, parse_type, type_parameters,
};
use super::values::{member, value_text};
use super::world::World;
use super::{members, rust_modules};

/// What an alias of a type stands for, as the type itself.
pub(crate) fn alias(world: &World<'_>, found: &Found) -> Types {
    let Some(_level) = world.enter() else { return Types::new() };
    let Some(text) = found.symbol().and_then(|symbol| symbol.type_text.clone()) else { return Types::new() };
    as_classes(written(world, &Scope::of_symbol(found, None, Generics::new()), &text))
}

/// The types of values, as values.
pub(crate) fn as_classes(types: Types) -> Types {
    types
        .into_iter()
        .map(|one| match one {
            Type::Instance(class) => Type::Class(class),
            other => other,
        })
        .collect()
}

/// The values of a type as it is written.
pub(crate) fn written(world: &World<'_>, scope: &Scope, text: &str) -> Types {
    evaluate(world, scope, &parse_type(text, world.family().style()))
}

fn evaluate(world: &World<'_>, scope: &Scope, expr: &TypeExpr) -> Types {
    let Some(_level) = world.enter() else { return Types::new() };
    let all = |parts: &[TypeExpr]| parts.iter().map(|part| evaluate(world, scope, part)).collect::<Vec<_>>();
    match expr {
        TypeExpr::Unknown => Types::new(),
        TypeExpr::Union(parts) => {
            let mut found = Types::new();
            for part in all(parts) {
                merge(&mut found, part);
            }
            found
        }
        TypeExpr::Tuple(parts) => vec![Type::Known("tuple".to_owned(), all(parts))],
        TypeExpr::List(of) => vec![Type::Known("list".to_owned(), vec![evaluate(world, scope, of)])],
        TypeExpr::Function(result) => {
            vec![Type::Known("fn".to_owned(), vec![evaluate(world, scope, result)])]
        }
        TypeExpr::Path(segments, arguments) => path_type(world, scope, segments, arguments),
    }
}

fn path_type(world: &World<'_>, scope: &Scope, segments: &[String], arguments: &[TypeExpr]) -> Types {
    let last = segments.last().map(String::as_str).unwrap_or_default();
    let evaluated = |expr: &TypeExpr| evaluate(world, scope, expr);
    if world.family() == Family::Python {
        match (last, arguments) {
            (
                "Optional" | "Annotated" | "ClassVar" | "Final" | "Required" | "NotRequired" | "ReadOnly"
                | "InitVar" | "Unpack" | "TypeGuard",
                [first, ..],
            ) => return evaluated(first),
            ("Union", parts) => return evaluate(world, scope, &TypeExpr::Union(parts.to_vec())),
            ("type" | "Type", [first]) => return as_classes(evaluated(first)),
            ("None" | "Any" | "object", _) => return Types::new(),
            _ => {}
        }
    }
    if let [only] = segments {
        if matches!(only.as_str(), "Self" | "this") && scope.this.is_some() {
            return scope.this.clone().map(Type::Instance).into_iter().collect();
        }
        if let Some((_, types)) = scope.generics.iter().rev().find(|(name, _)| name == only) {
            return types.clone();
        }
        let style = world.family().style();
        if let Some(bound) = scope.headers.iter().find_map(|header| bound_of(only, header, style)) {
            let inner = Scope { headers: Vec::new(), ..scope.clone() };
            return written(world, &inner, &bound);
        }
        // A parameter without a bound stands for nothing, whatever else has its name.
        if scope.headers.iter().any(|header| type_parameters(header, style).contains(only)) {
            return vec![Type::Known(only.clone(), Vec::new())];
        }
    }
    let parameters: Vec<Types> = arguments.iter().map(evaluated).collect();
    let mut found = Types::new();
    for one in type_path(world, scope, segments) {
        match one {
            Type::Class(class) | Type::Instance(class) => {
                let instance = match class.found.symbol().map(|symbol| symbol.kind) {
                    Some(DefinitionKind::Type) => continue,
                    _ => Class { arguments: parameters.clone(), ..class },
                };
                merge(&mut found, vec![Type::Instance(instance)]);
            }
            // An alias of something known by name.
            Type::Known(name, inner) => {
                let inner = if inner.iter().all(Vec::is_empty) { parameters.clone() } else { inner };
                merge(&mut found, vec![Type::Known(name, inner)]);
            }
            _ => {}
        }
    }
    if !found.is_empty() {
        return found;
    }
    vec![Type::Known(last.to_owned(), parameters)]
}

/// What a path in a type stands for, as the type itself.
fn type_path(world: &World<'_>, scope: &Scope, segments: &[String]) -> Types {
    if world.family() == Family::Rust {
        if let [first, rest @ ..] = segments
            && first == "Self"
            && let Some(this) = &scope.this
        {
            return match rest {
                [name] => members::associated(world, this, name),
                _ => Types::new(),
            };
        }
        return rust_modules::path(world, &scope.entry, &segments.join("::"), scope.at, MOST_STEPS);
    }
    let Some((first, rest)) = segments.split_first() else { return Types::new() };
    let mut found = type_named(world, scope, first);
    for segment in rest {
        let mut next = Types::new();
        for one in &found {
            merge(&mut next, member(world, std::slice::from_ref(one), segment));
        }
        found = next;
    }
    found
}

/// A name in a type: a variable there stands for a type.
fn type_named(world: &World<'_>, scope: &Scope, name: &str) -> Types {
    let entry = &scope.entry;
    // Python's `X = Union[A, B]` and `T = TypeVar("T", bound=A)`.
    if world.family() == Family::Python {
        let variable = entry.symbols.iter().position(|symbol| {
            symbol.name == name
                && symbol.parent.is_none()
                && matches!(symbol.kind, DefinitionKind::Variable | DefinitionKind::Constant)
        });
        if let Some(index) = variable {
            let found = Found { file: Arc::clone(entry), index };
            let Some(value) = value_text(world, &found) else { return Types::new() };
            if let Some((_, bound)) = value.split_once("bound=") {
                let bound = bound.split([',', ')']).next().unwrap_or_default();
                return as_classes(written(world, &Scope::of_file(entry), bound));
            }
            if value.contains("NewType(") || value.contains("TypeVar(") || value.contains("ParamSpec(") {
                return Types::new();
            }
            return as_classes(written(world, &Scope::of_file(entry), &value));
        }
    }
    let found = in_file(world, entry, name, scope.at, MOST_STEPS);
    if found.is_empty() && world.family() == Family::Python {
        imported_alias(world, scope, name)
    } else {
        found
    }
}

/// A name that is an alias in the file that it comes from: there it is a variable whose value is a type.
fn imported_alias(world: &World<'_>, scope: &Scope, name: &str) -> Types {
    for import in &scope.entry.imports {
        if names::bound_name(world.family(), import) != Some(name) {
            continue;
        }
        let (Some(original), Some(module)) =
            (import.name.as_deref(), names::module_named(world, &scope.entry, &import.module))
        else {
            continue;
        };
        if let Module::File { entry, .. } = module
            && entry.path != scope.entry.path
            && let Some(_level) = world.enter()
        {
            return type_named(world, &Scope::of_file(&entry), original);
        }
    }
    Types::new()
}
