//! What is read in part is what is read in full: tokens after edits, Python's blocks around a place, and resolution in a
//! document that is typed in. The seeds are fixed.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use documents::{Change, DocumentId, DocumentStore};
use fastrand::Rng;
use index::{Index, Options};
use text::{PositionEncoding, Text};

use super::told;
use crate::resolve::locals::{Local, nearest};
use crate::resolve::source::Family;
use crate::resolve::tokens::Tokens;
use crate::resolve::{last, python, resolve};

const LANGUAGES: [(&str, &str, Family); 5] = [
    ("python", "sample.py", Family::Python),
    ("rust", "lib.rs", Family::Rust),
    ("typescript", "sample.ts", Family::Ecma),
    ("go", "sample.go", Family::Go),
    ("java", "Sample.java", Family::Java),
];

const PIECES: &[&str] = &[
    "x",
    "é",
    "\n",
    "\n\n",
    "\r\n",
    " ",
    "    ",
    "\"",
    "'",
    "'a",
    "\"\"\"",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":",
    ";",
    ",",
    ".",
    "#",
    "//",
    "/*",
    "*/",
    "/",
    "\\",
    "\\\n",
    "=",
    ":=",
    "0",
    "1.",
    "r#\"",
    "\"#",
    "r#",
    "b'",
    "`",
    "${",
    "f'{",
    "return ",
    "\nclass A:\n    x = 1\n",
    "\ndef f(a, b=1):\n    c = [d for d in a]\n    return c\n",
    "for x in y:\n",
    "async ",
    "@a\n",
    "\nif x:\n    def g(): y = 1; z = 2\n",
    "lambda: 0",
    "isinstance(x, A)",
];

fn sample(language: &str) -> String {
    let grammars = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../grammars");
    std::fs::read_to_string(grammars.join(language).join("sample.txt")).unwrap()
}

/// A place and what is put there for some bytes behind it.
fn any_edit(random: &mut Rng, text: &str) -> (std::ops::Range<usize>, String) {
    let floor = |mut offset: usize| {
        offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    };
    let start = floor(random.usize(0..=text.len()));
    let taken = [0, 0, 0, 1, 3, 60][random.usize(0..6)];
    let piece = if random.u8(0..5) == 0 { "" } else { PIECES[random.usize(0..PIECES.len())] };
    (start..floor(start + taken).max(start), piece.to_owned())
}

/// Texts that somebody might make of a sample: half of the edits are taken back.
fn versions(language: &str, seed: u64, mut visit: impl FnMut(&str, &std::ops::Range<usize>, &str)) {
    let mut random = Rng::with_seed(seed);
    let mut text = sample(language);
    let mut undo: Vec<(std::ops::Range<usize>, String)> = Vec::new();
    for _ in 0..3_000 {
        let (range, new) = match undo.pop() {
            Some(back) if random.bool() => back,
            kept => {
                undo.extend(kept);
                let (range, new) = any_edit(&mut random, &text);
                undo.push((range.start..range.start + new.len(), text[range.clone()].to_owned()));
                (range, new)
            }
        };
        text.replace_range(range.clone(), &new);
        visit(&text, &range, &new);
    }
}

#[test]
fn tokens_after_an_edit_are_those_of_the_new_text() {
    for (language, _, family) in LANGUAGES {
        let mut tokens = Tokens::new(sample(language), family.style());
        tokens.count_words();
        versions(language, 3, |text, range, new| {
            let before = tokens.text.clone();
            tokens.replace(range.clone(), new);
            let mut anew = Tokens::new(text.to_owned(), family.style());
            anew.count_words();
            assert!(tokens == anew, "{language}: {new:?} for {range:?} of {before:?}");
        });
    }
}

#[test]
fn python_is_read_in_part_as_in_full() {
    let mut at = Rng::with_seed(5);
    versions("python", 9, |text, _, _| {
        let tokens = Tokens::new(text.to_owned(), Family::Python.style());
        let (all, locals) = (python::all_locals(&tokens), python::locals(&tokens));
        for _ in 0..6 {
            let offset = at.usize(0..=text.len());
            let near = || locals.near(offset, |part| python::locals_of_part(&tokens, part));
            let seen = |local: &&Local| local.at < offset && local.visible.contains(&offset);
            let mut visible: Vec<&Local> = near().filter(seen).collect();
            visible.sort_by_key(|local| local.at);
            visible.dedup();
            let mut expected: Vec<&Local> = all.iter().filter(seen).collect();
            expected.sort_by_key(|local| local.at);
            expected.dedup();
            assert_eq!(visible, expected, "at {offset} of {text:?}");
            for local in expected {
                let names = (nearest(near(), &local.name, offset), nearest(all.iter(), &local.name, offset));
                assert_eq!(names.0, names.1, "at {offset} of {text:?}");
            }
            let around = python::enclosing(&tokens, offset);
            assert_eq!(around, python::enclosing_from(&tokens, offset, 0), "at {offset} of {text:?}");
        }
    });
}

#[test]
fn a_document_that_is_typed_in_resolves_as_one_that_was_opened_so() {
    for (language, name, _) in LANGUAGES {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let path = root.join(name);
        let first = sample(language);
        std::fs::write(&path, &first).unwrap();
        let index = Index::new(vec![root], Options::default());
        index.scan(&AtomicBool::new(false));
        let store = DocumentStore::default();
        let id = DocumentId::from_path(&path).unwrap();
        let mut text = Text::new(&store.open(id.clone(), language, 1, &first).text.to_string());
        let mut version = 1;
        // Lines of it are typed anew, in order that the code is right as often as it is broken.
        for line in (0..text.line_count()).step_by(8) {
            let (start, end) = (text.line_start(line), text.line_end(line));
            let typed = text.slice(start..end);
            let at = |offset: usize, text: &Text| text.position_of(offset, PositionEncoding::Utf8);
            let mut change = |from: usize, to: usize, new: &str, text: &Text| {
                version += 1;
                let change = Change { range: Some((at(from, text), at(to, text))), text: new.to_owned() };
                store.change(&id, version, &[change], PositionEncoding::Utf8).unwrap()
            };
            text = change(start, end, "", &text).text;
            let mut cursor = start;
            for character in typed.chars() {
                let snapshot = change(cursor, cursor, &character.to_string(), &text);
                text = snapshot.text.clone();
                cursor += character.len_utf8();
                let followed = told(&resolve(&snapshot, cursor, &index), true);
                last::forget(&path);
                let opened = DocumentStore::default().open(id.clone(), language, 1, &text.to_string());
                let anew = told(&resolve(&opened, cursor, &index), true);
                assert_eq!(followed, anew, "{language}, at {cursor} of {:?}", text.to_string());
            }
        }
    }
}
