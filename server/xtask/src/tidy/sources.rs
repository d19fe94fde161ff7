//! What stands in a source file: its first line, its length, and words that must not be there.
//!
//! Comments and strings are blanked before code is searched, so that a word in a message is no finding.

use super::Violation;
use super::checkout::{Checkout, File};

/// Lines that a source file may have.
const LONGEST_FILE: usize = 600;

/// Endings of files that count as source.
const SOURCE_ENDINGS: [&str; 6] = [".rs", ".ts", ".tsx", ".lua", ".kt", ".py"];

/// A word in Rust code that is wrong somewhere.
struct Forbidden {
    words: &'static [&'static str],
    /// Where it is allowed.
    allowed: fn(&Place<'_>) -> bool,
    why: &'static str,
    remedy: &'static str,
}

/// Where a word was found.
struct Place<'a> {
    path: &'a str,
    in_test: bool,
}

const FORBIDDEN: &[Forbidden] = &[
    Forbidden {
        words: &["unsafe"],
        allowed: |place| place.path.starts_with("server/engine-llama/"),
        why: "only engine-llama may use `unsafe`, where llama.cpp's C interface needs it",
        remedy: "Use a safe function of the standard library or of a well-kept crate",
    },
    Forbidden {
        words: &[".unwrap()", ".expect(", "panic!"],
        // A panic is how a build script fails, and no user meets it.
        allowed: |place| place.in_test || place.path.ends_with("/build.rs"),
        why: "what a user types or a model writes must never bring Weft down",
        remedy: "Return an error (`?`), or a value that is right when the thing is missing",
    },
    Forbidden {
        words: &["todo!", "unimplemented!", "#[ignore"],
        allowed: |_| false,
        why: "nothing on main is unfinished or switched off",
        remedy: "Finish it, or take it out and open an issue",
    },
    Forbidden {
        words: &["println!", "print!", "eprintln!", "eprint!", "dbg!", "io::stdout"],
        allowed: |place| {
            let prints = ["server/weft/", "server/xtask/"];
            prints.iter().any(|it| place.path.starts_with(it))
                || place.in_test
                || place.path.ends_with("/build.rs")
        },
        why: "standard output belongs to the protocol with the editor",
        remedy: "Log with `tracing`, or return the text to the binary",
    },
];

/// Notes to oneself, in every kind of source file, comments too. Written in two parts, so that this
/// file is not a finding of its own.
const NOTES: [&str; 3] = [concat!("FIX", "ME"), concat!("TO", "DO"), concat!("XX", "X")];

/// Tests that are switched off, outside Rust.
const SWITCHED_OFF: [&str; 6] = [
    concat!("pytest.mark.", "skip"),
    concat!("pytest.", "skip("),
    concat!("pytest.mark.", "xfail"),
    concat!("test.", "skip("),
    concat!("it.", "skip("),
    concat!("describe.", "only("),
];

pub(super) fn check(checkout: &Checkout) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in checkout.files.iter().filter(|file| is_source(file)) {
        violations.extend(too_long(file));
        violations.extend(notes(file));
        if file.path.ends_with(".rs") && file.path.starts_with("server/") {
            violations.extend(opening(file));
            violations.extend(forbidden(file));
        }
    }
    violations
}

/// fixtures/ is sample code: it is what users have, not what we keep to.
fn is_source(file: &File) -> bool {
    SOURCE_ENDINGS.iter().any(|ending| file.path.ends_with(ending)) && !file.path.starts_with("fixtures/")
}

fn too_long(file: &File) -> Option<Violation> {
    let lines = file.text.lines().count();
    (lines > LONGEST_FILE).then(|| Violation {
        path: file.path.clone(),
        line: LONGEST_FILE + 1,
        what: format!("{lines} lines"),
        why: "a file is read as a whole; 600 lines are the most that is done with",
        remedy: "Split it by subject; long tests go in a tests.rs beside it".to_owned(),
    })
}

fn opening(file: &File) -> Option<Violation> {
    (!file.text.starts_with("//!")).then(|| Violation {
        path: file.path.clone(),
        line: 1,
        what: "the file does not open with `//!`".to_owned(),
        why: "each file says first what it is for and what it must not do",
        remedy: "Add that sentence as the first line".to_owned(),
    })
}

fn notes(file: &File) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        let found = NOTES.iter().find(|word| has_word(line, word));
        let found = found.or_else(|| SWITCHED_OFF.iter().find(|text| line.contains(**text)));
        if let Some(word) = found {
            violations.push(Violation {
                path: file.path.clone(),
                line: index + 1,
                what: format!("`{word}`"),
                why: "nothing on main is unfinished or switched off",
                remedy: "Finish it, or take it out and open an issue".to_owned(),
            });
        }
    }
    violations
}

fn forbidden(file: &File) -> Vec<Violation> {
    let code = code_only(&file.text);
    let test_lines = test_lines(&file.path, &code);
    let mut violations = Vec::new();
    for (index, line) in code.lines().enumerate() {
        let place = Place { path: &file.path, in_test: test_lines.get(index).copied().unwrap_or(false) };
        for rule in FORBIDDEN {
            let Some(word) = rule.words.iter().find(|word| has_word(line, word)) else { continue };
            if (rule.allowed)(&place) {
                continue;
            }
            violations.push(Violation {
                path: file.path.clone(),
                line: index + 1,
                what: format!("`{word}`"),
                why: rule.why,
                remedy: rule.remedy.to_owned(),
            });
        }
    }
    violations
}

/// Whether `word` stands in `line`, not as part of a longer name.
fn has_word(line: &str, word: &str) -> bool {
    let part_of_name = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        let after = line[start + word.len()..].chars().next();
        let starts_inside = word.starts_with(part_of_name) && before.is_some_and(part_of_name);
        let ends_inside = word.ends_with(part_of_name) && after.is_some_and(part_of_name);
        !starts_inside && !ends_inside
    })
}

/// For each line, whether it is test code: a test file, or an item under `#[cfg(test)]`.
fn test_lines(path: &str, code: &str) -> Vec<bool> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let whole = name == "tests.rs"
        || name.ends_with("_tests.rs")
        || ["/tests/", "/benches/"].iter().any(|folder| path.contains(folder))
        || path.starts_with("server/test-fixture/");
    let mut lines = vec![whole; code.lines().count()];
    for (start, _) in code.match_indices("#[cfg(test)]") {
        let end = end_of_item(code, start);
        let first = code[..start].matches('\n').count();
        let last = code[..end].matches('\n').count();
        for line in lines.iter_mut().take(last + 1).skip(first) {
            *line = true;
        }
    }
    lines
}

/// The byte after the item that begins at `start`: its closing brace, or its semicolon.
fn end_of_item(code: &str, start: usize) -> usize {
    let mut depth = 0usize;
    for (offset, byte) in code.bytes().enumerate().skip(start) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth <= 1 => return offset + 1,
            b'}' => depth -= 1,
            b';' if depth == 0 => return offset + 1,
            _ => {}
        }
    }
    code.len()
}

/// The text with comments, strings and characters blanked; line breaks stay where they are.
fn code_only(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let length = blank_length(rest, out.chars().next_back());
        if let Some(length) = length {
            let (blanked, after) = rest.split_at(length);
            out.extend(blanked.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            rest = after;
        } else {
            let mut chars = rest.chars();
            out.extend(chars.next());
            rest = chars.as_str();
        }
    }
    out
}

/// The length of the comment, string or character literal at the start of `rest`; `None` for code.
fn blank_length(rest: &str, before: Option<char>) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return Some(block_comment_length(rest));
    }
    if rest.starts_with('"') {
        return Some(string_length(rest));
    }
    let in_name = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    if !in_name {
        // r"…", br"…" and cr"…"; a plain b"…" is met again at its quote.
        for start in ["r", "br", "cr"] {
            if let Some(length) = rest.strip_prefix(start).and_then(raw_string_length) {
                return Some(start.len() + length);
            }
        }
    }
    if let Some(after) = rest.strip_prefix('\'') {
        return character_length(after);
    }
    None
}

/// Block comments nest.
fn block_comment_length(rest: &str) -> usize {
    let mut depth = 0usize;
    let mut at = 0;
    while let Some(tail) = rest.get(at..).filter(|tail| !tail.is_empty()) {
        if tail.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if tail.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += tail.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

fn string_length(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// A raw string, from the text after its `r`; `None` for a name such as `r#type` or `rest`.
fn raw_string_length(after: &str) -> Option<usize> {
    let body = after.trim_start_matches('#');
    let hashes = after.len() - body.len();
    let body = body.strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = body.find(&end).map_or(body.len(), |at| at + end.len());
    Some(hashes + 1 + length)
}

/// A character literal, from the text after its quote; `None` for a lifetime.
fn character_length(after: &str) -> Option<usize> {
    if let Some(escape) = after.strip_prefix('\\') {
        let skip = escape.chars().next()?.len_utf8();
        let end = escape[skip..].find('\'')?;
        return Some(1 + 1 + skip + end + 1);
    }
    let c = after.chars().next()?;
    after[c.len_utf8()..].starts_with('\'').then_some(1 + c.len_utf8() + 1)
}
