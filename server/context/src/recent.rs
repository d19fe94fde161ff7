//! From the last edits and visits to excerpts. It must not remember anything: that is `history`'s part.

use std::collections::HashSet;
use std::path::Path;

use index::Index;

use crate::excerpt::{Excerpt, Source};
use crate::files::file_of;
use crate::history::{Edited, History};
use crate::siblings::dedented;
use crate::skeleton::words_of;

/// Lines of a region that was edited.
const MOST_EDITED_LINES: u32 = 16;
/// Lines before and after a place that was looked at.
const VISIT_LINES: u32 = 8;
/// Lines around the cursor in which an edit is seen without an excerpt.
const NEAR_LINES: u32 = 30;
/// Edits and visits that are offered.
const MOST: usize = 4;

/// Regions that were edited lately, as they are now, with what was there before.
pub(crate) fn edits(history: &History, here: &Path, cursor_line: u32, index: &Index) -> Vec<Excerpt> {
    let elsewhere = history.edits().into_iter().filter(|edit| {
        // Near the cursor the file's own lines show it.
        let around = edit.lines.start.saturating_sub(NEAR_LINES)..edit.lines.end + NEAR_LINES;
        edit.path != here || !around.contains(&cursor_line)
    });
    elsewhere.take(MOST).zip(0_u8..).filter_map(|(edit, age)| edited(&edit, age, index)).collect()
}

fn edited(edit: &Edited, age: u8, index: &Index) -> Option<Excerpt> {
    let end = edit.lines.end.min(edit.lines.start + MOST_EDITED_LINES);
    // A line on both sides says where it is.
    let (path, lines, text) = region(&edit.path, edit.lines.start.saturating_sub(1)..end + 1, index)?;
    let mark = index.file(&edit.path)?.language.line_comment();
    let before: Vec<String> = edit
        .before
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| format!("{mark} - {}", line.trim()))
        .collect();
    let unchanged =
        before.iter().all(|line| text.contains(line.trim_start_matches(mark).trim_start_matches([' ', '-'])));
    let text = if unchanged { text } else { format!("{}\n{text}", before.join("\n")) };
    let reason = "it was edited a moment ago".to_owned();
    let score = 0.7 - 0.1 * f32::from(age);
    Some(Excerpt { path, lines, text, source: Source::Edits, reason, score })
}

/// Places that were looked at lately, in other files.
///
/// `words` are those near the cursor: a place that has none of them was looked at for something else.
pub(crate) fn visits(history: &History, here: &Path, words: &HashSet<String>, index: &Index) -> Vec<Excerpt> {
    let elsewhere = history.visits().into_iter().filter(|visit| visit.path != here).take(MOST).zip(0_u8..);
    elsewhere
        .filter_map(|(visit, age)| {
            let lines = visit.line.saturating_sub(VISIT_LINES)..visit.line + VISIT_LINES + 1;
            let (path, lines, text) = region(&visit.path, lines, index)?;
            let reason = "it was looked at a moment ago".to_owned();
            let shared = words_of(&text).intersection(words).count();
            #[allow(clippy::cast_precision_loss)] // A few dozen words.
            let share = shared as f32 / words.len().max(1) as f32;
            let score = share.min(0.5) - 0.05 * f32::from(age);
            Some(Excerpt { path, lines, text, source: Source::Visits, reason, score })
        })
        .collect()
}

fn region(
    path: &Path,
    lines: std::ops::Range<u32>,
    index: &Index,
) -> Option<(String, std::ops::Range<u32>, String)> {
    let file = index.file(path)?;
    let read = file_of(&file, index)?;
    let taken = read.lines(lines.clone());
    let end = lines.start + u32::try_from(taken.len()).unwrap_or(0);
    let text = dedented(&taken);
    // A line or two say nothing about how things are done there.
    (text.lines().filter(|line| !line.trim().is_empty()).count() > 2)
        .then(|| (file.relative.clone(), lines.start..end, text))
}
