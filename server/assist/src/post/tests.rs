//! The table of cases in `cases/`, run as a whole text and as a stream. Must not need a model.
#![allow(clippy::panic)]

use std::fmt::Write as _;

use syntax::{Language, Tree};
use text::Text;

use super::{Options, Outcome, Site, StopCheck, post_process_with};

/// A case of a table: see `cases/python.txt` for the form.
struct Case {
    name: String,
    source: String,
    raw: String,
    expected: String,
    options: Options,
}

const TABLES: &[(&str, &str)] = &[
    ("python", include_str!("cases/python.txt")),
    ("rust", include_str!("cases/rust.txt")),
    ("typescript", include_str!("cases/typescript.txt")),
    ("javascript", include_str!("cases/javascript.txt")),
    ("go", include_str!("cases/go.txt")),
    ("java", include_str!("cases/java.txt")),
];

fn cases(table: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    for chunk in table.split("\n=== ").skip(1) {
        let (name, rest) = chunk.split_once('\n').unwrap_or_else(|| panic!("{chunk}"));
        let (source, rest) = rest.split_once("\n--- raw").unwrap_or_else(|| panic!("no raw: {name}"));
        let (flags, rest) = rest.split_once('\n').unwrap_or_else(|| panic!("{name}"));
        let (raw, expected) =
            rest.split_once("\n--- expect\n").unwrap_or_else(|| panic!("no expect: {name}"));
        cases.push(Case {
            name: name.to_owned(),
            source: unescape(source),
            raw: unescape(raw),
            expected: expected.trim_end_matches('\n').to_owned(),
            options: Options { truncated: flags.contains("truncated") },
        });
    }
    cases
}

/// `⏎` is a line feed, `→` a tab and `␍` a carriage return, where the table could not show them.
fn unescape(text: &str) -> String {
    text.replace('⏎', "\n").replace('→', "\t").replace('␍', "\r").replace('·', " ")
}

fn shown(outcome: &Outcome) -> String {
    let mut shown = String::new();
    match (&outcome.insertion, outcome.dropped) {
        (Some(insertion), _) => {
            let text = insertion.text.replace('\t', "→").replace('\r', "␍");
            let text = match text.strip_suffix(' ') {
                Some(text) => format!("{text}·"),
                None => text,
            };
            shown.push_str(&text);
        }
        (None, reason) => {
            let _ = write!(shown, "dropped: {reason:?}");
        }
    }
    let rules: Vec<&str> = outcome.applied.iter().map(|applied| applied.rule).collect();
    let _ = write!(shown, "\n--- rules {}", rules.join(" "));
    shown
}

fn language(id: &str) -> Option<Language> {
    Language::all().find(|language| language.id() == id)
}

fn with_site<T>(id: &str, case: &Case, run: impl FnOnce(&Site<'_>) -> T) -> T {
    let (before, after) = case.source.split_once("$0").unwrap_or_else(|| panic!("no $0: {}", case.name));
    let text = Text::new(&format!("{before}{after}"));
    let language = language(id);
    let tree = language.map(|language| Tree::parse(language, &text));
    run(&Site { language, text: &text, tree: tree.as_ref(), cursor: before.len() })
}

#[test]
fn tables() {
    let mut failures = String::new();
    for (id, table) in TABLES {
        for case in cases(table) {
            let outcome = with_site(id, &case, |site| post_process_with(&case.raw, site, case.options));
            let shown = shown(&outcome);
            if shown != case.expected {
                let _ = write!(
                    failures,
                    "\n{id}: {}\n  expected:\n{}\n  got:\n{}\n",
                    case.name, case.expected, shown
                );
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn the_tables_have_cases() {
    for (id, table) in TABLES {
        let enough = match *id {
            "python" => 25,
            "rust" => 20,
            _ => 6,
        };
        assert!(cases(table).len() >= enough, "{id}: {}", cases(table).len());
    }
}

/// Stopping where `StopCheck` says so gives what the whole text would have given, whatever pieces it comes in.
#[test]
fn a_stopped_stream_gives_the_same() {
    let mut stopped_early = 0;
    for (id, table) in TABLES {
        for case in cases(table) {
            with_site(id, &case, |site| {
                let whole = post_process_with(&case.raw, site, Options::default());
                for piece in [1, 3, 7] {
                    let mut check = StopCheck::new(site);
                    let characters: Vec<char> = case.raw.chars().collect();
                    let mut so_far = String::new();
                    for piece in characters.chunks(piece) {
                        so_far.extend(piece);
                        if check.should_stop(&so_far) {
                            break;
                        }
                    }
                    stopped_early += usize::from(so_far.len() < case.raw.len());
                    let streamed = post_process_with(&so_far, site, Options::default());
                    assert_eq!(
                        (streamed.insertion, streamed.dropped),
                        (whole.insertion.clone(), whole.dropped),
                        "{id}: {}: stopped after {so_far:?}",
                        case.name
                    );
                }
            });
        }
    }
    assert!(stopped_early > 50, "{stopped_early}");
}

/// Any start of any raw text, at any place of any source, gives an answer and no panic.
#[test]
fn every_cursor_takes_every_start() {
    for (id, table) in TABLES {
        for case in cases(table).iter().step_by(3) {
            let source = case.source.replace("$0", "");
            let text = Text::new(&source);
            for cursor in (0..=source.len()).step_by(7) {
                let site = Site { language: language(id), text: &text, tree: None, cursor };
                for end in (0..=case.raw.len()).step_by(11).filter(|end| case.raw.is_char_boundary(*end)) {
                    let outcome = post_process_with(&case.raw[..end], &site, case.options);
                    assert_eq!(outcome.insertion.is_none(), outcome.dropped.is_some());
                }
            }
        }
    }
}
