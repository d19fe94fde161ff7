//! The code after the cursor once more. Models like to go on with what they were shown as the suffix. Must not cut what
//! merely looks like it: a closing bracket or one short word is no overlap.

use super::lexer::{self, State};
use super::place::{Mode, Place};
use super::{Draft, DropReason};

/// Fewer letters and digits than this are no overlap by themselves.
const TELLING: usize = 4;

/// So many are one wherever they stand in the suggestion.
const UNMISTAKABLE: usize = 12;

/// Cuts before the lines with which the file goes on below the cursor.
pub(super) fn cut_lines(draft: &mut Draft, place: &Place) -> Option<String> {
    let below = place.below.first()?;
    let mut lines: Vec<(usize, usize, &str, bool)> = Vec::new();
    let mut start = 0;
    for (index, line) in draft.text.split_inclusive('\n').enumerate() {
        let whole = line.ends_with('\n') || draft.complete;
        let indent = place.indent_of(line) + if index == 0 { place.indent } else { 0 };
        if !line.trim().is_empty() && (index > 0 || place.mode == Mode::Block || draft.above) {
            lines.push((start, indent, line.trim(), whole));
        }
        start += line.len();
    }
    let at = lines.iter().enumerate().find_map(|(index, (start, indent, text, whole))| {
        let same = |text: &str, below: &str, last: bool| {
            // The end may have been cut because of a bracket.
            let rest = below.strip_prefix(text).filter(|_| draft.cut && last && telling(text) >= TELLING);
            text == below || rest.is_some_and(|rest| rest.starts_with([')', ']', '}']))
        };
        if !whole || *indent != below.indent || !same(text, &below.text, index + 1 == lines.len()) {
            return None;
        }
        // One telling line is enough, a bare one needs its followers.
        let mut weight = 0;
        let mut matched = 0;
        let mut statement = false;
        for (line, below) in lines.iter().skip(index).zip(&place.below) {
            if !line.3 || !same(line.2, &below.text, index + matched + 1 == lines.len()) {
                break;
            }
            weight += telling(&below.text);
            matched += 1;
            // Two calls of one function begin with the same line.
            let (state, open) = lexer::left_open(place.style, State::Code, &below.text);
            statement |= open.is_empty() && !state.spans_lines();
        }
        // A short line counts if the suggestion ends with it.
        let to_the_end = draft.complete && index + matched == lines.len() && weight > 0;
        let enough = weight >= TELLING && statement;
        (enough || to_the_end).then_some((*start, enough))
    });
    let (at, decided) = at?;
    draft.cut_at(at, decided);
    if draft.text.trim().is_empty() {
        draft.drop_because(DropReason::RepeatsLineBelow);
    }
    Some("cut before the lines that follow the cursor".to_owned())
}

/// Cuts what the rest of the cursor's line already says.
pub(super) fn cut_rest_of_line(draft: &mut Draft, place: &Place) -> Option<String> {
    let rest = place.after.trim();
    if !matches!(place.mode, Mode::InLine | Mode::Above) || rest.is_empty() || draft.text.is_empty() {
        return None;
    }
    let (at, decided) = if let Some(end) = rest_with_next_line(draft, place, rest) {
        draft.above = false;
        end
    } else if draft.above {
        let text = draft.text.trim_end();
        let last = text.lines().next_back().unwrap_or("").trim();
        // A line of its own that says the same at another depth is none of the cursor's.
        let ends = last.len() > rest.len() && last.ends_with(rest);
        let whole = draft.complete && ends && rest.len() >= TELLING && closes_enough(rest, place);
        // The last line is the one at the cursor then, and not one above it.
        draft.above = !whole;
        (whole.then(|| text.len() - rest.len())?, false)
    } else {
        let found = whole_rest(draft, place, rest).or_else(|| up_to_the_same(draft, place));
        found.or_else(|| start_of_rest(draft, place, rest))?
    };
    draft.cut_at(at, decided);
    draft.joins = true;
    if draft.text.trim().is_empty() {
        draft.drop_because(DropReason::RepeatsAfter);
    }
    Some("cut what stands after the cursor".to_owned())
}

/// Where a line of a draft of whole lines ends as the cursor's line does and the line after it is that below the cursor:
/// the model wrote the statement at the cursor to its end.
fn rest_with_next_line(draft: &Draft, place: &Place, rest: &str) -> Option<(usize, bool)> {
    let next =
        place.below.get(1).filter(|next| draft.above && telling(rest) + telling(&next.text) >= TELLING)?;
    let mut start = 0;
    let mut previous: Option<usize> = None;
    for line in draft.text.split_inclusive('\n') {
        let whole = line.ends_with('\n') || draft.complete;
        if let Some(end) = previous
            && whole
            && line.trim() == next.text
            && place.indent_of(line) == next.indent
        {
            return Some((end - rest.len(), true));
        }
        let kept = line.trim_end();
        previous = kept.ends_with(rest).then_some(start + kept.len());
        start += line.len();
    }
    None
}

/// Where the draft goes on as the cursor's line does.
fn whole_rest(draft: &Draft, place: &Place, rest: &str) -> Option<(usize, bool)> {
    if telling(rest) < TELLING || !closes_enough(without_openers(rest), place) {
        return None;
    }
    let text = draft.text.trim_end();
    let at = if telling(rest) >= UNMISTAKABLE {
        draft.text.find(rest)?
    } else {
        text.strip_suffix(rest).filter(|_| draft.complete)?.len()
    };
    // Without a line end yet, whole lines above this one may come of it.
    closed_by_the_rest(draft, at, place).then_some((at, place.mode == Mode::InLine))
}

/// Where the draft says what the file has between the cursor and that which ended the draft: then its line is, with what
/// the file has, the one that the model wrote, however short that is.
fn up_to_the_same(draft: &Draft, place: &Place) -> Option<(usize, bool)> {
    let has = draft.file_has.as_deref()?.trim();
    let text = draft.text.trim_end();
    let in_code = matches!(place.state, State::Code);
    let to_the_line_end = has == place.after.trim();
    if has.is_empty() || !draft.complete || !text.ends_with(has) {
        return None;
    }
    if in_code && to_the_line_end && !closes_enough(without_openers(has), place) {
        return None;
    }
    Some((text.len() - has.len(), false))
}

/// A bracket that the line leaves open is closed below it, with the draft and without it.
fn without_openers(rest: &str) -> &str {
    rest.trim_end_matches(['{', '(', '['])
}

/// Where the draft ends with what the rest of the cursor's line begins with.
fn start_of_rest(draft: &Draft, place: &Place, rest: &str) -> Option<(usize, bool)> {
    if !draft.complete {
        return None;
    }
    let text = draft.text.trim_end();
    let starts = rest.char_indices().map(|(at, character)| at + character.len_utf8());
    let shared = starts
        .rev()
        .filter_map(|length| rest.get(..length))
        .find(|start| text.ends_with(start) && closes_enough(start, place))?;
    let enough = match telling(shared) {
        // `a` before the cursor's `a, b)` may well be another argument; `value, b` is not.
        letters if is_word(shared) || shared.len() < rest.len() => letters >= TELLING,
        _ => true,
    };
    let separates = shared.starts_with([',', ';', ':']);
    let at = text.len() - shared.len();
    ((enough || separates) && closed_by_the_rest(draft, at, place)).then_some((at, false))
}

/// Whether the draft up to `at` leaves just those brackets open that the code after the cursor has closing ones for.
fn closed_by_the_rest(draft: &Draft, at: usize, place: &Place) -> bool {
    let kept = draft.text.get(..at).unwrap_or("");
    let (_, open) = lexer::left_open(place.style, place.state, kept);
    place.unopened.is_empty()
        || open.iter().rev().map(|open| lexer::closing(*open)).eq(place.unopened.iter().copied())
}

/// Whether the brackets still fit when this text is taken from the draft. Those of the draft are even by now, so it may
/// close only what it opens itself, and what the file closes for the draft.
fn closes_enough(shared: &str, place: &Place) -> bool {
    let mut open = Vec::new();
    let mut closers = Vec::new();
    for character in shared.chars() {
        match character {
            '(' | '[' | '{' => open.push(character),
            ')' | ']' | '}' if open.pop().is_none() => closers.push(character),
            _ => {}
        }
    }
    let quotes_even = ['"', '\'', '`'].iter().all(|quote| shared.matches(*quote).count() % 2 == 0);
    open.is_empty() && closers == place.unopened && quotes_even
}

fn is_word(text: &str) -> bool {
    text.chars().all(|character| character.is_alphanumeric() || character == '_')
}

fn telling(text: &str) -> usize {
    text.chars().filter(|character| character.is_alphanumeric()).count()
}
