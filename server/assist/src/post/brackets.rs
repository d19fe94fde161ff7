//! Closing brackets and quotes that the file already has, or that close nothing. Must not count brackets inside strings
//! or comments.

use super::Draft;
use super::lexer::{self, State, Token};
use super::place::{Mode, Open, Place};

/// Cuts before the first closing bracket whose opening bracket the file closes after the cursor, before one that fits no
/// opening bracket, and before the end of the string or comment in which the cursor is, if the file has that too.
///
/// A line may close such a bracket and open another of its kind instead, as `) % len(` does, if the closing one stands
/// further down.
pub(super) fn cut_at_foreign_closer(draft: &mut Draft, place: &Place) -> Option<String> {
    let mut stack: Vec<(char, Option<Open>)> =
        place.opens.iter().map(|open| (open.bracket, Some(*open))).collect();
    let mut in_string = matches!(place.state, State::Quoted(_));
    let comment_end = match place.state {
        State::BlockComment(close) => close,
        _ => "",
    };
    let mut in_comment = !comment_end.is_empty();
    // Brackets that the current line took from the file, and where it took the first.
    let mut taken: Vec<Open> = Vec::new();
    let mut first_taken: Option<Found> = None;
    let mut found: Option<Found> = None;
    lexer::scan(place.style, place.state, &draft.text, |at, length, token| {
        if found.is_some() {
            return;
        }
        match token {
            Token::Open(bracket) => stack.push((bracket, None)),
            Token::Close(bracket) => match stack.last().copied() {
                Some((open, _)) if lexer::closing(open) != bracket => {
                    found = first_taken.or(Some(Found { at, length, what: "closes nothing" }));
                }
                Some((_, Some(open))) if open.closed => {
                    let here = Found { at, length, what: "is closed after the cursor" };
                    stack.pop();
                    taken.push(open);
                    first_taken = first_taken.or(Some(here));
                    if place.mode == Mode::InLine || bracket == '}' {
                        found = first_taken;
                    }
                }
                Some(_) => {
                    stack.pop();
                }
                None => found = first_taken.or(Some(Found { at, length, what: "closes nothing" })),
            },
            Token::QuoteClose if in_string => {
                if place.state_closed {
                    found = Some(Found { at, length, what: "ends the string that ends after the cursor" });
                }
                in_string = false;
            }
            Token::Comment if in_comment && draft.text.get(at..at + length) == Some(comment_end) => {
                if place.state_closed {
                    found = Some(Found { at, length, what: "ends the comment that ends after the cursor" });
                }
                in_comment = false;
            }
            Token::LineEnd => {
                in_string &= place.state.spans_lines();
                if !give_back(&mut stack, &mut taken) {
                    found = first_taken;
                }
                first_taken = None;
            }
            _ => {}
        }
    });
    if found.is_none() && !taken.is_empty() && draft.complete && !give_back(&mut stack, &mut taken) {
        found = first_taken;
    }
    let found = found?;
    // What follows could still make a literal of it, as in `')'`.
    let decided = draft.text.len() >= found.at + found.length + 4;
    let closer = draft.text.get(found.at..found.at + found.length).unwrap_or("").to_owned();
    draft.cut_at(found.at, decided);
    draft.file_has = file_up_to(&closer, place);
    Some(format!("cut before a bracket or quote that {}", found.what))
}

/// What the cursor's line has up to the first bracket or quote that closes what is open at the cursor, if it is this one.
fn file_up_to(closer: &str, place: &Place) -> Option<String> {
    let mut depth = 0_usize;
    let mut first = None;
    let in_string = matches!(place.state, State::Quoted(_));
    let state = if place.state_closed { place.state } else { State::Code };
    let mut left = !(in_string && place.state_closed);
    lexer::scan(place.style, state, &place.after, |at, length, token| {
        match token {
            Token::QuoteClose if !left => left = true,
            Token::Open(_) => {
                depth += 1;
                return;
            }
            Token::Close(_) if depth > 0 => {
                depth -= 1;
                return;
            }
            Token::Close(_) => {}
            _ => return,
        }
        first = first.or(Some((at, length)));
    });
    let (at, length) = first?;
    (place.after.get(at..at + length)? == closer).then(|| place.after.get(..at).map(str::to_owned))?
}

/// A place to cut.
#[derive(Clone, Copy)]
struct Found {
    at: usize,
    length: usize,
    what: &'static str,
}

/// At a line's end, lets brackets that the draft opened stand for those it took from the file; false if it opened fewer.
fn give_back(stack: &mut [(char, Option<Open>)], taken: &mut Vec<Open>) -> bool {
    while let Some(open) = taken.pop() {
        let own = stack.iter_mut().find(|(bracket, initial)| initial.is_none() && *bracket == open.bracket);
        match own {
            Some((_, initial)) => *initial = Some(open),
            None => return false,
        }
    }
    true
}

/// Closes a call that the model left open although nothing after the cursor could close it. Only on a single line that
/// the model itself ended.
pub(super) fn close_call(draft: &mut Draft, place: &Place) -> Option<String> {
    if place.mode != Mode::Statement || draft.truncated || draft.cut || draft.text.is_empty() {
        return None;
    }
    if draft.text.contains('\n') || draft.text.ends_with([',', '(', '[', '{', '\\', '.', '=']) {
        return None;
    }
    let mut stack: Vec<(char, bool)> =
        place.opens.iter().map(|open| (open.bracket, open.closed || !open.on_cursor_line)).collect();
    let state = lexer::scan(place.style, place.state, &draft.text, |_, _, token| match token {
        Token::Open(bracket) => stack.push((bracket, false)),
        Token::Close(_) => {
            stack.pop();
        }
        _ => {}
    });
    // Deeper lines below may be the rest of the call.
    let goes_on = place.below.first().is_some_and(|line| line.indent > place.indent);
    if state != State::Code || goes_on || !place.unopened.is_empty() {
        return None;
    }
    let open = stack.iter().rev().take_while(|(bracket, closed)| !closed && *bracket != '{');
    let closers: String = open.map(|(bracket, _)| lexer::closing(*bracket)).collect();
    if closers.is_empty() {
        return None;
    }
    draft.text.push_str(&closers);
    Some(format!("closed {} open brackets", closers.len()))
}
