//! From an expression, or a type as it is written, to what it is. An approximation: what is not understood is nothing,
//! never an error. It must not know the cursor.

use std::ops::Range;

use super::collections::{self, container, keeps_type, seen_through};
use super::holders;
use super::lexical::{Chain, Root, Step, chain};
use super::locals::{Local, nearest};
use super::members;
use super::names::{MOST_STEPS, in_file};
use super::scope::Scope;
use super::source::Family;
use super::tokens::{TokenKind, Tokens};
use super::types::{Class, Type, Types, merge};
use super::values::{awaited, element, follow, guess, indexed, member, path_member, returned};
use super::world::World;
use super::written::{as_classes, written};
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
        let Some(local) = nearest(locals.iter(), &name, offset) else { return self.expression(range) };
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
        let Some(local) = locals.near(0, |_| Vec::new()).find(|local| local.name == name) else {
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
                holders::bases(self.world, this).into_iter().map(Type::Instance).collect()
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
            let bases = holders::bases(world, this).into_iter();
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
        && let Some(local) = nearest(source.locals_near(at), name, at)
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
    let Some(text) = nearest(source.locals_near(at), "self", at).and_then(|local| local.type_text.clone())
    else {
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
                Some(value) if written.is_empty() && local.path.is_empty() => expression(world, scope, value),
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
