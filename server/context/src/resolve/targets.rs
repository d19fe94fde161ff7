//! Which definitions and receivers matter at a cursor, and why. It must not know how a name is resolved.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use index::Found;
use syntax::DefinitionKind;

use super::holders::{bases, is_mixed_in};
use super::infer::{self, expression, named};
use super::lexical::{Root, Site, chain, chain_before, separator_at};
use super::listing::{definition, listing};
use super::locals::{Enclosing, EnclosingKind, Local, nearest};
use super::members;
use super::names::{MOST_STEPS, bound_name, definition_of, import_target, in_file};
use super::scope::Scope;
use super::source::Family;
use super::types::{Class, Generics, Type, Types, same};
use super::world::World;
use super::written::{as_classes, written};
use super::{Reason, Receiver, Resolution, Target, go, rust_modules};

/// Lines around the cursor that count as near.
const NEAR_LINES: usize = 15;
/// Receivers that do not stand at the cursor.
const MOST_RECEIVERS: usize = 12;
/// Targets by reason of a name near the cursor.
const MOST_NEARBY: usize = 24;
/// Unused imports that are told.
const MOST_UNUSED: usize = 16;

/// Everything about a cursor.
pub(crate) fn resolution(world: &World<'_>, cursor: usize, site: &Site) -> Resolution {
    let around = world.current.enclosing(cursor);
    let scope = scope_at(world, cursor, &around);
    let mut out = Collected { world, targets: Vec::new() };
    let mut receivers = Vec::new();

    if let Some(receiver) = &site.receiver {
        let types = receiver_types(world, &scope, &receiver.text, receiver.separator);
        let guessed = world.guessed.replace(false);
        out.all(&types, Reason::ReceiverType);
        // Where attributes are made there may be a new one.
        let new_attribute = receiver.text == "self" && makes_attributes(&around);
        let of_subclass = matches!(receiver.text.as_str(), "self" | "cls" | "super()")
            && scope.this.as_ref().is_some_and(|this| is_mixed_in(world, this));
        let may_be_new = guessed || new_attribute || of_subclass;
        receivers.extend(made(world, &receiver.text, receiver.separator, true, &types, may_be_new));
    }
    for callee in &site.callees {
        out.callee(&expression_kept(world, &scope, callee), callee, &scope);
    }
    if site.receiver.is_none() {
        out.all(&expected(world, &scope, cursor, site, &around), Reason::ExpectedType);
    }
    out.unused_imports();
    if let Some(function) = around.iter().find(|it| it.kind == EnclosingKind::Function) {
        out.signature(&scope, function);
    }
    let locals = visible_locals(world, cursor);
    let near = near_text(world, cursor);
    let near_words = words_near(world, near.clone());
    for local in &locals {
        if near_words.contains(local.name.as_str()) || local.is_parameter {
            out.all(&infer::local_types(world, &scope, local), Reason::LocalType);
        }
    }
    if let Some(this) = &scope.this {
        out.push(&this.found, Reason::SelfType);
        for base in bases_of(world, this, &around) {
            out.push(&base.found, Reason::BaseOrTrait);
        }
    }
    out.nearby(&scope, near.clone(), cursor);
    receivers.extend(others(world, &scope, cursor, &locals, near, &near_words, &receivers));
    Resolution { targets: counted(world, out.targets), receivers }
}

/// Whether the function around is one in which an object gets its attributes.
fn makes_attributes(around: &[Enclosing]) -> bool {
    let function = around.iter().find(|it| it.kind == EnclosingKind::Function);
    function.is_some_and(|it| {
        matches!(
            it.name.as_str(),
            "__init__" | "__post_init__" | "__new__" | "__enter__" | "__aenter__" | "setUp"
        )
    })
}

/// Where the cursor is, for the names there.
fn scope_at(world: &World<'_>, cursor: usize, around: &[Enclosing]) -> Scope {
    let entry = &world.current.entry;
    let mut scope = Scope {
        entry: Arc::clone(entry),
        at: Some(cursor),
        this: None,
        generics: Generics::new(),
        headers: around.iter().map(|it| it.header.clone()).collect(),
    };
    // The class is that around the innermost function; inside a class's own body it is no `self`, but its names count.
    let class = around.iter().find(|it| matches!(it.kind, EnclosingKind::Class | EnclosingKind::Impl));
    if let Some(class) = class {
        let found = match class.kind {
            EnclosingKind::Impl => {
                let types = written(world, &Scope { this: None, ..scope.clone() }, &class.name);
                types.into_iter().find_map(|one| match one {
                    Type::Instance(class) => Some(Class { arguments: Vec::new(), ..class }),
                    _ => None,
                })
            }
            _ => {
                // Of several of one name, that whose bytes the cursor is in, or that nearest before it.
                let candidates = entry.symbols.iter().enumerate().filter(|(_, symbol)| {
                    symbol.name == class.name
                        && symbol.range.start <= cursor
                        && matches!(
                            symbol.kind,
                            DefinitionKind::Class
                                | DefinitionKind::Struct
                                | DefinitionKind::Enum
                                | DefinitionKind::Trait
                        )
                });
                candidates.max_by_key(|(_, symbol)| symbol.range.start).map(|(index, _)| Class {
                    found: Found { file: Arc::clone(entry), index },
                    arguments: Vec::new(),
                })
            }
        };
        scope.this = found;
    } else if world.family() == Family::Go {
        let receiver = around.iter().find_map(|it| go::receiver_type(world, entry, &it.header));
        scope.this = receiver.map(|found| Class { found, arguments: Vec::new() });
    }
    scope
}

/// What the text before a separator is.
fn receiver_types(world: &World<'_>, scope: &Scope, text: &str, separator: &str) -> Types {
    if separator == "::" {
        let types = as_classes(path_types(world, scope, text));
        if !types.is_empty() {
            return types;
        }
    }
    expression(world, scope, text)
}

/// What a path before `::` is: a type or a module.
fn path_types(world: &World<'_>, scope: &Scope, text: &str) -> Types {
    let known = written(world, scope, text);
    let known: Types = known.into_iter().filter(|one| !matches!(one, Type::Known(..))).collect();
    if !known.is_empty() {
        return known;
    }
    let plain = text.split('<').next().unwrap_or(text).trim_end_matches("::");
    rust_modules::path(world, &scope.entry, plain, scope.at, MOST_STEPS)
}

/// The functions and classes that an expression names, without calling them.
fn expression_kept(world: &World<'_>, scope: &Scope, text: &str) -> Types {
    let types = expression(world, scope, text);
    world.guessed.set(false);
    if !types.is_empty() {
        return types;
    }
    // The receiver is unknown; a method that only one type has is most likely that.
    let last = text.rsplit(['.', ':']).next().unwrap_or_default().trim();
    if last == text || last.len() < 4 {
        return types;
    }
    let candidates: Vec<Found> = super::names::named(world, last)
        .into_iter()
        .filter(|it| it.symbol().is_some_and(|symbol| symbol.kind == DefinitionKind::Method))
        .collect();
    if candidates.len() > 3 {
        return types;
    }
    candidates
        .iter()
        .flat_map(|found| super::names::of_symbol(world, found, super::names::parent_class(found).as_ref()))
        .collect()
}

fn made(
    world: &World<'_>,
    text: &str,
    separator: &'static str,
    at_cursor: bool,
    types: &Types,
    is_open: bool,
) -> Option<Receiver> {
    let listing = listing(world, types, text, separator);
    let complete = listing.complete && !is_open;
    (!listing.members.is_empty() || at_cursor && !listing.types.is_empty()).then(|| Receiver {
        text: text.to_owned(),
        separator,
        at_cursor,
        types: listing.types,
        members: listing.members,
        complete,
    })
}

/// The bases of the class around the cursor, or the trait of the `impl` around it.
fn bases_of(world: &World<'_>, this: &Class, around: &[Enclosing]) -> Vec<Class> {
    if world.family() != Family::Rust {
        return bases(world, this);
    }
    let Some(block) = around.iter().find(|it| it.kind == EnclosingKind::Impl) else {
        return bases(world, this);
    };
    let tokens = &world.current.tokens;
    let keyword =
        block.tokens.clone().find(|index| tokens.word(*index) == "impl").unwrap_or(block.tokens.start);
    let (of_trait, _) = super::rust::impl_parts(tokens, keyword..block.tokens.end);
    let scope = Scope { at: Some(block.range.start), ..Scope::of_file(&world.current.entry) };
    written(world, &scope, tokens.text_of(of_trait))
        .into_iter()
        .filter_map(|one| match one {
            Type::Instance(class) => Some(class),
            _ => None,
        })
        .collect()
}

/// The locals that the cursor sees, nearest first, each name once.
fn visible_locals(world: &World<'_>, cursor: usize) -> Vec<Local> {
    let mut visible: Vec<&Local> = world
        .current
        .locals_near(cursor)
        .filter(|local| local.at < cursor && local.visible.contains(&cursor))
        .collect();
    visible.sort_by_key(|local| std::cmp::Reverse(local.at));
    let mut seen = HashSet::new();
    visible.into_iter().filter(|local| seen.insert(local.name.as_str())).take(60).cloned().collect()
}

/// The tokens of the lines near the cursor.
fn near_text(world: &World<'_>, cursor: usize) -> Range<usize> {
    let tokens = &world.current.tokens;
    let at = tokens.index_at(cursor);
    let line = tokens.line(at.saturating_sub(1)) as usize;
    let first = (0..at)
        .rev()
        .take_while(|index| tokens.line(*index) as usize + NEAR_LINES >= line)
        .last()
        .unwrap_or(at);
    let last =
        (at..tokens.len()).take_while(|index| tokens.line(*index) as usize <= line + NEAR_LINES).last();
    first..last.map_or(at, |last| last + 1)
}

fn words_near<'a>(world: &'a World<'_>, near: Range<usize>) -> HashSet<&'a str> {
    let tokens = &world.current.tokens;
    near.filter(|index| tokens.is_word(*index)).map(|index| tokens.word(index)).collect()
}

/// Targets with the number of times that the file names them.
fn counted(world: &World<'_>, targets: Vec<Target>) -> Vec<Target> {
    let name_of = |target: &Target| target.found.symbol().map(|symbol| symbol.name.clone());
    let names: Vec<String> = targets.iter().filter_map(name_of).collect();
    let uses = word_counts(world, names.iter().map(String::as_str));
    let uses_of = |target: &Target| uses.get(target.found.symbol()?.name.as_str()).copied();
    targets
        .iter()
        .map(|target| Target { uses_in_file: uses_of(target).unwrap_or_default(), ..target.clone() })
        .collect()
}

/// How often each of some words stands in the file outside its imports.
fn word_counts<'a>(world: &World<'_>, words: impl Iterator<Item = &'a str>) -> HashMap<&'a str, u32> {
    let tokens = &world.current.tokens;
    let mut counts: HashMap<&str, u32> = words.map(|word| (word, tokens.count_of(word))).collect();
    let mut ranges: Vec<Range<usize>> =
        world.current.entry.imports.iter().map(|it| it.range.clone()).collect();
    ranges.sort_by_key(|range| range.start);
    let mut told = 0;
    for range in ranges {
        let in_import = |index: &usize| tokens.get(*index).is_some_and(|token| token.start < range.end);
        // A statement that imports several names has one range for all.
        let first = tokens.first_from(range.start).max(told);
        for index in (first..).take_while(in_import) {
            tokens.visit_words(index, |word| {
                if let Some(count) = counts.get_mut(word) {
                    *count = count.saturating_sub(1);
                }
            });
            told = index + 1;
        }
    }
    counts
}

/// What the place of the cursor asks for: the declared type of what is assigned, the result type after `return`.
fn expected(world: &World<'_>, scope: &Scope, _cursor: usize, site: &Site, around: &[Enclosing]) -> Types {
    let tokens = &world.current.tokens;
    let Some(last) = site.tokens_before.checked_sub(1) else { return Types::new() };
    match tokens.word(last) {
        "=" => {
            let start = (0..last).rev().find(|index| {
                tokens.get(*index).is_some_and(|token| token.first_at.is_some()) || tokens.word(*index) == ";"
            });
            let start = start.unwrap_or(0);
            let colon = tokens.find_flat(start..last, |_, word| word == ":");
            match colon {
                Some(colon) => written(world, scope, tokens.text_of(colon + 1..last)),
                None => match chain_before(tokens, last, world.family().keywords()) {
                    Some(range) => expression(world, scope, tokens.text_of(range)),
                    None => Types::new(),
                },
            }
        }
        "return" => {
            let function = around.iter().find(|it| it.kind == EnclosingKind::Function);
            let arrow = function.and_then(|it| {
                tokens.find_flat(it.tokens.clone(), |_, word| word == "->").map(|at| (at, it))
            });
            match arrow {
                Some((at, it)) => {
                    let end = tokens
                        .find_flat(at..it.tokens.end, |_, word| word == "where")
                        .unwrap_or(it.tokens.end);
                    written(world, scope, tokens.text_of(at + 1..end))
                }
                None => Types::new(),
            }
        }
        _ => Types::new(),
    }
}

/// Targets as they are found.
struct Collected<'a> {
    world: &'a World<'a>,
    targets: Vec<Target>,
}

impl Collected<'_> {
    fn push(&mut self, found: &Found, reason: Reason) {
        if found.symbol().is_none() || self.targets.iter().any(|target| same(&target.found, found)) {
            return;
        }
        self.targets.push(Target { found: found.clone(), reason, uses_in_file: 0 });
    }

    /// The definitions of types, also those that are arguments of collections.
    fn all(&mut self, types: &Types, reason: Reason) {
        self.all_within(types, reason, 4);
    }

    fn all_within(&mut self, types: &Types, reason: Reason, depth: u8) {
        for one in types {
            match one {
                Type::Known(_, arguments) if depth > 0 => {
                    for argument in arguments {
                        self.all_within(argument, reason, depth - 1);
                    }
                }
                other => {
                    if let Some(found) = definition(other) {
                        self.push(&found, reason);
                    }
                }
            }
        }
    }

    /// What is called: of a class also its constructor.
    fn callee(&mut self, types: &Types, text: &str, scope: &Scope) {
        for one in types {
            if let Type::Class(class) = one {
                for name in ["__init__", "__new__", "constructor"] {
                    for constructor in members::member(self.world, class, name) {
                        if let Type::Function(function) = constructor {
                            self.push(&function.found, Reason::Callee);
                        }
                    }
                }
            }
            if let Some(found) = definition(one) {
                self.push(&found, Reason::Callee);
            }
        }
        // `object.method(`: what the object is, too.
        if let Some((receiver, _)) = text.rsplit_once('.') {
            let types = expression(self.world, scope, receiver);
            self.all(&types, Reason::Callee);
        }
    }

    /// A variable, constant or alias, which is no type by itself.
    fn valued(&mut self, name: &str, reason: Reason) {
        let entry = Arc::clone(&self.world.current.entry);
        let Some(found) = definition_of(self.world, &entry, name, MOST_STEPS) else { return };
        let valued = matches!(
            found.symbol().map(|symbol| symbol.kind),
            Some(DefinitionKind::Variable | DefinitionKind::Constant | DefinitionKind::Type)
        );
        if valued {
            self.push(&found, reason);
        }
    }

    fn unused_imports(&mut self) {
        let world = self.world;
        let entry = Arc::clone(&world.current.entry);
        let bound = entry.imports.iter().filter_map(|import| bound_name(world.family(), import));
        let uses = word_counts(world, bound);
        let mut told = 0;
        for import in &entry.imports {
            let Some(name) = bound_name(world.family(), import).map(str::to_owned) else { continue };
            let declares_module =
                world.family() == Family::Rust && import.name.is_none() && import.alias.is_none();
            if declares_module
                || import.public
                || uses.get(name.as_str()).is_some_and(|count| *count > 0)
                || told == MOST_UNUSED
            {
                continue;
            }
            let before = self.targets.len();
            let types = import_target(world, &entry, import, MOST_STEPS);
            self.all(&types, Reason::UnusedImport);
            self.valued(&name, Reason::UnusedImport);
            told += usize::from(self.targets.len() > before);
        }
    }

    /// What the header of the function around the cursor names.
    fn signature(&mut self, scope: &Scope, function: &Enclosing) {
        let tokens = &self.world.current.tokens;
        let scope = Scope { at: None, ..scope.clone() };
        for index in function.tokens.clone() {
            let named = tokens.is_word(index)
                && tokens.word(index).starts_with(|it: char| it.is_uppercase() || it == '_')
                && index.checked_sub(1).is_none_or(|it| separator_at(tokens, it).is_none());
            let path = tokens.is_word(index) && separator_at(tokens, index + 1).is_some();
            if named || path {
                let text = self.path_at(index);
                self.all(&written(self.world, &scope, &text), Reason::EnclosingSignature);
            }
        }
    }

    /// The text of the path that begins at a token.
    fn path_at(&self, index: usize) -> String {
        let tokens = &self.world.current.tokens;
        let mut end = index + 1;
        while separator_at(tokens, end).is_some() && tokens.is_word(end + 1) {
            end += 2;
        }
        tokens.text_of(index..end).to_owned()
    }

    /// What the lines around name, nearest first.
    fn nearby(&mut self, scope: &Scope, near: Range<usize>, cursor: usize) {
        let world = self.world;
        let tokens = &world.current.tokens;
        let entry = &world.current.entry;
        let middle = tokens.index_at(cursor);
        let mut indexes: Vec<usize> = near.filter(|index| tokens.is_word(*index)).collect();
        indexes.sort_by_key(|index| index.abs_diff(middle));
        let mut seen: HashSet<&str> = HashSet::new();
        let before = self.targets.len();
        for index in indexes {
            if self.targets.len() - before >= MOST_NEARBY {
                break;
            }
            let word = tokens.word(index);
            let is_member = index.checked_sub(1).is_some_and(|it| separator_at(tokens, it).is_some());
            let in_import = tokens
                .get(index)
                .is_some_and(|token| entry.imports.iter().any(|import| import.range.contains(&token.start)));
            if is_member || in_import || world.family().keywords().contains(&word) || !seen.insert(word) {
                continue;
            }
            if nearest(world.current.locals_near(cursor), word, cursor)
                .is_some_and(|local| local.visible.start > 0)
            {
                continue;
            }
            let types = in_file(world, entry, word, scope.at, MOST_STEPS);
            self.all(&types, Reason::NearbyName);
            self.valued(word, Reason::NearbyName);
        }
    }
}

/// Receivers that do not stand at the cursor: the object at hand, and the locals of known types.
fn others(
    world: &World<'_>,
    scope: &Scope,
    cursor: usize,
    locals: &[Local],
    near: Range<usize>,
    near_words: &HashSet<&str>,
    there: &[Receiver],
) -> Vec<Receiver> {
    let mut found: Vec<Receiver> = Vec::new();
    let mut names: Vec<(String, &'static str)> = Vec::new();
    let tokens = &world.current.tokens;
    if scope.this.is_some() {
        match world.family() {
            Family::Python => names.push(("self".to_owned(), ".")),
            Family::Rust => names.extend([("self".to_owned(), "."), ("Self".to_owned(), "::")]),
            Family::Ecma | Family::Java => names.push(("this".to_owned(), ".")),
            Family::Go => {}
        }
    }
    for local in locals {
        if local.is_parameter || near_words.contains(local.name.as_str()) {
            names.push((local.name.clone(), "."));
        }
    }
    // Chains that are written near, such as `self.client`: what follows them is likely to be wanted again.
    let middle = tokens.index_at(cursor);
    let mut chains: Vec<usize> = near.filter(|index| separator_at(tokens, *index).is_some()).collect();
    chains.sort_by_key(|index| index.abs_diff(middle));
    for index in chains.into_iter().take(24) {
        let (Some(range), Some(separator)) =
            (chain_before(tokens, index, world.family().keywords()), separator_at(tokens, index))
        else {
            continue;
        };
        let text = tokens.text_of(range.clone());
        let plain = chain(tokens, range.start).is_some_and(|chain| {
            matches!(chain.root, Root::Name(_)) && chain.end == range.end && range.len() <= 5
        });
        if plain && text.len() < 80 {
            names.push((text.to_owned(), separator));
        }
    }
    let mut seen: HashSet<(String, &str)> =
        there.iter().map(|receiver| (receiver.text.clone(), receiver.separator)).collect();
    for (text, separator) in names {
        if found.len() >= MOST_RECEIVERS || !seen.insert((text.clone(), separator)) {
            continue;
        }
        let types = match text.as_str() {
            name if separator == "." && locals.iter().any(|it| it.name == name) => named(world, scope, name),
            _ => receiver_types(world, scope, &text, separator),
        };
        let guessed = world.guessed.replace(false);
        found.extend(made(world, &text, separator, false, &types, guessed));
    }
    found
}
