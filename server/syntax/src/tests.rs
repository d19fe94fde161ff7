//! Every query of every language compiles, and each language's own sample gives what its folder expects, so that a
//! new language needs no test code. It must not test tree-sitter itself.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fmt::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use expect_test::expect_file;
use text::{Edit, Text};

use crate::query::{Match, Part, QuerySource};
use crate::{Binding, Definition, Language, SiteClass, Tree};

/// A file of a language's folder.
fn grammar_file(language: Language, name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../grammars").join(language.id()).join(name)
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_query_of_every_language_compiles() {
    assert!(Language::all().len() >= 2);
    let mut errors = String::new();
    for language in Language::all() {
        let entry = language.entry();
        let queries = [
            (&entry.scopes, "scopes"),
            (&entry.definitions, "definitions"),
            (&entry.references, "references"),
            (&entry.imports, "imports"),
            (&entry.bindings, "bindings"),
            (&entry.literals, "literals"),
        ];
        for (query, name) in queries {
            if let Err(error) = query.compile(language) {
                let _ = writeln!(errors, "grammars/{}/{name}.scm: {error}", language.id());
            }
        }
    }
    assert_eq!(errors, "");
}

#[test]
fn every_language_is_found_by_its_ids_and_its_files() {
    for language in Language::all() {
        assert_eq!(Language::from_id(language.id()), Some(language), "the folder's name is an id too");
        for extension in language.extensions() {
            let path = Path::new("folder.d").join(format!("name.{extension}"));
            assert_eq!(Language::from_path(&path), Some(language), "{extension}");
        }
    }
    assert_eq!(Language::from_path(Path::new("SConstruct")).map(Language::id), Some("python"));
    assert_eq!(Language::from_path(Path::new("py")), None);
    assert_eq!(Language::from_path(Path::new("..")), None);
    assert_eq!(Language::from_id("plaintext"), None);
}

/// grammars/<language>/sample.txt is a piece of code; sample.expect lists what is found in it.
#[test]
fn each_sample_has_the_outline_that_its_folder_expects() {
    for language in Language::all() {
        let source = read(&grammar_file(language, "sample.txt"));
        let text = Text::new(&source);
        let tree = Tree::parse(language, &text);
        assert!(!tree.has_error(), "{} {}", language.id(), tree.sexp());
        expect_file![grammar_file(language, "sample.expect")].assert_eq(&outline(&tree, &text));
    }
}

fn outline(tree: &Tree, text: &Text) -> String {
    let mut out = definitions(tree, text);
    out.push_str("imports: name as alias from module\n");
    for import in tree.imports(text) {
        let line = text.line_of(import.range.start) + 1;
        let name = import.name.unwrap_or_else(|| "itself".to_owned());
        let alias = import.alias.map(|alias| format!(" as {alias}")).unwrap_or_default();
        let public = if import.public { ", public" } else { "" };
        let _ = writeln!(out, "  {line}: {name}{alias} from {}{public}", import.module);
    }
    out.push_str("bindings: kind, name, type, value, lines of the scope\n");
    for binding in tree.bindings(text, 0..text.len_bytes()) {
        assert_eq!(text.slice(binding.name_range.clone()), binding.name);
        let line = text.line_of(binding.name_range.start) + 1;
        let scope = (text.line_of(binding.scope.start) + 1, text.line_of(binding.scope.end) + 1);
        let _ = write!(out, "  {line}: {:?} {}", binding.kind, binding.name);
        let _ = binding.type_text.map(|it| write!(out, ": {it}"));
        let _ =
            binding.value.map(|it| write!(out, " = {}", it.split_whitespace().collect::<Vec<_>>().join(" ")));
        let _ = writeln!(out, " in {}-{}", scope.0, scope.1);
    }
    out.push_str("references by line\n");
    for line in 0..text.line_count() {
        let range = text.line_start(line)..text.line_end(line);
        let references = tree.references(text).into_iter().filter(|it| range.contains(&it.range.start));
        let listed: Vec<String> = references
            .map(|it| format!("{:?} {}", it.kind, it.name.split_whitespace().collect::<Vec<_>>().join(" ")))
            .collect();
        if !listed.is_empty() {
            let _ = writeln!(out, "  {}: {}", line + 1, listed.join(", "));
        }
    }
    out.push_str("scopes\n");
    for scope in tree.scopes(text) {
        let _ = writeln!(out, "  {}", one_line(text, scope.range));
    }
    out.push_str("comments and strings: . code, c comment, s string\n");
    for line in 0..text.line_count() {
        let (start, end) = (text.line_start(line), text.line_end(line));
        let classes: String = (start..=end).map(|offset| class_letter(tree.class_at(text, offset))).collect();
        if classes.contains(['c', 's']) {
            let _ = writeln!(out, "  {}\n  {classes}", text.line(line));
        }
    }
    out
}

fn definitions(tree: &Tree, text: &Text) -> String {
    let mut out = String::from("definitions: kind, name, in what, header\n");
    let definitions = tree.definitions(text);
    for definition in &definitions {
        let container = definition.container.as_deref().unwrap_or("-");
        let header = one_line(text, definition.header.clone());
        let _ = writeln!(out, "  {:?} {} in {container}: {header}", definition.kind, definition.name);
        let around = definition.parent.map(|parent| definitions[parent].range.clone());
        assert!(around.is_none_or(|it| it.start <= definition.range.start && definition.range.end <= it.end));
        if definition.range.start < definition.header.start {
            let before = definition.range.start..definition.header.start;
            let _ = writeln!(out, "    after {}", one_line(text, before));
        }
        let _ = definition.doc.clone().map(|doc| writeln!(out, "    doc {}", one_line(text, doc)));
        if !definition.bases.is_empty() {
            let _ = writeln!(out, "    bases {}", definition.bases.join(", "));
        }
        let _ = definition.type_text.as_ref().map(|it| writeln!(out, "    type {it}"));
    }
    out
}

fn class_letter(class: SiteClass) -> char {
    match class {
        SiteClass::Code => '.',
        SiteClass::Comment => 'c',
        SiteClass::String => 's',
    }
}

/// A range with its lines and the text in it, shortened to its first line.
fn one_line(text: &Text, range: Range<usize>) -> String {
    let lines = (text.line_of(range.start) + 1, text.line_of(range.end) + 1);
    let content = text.slice(range);
    let first = content.lines().next().unwrap_or_default();
    let more = if content.lines().count() > 1 { " ..." } else { "" };
    format!("{}-{} `{first}{more}`", lines.0, lines.1)
}

/// grammars/<language>/sites.txt holds pieces of code between lines of `---`, mostly unfinished ones, each with a cursor
/// `$0`; sites.expect tells what the cursor is in.
#[test]
fn each_cursor_is_in_what_its_folder_expects() {
    for language in Language::all() {
        let mut out = String::new();
        for case in read(&grammar_file(language, "sites.txt")).split("---\n") {
            let fixture = test_fixture::cursor(case);
            let text = Text::new(&fixture.text);
            let tree = Tree::parse(language, &text);
            let _ = writeln!(out, "{case}=> {:?}", tree.class_at(&text, fixture.cursor));
            for block in tree.enclosing_blocks(&text, fixture.cursor) {
                let header = one_line(&text, block.header);
                let body = text.slice(block.range);
                let closed = if block.closed { "" } else { ", not closed" };
                let _ = writeln!(out, "   in {header} {body:?}{closed}");
            }
            out.push_str("---\n");
        }
        expect_file![grammar_file(language, "sites.expect")].assert_eq(&out);
    }
}

fn language(id: &str) -> Language {
    Language::from_id(id).unwrap()
}

#[test]
fn a_tree_follows_an_edit() {
    for (id, before, range, new_text) in [
        ("python", "def f():\n    return 1\n", 4..5, "long_name"),
        ("python", "def f():\r\n    return 1\r\n", 10..14, "\t"),
        ("rust", "fn f() {}\n", 8..8, " \"\u{1f600}\" "),
        ("rust", "", 0..0, "fn f() {}\n"),
        ("rust", "fn f() {}\n", 0..10, ""),
    ] {
        let mut text = Text::new(before);
        let mut tree = Tree::parse(language(id), &text);
        let edit = Edit { range, new_text: new_text.to_owned() };
        let old = text.clone();
        text.apply(&edit).unwrap();
        tree.edit(&old, &edit, &text);
        assert_eq!(
            tree.reparse(&text).sexp(),
            Tree::parse(language(id), &text).sexp(),
            "{before:?} {edit:?}"
        );
    }
}

#[test]
fn a_parse_that_runs_out_of_time_leaves_nothing_behind_on_its_thread() {
    let long = Text::new(&"def f(a):\n    return [a]\n".repeat(2_000));
    assert!(Tree::parse_within(language("python"), &long, None, Duration::ZERO).is_none());
    let short = Text::new("x = 1\n");
    let tree = Tree::parse_within(language("python"), &short, None, Duration::from_secs(60)).unwrap();
    assert_eq!(
        tree.sexp(),
        "(module 0..6 (expression_statement 0..5 (assignment 0..5 left: (identifier 0..1) (\"=\" 2..3) right: (integer 4..5))))"
    );
}

/// What the walk finds that tries a query only where one of its patterns can begin is what the query finds by itself.
#[test]
fn a_query_finds_in_a_whole_tree_what_it_finds_in_a_range() {
    for language in Language::all() {
        let sample = read(&grammar_file(language, "sample.txt"));
        let sites = read(&grammar_file(language, "sites.txt"));
        let lines: Vec<&str> = sample.split_inclusive('\n').collect();
        // Broken in many ways: cut off, without its beginning, without some lines, in disorder.
        let mut sources = vec![String::new(), sample.clone(), sites.replace("---\n", "")];
        sources.extend(sites.split("---\n").map(str::to_owned));
        sources.extend((0..lines.len()).step_by(3).flat_map(|at| {
            let (before, after) = lines.split_at(at);
            let (first, rest) = after.split_first().unwrap_or((&"", &[]));
            let half = first.get(..first.len() / 2).unwrap_or(first);
            [
                before.concat() + half,
                after.concat(),
                before.concat() + &rest.concat(),
                after.concat() + &before.concat(),
            ]
        }));
        let entry = language.entry();
        for query in [&entry.definitions, &entry.imports] {
            assert!(query.roots(language).is_some(), "{language:?}: a pattern begins at any node");
            for source in &sources {
                let text = Text::new(source);
                let tree = Tree::parse(language, &text);
                let root = tree.root().unwrap();
                let [mut whole, mut ranged] = [Vec::new(), Vec::new()];
                let part = Part::whole(root, &text);
                query.visit_part(language, &part, |one| whole.push(described(one)));
                query
                    .visit_matches(language, root, &text, 0..source.len(), |one| ranged.push(described(one)));
                whole.sort();
                ranged.sort();
                assert_eq!(whole, ranged, "{language:?} {source:?}");
            }
        }
    }
}

fn described(found: &Match<'_>) -> (usize, Vec<String>) {
    let captures = found.captures.iter().map(|it| format!("{} {:?}", it.name, it.node.byte_range()));
    (found.pattern, captures.collect())
}

#[test]
fn where_a_query_can_begin_is_told_only_if_it_is_known() {
    let rust = language("rust");
    let roots = |source: &'static str| {
        let query = Box::leak(Box::new(QuerySource::new(source)));
        let roots = query.roots(rust)?.iter().enumerate().filter(|(_, is_root)| **is_root);
        let kinds = roots.filter_map(|(kind, _)| rust.grammar().node_kind_for_id(u16::try_from(kind).ok()?));
        Some(kinds.collect::<Vec<_>>().join(" "))
    };
    for (source, expected) in [
        ("; (a comment)\n(mod_item)", Some("mod_item")),
        ("( (mod_item name: (_) @a)\n(#eq? @a \"b\"))(use_list) @b", Some("mod_item use_list")),
        ("(mod_item) (_) @a", None),
        ("[(mod_item) (use_list)] @a", None),
        ("([(mod_item) (use_list)] @a)", None),
        ("((mod_item) (use_list))", None),
        ("(mod_item)+ @a", None),
        ("(_expression) @a", None),
        ("(ERROR) @a", None),
        ("(MISSING \";\") @a", None),
        ("\"use\" @a", None),
    ] {
        assert!(QuerySource::new(source).compile(rust).is_ok(), "{source}");
        assert_eq!(roots(source).as_deref(), expected, "{source}");
    }
}

#[test]
fn every_offset_of_broken_code_has_an_answer() {
    let pieces = [
        "def f(:\n",
        "  \"\"\"a",
        "'",
        "{",
        "}",
        "(",
        "/* ",
        "`${",
        "\u{1f600}",
        "fn x() {\r",
        "\\",
        "#",
        "if x:\n\n",
    ];
    for language in Language::all() {
        for start in 0..pieces.len() {
            let source: String = pieces.iter().cycle().skip(start).take(pieces.len()).copied().collect();
            let text = Text::new(&source);
            let tree = Tree::parse(language, &text);
            for definition in tree.definitions(&text) {
                let Definition { range, header, name_range, .. } = &definition;
                assert!(range.start <= header.start && header.end <= range.end, "{definition:?} {source:?}");
                assert_eq!(text.slice(name_range.clone()), definition.name, "{source:?}");
            }
            for binding in tree.bindings(&text, 0..source.len()) {
                let Binding { scope, name_range, .. } = &binding;
                assert!(
                    scope.start <= name_range.start && name_range.end <= scope.end,
                    "{binding:?} {source:?}"
                );
            }
            for import in tree.imports(&text) {
                assert!(import.range.end <= source.len(), "{import:?} {source:?}");
            }
            for offset in 0..=source.len() + 1 {
                tree.class_at(&text, offset);
                for block in tree.enclosing_blocks(&text, offset) {
                    assert!(
                        block.header.end <= block.range.start,
                        "{language:?} {offset} {block:?} {source:?}"
                    );
                    assert!(block.range.start <= offset, "{language:?} {offset} {block:?} {source:?}");
                }
            }
        }
    }
}

#[test]
fn every_identifier_that_lies_in_the_range_is_visited() {
    let source = "def été(a_b):\r\n    return self.x(\"text\", f'{y}')  # no\n";
    let text = Text::new(source);
    let tree = Tree::parse(language("python"), &text);
    let names = |range: Range<usize>| {
        let mut names = Vec::new();
        tree.visit_identifiers(&text, range, &mut |name, bytes| {
            assert_eq!(&source[bytes], name);
            names.push(name.to_owned());
        });
        names
    };
    assert_eq!(names(0..source.len()), ["été", "a_b", "self", "x", "y"]);
    assert_eq!(names(0..usize::MAX), names(0..source.len()));
    assert_eq!(names(source.find("a_b").unwrap()..source.find(".x").unwrap()), ["a_b", "self"]);
    let inside_self = source.find("self").unwrap() + 1;
    assert_eq!(names(inside_self..source.len()), ["x", "y"]);
    assert_eq!(names(5..5), [""; 0]);
    assert_eq!(names(6..20), ["a_b"], "a range may begin inside a character");
}

#[test]
fn errors_are_found_where_they_are() {
    // In each source the parts in error are between « and »; an empty pair is a missing token.
    for (id, marked) in [
        ("python", "def f():\n    return 1\n"),
        ("python", "a = 1\nb = «)»\nc = 2\n"),
        ("python", "«a = f(1\nb = 2»\n"),
        ("rust", "fn f() { let a = 1«» }\nfn h() { x + «+ +» y }\nfn i() {}\n"),
        ("go", "package a\nfunc f() {\n\tx :=«» \n}\n"),
    ] {
        let mut expected = Vec::new();
        let mut source = String::new();
        for (index, piece) in marked.split(['«', '»']).enumerate() {
            if index % 2 == 1 {
                expected.push(source.len()..source.len() + piece.len());
            }
            source.push_str(piece);
        }
        let text = Text::new(&source);
        let tree = Tree::parse(language(id), &text);
        assert_eq!(tree.error_ranges(0..source.len()), expected, "{}", tree.sexp());
        for start in 0..source.len() {
            for end in start..source.len() {
                let touches = |error: &&Range<usize>| error.start <= end && error.end >= start;
                let expected: Vec<Range<usize>> = expected.iter().filter(touches).cloned().collect();
                assert_eq!(tree.error_ranges(start..end), expected, "{source:?} {start}..{end}");
                assert_eq!(tree.syntax_error_in(start..end), !expected.is_empty());
            }
        }
    }
}
