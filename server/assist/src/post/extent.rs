//! Where the suggestion ends: with the line, with the statement, or with the block. Must not look for repetitions.

use super::block::{self, Blanks};
use super::lexer::{self, State, Token};
use super::lines::{Line, lines};
use super::place::{Mode, Place, Scope};
use super::{Draft, DropReason};

/// Where a draft ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    /// Byte offset in the draft.
    pub(super) at: usize,
    /// Whether more text could not change it.
    pub(super) decided: bool,
}

/// Cuts at the end of the line, the statement or the block.
pub(super) fn cut(draft: &mut Draft, place: &Place) -> Option<String> {
    if draft.text.is_empty() {
        return None;
    }
    let lines = lines(draft, place);
    let (end, what) = match place.mode {
        Mode::InLine => {
            if lines.len() > 1 {
                draft.file_has = Some(place.after.clone());
            }
            (first_line(&lines), "line")
        }
        Mode::Above if !draft.text.contains('\n') => (End { at: draft.text.len(), decided: false }, "line"),
        Mode::Above => {
            draft.above = true;
            (whole_block(draft, place, &lines), "block")
        }
        _ if ends_with_line(draft, place) && !continues(draft, place) => (first_line(&lines), "line"),
        Mode::Statement => (statement(draft, place, &lines), "statement"),
        Mode::Block => (whole_block(draft, place, &lines), "block"),
    };
    if end.at >= draft.text.len() {
        draft.decided |= end.decided;
        return None;
    }
    let blank = draft.text.get(..end.at).is_none_or(|kept| kept.trim().is_empty());
    let rest_blank = draft.text.get(end.at..).is_none_or(|rest| rest.trim().is_empty());
    draft.cut_at(end.at, end.decided);
    let lines = matches!(place.mode, Mode::Block | Mode::Above);
    if blank && (!rest_blank || !lines) {
        let reason = if lines { DropReason::LeftBlock } else { DropReason::LineComplete };
        draft.drop_because(reason);
    }
    (!rest_blank).then(|| format!("cut at the end of the {what}"))
}

/// Whether the cursor is in a comment or string that ends with its line, and the draft's first line does not end it before.
fn ends_with_line(draft: &Draft, place: &Place) -> bool {
    let mut closed = false;
    let first = draft.text.lines().next().unwrap_or("");
    lexer::scan(place.style, place.state, first, |_, _, token| closed |= token == Token::QuoteClose);
    place.state != State::Code && !place.state.spans_lines() && !closed
}

fn first_line(lines: &[Line]) -> End {
    let Some(line) = lines.first() else { return End { at: 0, decided: false } };
    End { at: line.end, decided: lines.len() > 1 }
}

/// A comment, a decorator or an attribute on the cursor's line has its statement on the next one.
fn continues(draft: &Draft, place: &Place) -> bool {
    draft.text.trim_start_matches([' ', '\t']).starts_with('\n')
        && (is_comment(place, &place.before) || introduces(&place.before))
}

/// Whether the cursor's line was complete and the model went on with the next one. A blank line in between is another
/// matter, and whoever wants it will type it.
fn is_next_line(place: &Place, lines: &[Line]) -> bool {
    let [first, second, ..] = lines else { return false };
    let header = is_header(place, 0, first);
    let own_place = if header { second.indent > place.indent } else { second.indent <= place.indent };
    first.blank && !first.pending && !second.blank && second.fresh && own_place
}

fn is_comment(place: &Place, line: &str) -> bool {
    line.trim_start().starts_with(place.line_comment)
}

/// Whether a line introduces the definition below it.
pub(super) fn introduces(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with('@') || line.starts_with("#[")
}

fn statement(draft: &Draft, place: &Place, lines: &[Line]) -> End {
    let text_of = |line: &Line| draft.text.get(line.start..line.end).unwrap_or("");
    let header_indent = header_indent(place);
    let begins_body = place.indent_blocks
        && lines.first().is_some_and(|first| is_header(place, 0, first))
        && !has_body(place, header_indent);
    if lines.len() > 1 && (continues(draft, place) || (is_next_line(place, lines) && !begins_body)) {
        return block::end(draft, place, lines, 1, Blanks::End);
    }
    if let [first, rest @ ..] = lines
        && first.blank
        && !first.pending
        && rest.first().is_none_or(|second| second.blank && !second.complete)
    {
        // What the next line is decides whether this one is all.
        return End { at: draft.text.len(), decided: false };
    }
    for (index, line) in lines.iter().enumerate() {
        let last = End { at: line.end, decided: false };
        if !line.complete || index + 1 == lines.len() {
            return last;
        }
        if line.pending {
            continue;
        }
        let text = text_of(line);
        let whole = if index == 0 { format!("{}{text}", place.before) } else { text.to_owned() };
        if place.indent_blocks {
            if is_header(place, index, line) && !has_body(place, header_indent) {
                let end = body(draft, place, lines, index + 1, header_indent);
                let header = format!("{}{}", place.before, lines.first().map_or("", text_of));
                return clauses(draft, place, lines, header_indent, &header, end);
            }
            if whole.ends_with('\\') {
                continue;
            }
        } else {
            match goes_on(draft, place, lines, index, &whole) {
                Some(true) => continue,
                Some(false) => {}
                None => return last,
            }
        }
        return End { at: line.end, decided: true };
    }
    End { at: draft.text.len(), decided: false }
}

/// The indentation of the statement's first line: where the header of a body stands that follows.
fn header_indent(place: &Place) -> usize {
    let mut opens = place.opens.iter();
    opens
        .find(|open| place.indent_blocks && open.bracket != '{' && !open.closed)
        .map_or(place.indent, |open| open.indent.min(place.indent))
}

/// Whether a line of the draft ends a header whose body is to follow by indentation.
fn is_header(place: &Place, index: usize, line: &Line) -> bool {
    let last = match line.last_code {
        None if index == 0 && line.comment_only => place.last_code(place.line_state, &place.before),
        last => last,
    };
    // A header is never inside brackets.
    last == Some(':') && place.opens.iter().all(|open| !open.closed)
}

fn has_body(place: &Place, header_indent: usize) -> bool {
    place.below.first().is_some_and(|below| below.indent > header_indent)
}

/// Whether a statement without its end goes on in the next line, as a chain of calls does; `None` if that line is not
/// there yet.
fn goes_on(draft: &Draft, place: &Place, lines: &[Line], index: usize, whole: &str) -> Option<bool> {
    if whole.trim_end().ends_with([';', '{', '}', ',']) {
        return Some(false);
    }
    let next = lines.get(index + 1)?;
    // Nothing ends with these, unless the file goes on there.
    let file_goes_on = place.below.first().is_some_and(|below| below.indent > place.indent)
        || place.opens.last().is_some_and(|open| open.bracket != '{' && open.closed);
    if ["=", "=>", "&&", "||"].iter().any(|end| whole.trim_end().ends_with(end)) && !file_goes_on {
        return Some(true);
    }
    let text = draft.text.get(next.start..next.end)?.trim_start();
    if text.is_empty() {
        return next.complete.then_some(false);
    }
    if text.len() < 2 && !next.complete {
        return None;
    }
    let starts = [".", "?.", "&&", "||", "? ", ": ", "+ ", "- ", "* ", "| ", "?? "];
    Some(starts.iter().any(|start| text.starts_with(start)) && !text.starts_with(".."))
}

/// The body under a header that the draft ended: lines deeper than the header.
fn body(draft: &Draft, place: &Place, lines: &[Line], from: usize, header_indent: usize) -> End {
    let first = lines.get(from..).and_then(|rest| rest.iter().find(|line| !line.blank));
    match first {
        Some(line) if line.indent > header_indent => {
            block::end_at(draft, place, lines, from, line.indent, Scope::Body, Blanks::Inside)
        }
        // No body after all: the header alone.
        Some(line) => {
            let at = lines.get(from - 1).map_or(line.start, |header| header.end);
            let begun = draft.text.get(line.start..line.end).is_some_and(|text| !text.trim().is_empty());
            End { at, decided: begun }
        }
        None => End { at: draft.text.len(), decided: false },
    }
}

/// Goes on with the clauses that belong to the statement under whose header `end` ends the body, as `else` does to `if`.
fn clauses(
    draft: &Draft,
    place: &Place,
    lines: &[Line],
    header_indent: usize,
    header: &str,
    end: End,
) -> End {
    let mut end = end;
    let mut before = if place.indent == header_indent { first_word(header) } else { "" };
    loop {
        let next = lines.iter().position(|line| line.start > end.at && !line.blank);
        let Some((at, line)) = next.and_then(|at| Some((at, lines.get(at)?))) else { return end };
        let text = draft.text.get(line.start..line.end).unwrap_or("");
        let word = first_word(text);
        let may_follow = clauses_after(before);
        if line.indent != header_indent || !may_follow.iter().any(|clause| clause.starts_with(word)) {
            return end;
        }
        // More letters may come.
        if !line.complete {
            return End { decided: false, ..end };
        }
        if !may_follow.contains(&word) {
            return end;
        }
        let Some(last) = (at..lines.len()).find(|at| lines.get(*at).is_some_and(|line| !line.pending)) else {
            return End { at: draft.text.len(), decided: false };
        };
        let Some(header) = lines.get(last) else { return end };
        end = match header.last_code {
            Some(':') => body(draft, place, lines, last + 1, header_indent),
            _ => End { at: header.end, decided: header.complete && last + 1 < lines.len() },
        };
        before = word;
    }
}

fn first_word(line: &str) -> &str {
    let line = line.trim_start();
    line.split(|character: char| !character.is_alphanumeric() && character != '_').next().unwrap_or("")
}

/// The clauses of a statement in blocks by indentation that may come after one that begins with this word.
fn clauses_after(word: &str) -> &'static [&'static str] {
    match word {
        "if" | "elif" => &["elif", "else"],
        "for" | "while" => &["else"],
        "try" => &["except", "finally"],
        "except" => &["except", "else", "finally"],
        _ => &[],
    }
}

fn whole_block(draft: &Draft, place: &Place, lines: &[Line]) -> End {
    // A body that goes on below the cursor gets one paragraph more, not its rest once more.
    let goes_on = place
        .below
        .first()
        .is_some_and(|below| below.indent >= place.indent.max(1) && !below.text.starts_with([')', ']', '}']));
    let blanks = if goes_on || place.scope != Scope::Body || place.state.spans_lines() {
        Blanks::End
    } else {
        Blanks::Inside
    };
    // In the first column of a body that goes on below, that is where the suggestion has to lead.
    let first = lines.iter().find(|line| !line.blank);
    if place.indent == 0
        && place.scope == Scope::Body
        && let (Some(below), Some(first)) = (place.below.first(), first)
    {
        let own = place.indent_of(draft.text.get(first.start..first.end).unwrap_or(""));
        if below.indent > 0 && below.indent < own {
            return block::end_at(draft, place, lines, 0, below.indent, place.scope, blanks);
        }
    }
    block::end(draft, place, lines, 0, blanks)
}
