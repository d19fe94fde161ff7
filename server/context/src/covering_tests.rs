//! Between code and its tests: the tests that call the function whose body is still to be written, and in a test the
//! signature of what it is named after. It must not show a test to a body that is there already: the file teaches more then.

use std::collections::HashSet;
use std::sync::Arc;

use documents::Snapshot;
use index::{FileEntry, Found, Index};
use syntax::{Definition, DefinitionKind, Tree};
use text::Text;

use crate::enclosing::function_at;
use crate::excerpt::{Excerpt, Source};
use crate::files::file_of;
use crate::siblings::dedented;
use crate::skeleton::skeleton;

/// Lines of one test; a longer one is cut at a line.
const MOST_LINES: u32 = 16;
/// Test files that are read, and tests that are shown.
const MOST_FILES: usize = 3;
const MOST_TESTS: usize = 2;
/// What a test that calls the function is worth, and what the signature of a test's subject is.
const TEST_SCORE: f32 = 0.5;
const SUBJECT_SCORE: f32 = 0.5;

/// The excerpts for the function around the cursor.
pub(crate) fn excerpts(
    snapshot: &Snapshot,
    cursor: usize,
    words: &HashSet<String>,
    index: &Index,
) -> Vec<Excerpt> {
    let (Some(tree), Some(outline), Some(path)) = (snapshot.tree(), snapshot.outline(), &snapshot.path)
    else {
        return Vec::new();
    };
    let text = &snapshot.text;
    let definitions = outline.definitions();
    let Some(around) = function_at(snapshot, cursor, definitions).and_then(|at| definitions.get(at)) else {
        return Vec::new();
    };
    let relative = index.file(path).map(|file| file.relative.clone());
    let relative = relative.unwrap_or_else(|| path.to_string_lossy().into_owned());
    if is_test_file(&relative) {
        return subject(&around.name, &tree, index)
            .map(|found| of_subject(&found, words))
            .into_iter()
            .flatten()
            .collect();
    }
    let owner = around.parent.and_then(|parent| definitions.get(parent));
    if !is_unwritten(around, &tree, text, cursor) {
        return Vec::new();
    }
    let users = index.files_referencing(&around.name).into_iter();
    let users = users.filter(|file| file.language == tree.language() && is_test_file(&file.relative));
    // A method's name alone may be anybody's: the test must name its type as well.
    let of_type: Option<HashSet<String>> = owner.map(|owner| {
        index.files_referencing(&owner.name).into_iter().map(|file| file.relative.clone()).collect()
    });
    users
        .filter(|file| of_type.as_ref().is_none_or(|files| files.contains(&file.relative)))
        .take(MOST_FILES)
        .filter_map(|file| calling_test(&file, &around.name, index))
        .take(MOST_TESTS)
        .collect()
}

/// Whether a file holds tests, by the customs of the languages: a folder for tests, or `test` in the file's name where
/// runners look for it.
pub(crate) fn is_test_file(relative: &str) -> bool {
    let mut parts = relative.rsplit('/');
    let name = parts.next().unwrap_or("");
    let in_folder = parts.any(|folder| matches!(folder, "test" | "tests" | "__tests__" | "spec" | "specs"));
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let customary = ["_test", "_tests", ".test", ".spec", "Test", "Tests"];
    in_folder || stem.starts_with("test_") || customary.iter().any(|end| stem.ends_with(end))
}

fn is_callable(kind: DefinitionKind) -> bool {
    matches!(kind, DefinitionKind::Function | DefinitionKind::Method)
}

/// Whether nothing but documentation stands before the cursor in a function's body.
fn is_unwritten(function: &Definition, tree: &Tree, text: &Text, cursor: usize) -> bool {
    let Some(body) = &function.body else { return false };
    let mut written = false;
    tree.visit_identifiers(text, body.start..cursor.max(body.start), &mut |_, _| written = true);
    !written
}

/// The first test of a file that calls a function.
fn calling_test(file: &Arc<FileEntry>, function: &str, index: &Index) -> Option<Excerpt> {
    let read = file_of(file, index)?;
    let (text, tree) = read.parsed();
    // References are only looked for where the name stands: telling all of a file takes milliseconds.
    let places = read.content.match_indices(function).map(|(at, _)| at..at + function.len());
    let mut calls = places.filter(|place| {
        let used = tree.references_in(text, place.clone());
        used.iter().any(|used| used.range == *place && used.name == function)
    });
    let test = calls.find_map(|call| {
        let around = |symbol: &&index::Symbol| is_callable(symbol.kind) && symbol.range.contains(&call.start);
        file.symbols.iter().rev().find(around)
    })?;
    let end = test.lines.end.min(test.lines.start + MOST_LINES);
    let lines = read.lines(test.lines.start..end);
    Some(Excerpt {
        path: file.relative.clone(),
        lines: test.lines.start..end,
        text: dedented(&lines),
        source: Source::Tests,
        reason: format!("the test `{}` calls `{function}`, whose body is to be written", test.name),
        score: TEST_SCORE,
    })
}

/// What a test is named after: `parse_line` of `test_parse_line`, also where the test's name goes on.
fn subject(test: &str, tree: &Tree, index: &Index) -> Option<Found> {
    let plain = test
        .strip_prefix("test_")
        .or_else(|| test.strip_prefix("Test"))
        .or_else(|| test.strip_suffix("_test"))?;
    let mut name = plain.trim_start_matches('_');
    loop {
        let found: Vec<Found> = index
            .definitions_named(name)
            .into_iter()
            .filter(|found| found.file.language == tree.language() && !is_test_file(&found.file.relative))
            .filter(|found| found.symbol().is_some_and(|symbol| is_callable(symbol.kind)))
            .collect();
        match found.as_slice() {
            [] => {}
            [only] => return Some(only.clone()),
            // Which of them is meant cannot be told.
            _ => return None,
        }
        // One word is too little to tell a function from another word of the test's name.
        name = name.rsplit_once('_').map(|(shorter, _)| shorter).filter(|shorter| shorter.contains('_'))?;
    }
}

fn of_subject(found: &Found, words: &HashSet<String>) -> Option<Excerpt> {
    let symbol = found.symbol()?;
    Some(Excerpt {
        path: found.file.relative.clone(),
        lines: symbol.lines.clone(),
        text: skeleton(found, &[], words)?,
        source: Source::Tests,
        reason: format!("the test is named after `{}`", symbol.name),
        score: SUBJECT_SCORE,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use documents::{DocumentId, DocumentStore};
    use expect_test::{Expect, expect};
    use index::Options;
    use std::sync::atomic::AtomicBool;

    /// What is found at the `$0` of the last file.
    fn check(files: &[(&str, &str)], expected: Expect) {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content.replace("$0", "")).unwrap();
        }
        let index = Index::new(vec![folder.path().to_owned()], Options::default());
        index.scan(&AtomicBool::new(false));
        let (name, content) = files.last().unwrap();
        let cursor = content.find("$0").unwrap();
        let path = folder.path().join(name);
        let language = syntax::Language::from_path(&path).unwrap();
        let id = DocumentId::from_path(&path).unwrap();
        let snapshot = DocumentStore::default().open(id, language.id(), 1, &content.replace("$0", ""));
        let found = excerpts(&snapshot, cursor, &HashSet::new(), &index);
        let told: Vec<String> =
            found.iter().map(|it| format!("{} ({})\n{}\n", it.path, it.reason, it.text)).collect();
        expected.assert_eq(&told.concat());
    }

    const TESTS: (&str, &str) = (
        "tests/test_stock.py",
        "from stock import Stock, total\n\n\ndef test_empty():\n    assert total([]) == 0\n\n\nclass TestStock:\n    \
         def test_take(self):\n        stock = Stock(3)\n        assert stock.take(2) == 1\n",
    );

    #[test]
    fn a_body_to_be_written_is_shown_the_test_that_calls_it() {
        check(
            &[TESTS, ("stock.py", "def total(items):\n    \"\"\"Sums.\"\"\"\n    $0\n")],
            expect![[r#"
                tests/test_stock.py (the test `test_empty` calls `total`, whose body is to be written)
                def test_empty():
                    assert total([]) == 0
            "#]],
        );
        check(
            &[TESTS, ("stock.py", "class Stock:\n    def take(self, count):\n        $0\n")],
            expect![[r#"
                tests/test_stock.py (the test `test_take` calls `take`, whose body is to be written)
                def test_take(self):
                    stock = Stock(3)
                    assert stock.take(2) == 1
            "#]],
        );
    }

    #[test]
    fn a_body_that_has_begun_and_the_method_of_another_type_are_shown_nothing() {
        check(&[TESTS, ("stock.py", "def total(items):\n    count = 0\n    $0\n")], expect![[""]]);
        check(
            &[TESTS, ("money.py", "class Purse:\n    def take(self, count):\n        $0\n")],
            expect![[""]],
        );
        check(&[TESTS, ("stock.py", "def total(items$0):\n    pass\n")], expect![[""]]);
        check(&[TESTS, ("stock.py", "def total(items):\n    \"\"\"Sums.\"\"\"\n\n$0\n")], expect![[""]]);
    }

    #[test]
    fn a_test_is_shown_what_it_is_named_after() {
        let lines = (
            "src/lines.rs",
            "/// Splits.\npub fn split_line(text: &str) -> Vec<&str> {\n    Vec::new()\n}\n",
        );
        check(
            &[lines, ("tests/lines.rs", "#[test]\nfn test_split_line_of_nothing() {\n    $0\n}\n")],
            expect![[r#"
                src/lines.rs (the test is named after `split_line`)
                // Splits.
                pub fn split_line(text: &str) -> Vec<&str>;
            "#]],
        );
        check(&[lines, ("tests/lines.rs", "#[test]\nfn test_split() {\n    $0\n}\n")], expect![[""]]);
    }

    #[test]
    fn test_files_are_told_by_the_customs_of_their_languages() {
        let tests = [
            "tests/a.py",
            "a/test_b.py",
            "b_test.go",
            "src/a.test.ts",
            "src/__tests__/a.js",
            "a/StoreTest.java",
        ];
        let others = ["latest.py", "src/a.ts", "contest/b.py", "testing.go", "attests.py"];
        assert!(tests.iter().all(|path| is_test_file(path)));
        assert!(others.iter().all(|path| !is_test_file(path)), "{others:?}");
    }
}
