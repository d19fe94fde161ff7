//! Filling in by conversation, for models behind an interface that knows only messages: the code with the cursor marked, and what is
//! wanted. Must not cut anything to size, and knows no provider.

use std::fmt::Write as _;

use crate::render::FimParts;

/// A question to a chat model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FillIn {
    /// The rules.
    pub system: String,
    /// The code.
    pub user: String,
}

/// What stands at the cursor, unless the code has it itself.
const MARK: &str = "<CURSOR>";

/// Asks for the text at the cursor. [`FimParts::repo_name`] is not shown.
#[must_use]
pub fn fill_in(parts: &FimParts<'_>) -> FillIn {
    let mark = mark(parts);
    let system = format!(
        "You complete code as it is typed. The message shows a file in which {mark} marks the cursor. Answer with exactly the text \
         to insert there: at least the rest of its line, at most the block that it begins. No explanation, no markdown, \
         nothing that stands before {mark} or after it already. Answer with nothing where nothing belongs there."
    );
    let mut user = String::new();
    for file in parts.files {
        // To a String this cannot fail.
        let _ = writeln!(user, "--- {}\n{}\n", file.path, file.text.trim_end_matches('\n'));
    }
    let _ = writeln!(user, "--- {}\n{}{mark}{}", parts.path.unwrap_or("file"), parts.prefix, parts.suffix);
    let before = parts.prefix.rsplit('\n').next().unwrap_or_default();
    let after = parts.suffix.split('\n').next().unwrap_or_default();
    let _ = write!(user, "\nThe line of the cursor is:\n{before}{mark}{after}");
    FillIn { system, user }
}

/// A mark that the code does not have.
fn mark(parts: &FimParts<'_>) -> String {
    let has = |mark: &str| {
        parts.prefix.contains(mark)
            || parts.suffix.contains(mark)
            || parts.files.iter().any(|file| file.text.contains(mark))
    };
    let numbered = (1..).map(|number| format!("<CURSOR {number}>"));
    std::iter::once(MARK.to_owned()).chain(numbered).find(|mark| !has(mark)).unwrap_or_default()
}
