//! Which names a piece of code binds to values, and what it says of their types: the result of the query `bindings.scm`. It
//! must not infer a type.

use std::ops::Range;

use text::Text;

use crate::Tree;
use crate::query::Match;

/// A name that is bound to a value inside a function or a file: a parameter, a local, a field of the object at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The name; of a field, without the object.
    pub name: String,
    /// Bytes of the name.
    pub name_range: Range<usize>,
    /// Bytes of the innermost scope that the name stands in; of a field, the method's that sets it.
    pub scope: Range<usize>,
    /// What it is.
    pub kind: BindingKind,
    /// The text of the annotated type; of an exception that is caught, its class.
    pub type_text: Option<String>,
    /// The text of what is assigned, at most 200 bytes of it; of a parameter, its default. None where the name is bound to
    /// a part of a value, save for the first name of Go's `item, err := load()`.
    pub value: Option<String>,
}

/// The kinds of binding; each is the capture `@binding.<kind>` of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BindingKind {
    /// A parameter of a function.
    Parameter,
    /// A variable, wherever it is.
    Local,
    /// A field that is set on the object at hand: `self.x = ...`, `this.x = ...`, and TypeScript's parameters that are fields,
    /// which are told as parameters too.
    SelfField,
}

/// How much of a value is kept, in bytes.
const VALUE_LIMIT: usize = 200;

impl Tree {
    /// The names that a byte range binds, in the order of the text. Walks only that part of the tree.
    pub fn bindings(&self, text: &Text, range: Range<usize>) -> Vec<Binding> {
        let Some(root) = self.root() else { return Vec::new() };
        let mut facts: Vec<Fact> = Vec::new();
        let query = &self.language().entry().bindings;
        query.visit_matches(self.language(), root, text, range.clone(), |one| {
            let facts_of_match = Fact::of_match(one);
            facts
                .extend(facts_of_match.filter(|it| range.start <= it.name.start && it.name.end <= range.end));
        });
        // The first pattern in the file comes first: it says what the name is, and the others may add to it.
        facts.sort_by_key(|fact| (fact.name.start, fact.pattern));
        let scopes = self.scopes_in(text, range);
        let mut open: Vec<Range<usize>> = Vec::new();
        let mut scopes = scopes.into_iter().map(|scope| scope.range).peekable();
        let mut bindings = Vec::new();
        for facts in facts.chunk_by(|one, other| one.name == other.name) {
            let Some(name) = facts.first().map(|fact| fact.name.clone()) else { continue };
            open.extend(std::iter::from_fn(|| scopes.next_if(|scope| scope.start <= name.start)));
            // A scope that ended before the name holds no later one either.
            open.retain(|scope| name.end <= scope.end);
            let scope = open.last().cloned().unwrap_or(0..text.len_bytes());
            let binding = binding(facts, name, scope, text);
            // TypeScript's `constructor(private x: X)` makes a parameter and a field.
            let is_field = facts.iter().any(|fact| fact.kind == Some(BindingKind::SelfField));
            let is_also_field = |it: &Binding| is_field && it.kind != BindingKind::SelfField;
            let field = binding.clone().filter(is_also_field);
            bindings.extend(binding);
            bindings.extend(field.map(|it| Binding { kind: BindingKind::SelfField, ..it }));
        }
        bindings
    }
}

impl BindingKind {
    fn of_capture(name: &str) -> Option<Self> {
        Some(match name.strip_prefix("binding.")? {
            "parameter" => Self::Parameter,
            "local" => Self::Local,
            "self_field" => Self::SelfField,
            _ => return None,
        })
    }
}

/// What one match says about a name.
struct Fact {
    pattern: usize,
    name: Range<usize>,
    kind: Option<BindingKind>,
    type_range: Option<Range<usize>>,
    value: Option<Range<usize>>,
}

impl Fact {
    fn of_match(found: &Match<'_>) -> Option<Self> {
        Some(Self {
            pattern: found.pattern,
            name: found.range("name")?,
            kind: found.captures.iter().find_map(|capture| BindingKind::of_capture(capture.name)),
            type_range: found.range("type"),
            value: found.range("value"),
        })
    }
}

/// Adds up what the matches of one name say.
fn binding(facts: &[Fact], name_range: Range<usize>, scope: Range<usize>, text: &Text) -> Option<Binding> {
    let type_range = facts.iter().find_map(|fact| fact.type_range.clone());
    let value = facts.iter().find_map(|fact| fact.value.clone());
    Some(Binding {
        name: text.slice(name_range.clone()),
        name_range,
        scope,
        kind: facts.iter().find_map(|fact| fact.kind)?,
        type_text: type_range.map(|range| text.slice(range)),
        value: value.map(|range| text.slice(range.start..range.end.min(range.start + VALUE_LIMIT))),
    })
}
