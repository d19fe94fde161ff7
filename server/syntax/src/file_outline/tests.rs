//! Random edits of every language's own sample, against reading the whole tree. The seed is fixed: a failure is there for
//! everybody, until it is mended.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;

use fastrand::Rng;
use text::{Edit, Text};

use super::Outline;
use crate::{Language, Tree};

/// Edits of each language's text, small and large.
const EDITS: usize = 200;
/// So many copies of a sample are more than what is parsed from scratch when it is broken.
const LARGE: usize = 6;

const PIECES: &[&str] = &[
    "x",
    "é",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    " ",
    "    ",
    "\t",
    "\"",
    "'",
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
    "/// doc\n",
    "/** doc */",
    "# doc\n",
    "\\",
    "=",
    "0",
    "return ",
    "class ",
    "def ",
    "fn ",
    "func ",
    "import ",
    "use ",
    "@",
    "#[x]\n",
    "\nclass A:\n    x: int = 1\n",
    "\nNAME = 1\n",
    "\nimport os\n",
    "\nfn f() {}\n",
    "\nuse a::b;\n",
    "\n// doc\nfunc f() {}\n",
    "\nimport \"os\"\n",
    "\nclass B { int x; }\n",
    "\nimport a.b.C;\n",
    "\nexport const f = () => 1;\n",
    "\nimport { a as b } from './c';\n",
    "`",
    "=>",
    "f'{",
];

fn sample(language: Language, copies: usize) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../grammars").join(language.id());
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let sites = read("sites.txt");
    let mut pieces: Vec<&str> = sites.split("---\n").collect();
    pieces.truncate(3);
    let sample = read("sample.txt");
    (0..copies)
        .map(|copy| format!("{sample}\n{}", if copy % 9 == 8 { pieces.concat() } else { String::new() }))
        .collect()
}

/// An edit somewhere: mostly small, at times a larger piece that goes, or one that comes from elsewhere in the text.
fn any_edit(random: &mut Rng, text: &Text) -> Edit {
    let length = text.len_bytes();
    let start = text.floor_char_boundary(random.usize(0..=length));
    let taken = match random.u8(0..10) {
        0..=5 => 0,
        6..=8 => random.usize(1..6),
        _ => random.usize(1..400),
    };
    let end = text.floor_char_boundary((start + taken).min(length)).max(start);
    let new_text = match random.u8(0..10) {
        0..=6 => PIECES[random.usize(0..PIECES.len())].to_owned(),
        7 | 8 => String::new(),
        _ => {
            let from = random.usize(0..=length);
            text.slice(from..from + random.usize(0..300))
        }
    };
    Edit { range: start..end, new_text }
}

/// Edits a text and takes some back, as somebody who types does; without that nearly all of it would be broken code.
fn check(language: Language, first: &str, seed: u64) -> usize {
    let mut random = Rng::with_seed(seed);
    let mut text = Text::new(first);
    let mut tree = Tree::parse(language, &text);
    let mut outline = Outline::new(&tree, &text);
    let mut undo: Vec<Text> = Vec::new();
    let mut in_part = 0;
    for step in 0..EDITS {
        let before = text.clone();
        let mut edited = tree.clone();
        // At times several edits lie between one outline and the next.
        for _ in 0..random.usize(1..3) {
            let before = text.clone();
            let edit = match undo.pop() {
                Some(earlier) if random.bool() => {
                    let (prefix, suffix) = text.common_ends(&earlier);
                    let new_text = earlier.slice(prefix..earlier.len_bytes() - suffix);
                    Edit { range: prefix..text.len_bytes() - suffix, new_text }
                }
                kept => {
                    undo.extend(kept);
                    undo.push(text.clone());
                    any_edit(&mut random, &text)
                }
            };
            text.apply(&edit).unwrap();
            edited.edit(&before, &edit, &text);
        }
        tree = edited.reparse(&text);
        let whole = Outline::new(&tree, &text);
        let read = outline.after_edit(&tree, &text);
        in_part += usize::from(read.is_some());
        let after = read.unwrap_or_else(|| whole.clone());
        if after.definitions != whole.definitions || after.imports != whole.imports {
            let place = before.common_ends(&text).0;
            panic!(
                "{language:?}, step {step}, around {:?} of {:?}\n{:#?}\n{:#?}",
                before.slice(place.saturating_sub(200)..place + 200),
                text.slice(place.saturating_sub(200)..place + 200),
                after.definitions.iter().find(|it| !whole.definitions.contains(it)),
                whole.definitions.iter().find(|it| !after.definitions.contains(it)),
            );
        }
        outline = after;
    }
    in_part
}

#[test]
fn after_random_edits_an_outline_is_that_of_the_whole_tree() {
    for language in Language::all() {
        let small = check(language, &sample(language, 2), 7);
        let large = check(language, &sample(language, LARGE), 11);
        // Otherwise nothing was tried.
        assert!(large > EDITS / 2, "{language:?}: {small} and {large} of {EDITS} in part");
    }
}
