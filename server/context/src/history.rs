//! What the user did lately: regions that were edited, places that were looked at. It must not read files, and forgets
//! all but the last few.

use std::collections::VecDeque;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use text::Text;

/// Edits that are remembered.
const EDITS_KEPT: usize = 12;
/// Places that are remembered.
const VISITS_KEPT: usize = 16;
/// Edits in lines so near to each other are one.
const SAME_EDIT_LINES: u32 = 6;
/// After such a pause an edit at the same place is a new one, so that what was there before it is known.
const SAME_EDIT_PAUSE: Duration = Duration::from_secs(60);
/// A removed piece is kept up to this many bytes.
const MOST_REMOVED: usize = 400;
/// Looking at a line so near to the last place is no new visit.
const SAME_VISIT_LINES: u32 = 32;

/// The last edits and visits of an editor window. Shared between threads.
#[derive(Debug, Default)]
pub struct History {
    edits: Mutex<VecDeque<Edited>>,
    visits: Mutex<VecDeque<Visited>>,
}

/// A region that was edited.
#[derive(Clone, Debug, PartialEq)]
pub struct Edited {
    /// The file.
    pub path: PathBuf,
    /// The lines of the region as they are counted now, from 0, the end excluded.
    pub lines: Range<u32>,
    /// What the lines were before the edit began; cut to some hundred bytes.
    pub before: String,
    last: Instant,
}

/// A place that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visited {
    /// The file.
    pub path: PathBuf,
    /// The line, from 0.
    pub line: u32,
}

impl History {
    /// Notes that a file changed from one text to the other. Lines of older edits are moved along.
    pub fn edited(&self, path: &Path, before: &Text, after: &Text) {
        self.edited_at(path, before, after, Instant::now());
    }

    fn edited_at(&self, path: &Path, before: &Text, after: &Text, now: Instant) {
        let Some((old, new)) = changed_lines(before, after) else { return };
        let mut edits = self.edits.lock().unwrap_or_else(PoisonError::into_inner);
        let grown = i64::from(new.end) - i64::from(old.end);
        let mut merged: Option<Edited> = None;
        edits.retain_mut(|edit| {
            if edit.path != path {
                return true;
            }
            let near = edit.lines.start <= old.end.saturating_add(SAME_EDIT_LINES)
                && old.start <= edit.lines.end.saturating_add(SAME_EDIT_LINES);
            if near && merged.is_none() && now.duration_since(edit.last) < SAME_EDIT_PAUSE {
                let start = edit.lines.start.min(new.start);
                let end = shifted(edit.lines.end, old.end, grown).max(new.end);
                merged = Some(Edited { lines: start..end, last: now, ..edit.clone() });
                return false;
            }
            edit.lines = shifted(edit.lines.start, old.end, grown)..shifted(edit.lines.end, old.end, grown);
            true
        });
        let edit = merged.unwrap_or_else(|| Edited {
            path: path.to_owned(),
            lines: new,
            before: lines_text(before, &old),
            last: now,
        });
        edits.push_front(edit);
        edits.truncate(EDITS_KEPT);
    }

    /// Notes that the user looks at a line.
    pub fn visited(&self, path: &Path, line: u32) {
        let mut visits = self.visits.lock().unwrap_or_else(PoisonError::into_inner);
        visits.retain(|visit| visit.path != path || visit.line.abs_diff(line) > SAME_VISIT_LINES);
        visits.push_front(Visited { path: path.to_owned(), line });
        visits.truncate(VISITS_KEPT);
    }

    /// A file has another name.
    pub fn renamed(&self, from: &Path, to: &Path) {
        let mut edits = self.edits.lock().unwrap_or_else(PoisonError::into_inner);
        edits.iter_mut().filter(|edit| edit.path == from).for_each(|edit| edit.path = to.to_owned());
        drop(edits);
        let mut visits = self.visits.lock().unwrap_or_else(PoisonError::into_inner);
        visits.iter_mut().filter(|visit| visit.path == from).for_each(|visit| visit.path = to.to_owned());
    }

    /// The edits, the latest first.
    pub fn edits(&self) -> Vec<Edited> {
        self.edits.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// The places, the latest first.
    pub fn visits(&self) -> Vec<Visited> {
        self.visits.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// The lines in which two texts differ, in each; none when they do not. Compared from both ends.
fn changed_lines(before: &Text, after: &Text) -> Option<(Range<u32>, Range<u32>)> {
    let (head, tail) = before.common_ends(after);
    let (old, new) = (before.len_bytes(), after.len_bytes());
    if old == new && head == old {
        return None;
    }
    let lines = |text: &Text, end: usize| {
        let first = text.line_of(head);
        let last = text.line_of(end.max(head));
        let number = |line: usize| u32::try_from(line).unwrap_or(u32::MAX);
        number(first)..number(last).saturating_add(1)
    };
    Some((lines(before, old - tail), lines(after, new - tail)))
}

fn shifted(line: u32, from: u32, by: i64) -> u32 {
    if line < from { line } else { u32::try_from((i64::from(line) + by).max(0)).unwrap_or(u32::MAX) }
}

fn lines_text(text: &Text, lines: &Range<u32>) -> String {
    let start = text.line_start(lines.start as usize);
    let end = text.line_end((lines.end as usize).saturating_sub(1)).min(start + MOST_REMOVED);
    text.slice(start..end.max(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "/w/a.py";

    fn history(steps: &[(&str, &str, &str)]) -> String {
        let history = History::default();
        for (path, before, after) in steps {
            history.edited(Path::new(path), &Text::new(before), &Text::new(after));
        }
        let told = history.edits().into_iter().map(|edit| {
            let name =
                edit.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            format!("{name} {}..{} was {:?}", edit.lines.start, edit.lines.end, edit.before)
        });
        told.collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn typing_on_is_one_edit_that_remembers_how_it_began() {
        assert_eq!(
            history(&[(A, "a\nb\nc\n", "a\nbx\nc\n"), (A, "a\nbx\nc\n", "a\nbxy\nc\n")]),
            "a.py 1..2 was \"b\""
        );
    }

    #[test]
    fn edits_far_apart_or_in_other_files_are_their_own_and_lines_move_along() {
        let long: String = (0..40).map(|line| format!("line {line}\n")).collect();
        let below = long.replace("line 30", "line thirty");
        let above = below.replace("line 2\n", "line 2\nnew\nnew\n");
        assert_eq!(
            history(&[(A, &long, &below), ("/w/b.py", "x", "y"), (A, &below, &above)]),
            "a.py 3..6 was \"line 3\"; b.py 0..1 was \"x\"; a.py 32..33 was \"line 30\""
        );
    }

    #[test]
    fn no_change_is_no_edit_and_visits_are_places_apart() {
        assert_eq!(history(&[(A, "same", "same")]), "");
        let history = History::default();
        for line in [1, 5, 90, 91, 2] {
            history.visited(Path::new(A), line);
        }
        assert_eq!(history.visits().iter().map(|visit| visit.line).collect::<Vec<_>>(), [2, 91]);
    }
}
