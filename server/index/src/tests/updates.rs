//! Tests of changes: open documents, the disk, renames. Whatever the order, the index is the one that a fresh scan
//! would have made.

use std::fs;

use proptest::prelude::*;

use super::{Workspace, everything, files, update};

#[test]
fn an_open_document_counts_instead_of_the_disk() {
    let workspace = Workspace::new(&[("a.py", "def on_disk(): pass\n")]);
    let (index, _) = workspace.scanned();
    let path = workspace.path("a.py");
    let before = everything(&index);
    let has = |name: &str| !index.definitions_named(name).is_empty();

    update(&index, &path, "def typed(): pass\n");
    assert!(has("typed") && !has("on_disk"));
    workspace.write("a.py", "def saved_by_another(): pass\n");
    index.changed_on_disk(&path);
    assert!(has("typed") && !has("saved_by_another"));
    index.close(&path);
    assert!(has("saved_by_another") && !has("typed"));
    index.close(&path);
    workspace.write("a.py", "def on_disk(): pass\n");
    index.changed_on_disk(&path);
    assert_eq!(everything(&index), before);
}

#[test]
fn a_document_that_was_never_saved_goes_when_it_is_closed() {
    let workspace = Workspace::new(&[("a.py", "")]);
    let (index, _) = workspace.scanned();
    update(&index, &workspace.path("new.py"), "def typed(): pass\n");
    assert_eq!(files(&index), ["a.py", "new.py"]);
    index.close(&workspace.path("new.py"));
    assert_eq!(files(&index), ["a.py"]);
    assert!(index.definitions_named("typed").is_empty());
}

#[test]
fn a_document_outside_every_root_is_there_while_it_is_open() {
    let workspace = Workspace::new(&[("a.py", "")]);
    let (index, _) = workspace.scanned();
    let outside = workspace.folder.path().join("outside.py");
    fs::write(&outside, "").unwrap();
    update(&index, &outside, "def typed(): pass\n");
    let file = index.file(&outside).unwrap();
    assert_eq!((&*file.relative, &file.root), ("outside.py", &None));
    index.close(&outside);
    assert_eq!(files(&index), ["a.py"]);
}

#[test]
fn renames_of_files_and_folders() {
    let workspace = Workspace::new(&[
        ("package/__init__.py", ""),
        ("package/a.py", "def moved(): pass\n"),
        ("package/deep/b.py", "def deep(): pass\n"),
        ("c.py", ""),
    ]);
    let (index, _) = workspace.scanned();
    for (from, to) in [("package", "other"), ("c.py", "other/c.py"), ("other/a.py", "other/z.txt")] {
        fs::rename(workspace.path(from), workspace.path(to)).unwrap();
        index.renamed(&workspace.path(from), &workspace.path(to));
        assert_eq!(everything(&index), everything(&workspace.scanned().0), "{from} to {to}");
    }
    assert_eq!(files(&index), ["other/__init__.py", "other/c.py", "other/deep/b.py"]);
}

#[test]
fn a_removed_folder_takes_its_files_with_it() {
    let workspace = Workspace::new(&[("a/b.py", ""), ("a/c/d.py", ""), ("ab.py", "")]);
    let (index, _) = workspace.scanned();
    fs::remove_dir_all(workspace.path("a")).unwrap();
    index.removed(&workspace.path("a"));
    assert_eq!(files(&index), ["ab.py"]);
}

#[test]
fn what_is_told_during_a_scan_is_not_lost() {
    let workspace = Workspace::new(&[]);
    for at in 0..60 {
        workspace.write(&format!("m{at:02}.py"), &format!("def function_{at}(value):\n    print(value)\n"));
    }
    let index = workspace.index();
    let open = workspace.path("m10.py");
    std::thread::scope(|scope| {
        scope.spawn(|| index.scan(&std::sync::atomic::AtomicBool::new(false)));
        for at in 0..60 {
            let path = workspace.path(&format!("m{at:02}.py"));
            match at % 3 {
                0 => {
                    fs::remove_file(&path).unwrap();
                    index.removed(&path);
                }
                1 => {
                    update(&index, &path, "def typed(): pass\n");
                    if path != open {
                        index.close(&path);
                    }
                }
                _ => {
                    workspace.write(&format!("m{at:02}.py"), "def rewritten(): pass\n");
                    index.changed_on_disk(&path);
                }
            }
        }
    });
    assert_eq!(index.definitions_named("typed").len(), 1);
    index.close(&open);
    assert_eq!(everything(&index), everything(&workspace.scanned().0));
}

/// One thing that can happen to a workspace.
#[derive(Clone, Debug)]
enum Event {
    Write(usize, usize),
    Remove(usize),
    Rename(usize, usize),
    Edit(usize, usize),
    Close(usize),
}

const PATHS: [&str; 7] =
    ["a.py", "pkg/__init__.py", "pkg/b.py", "pkg/sub/c.py", "src/lib.rs", "src/deep/d.rs", "Cargo.toml"];

const CONTENTS: [&str; 6] = [
    "",
    "import os\nclass Base:\n    value = 1\n    def total(self): return self.value\n",
    "from pkg.b import Base\nclass Derived(Base):\n    def total(self):\n        print(value, value)\n",
    "pub struct Base { pub value: u32 }\nimpl Draw for Base { fn total(&self) -> u32 { self.value } }\n",
    "def broken(:\n  class total\n",
    "[package]\nname = 'a-name'\n",
];

fn event() -> impl Strategy<Value = Event> {
    let path = 0..PATHS.len();
    let content = 0..CONTENTS.len();
    prop_oneof![
        (path.clone(), content.clone()).prop_map(|(path, content)| Event::Write(path, content)),
        path.clone().prop_map(Event::Remove),
        (path.clone(), path.clone()).prop_map(|(from, to)| Event::Rename(from, to)),
        (path.clone(), content).prop_map(|(path, content)| Event::Edit(path, content)),
        path.prop_map(Event::Close),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_index_is_the_one_that_a_scan_would_make(events in proptest::collection::vec(event(), 1..24)) {
        let workspace = Workspace::new(&[("a.py", CONTENTS[1]), ("pkg/b.py", CONTENTS[2]), ("src/lib.rs", CONTENTS[3])]);
        let (index, _) = workspace.scanned();
        let mut open = std::collections::BTreeMap::new();
        for event in events {
            match event {
                Event::Write(path, content) => {
                    workspace.write(PATHS[path], CONTENTS[content]);
                    index.changed_on_disk(&workspace.path(PATHS[path]));
                }
                Event::Remove(path) => {
                    let _ = fs::remove_file(workspace.path(PATHS[path]));
                    index.removed(&workspace.path(PATHS[path]));
                }
                Event::Rename(from, to) => {
                    let (from, to) = (workspace.path(PATHS[from]), workspace.path(PATHS[to]));
                    if from.is_file() && from != to {
                        fs::create_dir_all(to.parent().unwrap()).unwrap();
                        fs::rename(&from, &to).unwrap();
                        index.renamed(&from, &to);
                    }
                }
                // A manifest is no document in a language of the index.
                Event::Edit(path, content) if !PATHS[path].ends_with("toml") => {
                    update(&index, &workspace.path(PATHS[path]), CONTENTS[content]);
                    open.insert(path, content);
                }
                Event::Edit(..) => {}
                Event::Close(path) => {
                    index.close(&workspace.path(PATHS[path]));
                    open.remove(&path);
                }
            }
        }
        let with_open = workspace.scanned().0;
        for (&path, &content) in &open {
            update(&with_open, &workspace.path(PATHS[path]), CONTENTS[content]);
        }
        prop_assert_eq!(everything(&index), everything(&with_open));
        for &path in open.keys() {
            index.close(&workspace.path(PATHS[path]));
        }
        prop_assert_eq!(everything(&index), everything(&workspace.scanned().0));
        // What the cache has is what is on disk.
        index.save_cache().unwrap();
        let (reloaded, report) = workspace.scanned();
        prop_assert_eq!(report.parsed, 0);
        prop_assert_eq!(everything(&index), everything(&reloaded));
    }
}
