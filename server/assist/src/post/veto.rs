//! A grammar's veto: a suggestion that breaks code which was whole is trimmed to the longest part that does not, or
//! dropped. Must not judge code that merely is unfinished, and must not take longer than its budget: then it says nothing.

use std::ops::Range;
use std::time::Duration;

use syntax::Tree;
use text::Edit;

use super::lexer::{self, State, Token};
use super::lines::{Line, lines};
use super::place::{Mode, Place};
use super::{Draft, DropReason, Site};

/// Time for one parse. The tests have all the time, so that a busy machine does not change their outcome.
const PARSE_TIME: Duration = if cfg!(test) { Duration::from_secs(60) } else { Duration::from_millis(10) };

/// So many texts are parsed at most for one suggestion.
const PARSES: usize = 8;

/// Trims to the longest part that brings no syntax error: whole lines, or else tokens of the first line.
///
/// Where the code around the cursor does not fit the grammar without the suggestion either, as `x = ` does not, only whole
/// lines are taken off, and only when nothing of the error is left then.
pub(super) fn trim(draft: &mut Draft, place: &Place, site: &Site<'_>) -> Option<String> {
    let tree = site.tree?;
    let one_line = !draft.text.contains('\n');
    if draft.dropped.is_some() || draft.text.trim().is_empty() || (draft.truncated && one_line) {
        return None;
    }
    let mut parses = Parses::new(draft, place, site, tree);
    let error = match parses.verdict(&draft.text)? {
        Verdict::Fits => return None,
        Verdict::Error { at } => at,
    };
    if let Some(end) = repeated(draft, place) {
        let above = std::mem::take(&mut parses.after);
        if parses.verdict(draft.text.get(..end)?)? == Verdict::Fits {
            draft.cut_at(end, false);
            draft.above = false;
            draft.joins = true;
            return Some("cut what stands after the cursor".to_owned());
        }
        parses.after = above;
    }
    // What another than the model ended may have its brackets closed later.
    if (draft.truncated || draft.cut)
        && let Some(completed) = completed(draft, place)
        && parses.verdict(&completed)? == Verdict::Fits
    {
        return None;
    }
    for end in line_ends(draft, place, error) {
        match parses.verdict(draft.text.get(..end)?) {
            None => return None,
            Some(Verdict::Fits) => {
                draft.cut_at(end, false);
                return Some("trimmed to the lines that fit the grammar".to_owned());
            }
            Some(Verdict::Error { .. }) => {}
        }
    }
    // A statement that goes on where the model was stopped is right as far as it goes.
    if draft.truncated {
        return None;
    }
    let open_string = ends_in_open_string(draft, place);
    if open_string || parses.broken_before {
        return open_string.then(|| drop(draft));
    }
    for end in token_ends(draft, place, error, parses.left) {
        match parses.verdict(draft.text.get(..end)?) {
            None => return None,
            Some(Verdict::Fits) => {
                draft.cut_at(end, false);
                return Some("trimmed to the tokens that fit the grammar".to_owned());
            }
            Some(Verdict::Error { .. }) => {}
        }
    }
    Some(drop(draft))
}

fn drop(draft: &mut Draft) -> String {
    draft.drop_because(DropReason::SyntaxError);
    "dropped".to_owned()
}

/// What the grammar says of the file with a suggestion in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Fits,
    /// Where in the suggestion the first error begins, as a byte offset.
    Error {
        at: usize,
    },
}

/// Parses of the file with one text after the other at the cursor.
struct Parses<'a> {
    site: &'a Site<'a>,
    tree: &'a Tree,
    /// What follows the suggestion before the cursor's code comes.
    after: String,
    /// The cursor's line and those around it that are not blank, in bytes of the file.
    near: Range<usize>,
    /// Whether there are errors in the file without any suggestion, and whether they are near the cursor.
    broken_anywhere: bool,
    broken_before: bool,
    /// How many parses are left.
    left: usize,
}

impl<'a> Parses<'a> {
    fn new(draft: &Draft, place: &Place, site: &'a Site<'a>, tree: &'a Tree) -> Parses<'a> {
        let near = near(site);
        Parses {
            site,
            tree,
            after: if draft.above { format!("\n{}", place.before) } else { String::new() },
            broken_anywhere: tree.has_error(),
            broken_before: tree.syntax_error_in(near.clone()),
            near,
            left: PARSES,
        }
    }

    /// None when time or the number of parses ran out.
    fn verdict(&mut self, suggestion: &str) -> Option<Verdict> {
        self.left = self.left.checked_sub(1)?;
        let cursor = self.site.cursor;
        let edit = Edit { range: cursor..cursor, new_text: format!("{suggestion}{}", self.after) };
        let mut text = self.site.text.clone();
        text.apply(&edit).ok()?;
        let mut edited = self.tree.clone();
        edited.edit(self.site.text, &edit, &text);
        let tree = Tree::parse_within(self.tree.language(), &text, Some(&edited), PARSE_TIME)?;
        let range = match self.broken_anywhere {
            true => self.near.start..self.near.end + edit.new_text.len(),
            false => 0..text.len_bytes(),
        };
        let errors = tree.error_ranges(range);
        let Some(first) = errors.first() else { return Some(Verdict::Fits) };
        let inside = errors.iter().map(|error| error.start).find(|start| *start >= cursor);
        let at = inside.unwrap_or(first.start).saturating_sub(cursor).min(suggestion.len());
        Some(Verdict::Error { at })
    }
}

fn near(site: &Site<'_>) -> Range<usize> {
    let line = site.text.line_of(site.cursor);
    let blank = |line: &usize| site.text.line(*line).trim().is_empty();
    let above = (line.saturating_sub(LINES_AROUND)..line).rev().find(|line| !blank(line)).unwrap_or(line);
    let below =
        (line + 1..site.text.line_count()).take(LINES_AROUND).find(|line| !blank(line)).unwrap_or(line);
    site.text.line_start(above)..site.text.line_end(below)
}

/// Where the neighbours of the cursor's line are looked for.
const LINES_AROUND: usize = 8;

/// Where the suggestion begins to say what the rest of the cursor's line begins with.
fn repeated(draft: &Draft, place: &Place) -> Option<usize> {
    let rest = place.after.trim();
    let text = draft.text.trim_end();
    let starts = rest.char_indices().map(|(at, character)| at + character.len_utf8());
    let shared = starts.rev().filter_map(|length| rest.get(..length)).find(|start| text.ends_with(start))?;
    Some(text.len() - shared.len())
}

/// The suggestion with the strings and brackets closed that it leaves open; none if there are none.
fn completed(draft: &Draft, place: &Place) -> Option<String> {
    let (state, open) = lexer::left_open(place.style, place.state, &draft.text);
    let quote = match state {
        State::Quoted(quote) if place.state != state => quote.close,
        State::Code => "",
        _ => return None,
    };
    let closers: String = open.iter().rev().map(|bracket| lexer::closing(*bracket)).collect();
    (!quote.is_empty() || !closers.is_empty()).then(|| format!("{}{quote}{closers}", draft.text))
}

/// Where whole lines end that could be all of the suggestion, the longest part first; parts that end behind the error are
/// left out when there are too many of them.
fn line_ends(draft: &Draft, place: &Place, error: usize) -> Vec<usize> {
    let lines = lines(draft, place);
    let is_end = |line: &Line| {
        let text = draft.text.get(line.start..line.end).unwrap_or("");
        let whole = if line.start == 0 { format!("{}{text}", place.before) } else { text.to_owned() };
        !line.pending && !line.blank && !line.comment_only && !place.opens_block(&whole)
    };
    let last = lines.iter().rposition(|line| !line.blank).unwrap_or(0);
    let ends: Vec<usize> = lines.iter().take(last).filter(|line| is_end(line)).map(|line| line.end).collect();
    longest_first(ends, error, PARSES / 2)
}

/// Where tokens of the first line end that leave no bracket and no string open, the longest part first.
fn token_ends(draft: &Draft, place: &Place, error: usize, most: usize) -> Vec<usize> {
    let line = draft.text.lines().next().unwrap_or("");
    let mut ends = Vec::new();
    let mut depth = 0_usize;
    lexer::scan(place.style, place.state, line, |at, length, token| {
        match token {
            Token::Open(_) => depth += 1,
            Token::Close(_) => depth = depth.saturating_sub(1),
            Token::Blank | Token::LineEnd | Token::Comment | Token::QuoteOpen => return,
            Token::QuoteClose | Token::Quoted | Token::Code(_) => {}
        }
        if depth == 0 {
            ends.push(at + length);
        }
    });
    ends.retain(|end| *end < draft.text.len());
    longest_first(ends, error, most)
}

fn longest_first(mut ends: Vec<usize>, error: usize, most: usize) -> Vec<usize> {
    if ends.len() > most {
        let needed: Vec<usize> = ends.iter().copied().filter(|end| *end <= error).collect();
        // The first part that reaches into the error may do all the same.
        let next = ends.get(needed.len()).copied();
        ends = needed.into_iter().chain(next).collect();
    }
    ends.into_iter().rev().take(most).collect()
}

/// Whether the last line opens a string that must end with it and that neither it nor the code after the cursor ends. Not
/// in languages where the lexer could take a regular expression or markup for one.
fn ends_in_open_string(draft: &Draft, place: &Place) -> bool {
    let (State::Quoted(quote), _) = lexer::left_open(place.style, place.state, &draft.text) else {
        return false;
    };
    let closed = matches!(place.mode, Mode::InLine) && place.after.contains(quote.close);
    !quote.multiline && !closed && !place.style.has_slashed_literals()
}
