//! From an expression, or a type as it is written, to what it is. An approximation: what is not understood is nothing,
//! never an error. It must not know the cursor.

use std::ops::Range;
use std::sync::Arc;

use index::Found;
use syntax::DefinitionKind;

use super::collections::{self, Container, container, keeps_type, seen_through};
use super::lexical::{Chain, Root, Step, chain};
use super::locals::{Local, Way, nearest};
use super::members;
use super::names::{self, MOST_STEPS, in_file, of_symbol, parent_class};
use super::scope::Scope;
use super::source::Family;
use super::tokens::{TokenKind, Tokens};
use super::types::{
    Class, Function, Generics, Type, TypeExpr, Types, bound_of, merge, parse_type, same, type_parameters,
};
use super::world::World;
use super::{python, rust, rust_modules};

/// Longer expressions are data.
const LONGEST: usize = 4096;

/// What an expression in a scope is.
pub(crate) fn expression(world: &World<'_>, scope: &Scope, text: &str) -> Types {
    if text.len() > LONGEST {
        return Types::new();
    }
    let tokens = Tokens::new(text.to_owned(), world.family().style());
    let all = 0..tokens.len();
    Reading { world, scope, tokens: &tokens }.expression(all)
}

/// An expression being read.
struct Reading<'a> {
    world: &'a World<'a>,
    scope: &'a Scope,
    tokens: &'a Tokens,
}

impl Reading<'_> {
    fn expression(&self, range: Range<usize>) -> Types {
        let Some(_level) = self.world.enter() else { return Types::new() };
        let tokens = self.tokens;
        let mut range = range;
        while range.start < range.end
            && (matches!(
                tokens.word(range.start),
                "&" | "&&" | "*" | "mut" | "await" | "move" | "new" | "ref" | "from" | "yield"
            ) || tokens.kind(range.start) == Some(TokenKind::Lifetime))
        {
            range.start += 1;
        }
        if range.is_empty() {
            return Types::new();
        }
        if let Some(found) = self.alternatives(range.clone()) {
            return found;
        }
        let as_type = tokens.find_flat(range.clone(), |_, word| matches!(word, "as" | "satisfies"));
        if let Some(at) = as_type.filter(|_| self.world.family() != Family::Python) {
            return written(self.world, self.scope, tokens.text_of(at + 1..range.end));
        }
        let Some(chain) = chain(tokens, range.start).filter(|chain| chain.end <= range.end) else {
            return Types::new();
        };
        // What follows is an operator, whose result is mostly a number or a truth.
        let rest = tokens.word(chain.end);
        let python_comprehension = rest == "for" && self.world.family() == Family::Python;
        if chain.end < range.end && !python_comprehension && !self.is_struct_literal(&chain, &range) {
            return Types::new();
        }
        self.chain(&chain)
    }

    /// The values of `a or b`, `a if c else b`, `c ? a : b`, `a ?? b`.
    fn alternatives(&self, range: Range<usize>) -> Option<Types> {
        let tokens = self.tokens;
        let mut found = Types::new();
        let mut both = |one: Range<usize>, other: Range<usize>| {
            merge(&mut found, self.expression(one));
            merge(&mut found, self.expression(other));
        };
        let find = |wanted: &str| {
            tokens.find_flat(range.clone(), |index, word| index > range.start && word == wanted)
        };
        match self.world.family() {
            Family::Python => {
                if tokens.word(range.start) == "lambda" || tokens.word(range.start) == "not" {
                    return Some(Types::new());
                }
                if let (Some(condition), Some(other)) = (find("if"), find("else")) {
                    both(range.start..condition, other + 1..range.end);
                    return Some(found);
                }
                let at = find("or").or_else(|| find("and"))?;
                both(range.start..at, at + 1..range.end);
            }
            Family::Ecma => {
                if let (Some(question), Some(colon)) = (find("?"), find(":")) {
                    both(question + 1..colon, colon + 1..range.end);
                    return Some(found);
                }
                let at = find("??").or_else(|| find("||"))?;
                both(range.start..at, at + 1..range.end);
            }
            Family::Java => {
                let (question, colon) = (find("?")?, find(":")?);
                both(question + 1..colon, colon + 1..range.end);
            }
            // `if c { a } else { b }`, `match x { … }`: the value of the first branch that has one.
            Family::Rust if matches!(tokens.word(range.start), "if" | "match" | "unsafe" | "loop") => {
                return Some(self.branches(range));
            }
            Family::Rust | Family::Go => return None,
        }
        Some(found)
    }

    /// What the branches of an `if` or the arms of a `match` end in.
    fn branches(&self, range: Range<usize>) -> Types {
        let tokens = self.tokens;
        let mut found = Types::new();
        let is_match = tokens.word(range.start) == "match";
        let Some(open) = tokens.find_flat(range.clone(), |_, word| word == "{") else { return found };
        let Some(close) = tokens.partner(open) else { return found };
        if is_match {
            let mut start = open + 1;
            while let Some(arrow) = tokens.find_flat(start..close, |_, word| word == "=>") {
                let end = tokens.find_flat(arrow + 1..close, |_, word| word == ",").unwrap_or(close);
                if tokens.word(arrow + 1) != "{"
                    && !matches!(tokens.word(arrow + 1), "return" | "continue" | "break")
                {
                    merge(&mut found, self.bound_here(arrow + 1..end));
                }
                start = end + 1;
            }
            return found;
        }
        let tail = |open: usize, close: usize| {
            let start = tokens.split_flat(open + 1..close, ";", false).pop();
            start.filter(|last| last.end == close && tokens.word(close - 1) != ";")
        };
        if let Some(last) = tail(open, close) {
            merge(&mut found, self.bound_here(last));
        }
        if tokens.word(close + 1) == "else" && close + 2 < range.end {
            let rest = if tokens.word(close + 2) == "{" {
                tokens.partner(close + 2).and_then(|end| tail(close + 2, end))
            } else {
                Some(close + 2..range.end)
            };
            if let Some(rest) = rest {
                merge(&mut found, self.expression(rest));
            }
        }
        found
    }

    /// An expression whose first name may be bound by a pattern of this very text.
    fn bound_here(&self, range: Range<usize>) -> Types {
        let name = match chain(self.tokens, range.start).map(|chain| chain.root) {
            Some(Root::Name(name)) => name,
            _ => return self.expression(range),
        };
        let offset = self.tokens.get(range.start).map_or(0, |token| token.start);
        let locals = rust::locals(self.tokens);
        let Some(local) = nearest(&locals, &name, offset) else { return self.expression(range) };
        let mut scope = self.scope.clone();
        let types = local_types_at(self.world, self.scope, local);
        scope.generics.push((name, types));
        Reading { world: self.world, scope: &scope, tokens: self.tokens }.expression(range)
    }

    /// `Path { fields }`, of which the path is the type.
    fn is_struct_literal(&self, chain: &Chain, range: &Range<usize>) -> bool {
        self.world.family() != Family::Python
            && self.tokens.word(chain.end) == "{"
            && self.tokens.partner(chain.end).is_some_and(|close| close + 1 == range.end)
            && chain.steps.iter().all(|step| matches!(step, Step::Path(_) | Step::Member(_)))
    }

    fn chain(&self, chain: &Chain) -> Types {
        let tokens = self.tokens;
        let world = self.world;
        let mut steps = chain.steps.as_slice();
        let mut found = match &chain.root {
            Root::Name(name) => match (self.builtin(name, steps), steps) {
                (Some(found), [_, rest @ ..]) => {
                    steps = rest;
                    found
                }
                _ => {
                    let found = named(world, self.scope, name);
                    // The root of a path may be a module or a crate that no definition tells.
                    match steps.first() {
                        Some(Step::Path(_)) if found.is_empty() => {
                            rust_modules::path(world, &self.scope.entry, name, self.scope.at, MOST_STEPS)
                        }
                        _ => found,
                    }
                }
            },
            Root::Bracket("(", inner) => {
                let parts = tokens.split_flat(inner.clone(), ",", false);
                match parts.as_slice() {
                    [only] if only.len() == inner.len() => self.expression(only.clone()),
                    _ => vec![Type::Known(
                        "tuple".to_owned(),
                        parts.into_iter().map(|part| self.expression(part)).collect(),
                    )],
                }
            }
            Root::Bracket("[", inner) => {
                vec![Type::Known("list".to_owned(), vec![self.element(inner.clone())])]
            }
            Root::Angle(inner) => {
                let end = tokens.find_flat(inner.clone(), |_, word| word == "as").unwrap_or(inner.end);
                as_classes(written(world, self.scope, tokens.text_of(inner.start..end)))
            }
            Root::Macro(name, inner) if name == "vec" => {
                vec![Type::Known("Vec".to_owned(), vec![self.element(inner.clone())])]
            }
            Root::Bracket(..) | Root::Macro(..) | Root::Str | Root::Number => Types::new(),
        };
        let mut index = 0;
        while let Some(step) = steps.get(index) {
            // A method is looked up together with its call, so that what is known of a collection's methods counts.
            let call = match steps.get(index + 1) {
                Some(Step::Call(arguments)) => Some(arguments.clone()),
                _ => None,
            };
            index += 1;
            found = match step {
                Step::Member(name) if name == "await" && world.family() == Family::Rust => awaited(found),
                Step::Member(name) => {
                    if let Some(arguments) = call {
                        index += 1;
                        self.method(&found, name, arguments)
                    } else {
                        let reached = member(world, &found, name);
                        let unknown =
                            |one: &Type| matches!(one, Type::Known(name, _) if container(name).is_none());
                        if reached.is_empty() && found.iter().all(unknown) {
                            guess(world, name, false)
                        } else {
                            reached
                        }
                    }
                }
                Step::Path(name) => {
                    let mut reached = Types::new();
                    for one in &found {
                        merge(&mut reached, path_member(world, one, name));
                    }
                    reached
                }
                Step::Call(arguments) => self.call(&found, arguments.clone()),
                Step::Index(inner) => {
                    let classes = found.iter().any(|one| matches!(one, Type::Class(_)));
                    if classes { found } else { indexed(world, &found, self.tokens.text_of(inner.clone())) }
                }
                Step::Try => found,
            };
        }
        // A value that is waited for is what comes: whether `await` stands before it is not asked.
        awaited(found)
    }

    fn element(&self, inner: Range<usize>) -> Types {
        let first = self.tokens.split_flat(inner.clone(), ",", false).into_iter().next();
        let Some(first) = first else { return Types::new() };
        let first = self.tokens.split_flat(first, ";", false).into_iter().next().unwrap_or(inner);
        let end = self.tokens.find_flat(first.clone(), |_, word| word == "for").unwrap_or(first.end);
        if end < first.end {
            return self.comprehension(first.start..end, end..first.end);
        }
        self.expression(first)
    }

    /// The element of `[value for name in values]`; only when the value is the name or begins with it.
    fn comprehension(&self, value: Range<usize>, clause: Range<usize>) -> Types {
        let text = self.tokens.text_of(clause).to_owned();
        let tokens = Tokens::new(format!("[0 {text}]"), self.world.family().style());
        let locals = python::locals(&tokens);
        let Some(Root::Name(name)) = chain(self.tokens, value.start).map(|chain| chain.root) else {
            return Types::new();
        };
        let Some(local) = locals.iter().find(|local| local.name == name) else {
            return self.expression(value);
        };
        let mut scope = self.scope.clone();
        scope.generics.push((name, local_types(self.world, self.scope, local)));
        Reading { world: self.world, scope: &scope, tokens: self.tokens }.expression(value)
    }

    /// The calls of functions that the language brings along.
    fn builtin(&self, name: &str, steps: &[Step]) -> Option<Types> {
        if self.world.family() != Family::Python {
            return None;
        }
        let Some(Step::Call(arguments)) = steps.first() else { return None };
        let parts = self.tokens.split_flat(arguments.clone(), ",", false);
        let argument = |position: usize| {
            parts.get(position).map(|part| self.expression(part.clone())).unwrap_or_default()
        };
        let list = |of: Types| vec![Type::Known("list".to_owned(), vec![of])];
        let element = |types: Types| element(self.world, &types);
        Some(match name {
            "cast" => {
                let text = parts.first().map(|part| self.tokens.text_of(part.clone())).unwrap_or_default();
                written(self.world, self.scope, text)
            }
            "super" => {
                let this = self.scope.this.as_ref()?;
                members::bases(self.world, this).into_iter().map(Type::Instance).collect()
            }
            "type" => as_classes(argument(0)),
            "list" | "sorted" | "set" | "tuple" | "reversed" | "iter" | "frozenset" | "deque" => {
                list(element(argument(0)))
            }
            "next" | "min" | "max" | "anext" | "aiter" => element(argument(0)),
            "enumerate" => {
                list(vec![Type::Known("tuple".to_owned(), vec![Types::new(), element(argument(0))])])
            }
            "zip" => {
                let elements = (0..parts.len()).map(|position| element(argument(position))).collect();
                list(vec![Type::Known("tuple".to_owned(), elements)])
            }
            "copy" | "deepcopy" | "replace" | "wait_for" | "shield" | "create_task" | "ensure_future" => {
                argument(0)
            }
            _ => return None,
        })
    }

    fn method(&self, on: &Types, name: &str, arguments: Range<usize>) -> Types {
        let mut found = Types::new();
        for one in on {
            let function = member(self.world, std::slice::from_ref(one), name);
            if !function.is_empty() {
                merge(&mut found, self.call(&function, arguments.clone()));
                continue;
            }
            match one {
                Type::Known(known, parameters) => {
                    if let Some(result) = collections::method(known, parameters, name) {
                        merge(&mut found, result);
                    } else if let Some(inner) = seen_through(known, parameters) {
                        merge(&mut found, self.method(inner, name, arguments.clone()));
                    }
                }
                Type::Instance(_) if keeps_type(name) => merge(&mut found, vec![one.clone()]),
                _ => {}
            }
        }
        if found.is_empty() && self.world.family() == Family::Rust {
            found = self.replacement(name, arguments.clone());
        }
        if found.is_empty() && !(keeps_type(name) && self.world.family() == Family::Rust) {
            found = self.class_argument(arguments);
        }
        let unknown = |one: &Type| matches!(one, Type::Known(name, _) if container(name).is_none());
        if found.is_empty() && on.iter().all(unknown) {
            found = guess(self.world, name, true);
        }
        found
    }

    /// What a value is replaced by when there is none: `or_insert_with(|| value)`, `unwrap_or(value)`.
    fn replacement(&self, name: &str, arguments: Range<usize>) -> Types {
        let replaces = matches!(
            name,
            "or_insert_with"
                | "or_insert"
                | "unwrap_or_else"
                | "unwrap_or"
                | "get_or_insert_with"
                | "get_or_init"
        );
        let closure = usize::from(self.tokens.word(arguments.start) == "||");
        if replaces { self.expression(arguments.start + closure..arguments.end) } else { Types::new() }
    }

    /// What a call gives.
    fn call(&self, on: &Types, arguments: Range<usize>) -> Types {
        let mut found = Types::new();
        for one in on {
            let result = match one {
                Type::Function(function) => returned(self.world, function),
                Type::Class(class) => vec![Type::Instance(self.constructed(class, arguments.clone()))],
                Type::Instance(class) => match members::member(self.world, class, "__call__").as_slice() {
                    [Type::Function(function), ..] => returned(self.world, function),
                    // A tuple variant with its values, or a function type's value.
                    _ if self.world.family() == Family::Rust => vec![one.clone()],
                    _ => Types::new(),
                },
                Type::Known(name, parameters) if matches!(name.as_str(), "Callable" | "fn") => {
                    parameters.last().cloned().unwrap_or_default()
                }
                _ => Types::new(),
            };
            merge(&mut found, result);
        }
        if found.iter().all(|one| matches!(one, Type::Known(name, _) if container(name).is_none())) {
            let guessed = self.class_argument(arguments);
            if !guessed.is_empty() {
                return guessed;
            }
        }
        found
    }

    fn constructed(&self, class: &Class, arguments: Range<usize>) -> Class {
        let _ = arguments;
        class.clone()
    }

    /// The last resort for a call: a class that it is handed is often the class of what it gives.
    fn class_argument(&self, arguments: Range<usize>) -> Types {
        let mut found = Types::new();
        for part in self.tokens.split_flat(arguments, ",", false) {
            let value = match self.tokens.word(part.start + 1) {
                "=" => part.start + 2..part.end,
                _ => part,
            };
            let looks_like_class = chain(self.tokens, value.start).is_some_and(|chain| {
                let last = chain.steps.last().map_or_else(
                    || match &chain.root {
                        Root::Name(name) => name.as_str(),
                        _ => "",
                    },
                    |step| match step {
                        Step::Member(name) | Step::Path(name) => name.as_str(),
                        _ => "",
                    },
                );
                chain.end == value.end && last.trim_start_matches('_').starts_with(char::is_uppercase)
            });
            if looks_like_class && self.world.family() != Family::Rust {
                for one in self.expression(value) {
                    if let Type::Class(class) = one {
                        self.world.guessed.set(true);
                        merge(&mut found, vec![Type::Instance(class)]);
                    }
                }
            }
        }
        found
    }
}

/// What a name in a scope is, as an expression.
pub(crate) fn named(world: &World<'_>, scope: &Scope, name: &str) -> Types {
    let Some(_level) = world.enter() else { return Types::new() };
    if name == "self" && world.family() == Family::Python {
        // A mixin says of its `self` what it will be mixed into.
        let types = annotated_self(world, scope);
        if !types.is_empty() {
            return types;
        }
    }
    match (name, &scope.this) {
        ("self" | "this", Some(this)) => return vec![Type::Instance(this.clone())],
        ("cls" | "Self", Some(this)) => return vec![Type::Class(this.clone())],
        ("super", Some(this)) => {
            let bases = members::bases(world, this).into_iter();
            if world.family() != Family::Rust {
                return bases.map(Type::Instance).collect();
            }
        }
        _ => {}
    }
    if let Some((_, types)) = scope.generics.iter().rev().find(|(other, _)| other == name) {
        return types.clone();
    }
    if let Some(at) = scope.at
        && let Some(source) = world.source(&scope.entry)
        && let Some(local) = nearest(source.locals(), name, at)
    {
        let types = local_types(world, scope, local);
        // Of a file's own variable its definition may say more.
        let in_function = world.family() != Family::Python || local.visible.end != usize::MAX;
        if !types.is_empty() || in_function {
            return types;
        }
    }
    in_file(world, &scope.entry, name, scope.at, MOST_STEPS)
}

/// What the annotation of `self` says, and the class around.
fn annotated_self(world: &World<'_>, scope: &Scope) -> Types {
    let source = scope.at.and_then(|at| Some((at, world.source(&scope.entry)?)));
    let Some((at, source)) = source else { return Types::new() };
    let Some(text) = nearest(source.locals(), "self", at).and_then(|local| local.type_text.clone()) else {
        return Types::new();
    };
    let mut types: Types =
        written(world, scope, &text).into_iter().filter(|one| matches!(one, Type::Instance(_))).collect();
    if let (Some(this), false) = (&scope.this, types.is_empty()) {
        merge(&mut types, vec![Type::Instance(this.clone())]);
    }
    types
}

/// What a binding gives to its name.
pub(crate) fn local_types(world: &World<'_>, scope: &Scope, local: &Local) -> Types {
    local_types_at(world, &Scope { at: Some(local.at), ..scope.clone() }, local)
}

/// What a binding gives to its name, its value being read where the scope is.
fn local_types_at(world: &World<'_>, scope: &Scope, local: &Local) -> Types {
    let Some(_level) = world.enter() else { return Types::new() };
    let mut types = match (&local.type_text, &local.value) {
        (Some(text), value) => {
            let written = written(world, scope, text);
            match value {
                Some(value) if written.is_empty() && local.path.is_empty() => {
                    expression(world, &scope, value)
                }
                _ => written,
            }
        }
        (None, Some(value)) => expression(world, scope, value),
        (None, None) => Types::new(),
    };
    for way in &local.path {
        types = follow(world, scope, &types, way);
    }
    types
}

/// One step from a value to what is bound of it.
fn follow(world: &World<'_>, scope: &Scope, types: &Types, way: &Way) -> Types {
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

fn indexed(world: &World<'_>, types: &Types, index: &str) -> Types {
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
fn awaited(types: Types) -> Types {
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
fn guess(world: &World<'_>, name: &str, called: bool) -> Types {
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
fn value_text(world: &World<'_>, found: &Found) -> Option<String> {
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
        if let super::types::Module::File { entry, .. } = module
            && entry.path != scope.entry.path
            && let Some(_level) = world.enter()
        {
            return type_named(world, &Scope::of_file(&entry), original);
        }
    }
    Types::new()
}

/// Whether two are the same type.
pub(crate) fn same_class(one: &Class, other: &Class) -> bool {
    same(&one.found, &other.found)
}
