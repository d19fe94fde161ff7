//! What a model is asked for an edit: one part of a file, rewritten. It must not know templates or tokenizers: it is handed a
//! function that counts.

use std::fmt::Write as _;
use std::ops::Range;

use text::Text;

use super::lines::contents;
use super::{File, NoEdit, Region};

/// What is to become of the region.
#[derive(Clone, Debug)]
pub enum EditKind {
    /// What the user says.
    Edit {
        /// In the user's words.
        instruction: String,
    },
    /// What the diagnostics complain of is to be repaired.
    Fix {
        /// Those that touch the region.
        diagnostics: Vec<Diagnostic>,
    },
    /// Documentation comments are to be written.
    Document,
    /// Tests of the region, in a file of tests. Its answer is read by [`super::tests_from_answer`].
    WriteTests {
        /// The file of the tests, from the workspace's root.
        path: String,
        /// What is in it already.
        existing: Option<Text>,
    },
}

/// What a compiler or linter says of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The line, counted from 0.
    pub line: usize,
    /// What it says.
    pub message: String,
}

/// How much a prompt may hold.
#[derive(Clone, Copy)]
pub struct Room<'a> {
    /// Tokens for the whole prompt.
    pub budget: usize,
    /// The tokens of a text, exact or estimated.
    pub measure: &'a dyn Fn(&str) -> usize,
}

/// A prompt for an edit, and what its answer is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditPrompt {
    /// The system message.
    pub system: String,
    /// The user's message.
    pub user: String,
    /// The region that the answer replaces.
    pub region: Region,
    /// What was asked for, as [`super::edit_from_answer`] needs it.
    pub instruction: String,
}

const SYSTEM: &str = "You are an expert programmer who edits code. You are given a file and one part of it to rewrite. \
Answer with one fenced code block that holds the whole new text of that part and nothing else. Copy every line that need \
not change exactly as it is, with its indentation. Leave nothing out: never write a comment in place of code. Do not repeat \
code from outside the part, and write no explanation.";

const SYSTEM_TESTS: &str = "You are an expert programmer who writes tests. Answer with one fenced code block that holds the \
new tests, complete and ready to run, with the imports that they need. Do not repeat tests that are there already, and \
write no explanation.";

/// The word that marks the place of the region; another one where the file has it already.
pub(super) fn marker(content: &str) -> String {
    let mut marker = "WEFT-EDIT-HERE".to_owned();
    while content.contains(&marker) {
        marker.push_str("-X");
    }
    marker
}

/// The messages that ask for an edit of a region.
///
/// The region is always whole; of the rest of the file as much as fits, the nearest lines first.
///
/// # Errors
/// [`NoEdit::TooLarge`] when not even the region fits.
pub fn edit_prompt(
    file: &File<'_>,
    region: &Region,
    kind: &EditKind,
    room: &Room<'_>,
) -> Result<EditPrompt, NoEdit> {
    let content = file.content();
    let lines = contents(&content);
    let instruction = instruction(kind, &lines);
    let system = match kind {
        EditKind::WriteTests { .. } => SYSTEM_TESTS,
        _ => SYSTEM,
    };
    let part = lines.get(region.lines.clone()).unwrap_or_default().join("\n");
    let tag = file.language.map_or("", syntax::Language::id);
    let mark = marker(&content);
    let needed =
        [system, &part, &instruction].iter().map(|text| (room.measure)(text)).sum::<usize>() + OVERHEAD;
    if needed > room.budget {
        return Err(NoEdit::TooLarge { tokens: needed, budget: room.budget });
    }
    let shown = surroundings(&lines, &region.lines, room.budget - needed, room.measure);
    let comment = file.language.map_or("#", syntax::Language::line_comment);
    let mut user = String::new();
    if shown != region.lines {
        let white = lines.get(region.lines.start).map_or("", |line| super::indent::indentation(line));
        let above = lines.get(shown.start..region.lines.start).unwrap_or_default();
        let below = lines.get(region.lines.end..shown.end).unwrap_or_default();
        let place = format!("{white}{comment} {mark}");
        let text = [above, &[place], below].concat().join("\n");
        let extent = match shown == (0..lines.len()) {
            true => String::new(),
            false => format!(", lines {} to {}", shown.start + 1, shown.end),
        };
        let _ = write!(user, "The file `{}`{extent}:\n{}\n\n", file.path, fenced(tag, &text));
    }
    let place = match shown == region.lines {
        true => format!("The file `{}`", file.path),
        false => format!("The part at the line `{comment} {mark}`"),
    };
    match part.trim().is_empty() {
        true => {
            let _ = write!(user, "{place} is empty so far: new code is to be written there.\n\n");
        }
        false => {
            let _ = write!(user, "{place} is:\n{}\n\n", fenced(tag, &part));
        }
    }
    user.push_str(&instruction);
    Ok(EditPrompt { system: system.to_owned(), user, region: region.clone(), instruction: asked(kind) })
}

/// Tokens for the words around the code.
const OVERHEAD: usize = 64;

/// The words of the user, or of the diagnostics, that say what may disappear.
fn asked(kind: &EditKind) -> String {
    match kind {
        EditKind::Edit { instruction } => instruction.clone(),
        EditKind::Fix { diagnostics } => {
            diagnostics.iter().map(|it| it.message.as_str()).collect::<Vec<_>>().join("\n")
        }
        EditKind::Document | EditKind::WriteTests { .. } => String::new(),
    }
}

fn instruction(kind: &EditKind, lines: &[String]) -> String {
    match kind {
        EditKind::Edit { instruction } => format!("Rewrite the part: {}", instruction.trim()),
        EditKind::Fix { diagnostics } => {
            let mut text = "Rewrite the part so that these problems are gone:\n".to_owned();
            for it in diagnostics {
                let line = lines.get(it.line).map_or("", |line| line.trim());
                let message = it.message.trim().replace('\n', "\n  ");
                let _ = writeln!(text, "- line {}, `{line}`: {message}", it.line + 1);
            }
            text.push_str("Change nothing else.");
            text
        }
        EditKind::Document => {
            "Rewrite the part with documentation comments in the usual style of the language: what it does, what it \
             takes and gives, which errors. Change no code."
                .to_owned()
        }
        EditKind::WriteTests { path, existing } => {
            let mut text = String::new();
            if let Some(existing) = existing {
                let existing = existing.slice(0..existing.len_bytes());
                if !existing.trim().is_empty() {
                    let _ = write!(text, "The file `{path}` has so far:\n{}\n\n", fenced("", existing.trim_end()));
                }
            }
            let _ = write!(text, "Write tests of this part, usual cases and edge cases, for the file `{path}`.");
            text
        }
    }
}

/// The lines around the region that fit, nearer ones first, evenly on both sides.
fn surroundings(
    lines: &[String],
    region: &Range<usize>,
    mut left: usize,
    measure: &dyn Fn(&str) -> usize,
) -> Range<usize> {
    let mut shown = region.clone();
    let (mut above, mut below) = (true, true);
    while above || below {
        if above {
            let cost = shown.start.checked_sub(1).and_then(|at| lines.get(at)).map(|line| measure(line) + 1);
            match cost.and_then(|cost| left.checked_sub(cost)) {
                Some(rest) => (left, shown.start) = (rest, shown.start - 1),
                None => above = false,
            }
        }
        if below {
            let cost = lines.get(shown.end).map(|line| measure(line) + 1);
            match cost.and_then(|cost| left.checked_sub(cost)) {
                Some(rest) => (left, shown.end) = (rest, shown.end + 1),
                None => below = false,
            }
        }
    }
    shown
}

/// A text in a fence that is longer than any run of backticks in it.
pub(super) fn fenced(tag: &str, text: &str) -> String {
    let mut longest = 0;
    let mut run = 0;
    for character in text.chars() {
        run = if character == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(3.max(longest + 1));
    format!("{fence}{tag}\n{text}\n{fence}")
}
