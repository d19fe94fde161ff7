//! What a file imports: the result of the query `imports.scm`. It must not look for the module that an import names.

use std::ops::Range;

use text::Text;

use crate::query::{Match, Part, QuerySource};
use crate::{Language, Tree};

/// One name, or one module, that a file imports.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Import {
    /// The module as it is written: `.a.b` or `a.b` in Python, `crate::a::b` in Rust, `./x` in JavaScript and TypeScript,
    /// `example.org/x/y` in Go, `a.b` in Java. Rust's nested uses are written out, and `mod x;` imports `self::x`.
    pub module: String,
    /// The name that is taken from the module; `*` for all of them, `default` for a default export; none when the module
    /// itself is bound, as by `import a.b` or `use a::{self}`, or when nothing is, as by `import "x"`. Where a path alone
    /// does not tell a module from a name, as in `use a::b`, its last part is the name.
    pub name: Option<String>,
    /// What it is called in this file, where that is not its own name.
    pub alias: Option<String>,
    /// Bytes of the whole statement.
    pub range: Range<usize>,
    /// Whether the statement also exports it: `pub use`, `pub mod x;`, `export ... from`.
    pub public: bool,
}

impl Tree {
    /// Everything that the file imports, in the order of the text, wherever in the file it does. Walks the whole tree.
    pub fn imports(&self, text: &Text) -> Vec<Import> {
        let Some(root) = self.root() else { return Vec::new() };
        read(self.language(), &Part::whole(root, text), 0..usize::MAX)
    }
}

/// What a part of a tree imports that is in the byte range, in the order of the text.
pub(crate) fn read(language: Language, part: &Part<'_>, range: Range<usize>) -> Vec<Import> {
    let query = &language.entry().imports;
    let mut found = Found::default();
    query.visit_part(language, part, |one| found.add(one));
    found.leaves.retain(|leaf| range.contains(&leaf.at.start));
    found.imports(query, language, part)
}

/// What the matches of imports.scm say.
#[derive(Default)]
struct Found {
    statements: Vec<Statement>,
    nests: Vec<Nest>,
    leaves: Vec<Leaf>,
}

struct Statement {
    range: Range<usize>,
    public: bool,
}

/// What is in `inside` is under the path that `path` is, its separator included.
struct Nest {
    path: Range<usize>,
    inside: Range<usize>,
}

/// One imported thing, in byte ranges.
struct Leaf {
    pattern: usize,
    at: Range<usize>,
    module: Option<Range<usize>>,
    name: Option<Range<usize>>,
    alias: Option<Range<usize>>,
    is_glob: bool,
}

impl Found {
    fn add(&mut self, found: &Match<'_>) {
        if let Some(range) = found.range("statement") {
            self.statements.push(Statement { range, public: found.node("public").is_some() });
        }
        if let (Some(path), Some(inside)) = (found.range("path"), found.range("inside")) {
            self.nests.push(Nest { path: path.start..inside.start, inside });
            return;
        }
        let (module, name, alias) = (found.range("module"), found.range("name"), found.range("alias"));
        let glob = found.range("glob");
        let at = [&name, &alias, &glob, &module].into_iter().flatten().next().cloned();
        if let Some(at) = at.or_else(|| found.range("import")) {
            let is_glob = glob.is_some();
            self.leaves.push(Leaf { pattern: found.pattern, at, module, name, alias, is_glob });
        }
    }

    fn imports(mut self, query: &'static QuerySource, language: Language, part: &Part<'_>) -> Vec<Import> {
        // Of several patterns that match one thing the first in the file counts.
        self.leaves.sort_by_key(|leaf| (leaf.at.start, leaf.pattern));
        self.leaves.dedup_by(|later, earlier| later.at == earlier.at);
        self.nests.sort_by_key(|nest| nest.inside.start);
        // One pattern may find a statement and another one that it is public.
        self.statements.sort_by_key(|it| (it.range.start, it.range.end, !it.public));
        self.statements.dedup_by(|later, earlier| later.range == earlier.range);
        let imports = self.leaves.iter().filter_map(|leaf| self.import(leaf, query, language, part));
        imports.collect()
    }

    fn import(
        &self,
        leaf: &Leaf,
        query: &'static QuerySource,
        language: Language,
        part: &Part<'_>,
    ) -> Option<Import> {
        let text_of = |range: &Range<usize>| part.text_of(range.clone()).trim();
        let setting = |key: &str| query.setting(language, leaf.pattern, key);
        let (statement, public) = self.statement_of(leaf)?;
        let mut module = setting("prefix").unwrap_or_default().to_owned();
        // Nests cannot be in other statements, and a statement holds few.
        let first = self.nests.partition_point(|nest| nest.inside.start < statement.start);
        for nest in self.nests.iter().skip(first).take_while(|nest| nest.inside.start < leaf.at.start) {
            if leaf.at.end <= nest.inside.end {
                module.extend(text_of(&nest.path).split_whitespace());
            }
        }
        match &leaf.module {
            Some(own) => module.push_str(text_of(own)),
            None => module.truncate(without_separator(&module)),
        }
        let name = setting("name").or_else(|| leaf.name.as_ref().map(text_of)).map(str::to_owned);
        let name = if leaf.is_glob { Some("*".to_owned()) } else { name };
        let alias = leaf.alias.as_ref().map(|alias| text_of(alias).to_owned());
        // What is imported from nowhere is a module itself.
        let (module, name) = if module.is_empty() { (name?, None) } else { (module, name) };
        Some(Import { module, name, alias, range: statement, public })
    }

    /// The innermost statement around a leaf.
    fn statement_of(&self, leaf: &Leaf) -> Option<(Range<usize>, bool)> {
        let after = self.statements.partition_point(|statement| statement.range.start <= leaf.at.start);
        let mut before = self.statements.get(..after)?.iter().rev();
        let statement = before.find(|statement| leaf.at.end <= statement.range.end)?;
        Some((statement.range.clone(), statement.public))
    }
}

/// The length of a path without the separator at its end.
fn without_separator(path: &str) -> usize {
    path.trim_end_matches([':', '.', '/']).len()
}
