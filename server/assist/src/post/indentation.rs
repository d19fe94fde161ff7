//! Indentation: the first line goes where the cursor is, the others where the file's own lines would be. Must not change
//! how the lines stand to each other, save where the model plainly meant something else.

use super::lexer::State;
use super::place::{Indent, Mode, Place};
use super::{Draft, DropReason};

/// Before the end of the suggestion is looked for: leading blank lines, the first line's indentation, the kind of white
/// space, and lines that were written as if the cursor stood in the first column.
pub(super) fn first_lines(draft: &mut Draft, place: &Place) -> Option<String> {
    if place.state.spans_lines() {
        return None;
    }
    let mut done = Vec::new();
    if convert_white_space(draft, place) {
        done.push("tabs and spaces as in the file");
    }
    match place.mode {
        Mode::Block | Mode::Above => {
            if place_first_line(draft, place) {
                done.push("first line put at the cursor");
            }
        }
        Mode::Statement | Mode::InLine => {
            let lead = draft.text.len() - draft.text.trim_start_matches([' ', '\t']).len();
            let after_space = place.before.ends_with([' ', '\t']);
            if after_space && lead > 0 && draft.text.len() > lead && !draft.text[lead..].starts_with('\n') {
                draft.text.drain(..lead);
                done.push("space before the cursor not doubled");
            }
        }
    }
    if reindent_relative(draft, place) {
        done.push("lines indented from the cursor's line");
    }
    (!done.is_empty()).then(|| done.join(", "))
}

fn place_first_line(draft: &mut Draft, place: &Place) -> bool {
    let content = draft.text.trim_start();
    if content.is_empty() {
        return false;
    }
    let lead_bytes = draft.text.len() - content.len();
    let lead = &draft.text[..lead_bytes];
    let column = place.indent;
    // After a line end the indentation counts from the first column, before one from the cursor.
    let wanted = match lead.rfind('\n') {
        Some(at) => {
            let absolute = place.indent_of(&lead[at + 1..]);
            if absolute < column {
                draft.drop_because(DropReason::LeftBlock);
                draft.decided = true;
                return true;
            }
            absolute - column
        }
        // In the first column nothing is doubled.
        None if column == 0 => place.indent_of(lead),
        None => place.indent_of(lead).min(expected_indent(place).saturating_sub(column)),
    };
    let white = spaces(place, wanted);
    if lead == white {
        return false;
    }
    draft.text.replace_range(..lead_bytes, &white);
    true
}

/// Where the next statement would begin, by the line above.
fn expected_indent(place: &Place) -> usize {
    match &place.above {
        Some(above) if place.opens_block(&above.text) => above.indent + place.unit_width(),
        Some(above) => above.indent,
        None => 0,
    }
}

/// Instruct models write a block as if its first line stood in the first column. It shows in the second line, which would
/// otherwise leave the block that the first one opens.
fn reindent_relative(draft: &mut Draft, place: &Place) -> bool {
    let base = place.indent;
    if base == 0 || place.mode == Mode::InLine {
        return false;
    }
    let mut lines = draft.text.split_inclusive('\n');
    let Some(first) = lines.next() else { return false };
    let whole = format!("{}{first}", place.before);
    if first.trim().is_empty() || !place.opens_block(&whole) {
        return false;
    }
    let Some(second) = lines.find(|line| !line.trim().is_empty()) else { return false };
    let indent = place.indent_of(second);
    let closes = second.trim_start().starts_with([')', ']', '}']);
    if closes || indent == 0 || indent > base || (!place.indent_blocks && indent == base) {
        return false;
    }
    let white = spaces(place, base);
    let shifted: Vec<String> = draft
        .text
        .split('\n')
        .enumerate()
        .map(|(index, line)| match index > 0 && !line.trim().is_empty() {
            true => format!("{white}{line}"),
            false => line.to_owned(),
        })
        .collect();
    draft.text = shifted.join("\n");
    true
}

/// After the end was found: a first line that was written too deep has followers that are as much too deep.
pub(super) fn shift_back(draft: &mut Draft, place: &Place) -> Option<String> {
    if !matches!(place.mode, Mode::Block | Mode::Above) || place.state != State::Code {
        return None;
    }
    let (first, rest) = draft.text.split_once('\n')?;
    let base = place.indent + place.indent_of(first);
    if place.opens_block(first) {
        return None;
    }
    let least =
        rest.lines().filter(|line| !line.trim().is_empty()).map(|line| place.indent_of(line)).min()?;
    let second = rest.lines().find(|line| !line.trim().is_empty()).map(|line| place.indent_of(line))?;
    let too_deep = least.checked_sub(base).filter(|extra| *extra > 0 && second == least)?;
    let unbroken = place
        .last_code(State::Code, first)
        .is_none_or(|last| last.is_alphanumeric() || matches!(last, ')' | ']' | '}' | ';' | '_'));
    let continues = rest.trim_start().starts_with(['.', '?', '+', '-', '*', '/', '&', '|', '=', ':']);
    if !unbroken || continues || too_deep % place.unit_width() != 0 {
        return None;
    }
    let shifted: Vec<String> = rest.split('\n').map(|line| outdented(line, too_deep, place)).collect();
    draft.text = format!("{first}\n{}", shifted.join("\n"));
    Some(format!("lines after the first moved {too_deep} columns to the left"))
}

fn outdented(line: &str, columns: usize, place: &Place) -> String {
    let indent = place.indent_of(line);
    format!("{}{}", spaces(place, indent.saturating_sub(columns)), line.trim_start_matches([' ', '\t']))
}

/// White space of a width, in the file's kind.
fn spaces(place: &Place, columns: usize) -> String {
    match place.unit {
        Indent::Spaces(_) | Indent::Unknown => " ".repeat(columns),
        Indent::Tab => {
            let tabs = columns / place.unit_width();
            format!("{}{}", "\t".repeat(tabs), " ".repeat(columns % place.unit_width()))
        }
    }
}

fn convert_white_space(draft: &mut Draft, place: &Place) -> bool {
    let wrong = match place.unit {
        Indent::Tab => ' ',
        Indent::Spaces(_) => '\t',
        Indent::Unknown => return false,
    };
    let needs = |line: &str| {
        let lead = line.len() - line.trim_start_matches([' ', '\t']).len();
        // One space is not indentation: it may align a comment's star.
        line[..lead].matches(wrong).count() > usize::from(wrong == ' ')
    };
    let mut changed = false;
    let converted: Vec<String> = draft
        .text
        .split('\n')
        .enumerate()
        .map(|(index, line)| {
            if !needs(line) || (index == 0 && !matches!(place.mode, Mode::Block | Mode::Above)) {
                return line.to_owned();
            }
            changed = true;
            // Models write four spaces for a tab; half of that is meant as one, too.
            let columns = place.indent_of(line);
            let columns = match place.unit {
                Indent::Tab => columns.next_multiple_of(place.unit_width()),
                Indent::Spaces(_) | Indent::Unknown => columns,
            };
            format!("{}{}", spaces(place, columns), line.trim_start_matches([' ', '\t']))
        })
        .collect();
    if changed {
        draft.text = converted.join("\n");
    }
    changed
}
