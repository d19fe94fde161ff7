//! A draft's lines with what the lexer knows of each: indentation, brackets, strings. Must not decide anything.

use super::Draft;
use super::lexer::{self, State, Token};
use super::place::{Open, Place};

/// One line of a draft.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Byte offset of its start in the draft.
    pub(super) start: usize,
    /// Byte offset of its end, before the line feed.
    pub(super) end: usize,
    /// Whether nothing can be added to it any more.
    pub(super) complete: bool,
    /// Width of its indentation in the file: for the first line, that of the cursor's line.
    pub(super) indent: usize,
    /// Whether it has nothing but white space.
    pub(super) blank: bool,
    /// Whether it begins as code of its own: not inside a string, a comment or brackets that the draft opened.
    pub(super) fresh: bool,
    /// Whether its end is inside a string or comment that goes on, or inside brackets that are still to be closed.
    pub(super) pending: bool,
    /// The last character if it is code.
    pub(super) last_code: Option<char>,
    /// Whether there is only comment on it.
    pub(super) comment_only: bool,
    /// Whether it closes a curly bracket that was open at the cursor.
    pub(super) closes_enclosing: bool,
    /// Whether it closes a curly bracket that an earlier line of the draft opened and leaves none open.
    pub(super) closes_own_body: bool,
}

/// A bracket on the stack while the draft is read.
#[derive(Clone, Copy)]
struct Bracket {
    bracket: char,
    /// The bracket as it was at the cursor, if it was open there.
    initial: Option<Open>,
    line: usize,
}

/// Splits a draft into lines.
pub(super) fn lines(draft: &Draft, place: &Place) -> Vec<Line> {
    let mut stack: Vec<Bracket> = place
        .opens
        .iter()
        .map(|open| Bracket { bracket: open.bracket, initial: Some(*open), line: 0 })
        .collect();
    // The closing brackets after the cursor that are there for what the draft opens.
    let mut closers = place.unopened.clone();
    let mut state = place.state;
    let mut lines = Vec::new();
    let mut start = 0;
    let pieces: Vec<&str> = draft.text.split('\n').collect();
    let count = pieces.len();
    for (index, piece) in pieces.into_iter().enumerate() {
        let end = start + piece.len();
        let fresh = !state.spans_lines() && !pending(&stack, &closers);
        let mut line = Line {
            start,
            end,
            complete: index + 1 < count || draft.complete,
            indent: if index == 0 { place.indent } else { place.indent_of(piece) },
            blank: piece.trim().is_empty(),
            fresh,
            pending: false,
            last_code: None,
            comment_only: true,
            closes_enclosing: false,
            closes_own_body: false,
        };
        if index > 0 && !state.spans_lines() {
            state = State::Code;
        }
        state = lexer::scan(place.style, state, piece, |_, _, token| match token {
            Token::Open(bracket) => {
                stack.push(Bracket { bracket, initial: None, line: index });
                line.last_code = Some(bracket);
                line.comment_only = false;
            }
            Token::Close(bracket) => {
                if let Some(top) = stack.pop() {
                    closers.extend(top.initial.filter(|open| open.closed).map(|_| bracket));
                    line.closes_enclosing |= top.initial.is_some() && bracket == '}';
                    line.closes_own_body |= top.initial.is_none() && top.line < index && bracket == '}';
                }
                line.last_code = Some(bracket);
                line.comment_only = false;
            }
            Token::Code(character) => {
                line.last_code = Some(character);
                line.comment_only = false;
            }
            Token::QuoteOpen | Token::QuoteClose | Token::Quoted => {
                line.last_code = None;
                line.comment_only = false;
            }
            Token::Blank | Token::Comment | Token::LineEnd => {}
        });
        let in_open_string = state.spans_lines() && !(state == place.state && place.state_closed);
        line.pending = in_open_string || pending(&stack, &closers);
        line.closes_own_body &= !line.pending;
        lines.push(line);
        start = end + 1;
    }
    lines
}

/// Whether the statement goes on because of an open bracket: one that the draft opened and that the file does not close
/// after the cursor, or one of the cursor's statement that is still to be closed.
fn pending(stack: &[Bracket], closers: &[char]) -> bool {
    let own = stack.iter().filter(|bracket| bracket.initial.is_none());
    let own: Vec<char> = own.map(|bracket| lexer::closing(bracket.bracket)).rev().collect();
    if !own.is_empty() && closers.starts_with(&own) {
        return false;
    }
    let unclosed = |open: &Open| !open.closed && (open.bracket != '{' || open.on_cursor_line);
    !own.is_empty() || stack.iter().filter_map(|bracket| bracket.initial.as_ref()).any(unclosed)
}
