//! The end of a block: where its lines stop belonging to it. Must not know what the cursor's line is like.

use super::Draft;
use super::extent::{End, introduces};
use super::lines::Line;
use super::place::{Place, Scope};

/// What a blank line between two statements of the block does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blanks {
    /// It ends the suggestion.
    End,
    /// It is part of the block.
    Inside,
}

/// The end of the block whose first line is the first one from `from` on that is not blank.
pub(super) fn end(draft: &Draft, place: &Place, lines: &[Line], from: usize, blanks: Blanks) -> End {
    let first = lines.get(from..).and_then(|rest| rest.iter().find(|line| !line.blank));
    let Some(first) = first else { return End { at: draft.text.len(), decided: false } };
    let base = match first.start {
        0 => place.indent + place.indent_of(draft.text.get(..first.end).unwrap_or("")),
        _ => first.indent,
    };
    end_at(draft, place, lines, from, base, place.scope, blanks)
}

/// The end of a block whose statements are indented by `base` columns.
pub(super) fn end_at(
    draft: &Draft,
    place: &Place,
    lines: &[Line],
    from: usize,
    base: usize,
    scope: Scope,
    blanks: Blanks,
) -> End {
    let mut kept = lines.get(from).map_or(0, |line| line.start);
    let mut content = false;
    let mut blank = false;
    let mut left = false;
    let mut first = true;
    for line in lines.get(from..).unwrap_or(&[]) {
        let text = draft.text.get(line.start..line.end).unwrap_or("").trim_start();
        if line.blank {
            blank |= line.complete;
            continue;
        }
        // Lines of a string that ends after the cursor stand for themselves.
        if line.fresh || (place.state.spans_lines() && place.state_closed) {
            let indent = if first { base } else { line.indent };
            let closes = text.starts_with(['}', ')', ']']);
            let cut = End { at: kept, decided: true };
            // Its first character has been seen, so its indentation is final.
            if indent < base && !(closes && line.closes_enclosing) {
                return cut;
            }
            let level = indent == base;
            if level && blank && content && blanks == Blanks::End {
                return cut;
            }
            if level && left && !closes {
                return cut;
            }
            if level && content && scope != Scope::Body && blanks == Blanks::End {
                match begins_definition(text, line.complete) {
                    Some(true) => return cut,
                    Some(false) => {}
                    None => return End { at: kept, decided: false },
                }
            }
            left |= level && leaves(text);
            content |= !line.comment_only && !introduces(text);
        }
        first = false;
        blank = false;
        kept = line.end;
        if !line.complete {
            break;
        }
        if line.closes_enclosing {
            return End { at: line.end, decided: true };
        }
        let at_base = line.indent == base || line.start == 0;
        if scope != Scope::Body && line.closes_own_body && at_base && !place.indent_blocks {
            return End { at: line.end, decided: true };
        }
    }
    End { at: kept, decided: false }
}

/// Whether control never reaches the statement after this one.
fn leaves(text: &str) -> bool {
    ["return", "raise", "break", "continue", "throw"].iter().any(|word| {
        text.strip_prefix(word).is_some_and(|rest| rest.starts_with([' ', ';', '(']) || rest.is_empty())
    })
}

/// Whether a line begins a definition; `None` if it is not long enough to tell.
fn begins_definition(text: &str, complete: bool) -> Option<bool> {
    if introduces(text) {
        return Some(true);
    }
    if !complete {
        return None;
    }
    let modifiers =
        ["pub", "async", "export", "default", "static", "public", "private", "protected", "abstract"];
    let words =
        ["def", "class", "fn", "func", "function", "struct", "enum", "impl", "trait", "interface", "mod"];
    let mut rest = text
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .skip_while(|word| modifiers.contains(word));
    Some(rest.next().is_some_and(|word| words.contains(&word)))
}
