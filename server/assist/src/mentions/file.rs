//! Files and parts of them: by path, the current one, the selection, the open and the visible ones.

use std::ops::Range;

use documents::Snapshot;

use crate::mentions::error::{MentionError, shortened};
use crate::mentions::kind::LineRange;
use crate::mentions::place::{MOST_FOR_LINES, MOST_WHOLE, Place, check_open, locate, read, unix};
use crate::mentions::resolved::{Resolved, counted, of_file, say_cut};
use crate::mentions::world::{Current, World};

/// `@path` and `@path:10-40`.
pub(crate) fn file(
    typed: &str,
    path: &str,
    lines: Option<LineRange>,
    world: &World,
) -> Result<Vec<Resolved>, MentionError> {
    let place = locate(world, path)?;
    let limit = if lines.is_some() { MOST_FOR_LINES } else { MOST_WHOLE };
    let text = read(world, &place, limit)?;
    Ok(vec![part(typed, &place, lines, text)?])
}

/// `@current`.
pub(crate) fn current(
    typed: &str,
    lines: Option<LineRange>,
    world: &World,
) -> Result<Vec<Resolved>, MentionError> {
    let current = current_document(typed, world)?;
    let place = check_open(world, &current.document)?;
    let mut resolved = part(typed, &place, lines, whole(&current.document, &place)?)?;
    let first = resolved.attachment.lines.as_ref().map_or(0, |lines| lines.start as usize);
    let cursor = current.document.text.line_of(current.cursor);
    resolved.focus = Some(cursor.saturating_sub(first));
    Ok(vec![resolved])
}

/// `@selection`: the selected lines; within one line, exactly what is selected.
pub(crate) fn selection(typed: &str, world: &World) -> Result<Vec<Resolved>, MentionError> {
    let current = current_document(typed, world)?;
    let place = check_open(world, &current.document)?;
    let text = &current.document.text;
    let selected = current.selection.start.min(text.len_bytes())..current.selection.end.min(text.len_bytes());
    if selected.is_empty() {
        let what =
            "nothing is selected in the current file. Select the code first, or mention its file and lines";
        return Err(MentionError::Nothing { mention: typed.to_owned(), what });
    }
    let first = text.line_of(selected.start);
    // A selection of whole lines ends at the start of the next one.
    let last = text.line_of(selected.end - 1);
    let whole_lines = first != last || text.char_before(selected.end) == Some('\n');
    let taken = if whole_lines { text.line_start(first)..text.line_end(last) } else { selected };
    let taken = unix(&text.slice(taken));
    let lines = LineRange { first: number(first) + 1, last: number(last) + 1 };
    let mut resolved = of_file(typed, &place, Some(lines), taken);
    resolved.attachment.title = format!("the selection in {}", resolved.attachment.title);
    Ok(vec![resolved])
}

/// `@open`.
pub(crate) fn open(typed: &str, world: &World) -> Result<Vec<Resolved>, MentionError> {
    if world.open.is_empty() {
        let what = "no file is open. Open the files in the editor, or mention them by their paths";
        return Err(MentionError::Nothing { mention: typed.to_owned(), what });
    }
    let each = world.open.iter().map(|document| {
        let place = check_open(world, document)?;
        let text = whole(document, &place)?;
        part(typed, &place, None, text)
    });
    all_that_work(typed, each)
}

/// `@visible`.
pub(crate) fn visible(typed: &str, world: &World) -> Result<Vec<Resolved>, MentionError> {
    if world.visible.is_empty() {
        let what = "the editor does not tell what can be seen of its files. Use @current or @selection";
        return Err(MentionError::Nothing { mention: typed.to_owned(), what });
    }
    let each = world.visible.iter().map(|visible| {
        let place = check_open(world, &visible.document)?;
        let text = unix(&visible.document.text.to_string());
        let lines = LineRange {
            first: visible.lines.start + 1,
            last: visible.lines.end.max(visible.lines.start + 1),
        };
        part(typed, &place, Some(lines), text)
    });
    all_that_work(typed, each)
}

/// What is context when the message mentions nothing of it: the whole current file if it is small, else the definitions around the
/// cursor. None when no file is being edited, or the file is a secret or excluded: nobody asked for it.
pub(crate) fn around_cursor(typed: &str, current: &Current, world: &World) -> Option<Resolved> {
    /// A file of so many lines is given whole.
    const SMALL: usize = 400;
    /// Of a larger one, so many lines are given at most.
    const MOST: usize = 300;
    let document = &current.document;
    let place = check_open(world, document).ok()?;
    let count = document.text.line_count();
    let cursor = document.text.line_of(current.cursor);
    if count <= SMALL {
        let mut resolved = part(typed, &place, None, whole(document, &place).ok()?).ok()?;
        resolved.focus = Some(cursor);
        return Some(resolved);
    }
    let lines = window(document, cursor, MOST);
    let (first, last) = (number(lines.start) + 1, number(lines.end));
    let text = unix(
        &document.text.slice(document.text.line_start(lines.start)..document.text.line_end(lines.end - 1)),
    );
    let mut resolved = of_file(typed, &place, Some(LineRange { first, last }), text);
    resolved.focus = Some(cursor - lines.start);
    let left_out = counted(count - lines.len(), "line");
    say_cut(&mut resolved.attachment, &format!("the file's other {left_out} were left out"));
    Some(resolved)
}

/// Lines around one, whole definitions of the top level as far as they have room.
fn window(document: &Snapshot, line: usize, most: usize) -> Range<usize> {
    let text = &document.text;
    let count = text.line_count();
    let start = line.saturating_sub(most / 2).min(count.saturating_sub(most));
    let plain = start..(start + most).min(count);
    let Some(tree) = document.tree() else { return plain };
    let definitions = tree.definitions(text);
    let starts: Vec<usize> = definitions
        .iter()
        .filter(|it| it.parent.is_none())
        .map(|it| text.line_of(it.doc.as_ref().map_or(it.range.start, |doc| doc.start.min(it.range.start))))
        .collect();
    // Only boundaries that keep the line itself, and half of the room.
    let first = starts.iter().copied().find(|at| *at >= plain.start && *at <= line && line - *at >= most / 4);
    let last =
        starts.iter().copied().rev().find(|at| *at <= plain.end && *at > line && *at - line >= most / 4);
    first.unwrap_or(plain.start)..last.unwrap_or(plain.end)
}

/// A text, or lines of it.
fn part(
    typed: &str,
    place: &Place,
    lines: Option<LineRange>,
    text: String,
) -> Result<Resolved, MentionError> {
    let Some(LineRange { first, last }) = lines else { return Ok(of_file(typed, place, None, text)) };
    let all: Vec<&str> = text.lines().collect();
    let (count, taken_last) = (all.len(), (last as usize).min(all.len()));
    let taken = (first as usize).checked_sub(1).filter(|start| *start < taken_last && first <= last);
    let Some(taken) = taken.and_then(|start| all.get(start..taken_last)) else {
        return Err(MentionError::NoSuchLines { path: place.shown.clone(), first, last, count });
    };
    let mut resolved =
        of_file(typed, place, Some(LineRange { first, last: number(taken_last) }), taken.join("\n"));
    if taken_last < last as usize {
        say_cut(&mut resolved.attachment, &format!("the file ends with line {count}"));
    }
    Ok(resolved)
}

fn whole(document: &Snapshot, place: &Place) -> Result<String, MentionError> {
    let bytes = document.text.len_bytes() as u64;
    if bytes > MOST_WHOLE {
        return Err(MentionError::TooLarge { path: place.shown.clone(), bytes, limit: MOST_WHOLE });
    }
    Ok(unix(&document.text.to_string()))
}

/// Those that can be read; the first says what could not.
fn all_that_work(
    typed: &str,
    each: impl Iterator<Item = Result<Resolved, MentionError>>,
) -> Result<Vec<Resolved>, MentionError> {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for one in each {
        match one {
            Ok(resolved) => good.push(resolved),
            Err(error) => bad.push(left_out(&error)),
        }
    }
    match good.first_mut() {
        None => Err(MentionError::AllLeftOut { mention: typed.to_owned(), reasons: shortened(&bad) }),
        Some(first) => {
            if !bad.is_empty() {
                say_cut(&mut first.attachment, &format!("not read: {}", shortened(&bad)));
            }
            Ok(good)
        }
    }
}

/// A file and in a word why it is not here.
pub(crate) fn left_out(error: &MentionError) -> String {
    match error {
        MentionError::Secret { path } => format!("{path} (secret)"),
        MentionError::Ignored { path } => format!("{path} (ignored)"),
        MentionError::Outside { path } => format!("{path} (outside of the workspace)"),
        MentionError::TooLarge { path, .. } | MentionError::TooLargeForLines { path, .. } => {
            format!("{path} (too large)")
        }
        MentionError::Binary { path } => format!("{path} (binary)"),
        MentionError::NotUtf8 { path, .. } => format!("{path} (not UTF-8)"),
        MentionError::Missing { path, .. } => format!("{path} (no longer there)"),
        other => other.to_string(),
    }
}

fn current_document<'a>(typed: &str, world: &'a World) -> Result<&'a Current, MentionError> {
    let what = "no file is being edited. Open one in the editor, or mention it by its path";
    world.current.as_ref().ok_or_else(|| MentionError::Nothing { mention: typed.to_owned(), what })
}

fn number(line: usize) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}
