//! Which rules apply to which files. Must not need anything but a folder.

use super::*;
use expect_test::{Expect, expect};

fn workspace(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn check(root: &Path, files: &[&str], expected: Expect) {
    let files: Vec<String> = files.iter().map(|&file| file.to_owned()).collect();
    let rules = find(root, &files);
    let mut out = String::new();
    for rule in &rules.applied {
        let cut = if rule.cut.is_empty() { String::new() } else { format!(" ({})", rule.cut) };
        let start: String = rule.text.chars().take(12).collect();
        let bytes = rule.text.len();
        out.push_str(&format!("{}: {}: {start:?}, {bytes} bytes{cut}\n", rule.path, rule.why));
    }
    for rule in &rules.not_applied {
        let faulty = if rule.faulty { ", faulty" } else { "" };
        out.push_str(&format!("not {}: {}{faulty}\n", rule.path, rule.why));
    }
    expected.assert_eq(&out);
}

#[test]
fn rules_apply_by_folder_glob_and_wish() {
    let folder = workspace(&[
        ("AGENTS.md", "Root.\n"),
        ("CLAUDE.md", "@AGENTS.md\n"),
        ("src/AGENTS.md", "Source."),
        ("src/deep/CLAUDE.md", "Deep."),
        ("tests/AGENTS.md", "Tests."),
        (".weft/rules/always.md", "---\nalwaysApply: true\n---\nAlways."),
        (".weft/rules/asked.md", "---\ndescription: On request\n---\nAsked."),
        (".weft/rules/bad.md", "---\nglobs: a{b\n---\nBad."),
        (".weft/rules/plain.md", "Plain."),
        (".weft/rules/python.md", "---\nglobs: *.py\nalwaysApply: false\n---\nPython."),
        (".weft/rules/src.md", "---\nglobs:\n  - src/*.rs\n---\nSrc."),
        (".weft/rules/notes.txt", "No rule."),
    ]);
    check(
        folder.path(),
        &["src/deep/a.py", "src/b.rs"],
        expect![[r#"
        AGENTS.md: applies to the whole workspace: "Root.", 5 bytes
        src/AGENTS.md: applies to src/: "Source.", 7 bytes
        src/deep/CLAUDE.md: applies to src/deep/: "Deep.", 5 bytes
        .weft/rules/always.md: applies always: "Always.", 7 bytes
        .weft/rules/plain.md: applies always: "Plain.", 6 bytes
        .weft/rules/python.md: applies to *.py: "Python.", 7 bytes
        .weft/rules/src.md: applies to src/*.rs: "Src.", 4 bytes
        not CLAUDE.md: says only to read AGENTS.md
        not .weft/rules/asked.md: applies only when it is mentioned
        not .weft/rules/bad.md: its globs cannot be read (error parsing glob '**/a{b': unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)), faulty
    "#]],
    );
    check(
        folder.path(),
        &["other/deep/c.rs"],
        expect![[r#"
        AGENTS.md: applies to the whole workspace: "Root.", 5 bytes
        .weft/rules/always.md: applies always: "Always.", 7 bytes
        .weft/rules/plain.md: applies always: "Plain.", 6 bytes
        not CLAUDE.md: says only to read AGENTS.md
        not .weft/rules/asked.md: applies only when it is mentioned
        not .weft/rules/bad.md: its globs cannot be read (error parsing glob '**/a{b': unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)), faulty
        not .weft/rules/python.md: applies to *.py
        not .weft/rules/src.md: applies to src/*.rs
    "#]],
    );
    check(
        folder.path(),
        &[],
        expect![[r#"
        AGENTS.md: applies to the whole workspace: "Root.", 5 bytes
        .weft/rules/always.md: applies always: "Always.", 7 bytes
        .weft/rules/plain.md: applies always: "Plain.", 6 bytes
        not CLAUDE.md: says only to read AGENTS.md
        not .weft/rules/asked.md: applies only when it is mentioned
        not .weft/rules/bad.md: its globs cannot be read (error parsing glob '**/a{b': unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)), faulty
        not .weft/rules/python.md: applies to *.py
        not .weft/rules/src.md: applies to src/*.rs
    "#]],
    );
    check(&folder.path().join("nowhere"), &["a.py"], expect![[""]]);
}

#[test]
fn what_is_too_long_is_cut_at_a_line_and_said() {
    let line = "Write short functions, with names that say it.\n";
    let long = line.repeat(400);
    let folder = workspace(&[
        ("AGENTS.md", &long),
        ("src/AGENTS.md", &format!("Two. {long}")),
        ("src/CLAUDE.md", "Three."),
        ("src/a/AGENTS.md", &format!("Four. {long}")),
        ("src/a/b/AGENTS.md", "Five."),
        ("src/a/CLAUDE.md", "\u{feff}\n"),
    ]);
    check(
        folder.path(),
        &["src/a/x.py"],
        expect![[r#"
        AGENTS.md: applies to the whole workspace: "Write short ", 8177 bytes (only its first 8177 bytes are used; a model follows short rules better)
        src/AGENTS.md: applies to src/: "Two. Write s", 8182 bytes (only its first 8182 bytes are used; a model follows short rules better)
        src/CLAUDE.md: applies to src/: "Three.", 6 bytes
        not src/a/AGENTS.md: there is no room for more rules; shorten the others, faulty
        not src/a/CLAUDE.md: is empty
    "#]],
    );
}

#[cfg(unix)]
#[test]
fn links_are_followed_within_the_workspace_only() {
    let outside = workspace(&[("secret.md", "Secret.")]);
    let folder = workspace(&[("AGENTS.md", "Root."), (".weft/rules/a.md", "A.")]);
    let link =
        |target: &Path, name: &str| std::os::unix::fs::symlink(target, folder.path().join(name)).unwrap();
    link(Path::new("AGENTS.md"), "CLAUDE.md");
    link(&outside.path().join("secret.md"), ".weft/rules/b.md");
    link(outside.path(), "src");
    std::fs::write(outside.path().join("AGENTS.md"), "Outside.").unwrap();
    std::fs::write(folder.path().join(".weft/rules/c.md"), b"\xff\xfe").unwrap();
    check(
        folder.path(),
        &["src/x.py"],
        expect![[r#"
        AGENTS.md: applies to the whole workspace: "Root.", 5 bytes
        .weft/rules/a.md: applies always: "A.", 2 bytes
        not CLAUDE.md: says the same as a rule that applies
        not src/AGENTS.md: it is a link to a file outside of the workspace, faulty
        not .weft/rules/b.md: it is a link to a file outside of the workspace, faulty
        not .weft/rules/c.md: it is not UTF-8 text, faulty
    "#]],
    );
    check(
        folder.path(),
        &["../x/y.py"],
        expect![[r#"
        AGENTS.md: applies to the whole workspace: "Root.", 5 bytes
        .weft/rules/a.md: applies always: "A.", 2 bytes
        not CLAUDE.md: says the same as a rule that applies
        not .weft/rules/b.md: it is a link to a file outside of the workspace, faulty
        not .weft/rules/c.md: it is not UTF-8 text, faulty
    "#]],
    );
}
