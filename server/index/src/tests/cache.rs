//! Tests of what is kept between sessions.

use std::fs;
use std::path::PathBuf;

use super::{Workspace, everything, update};

fn workspace() -> Workspace {
    Workspace::new(&[
        ("package/__init__.py", "from .a import *\n"),
        ("package/a.py", "class Base:\n    \"\"\"Doc.\"\"\"\n    value: int = 1\n"),
        (
            "b.py",
            "from package.a import Base\nclass Derived(Base):\n    def totalValue(self): print(self.value)\n",
        ),
        ("c.ts", "export interface Shape { area(): number }\nclass Square implements Shape {}\n"),
    ])
}

fn cache_file(workspace: &Workspace) -> PathBuf {
    let entries: Vec<PathBuf> = fs::read_dir(workspace.folder.path().join("cache"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(entries.len(), 1, "{entries:?}");
    entries.into_iter().next().unwrap()
}

#[test]
fn the_next_session_reads_only_what_has_changed() {
    let workspace = workspace();
    let (index, report) = workspace.scanned();
    assert_eq!(report.parsed, 4);
    let (reloaded, report) = workspace.scanned();
    assert_eq!((report.files, report.parsed), (4, 0));
    assert_eq!(everything(&reloaded), everything(&index));

    workspace.write("b.py", "class Other: pass\n");
    fs::remove_file(workspace.path("c.ts")).unwrap();
    // Its own file is the same, but it is in no package any more.
    fs::remove_file(workspace.path("package/__init__.py")).unwrap();
    let (changed, report) = workspace.scanned();
    assert_eq!((report.files, report.parsed), (2, 1));
    fs::remove_file(cache_file(&workspace)).unwrap();
    let (fresh, report) = workspace.scanned();
    assert_eq!(report.parsed, 2);
    assert_eq!(everything(&changed), everything(&fresh));
}

#[test]
fn open_documents_are_kept_as_they_are_on_disk() {
    let workspace = workspace();
    let (index, _) = workspace.scanned();
    let before = everything(&index);
    update(&index, &workspace.path("b.py"), "class Typed: pass\n");
    index.save_cache().unwrap();
    let (reloaded, report) = workspace.scanned();
    assert_eq!(report.parsed, 0);
    assert_eq!(everything(&reloaded), before);
}

#[test]
fn a_damaged_cache_is_not_used_and_written_again() {
    let workspace = workspace();
    let (index, _) = workspace.scanned();
    let path = cache_file(&workspace);
    let good = fs::read(&path).unwrap();
    let changed = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 0x20;
        bytes
    };
    let cases: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"something else".to_vec(),
        good[..good.len() / 2].to_vec(),
        good[..good.len() - 1].to_vec(),
        changed(0),
        changed(good.len() / 3),
        changed(good.len() / 2),
        changed(good.len() - 2),
        vec![0xff; 1000],
    ];
    for bytes in cases {
        fs::write(&path, &bytes).unwrap();
        let (reloaded, report) = workspace.scanned();
        assert_eq!(report.parsed, 4);
        assert_eq!(everything(&reloaded), everything(&index));
        assert_eq!(workspace.scanned().1.parsed, 0, "it was written again");
    }
}

#[test]
fn a_cache_folder_that_cannot_be_made_is_told_and_harms_nothing() {
    let workspace = workspace();
    fs::write(workspace.folder.path().join("cache"), "a file").unwrap();
    let (index, report) = workspace.scanned();
    assert_eq!(report.files, 4);
    let error = index.save_cache().unwrap_err().to_string();
    assert!(
        error.contains("could not be written") && error.contains("check the folder's permissions"),
        "{error}"
    );
}

#[cfg(unix)]
#[test]
fn only_the_user_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let workspace = workspace();
    workspace.scanned();
    assert_eq!(fs::metadata(cache_file(&workspace)).unwrap().permissions().mode() & 0o777, 0o600);
}
