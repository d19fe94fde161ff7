//! Tests of what a scan takes in and what it leaves out.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::{Workspace, files, update};
use crate::{Index, LeftOut, Options};

#[test]
fn what_is_left_out() {
    let long_line = format!("x = [{}]\n", "1, ".repeat(4000));
    let large = "x = 1\n".repeat((1 << 20) / 6 + 1);
    let workspace = Workspace::new(&[
        ("kept.py", "x = 1\n"),
        ("notes.txt", "no language"),
        (".gitignore", "ignored/\n*.gen.py\n"),
        (".weftignore", "private.py\nprivate/\n"),
        ("ignored/a.py", "x = 1\n"),
        ("b.gen.py", "x = 1\n"),
        ("private.py", "x = 1\n"),
        ("private/c.py", "x = 1\n"),
        ("inner/.weftignore", "d.py\n!private.py\n"),
        ("inner/d.py", "x = 1\n"),
        ("inner/private.py", "x = 1\n"),
        (".hidden/e.py", "x = 1\n"),
        (".env.py", "x = 1\n"),
        ("id_rsa.py", "x = 1\n"),
        ("node_modules/f.js", "x = 1\n"),
        ("environment/pyvenv.cfg", ""),
        ("environment/lib/g.py", "x = 1\n"),
        ("built/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55"),
        ("built/h.rs", "fn f() {}\n"),
        ("large.py", &large),
        ("binary.py", "x = 1\n\0\n"),
        ("minified.js", &long_line),
        ("empty.py", ""),
    ]);
    std::fs::write(workspace.path("latin.py"), b"x = '\xe9'\n").unwrap();
    let (index, report) = workspace.scanned();
    assert_eq!(files(&index), ["empty.py", "inner/private.py", "kept.py"]);
    let left_out = |reason| report.left_out.get(&reason).copied().unwrap_or_default();
    assert_eq!(
        (left_out(LeftOut::TooLarge), left_out(LeftOut::Binary), left_out(LeftOut::Generated)),
        (1, 2, 1)
    );
    assert_eq!((report.files, report.parsed, report.stopped), (3, 3, false));

    // Neither do later events bring it in.
    for path in
        ["ignored/a.py", "private/c.py", ".hidden/e.py", "id_rsa.py", "large.py", "built/h.rs", "inner/d.py"]
    {
        index.changed_on_disk(&workspace.path(path));
    }
    for path in ["ignored/a.py", "private.py", ".env.py", "id_rsa.py", "server.pem"] {
        let language = syntax::Language::from_id("python").unwrap();
        let text = text::Text::new("x = 1\n");
        index.update(&workspace.path(path), language, &text, &syntax::Tree::parse(language, &text));
        assert_eq!(index.text_of(&workspace.path(path)), None);
    }
    assert_eq!(files(&index), ["empty.py", "inner/private.py", "kept.py"]);
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let workspace = Workspace::new(&[("a/b/c.py", "x = 1\n")]);
    std::os::unix::fs::symlink(workspace.root(), workspace.path("a/loop")).unwrap();
    std::os::unix::fs::symlink(workspace.path("a/b/c.py"), workspace.path("link.py")).unwrap();
    std::os::unix::fs::symlink(workspace.path("nowhere.py"), workspace.path("broken.py")).unwrap();
    let (index, _) = workspace.scanned();
    assert_eq!(files(&index), ["a/b/c.py"]);
    index.changed_on_disk(&workspace.path("link.py"));
    index.changed_on_disk(&workspace.path("a/loop/a/b/c.py"));
    assert_eq!(files(&index), ["a/b/c.py"]);
}

#[test]
fn a_file_of_two_roots_belongs_to_the_inner_one() {
    let workspace = Workspace::new(&[("a.py", ""), ("inner/b.py", ""), ("inner/deep/c.py", "")]);
    let index = Index::new(vec![workspace.root(), workspace.path("inner")], workspace.options());
    let report = index.scan(&AtomicBool::new(false));
    assert_eq!(files(&index), ["a.py", "b.py", "deep/c.py"]);
    assert_eq!(report.files, 3);
}

#[test]
fn files_beyond_the_limit_are_counted() {
    let workspace = Workspace::new(&[("a.py", ""), ("b.py", ""), ("c.py", "")]);
    let options = Options { max_files: 2, scan_threads: 1, ..Options::default() };
    let index = Index::new(vec![workspace.root()], options);
    let report = index.scan(&AtomicBool::new(false));
    assert_eq!((files(&index), report.beyond_limit), (vec!["a.py".to_owned(), "b.py".to_owned()], 1));
}

#[test]
fn a_stopped_scan_is_not_ready() {
    let workspace = Workspace::new(&[("a.py", "")]);
    let index = workspace.index();
    assert!(index.scan(&AtomicBool::new(true)).stopped);
    assert!(!index.is_ready());
    assert!(!index.wait_ready(Duration::ZERO));
    index.scan(&AtomicBool::new(false));
    assert!(index.wait_ready(Duration::ZERO));
}

#[test]
fn a_second_scan_finds_what_nobody_told() {
    let workspace = Workspace::new(&[("a.py", "def one(): pass\n"), ("b.py", ""), ("c.py", "")]);
    let (index, _) = workspace.scanned();
    update(&index, &workspace.path("c.py"), "def open_document(): pass\n");
    workspace.write("a.py", "def another(): pass\n");
    workspace.write("d.py", "");
    std::fs::remove_file(workspace.path("b.py")).unwrap();
    std::fs::remove_file(workspace.path("c.py")).unwrap();
    let report = index.scan(&AtomicBool::new(false));
    assert_eq!(files(&index), ["a.py", "c.py", "d.py"]);
    assert_eq!(report.parsed, 2);
    assert!(index.definitions_named("one").is_empty());
    assert_eq!(index.definitions_named("another").len(), 1);
    assert_eq!(index.definitions_named("open_document").len(), 1, "an open document stays as it is");
}

#[test]
fn a_root_that_does_not_exist_has_no_files() {
    let index = Index::new(vec![Path::new("/no/such/folder").to_owned()], Options::default());
    let report = index.scan(&AtomicBool::new(false));
    assert_eq!((report.files, index.is_ready()), (0, true));
}
