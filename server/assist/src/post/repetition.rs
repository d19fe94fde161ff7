//! Runaway repetition: the same lines over and over, or the same words within one line. Must not cut tables of numbers,
//! closing brackets and other lines without words, which code repeats for good reasons.

use super::place::Place;
use super::{Draft, DropReason};

/// So many times the same lines in a row are a loop.
const LINE_REPEATS: usize = 3;

/// The longest loop of lines that is looked for.
const LONGEST_LOOP: usize = 4;

/// A run of repeated text within a line is at least this many bytes long.
const RUN_BYTES: usize = 60;

/// The longest unit of repeated text that is looked for within a line, in bytes.
const LONGEST_UNIT: usize = 60;

/// Cuts a loop after its first round.
pub(super) fn cut(draft: &mut Draft, _place: &Place) -> Option<String> {
    if let Some(at) = line_loop(draft) {
        draft.cut_at(at, true);
        return Some("cut lines that repeat".to_owned());
    }
    let at = run_in_line(&draft.text)?;
    draft.cut_at(at, true);
    if draft.text.trim().is_empty() {
        draft.drop_because(DropReason::Runaway);
    }
    Some("cut a line that repeats itself".to_owned())
}

/// The end of the first round of a loop of lines.
fn line_loop(draft: &Draft) -> Option<usize> {
    let mut lines: Vec<(usize, &str)> = Vec::new();
    let mut start = 0;
    for line in draft.text.split_inclusive('\n') {
        if (line.ends_with('\n') || draft.complete) && !line.trim().is_empty() {
            lines.push((start + line.trim_end().len(), line.trim()));
        }
        start += line.len();
    }
    // The loop that is complete first, whatever its length: so more lines cannot bring an earlier cut.
    for last in 0..lines.len() {
        for period in 1..=LONGEST_LOOP {
            let Some(first) = (last + 1).checked_sub(period * LINE_REPEATS) else { continue };
            let Some(looped) = lines.get(first..=last) else { continue };
            let same = looped.iter().zip(looped.iter().skip(period)).all(|(one, other)| one.1 == other.1);
            let words: usize = looped.iter().take(period).map(|line| letters(line.1)).sum();
            if same && words >= 4 {
                return looped.get(period - 1).map(|line| line.0);
            }
        }
    }
    None
}

/// The start of the first line that repeats some words many times.
fn run_in_line(text: &str) -> Option<usize> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if has_run(line.trim()) {
            return Some(start);
        }
        start += line.len();
    }
    None
}

fn has_run(line: &str) -> bool {
    let bytes = line.as_bytes();
    if bytes.len() < RUN_BYTES {
        return false;
    }
    (3..=LONGEST_UNIT.min(bytes.len() / 3)).any(|unit| {
        let repeats = if unit < 8 {
            12
        } else if unit < 20 {
            5
        } else {
            4
        };
        let needed = (unit * (repeats - 1)).max(RUN_BYTES);
        let mut run = 0;
        bytes.iter().zip(bytes.iter().skip(unit)).enumerate().any(|(at, (one, other))| {
            run = if one == other { run + 1 } else { 0 };
            run >= needed
                && bytes
                    .get(at + 1 - unit.min(at + 1)..=at)
                    .is_some_and(|unit| unit.iter().filter(|byte| byte.is_ascii_alphabetic()).count() >= 2)
        })
    })
}

fn letters(line: &str) -> usize {
    line.chars().filter(|character| character.is_alphabetic()).count()
}
