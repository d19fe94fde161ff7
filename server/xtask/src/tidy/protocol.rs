//! docs/protocol.md against the code: every method and command of Weft's own is in a table there, and nothing else.
//!
//! It looks at names only: whether a shape is described rightly is for readers and tests.

use std::collections::BTreeMap;

use super::Violation;
use super::checkout::Checkout;

const PAGE: &str = "docs/protocol.md";
/// Where the names are in the code.
const CODE: &str = "server/lsp/src/ext/";
/// What names of Weft's own begin with; what else stands there belongs to others.
const OURS: [&str; 2] = ["weft/", "weft."];

pub(super) fn check(checkout: &Checkout) -> Vec<Violation> {
    let Some(page) = checkout.file(PAGE) else { return Vec::new() };
    let code = checkout.files.iter().filter(|file| file.path.starts_with(CODE));
    let in_code: BTreeMap<&str, (&str, usize)> = code
        .flat_map(|file| {
            let lines = (1..).zip(file.text.lines());
            lines.filter_map(|(line, text)| Some((constant(text)?, (file.path.as_str(), line))))
        })
        .collect();
    let in_page: BTreeMap<&str, usize> =
        (1..).zip(page.text.lines()).filter_map(|(line, text)| Some((row(text)?, line))).collect();
    let undocumented = in_code.iter().filter(|(name, _)| !in_page.contains_key(*name));
    let undocumented = undocumented.map(|(name, (path, line))| Violation {
        path: (*path).to_owned(),
        line: *line,
        what: format!("`{name}` is in no table of {PAGE}"),
        why: "whoever writes an editor's side has nothing else to go by",
        remedy: "Describe it there".to_owned(),
    });
    let gone = in_page.iter().filter(|(name, _)| !in_code.contains_key(*name));
    let gone = gone.map(|(name, line)| Violation {
        path: PAGE.to_owned(),
        line: *line,
        what: format!("`{name}` is not in the code"),
        why: "a documented method that nobody answers costs its reader an afternoon",
        remedy: format!("Remove it, or add its name to a file in {CODE}"),
    });
    undocumented.chain(gone).collect()
}

/// The name that a line of code declares: `const NAME: &str = "weft/why";`.
fn constant(line: &str) -> Option<&str> {
    let (declaration, value) =
        line.split_once(": &'static str = \"").or_else(|| line.split_once(": &str = \""))?;
    declaration.contains("const ").then_some(())?;
    ours(value.split_once('"')?.0)
}

/// The name in the first cell of a table's row.
fn row(line: &str) -> Option<&str> {
    ours(line.strip_prefix("| `")?.split_once('`')?.0)
}

fn ours(name: &str) -> Option<&str> {
    OURS.iter().any(|start| name.starts_with(start)).then_some(name)
}
