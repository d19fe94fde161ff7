//! What becomes of a proposal when its file changed meanwhile: it is made anew for the changed text, or refused. It must not
//! take anything back that was written since, and never guesses a place.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};
use syntax::Language;
use text::Text;
use thiserror::Error;

use super::blocks::{Block, Proposal, diff};
use super::check::breaks_syntax;
use super::lines::{LineEdit, TrailingBlanks, contents, edited, restored};

/// Why a proposal does not fit the changed file. Nothing is changed.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Refused {
    /// The lines of a block, or one next to them, were changed meanwhile.
    #[error(
        "Lines {first} to {last} were changed in the meantime, so the edit was not made. Ask for it again."
    )]
    Changed {
        /// The first line of the block in the text that the proposal was made for, counted from 1.
        first: usize,
        /// Its last line.
        last: usize,
    },
    /// The lines of a block now stand in several places.
    #[error(
        "The file was changed in the meantime, and the lines to edit (from line {first}) stand in more than one place now, so the edit was not made. Ask for it again."
    )]
    Ambiguous {
        /// The first line of the block in the text that the proposal was made for, counted from 1.
        first: usize,
    },
    /// Everything that was proposed is already there.
    #[error(
        "The file was changed in the meantime, and what was proposed is there already: nothing to change."
    )]
    AlreadyThere,
    /// Both changes together do not fit the grammar.
    #[error(
        "The file was changed in the meantime, and with the edit it would have a syntax error, so the edit was not made. Ask for it again."
    )]
    Syntax,
}

/// Lines around a block that are looked at, at most, to tell its place from another one that says the same.
const WIDEST: usize = 24;

/// The same change for another version of the file. All blocks, or none: take those that the user rejected out before.
///
/// A block is moved to where its lines and one line on each side stand in `current`, as the line diff of the two versions
/// has it; or, where those lines are gone from their place, to the one other place that has them all.
///
/// # Errors
/// When that place was changed or is not certain, or when the result would break the file's syntax.
pub fn rebase(proposal: &Proposal, current: &Text, language: Option<Language>) -> Result<Proposal, Refused> {
    if proposal.base == *current {
        return Ok(proposal.clone());
    }
    let current_text = current.slice(0..current.len_bytes());
    let versions = Versions::new(&proposal.base.slice(0..proposal.base.len_bytes()), &current_text);
    let mut edits = Vec::new();
    for block in &proposal.blocks {
        if let Some(lines) = versions.place(block)? {
            edits.push(LineEdit { lines, new: contents(&block.new_text) });
        }
    }
    if edits.is_empty() {
        return Err(Refused::AlreadyThere);
    }
    let first = proposal.blocks.first().map_or(1, |block| block.old_lines.start + 1);
    let lines = edited(&versions.new, edits).ok_or(Refused::Ambiguous { first })?;
    let text = restored(&current_text, &lines, TrailingBlanks::Count);
    if let Some(language) = language
        && breaks_syntax(language, &current_text, &text).is_some()
    {
        return Err(Refused::Syntax);
    }
    let mut rebased = diff(&proposal.path, current, &text);
    rebased.notes.clone_from(&proposal.notes);
    Ok(rebased)
}

/// Two versions of a file, and which line of the old one is which of the new one.
struct Versions {
    old: Vec<String>,
    new: Vec<String>,
    moved: Vec<Option<usize>>,
}

impl Versions {
    fn new(old: &str, new: &str) -> Self {
        let (old, new) = (contents(old), contents(new));
        let mut moved = vec![None; old.len()];
        for op in capture_diff_slices(Algorithm::Patience, &old, &new) {
            if let DiffOp::Equal { old_index, new_index, len } = op {
                for offset in 0..len {
                    if let Some(slot) = moved.get_mut(old_index + offset) {
                        *slot = Some(new_index + offset);
                    }
                }
            }
        }
        Self { old, new, moved }
    }

    /// The lines of the new version that a block replaces; none if they say already what it wants.
    fn place(&self, block: &Block) -> Result<Option<Range<usize>>, Refused> {
        let lines = &block.old_lines;
        let first = lines.start + 1;
        let window = self.widened(lines, 1);
        let in_new = |start: usize| {
            let from = start + (lines.start - window.start);
            from..from + lines.len()
        };
        if let Some(start) = self.unchanged(&window) {
            return match self.is_certain(lines, start + (lines.start - window.start)) {
                true => Ok(Some(in_new(start))),
                false => Err(Refused::Ambiguous { first }),
            };
        }
        let wanted = self.slice(window.start..lines.start);
        let wanted = [wanted, contents(&block.new_text), self.slice(lines.end..window.end)].concat();
        if !wanted.is_empty() && occurrences(&self.new, &wanted).len() == 1 {
            return Ok(None);
        }
        let whole = self.slice(window.clone());
        let filled = whole.iter().filter(|line| !line.trim().is_empty()).count();
        match occurrences(&self.new, &whole).as_slice() {
            [only] if filled > 2 && !lines.is_empty() && occurrences(&self.old, &whole).len() == 1 => {
                Ok(Some(in_new(*only)))
            }
            [_, _, ..] => Err(Refused::Ambiguous { first }),
            _ => Err(Refused::Changed { first, last: lines.end.max(first) }),
        }
    }

    fn slice(&self, lines: Range<usize>) -> Vec<String> {
        self.old.get(lines).unwrap_or_default().to_vec()
    }

    fn widened(&self, lines: &Range<usize>, by: usize) -> Range<usize> {
        lines.start.saturating_sub(by)..(lines.end + by).min(self.old.len())
    }

    /// Where the window begins in the new version, if all of it is there in one piece. What stood at an end of the file
    /// must still stand there.
    fn unchanged(&self, window: &Range<usize>) -> Option<usize> {
        let moved = self.moved.get(window.clone())?;
        let Some(start) = moved.first() else { return self.new.is_empty().then_some(0) };
        let start = (*start)?;
        let in_order = moved.iter().enumerate().all(|(offset, at)| *at == Some(start + offset));
        let at_start = window.start > 0 || start == 0;
        let at_end = window.end < self.old.len() || start + window.len() == self.new.len();
        (in_order && at_start && at_end).then_some(start)
    }

    /// Whether no other place could be meant: some lines around are there once in both versions, or as often and in the
    /// same order.
    fn is_certain(&self, lines: &Range<usize>, start: usize) -> bool {
        for by in 1..=WIDEST {
            let window = self.widened(lines, by);
            let whole = self.slice(window.clone());
            let in_new = start.checked_sub(lines.start - window.start);
            let (Some(in_new), Some(moved)) = (in_new, self.unchanged(&window)) else { return false };
            if in_new != moved {
                return false;
            }
            let (before, after) = (occurrences(&self.old, &whole), occurrences(&self.new, &whole));
            let order = |found: &[usize], at: usize| found.iter().position(|it| *it == at);
            let same = order(&before, window.start) == order(&after, in_new);
            if before.len() == after.len() && same && (before.len() == 1 || self.same_order(&before, &after))
            {
                return true;
            }
            if window == (0..self.old.len()) {
                return false;
            }
        }
        false
    }

    /// Whether the diff takes each of the old places for the new one of the same number.
    fn same_order(&self, before: &[usize], after: &[usize]) -> bool {
        before.iter().zip(after).all(|(old, new)| self.moved.get(*old).copied().flatten() == Some(*new))
    }
}

/// Where `part` stands in `lines`.
fn occurrences(lines: &[String], part: &[String]) -> Vec<usize> {
    if part.is_empty() {
        return Vec::new();
    }
    lines.windows(part.len()).enumerate().filter(|(_, window)| *window == part).map(|(at, _)| at).collect()
}
