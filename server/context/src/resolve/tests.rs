//! Resolution over small workspaces of several files, each with a cursor.

use std::fmt::Write as _;
use std::sync::atomic::AtomicBool;

use documents::Snapshot;
use expect_test::{Expect, expect};
use index::{Index, Options};

use super::{Resolution, resolve};

/// Lays the files out, reads the one with `$0`, and resolves there.
fn resolution(fixture: &str) -> Resolution {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let mut cursor = None;
    for file in test_fixture::files(fixture) {
        let path = root.join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let text = if file.text.contains("$0") {
            let at = test_fixture::cursor(&file.text);
            cursor = Some((path.clone(), at.cursor));
            at.text
        } else {
            file.text
        };
        std::fs::write(path, text).unwrap();
    }
    let index = Index::new(vec![root], Options::default());
    index.scan(&AtomicBool::new(false));
    let (path, cursor) = cursor.unwrap();
    resolve(&Snapshot::from_file(&path).unwrap(), cursor, &index)
}

/// The receiver at the cursor and the targets; with `others` also the other receivers.
fn told(resolution: &Resolution, others: bool) -> String {
    let mut out = String::new();
    for receiver in resolution.receivers.iter().filter(|it| it.at_cursor || others) {
        let names: Vec<&str> = receiver.members.iter().map(|it| it.name.as_str()).collect();
        let types: Vec<&str> =
            receiver.types.iter().filter_map(|it| Some(it.symbol()?.name.as_str())).collect();
        let complete = if receiver.complete { " complete" } else { "" };
        let (text, separator) = (&receiver.text, receiver.separator);
        writeln!(out, "{text}{separator} [{}]{complete}: {}", types.join(" "), names.join(" ")).unwrap();
    }
    for target in &resolution.targets {
        let name = &target.found.symbol().unwrap().name;
        let file = target.found.file.path.file_name().unwrap().to_string_lossy();
        writeln!(out, "{:?} {name} in {file}, used {}", target.reason, target.uses_in_file).unwrap();
    }
    out
}

fn check(fixture: &str, expect: Expect) {
    expect.assert_eq(&told(&resolution(fixture), false));
}

fn check_all(fixture: &str, expect: Expect) {
    expect.assert_eq(&told(&resolution(fixture), true));
}

mod incremental;
mod lexical;
mod others;
mod python;
mod rust;

/// Wherever a text ends and wherever the cursor is, resolution ends too.
#[test]
fn a_cursor_anywhere_in_broken_text_does_no_harm() {
    let grammars = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../grammars");
    for (sample, name) in [
        ("python", "sample.py"),
        ("rust", "lib.rs"),
        ("typescript", "sample.ts"),
        ("javascript", "sample.js"),
        ("go", "sample.go"),
        ("java", "Sample.java"),
    ] {
        let whole = std::fs::read_to_string(grammars.join(sample).join("sample.txt")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let path = root.join(name);
        std::fs::write(&path, &whole).unwrap();
        let index = Index::new(vec![root], Options::default());
        index.scan(&AtomicBool::new(false));
        for cut in (0..whole.len()).step_by(whole.len() / 24 + 1).filter(|cut| whole.is_char_boundary(*cut)) {
            let (before, after) = whole.split_at(cut);
            let rest = after.split_once('\n').map_or("", |(_, rest)| rest);
            std::fs::write(&path, format!("{before}{rest}")).unwrap();
            let snapshot = Snapshot::from_file(&path).unwrap();
            for cursor in [cut, cut / 2, usize::MAX] {
                for receiver in resolve(&snapshot, cursor, &index).receivers {
                    assert!(!receiver.text.is_empty(), "{name} at {cut}");
                }
            }
        }
    }
}
