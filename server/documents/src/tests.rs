//! The store from outside: order, versions, errors, files, and trees that are finished late. It must not test positions
//! (the crate text does) or parsing (the crate syntax does).
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;
use std::time::Duration;

use text::{Position, PositionEncoding};

use crate::*;

const URI: &str = "file:///project/a.py";

fn open(store: &DocumentStore, content: &str) -> DocumentId {
    store.open(DocumentId::new(URI), "python", 1, content).id
}

fn replace(start: (u32, u32), end: (u32, u32), text: &str) -> Change {
    let range = Some((Position::new(start.0, start.1), Position::new(end.0, end.1)));
    Change { range, text: text.to_owned() }
}

fn whole(text: &str) -> Change {
    Change { range: None, text: text.to_owned() }
}

fn change(store: &DocumentStore, id: &DocumentId, version: i32, changes: &[Change]) -> Snapshot {
    store.change(id, version, changes, PositionEncoding::Utf16).unwrap()
}

fn assert_tree_is_that_of_the_text(snapshot: &Snapshot) {
    let fresh = syntax::Tree::parse(snapshot.language.unwrap(), &snapshot.text);
    assert_eq!(snapshot.tree().unwrap().sexp(), fresh.sexp());
}

#[test]
fn the_changes_of_one_notification_each_see_the_text_before_them() {
    // start text, changes, text afterwards
    let cases: &[(&str, &[Change], &str)] = &[
        ("ab\n", &[], "ab\n"),
        ("ab\n", &[replace((0, 0), (0, 1), "xyz"), replace((0, 3), (0, 4), "")], "xyz\n"),
        ("ab\n", &[whole("c\r\nd"), replace((1, 0), (1, 0), "e")], "c\r\ned"),
        ("ab\n", &[replace((1, 0), (0, 1), "")], "a"),
        ("a\u{1f600}b", &[replace((0, 3), (0, 9), "!")], "a\u{1f600}!"),
        ("", &[replace((5, 5), (9, 9), "x")], "x"),
        ("x = 1\n", &[whole("x = 1\n")], "x = 1\n"),
        ("caf\u{e9}", &[whole("caf\u{ea}")], "caf\u{ea}"),
        ("aaa", &[whole("aa")], "aa"),
        ("aa", &[whole("aaa"), whole("")], ""),
    ];
    for (before, changes, after) in cases {
        let store = DocumentStore::default();
        let id = open(&store, before);
        let snapshot = change(&store, &id, 2, changes);
        assert_eq!(snapshot.text.to_string(), *after, "{before:?} {changes:?}");
        assert_tree_is_that_of_the_text(&snapshot);
    }
}

#[test]
fn versions_may_skip_and_an_old_one_is_applied_but_does_not_count() {
    let store = DocumentStore::default();
    let id = open(&store, "");
    let versions = [5, 3, 5, -1, 9].map(|version| {
        let snapshot = change(&store, &id, version, &[replace((0, 0), (0, 0), "x")]);
        snapshot.version
    });
    assert_eq!(versions, [5, 5, 5, 5, 9]);
    assert_eq!(store.snapshot(&id).unwrap().text.to_string(), "xxxxx");
}

#[test]
fn the_revision_grows_with_every_change_of_any_document() {
    let store = DocumentStore::default();
    let first = open(&store, "");
    let second = store.open(DocumentId::new("untitled:Untitled-1"), "rust", 1, "").id;
    let mut revisions = vec![store.revision()];
    for id in [&first, &second, &first] {
        revisions.push(change(&store, id, 2, &[whole("x")]).revision);
    }
    store.close(&first).unwrap();
    revisions.push(store.revision());
    assert_eq!(revisions, [2, 3, 4, 5, 6]);
    assert_eq!(store.snapshots().iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), [second.as_str()]);
}

#[test]
fn a_document_that_is_not_open_is_an_error_and_not_a_panic() {
    let store = DocumentStore::default();
    let id = DocumentId::new(URI);
    let not_open = DocumentError::NotOpen { id: id.clone() };
    let changed = store.change(&id, 1, &[whole("x")], PositionEncoding::Utf16);
    assert_eq!(changed.unwrap_err(), not_open);
    assert_eq!(store.close(&id).unwrap_err(), not_open);
    assert!(store.snapshot(&id).is_none());
    open(&store, "x");
    store.close(&id).unwrap();
    assert_eq!(
        store.close(&id).unwrap_err().to_string(),
        "file:///project/a.py is not open: the editor must open a document before it changes or closes it"
    );
}

#[test]
fn opening_an_open_document_replaces_it_and_leaves_snapshots_alone() {
    let store = DocumentStore::default();
    let id = open(&store, "old = 1\n");
    let old = store.snapshot(&id).unwrap();
    open(&store, "new = 2\n");
    assert_eq!(store.snapshot(&id).unwrap().text.to_string(), "new = 2\n");
    assert_eq!(old.text.to_string(), "old = 1\n");
    assert_tree_is_that_of_the_text(&old);
}

#[test]
fn the_language_is_the_editors_or_that_of_the_file_name() {
    let cases = [
        ("file:///a.txt", "python", Some("python")),
        ("file:///a.rs", "plaintext", Some("rust")),
        ("file:///a.py", "rust", Some("rust")),
        ("file:///a.txt", "plaintext", None),
        ("untitled:Untitled-1", "rust", Some("rust")),
    ];
    let store = DocumentStore::default();
    for (uri, language_id, expected) in cases {
        let snapshot = store.open(DocumentId::new(uri), language_id, 1, "x");
        assert_eq!(snapshot.language.map(syntax::Language::id), expected, "{uri} {language_id}");
        assert_eq!(snapshot.tree().is_some(), expected.is_some());
        change(&store, &snapshot.id, 2, &[whole("y")]);
    }
}

/// Long enough that no parser finishes it in no time: it looks at the clock every hundred steps.
fn long_python() -> String {
    "def f(a):\n    return [a + 1, \"text\"]\n".repeat(2_000)
}

#[test]
fn a_tree_that_the_budget_does_not_allow_is_finished_by_its_first_reader() {
    let store = DocumentStore::new(ParseBudget { open: Duration::ZERO, change: Duration::ZERO });
    let id = open(&store, &long_python());
    let opened = store.snapshot(&id).unwrap();
    assert!(opened.tree_if_ready().is_none());
    let changed =
        change(&store, &id, 2, &[replace((0, 4), (0, 5), "g"), replace((3, 0), (3, 0), "    pass\n")]);
    assert!(changed.tree_if_ready().is_none());
    // A reader of the old version finishes while the new one is current already; the new one can build on it.
    assert_tree_is_that_of_the_text(&opened);
    let later = change(&store, &id, 3, &[replace((1, 4), (1, 4), "return 1; ")]);
    for snapshot in [later.clone(), changed, later] {
        assert_tree_is_that_of_the_text(&snapshot);
        assert!(snapshot.tree_if_ready().is_some());
    }
    assert!(store.snapshot(&id).unwrap().tree_if_ready().is_some(), "clones share the tree");
}

#[test]
fn a_long_run_of_changes_without_a_reader_keeps_the_tree_right() {
    let store = DocumentStore::new(ParseBudget { open: Duration::ZERO, change: Duration::ZERO });
    let id = open(&store, &long_python());
    store.snapshot(&id).unwrap().tree();
    for version in 2..600 {
        change(&store, &id, version, &[replace((0, 4), (0, 4), "x")]);
        if version == 400 {
            assert_tree_is_that_of_the_text(&store.snapshot(&id).unwrap());
        }
    }
    assert_tree_is_that_of_the_text(&store.snapshot(&id).unwrap());
}

#[test]
fn within_the_budget_the_tree_is_there_at_once() {
    let store = DocumentStore::new(ParseBudget { open: Duration::MAX / 4, change: Duration::MAX / 4 });
    let id = open(&store, "x = 1\n");
    assert!(store.snapshot(&id).unwrap().tree_if_ready().is_some());
    assert!(change(&store, &id, 2, &[whole("y = 2\n")]).tree_if_ready().is_some());
}

#[cfg(unix)]
#[test]
fn ids_and_paths() {
    // URI, its path
    let cases = [
        ("file:///project/a.py", Some("/project/a.py")),
        ("file:///project/a%20b%23%C3%A9.py", Some("/project/a b#\u{e9}.py")),
        ("file://localhost/a", Some("/a")),
        ("file://elsewhere/a", None),
        ("untitled:Untitled-1", None),
        ("vscode-vfs://github/a.py", None),
        ("not a uri", None),
        ("", None),
    ];
    for (uri, path) in cases {
        assert_eq!(DocumentId::new(uri).path().as_deref(), path.map(Path::new), "{uri}");
    }
    for path in ["/project/a.py", "/project/a b#\u{e9}%.py"] {
        assert_eq!(DocumentId::from_path(Path::new(path)).unwrap().path().unwrap(), Path::new(path));
    }
    assert_eq!(DocumentId::from_path(Path::new("a.py")), None);
    assert_eq!(DocumentId::from_path(Path::new("/a b.py")).unwrap().as_str(), "file:///a%20b.py");
}

#[cfg(windows)]
#[test]
fn ids_and_paths_with_drive_letters() {
    for uri in ["file:///C:/project/a%20b.py", "file:///C%3A/project/a%20b.py"] {
        assert_eq!(DocumentId::new(uri).path().as_deref(), Some(Path::new("C:\\work\\a b.py")), "{uri}");
    }
    assert_eq!(DocumentId::from_path(Path::new("C:\\a b.py")).unwrap().as_str(), "file:///C:/a%20b.py");
}

#[test]
fn a_file_is_read_or_the_message_says_why_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("a.py"), "\u{feff}x = 1\r\n").unwrap();
    std::fs::write(path("latin1.py"), b"x = '\xe9'\n").unwrap();
    std::fs::create_dir(path("folder.py")).unwrap();

    let snapshot = Snapshot::from_file(&path("a.py")).unwrap();
    assert_eq!(snapshot.text.to_string(), "x = 1\r\n");
    assert_eq!(snapshot.path.as_deref(), Some(path("a.py").as_path()));
    assert_eq!((snapshot.version, snapshot.revision), (0, 0));
    assert_tree_is_that_of_the_text(&snapshot);

    let cases = [
        ("missing.py", 100, " does not exist: check the path"),
        ("folder.py", 100, " is a directory or no regular file: give the path of a text file"),
        ("a.py", 5, " is larger than 5 bytes, more than Weft reads of one file: use a smaller file"),
        (
            "latin1.py",
            100,
            " is not text in UTF-8 (the first wrong byte is at offset 5): convert it to UTF-8",
        ),
    ];
    for (name, limit, message) in cases {
        let error = Snapshot::from_file_within(&path(name), limit).unwrap_err();
        assert_eq!(error.to_string(), format!("{}{message}", path(name).display()));
    }
}

#[test]
fn the_open_document_of_a_path_comes_before_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a b.py");
    std::fs::write(&path, "on disk\n").unwrap();
    let store = DocumentStore::default();
    assert_eq!(store.snapshot_of_path(&path).unwrap().text.to_string(), "on disk\n");
    let id = store.open(DocumentId::from_path(&path).unwrap(), "python", 1, "in the editor\n").id;
    assert_eq!(store.snapshot_of_path(&path).unwrap().text.to_string(), "in the editor\n");
    store.close(&id).unwrap();
    assert_eq!(store.snapshot_of_path(&path).unwrap().text.to_string(), "on disk\n");
}

#[test]
fn trees_of_documents_that_nobody_touches_are_let_go_and_come_back() {
    let store = DocumentStore::default();
    let id = |number: usize| DocumentId::new(&format!("file:///{number}.py"));
    let opened: Vec<Snapshot> =
        (0..12).map(|number| store.open(id(number), "python", 1, &format!("x{number} = 1\n"))).collect();
    let ready = || {
        let has_tree = |number: &usize| store.snapshot(&id(*number)).unwrap().tree_if_ready().is_some();
        (0..12).filter(has_tree).collect::<Vec<usize>>()
    };
    assert_eq!(ready(), [4, 5, 6, 7, 8, 9, 10, 11]);
    assert!(opened[0].tree_if_ready().is_some(), "a snapshot that somebody holds keeps its tree");

    let change = Change { range: None, text: "y = 2\nz = 3\n".to_owned() };
    let changed = store.change(&id(0), 2, &[change], PositionEncoding::Utf16).unwrap();
    assert_tree_is_that_of_the_text(&changed);
    assert_tree_is_that_of_the_text(&store.snapshot(&id(1)).unwrap());
}
