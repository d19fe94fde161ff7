//! Comments that stand for code that a model left out, as `# ... existing code ...`: the original lines take their place where
//! it is certain which ones are meant. It must not guess.

use std::ops::Range;

/// Words of which one is in a comment that stands for code when it ends with dots. One that begins with dots needs none.
const WITH_DOTS: &[&str] = &[
    "existing",
    "rest of",
    "unchanged",
    "remain",
    "same as",
    "omitted",
    "other method",
    "other function",
    "previous",
    "original",
    "as before",
    "code here",
    "implementation",
    "goes here",
];

/// What a comment that stands for code says without any dots.
const WITHOUT_DOTS: &[&str] = &[
    "existing code",
    "rest of the",
    "rest of code",
    "remains unchanged",
    "remain unchanged",
    "unchanged code",
    "same as before",
    "code unchanged",
    "other methods",
    "existing methods",
    "remaining methods",
    "no changes",
    "remains the same",
    "remain the same",
    "code omitted",
    "existing implementation",
    "keep the rest",
    "(unchanged)",
    "previous code",
    "remaining code",
    "as before",
];

/// Whether a line stands for code that was left out. In a language where `...` is an expression only a comment does.
pub(super) fn is_elision(line: &str) -> bool {
    let line = line.trim();
    let Some(comment) = comment_of(line) else { return is_certain(line) };
    let words = |list: &[&str]| list.iter().any(|word| comment.contains(word));
    is_certain(line) || words(WITHOUT_DOTS)
}

/// Whether a line stands for code and can hardly be a comment of its own: it has dots, too.
pub(super) fn is_certain(line: &str) -> bool {
    let line = line.trim();
    let Some(comment) = comment_of(line) else { return line == "…" || is_dots(line) };
    let begins = comment.starts_with("...") || comment.starts_with('…');
    let ends = comment.ends_with("...") || comment.ends_with('…');
    begins || (ends && WITH_DOTS.iter().any(|word| comment.contains(word)))
}

/// What a line says that is nothing but a comment, in lower case.
fn comment_of(line: &str) -> Option<String> {
    let marks = ["//", "#", "/*", "<!--", "{/*", "--"];
    let comment = marks.iter().find_map(|mark| line.strip_prefix(mark))?;
    let comment = comment.trim_end_matches(['}', '/', '*', '-', '>']).trim().to_lowercase();
    Some(comment.trim_matches(['[', ']', '(', ')', ' ', '/', '#', '-', '*']).to_owned())
}

fn is_dots(line: &str) -> bool {
    line.len() >= 3 && line.chars().all(|it| it == '.')
}

/// Where lines stand for code, without those that the original has as well.
pub(super) fn elisions(new: &[String], old: &[String]) -> Vec<usize> {
    let known = |line: &str| old.iter().any(|it| it.trim() == line.trim());
    let found = new.iter().enumerate().filter(|(_, line)| is_elision(line) && !known(line));
    found.map(|(index, _)| index).collect()
}

/// The new lines with the original ones where some were left out.
///
/// What is left out must stand between two lines that the original has: the last one before and the first one after. The
/// header of a definition and the ends of the original count as such lines, too.
///
/// # Errors
/// The index of the first line that cannot be resolved.
pub(super) fn resolved(new: &[String], old: &[String]) -> Result<Vec<String>, usize> {
    let gaps = elisions(new, old);
    let mut result = Vec::new();
    let mut from = 0;
    let mut cursor = 0;
    for (number, gap) in gaps.iter().copied().enumerate() {
        let next = gaps.get(number + 1).copied();
        let before = new.get(from..gap).unwrap_or_default();
        let after = new.get(gap + 1..next.unwrap_or(new.len())).unwrap_or_default();
        let start = end_of_before(before, old, cursor, from == 0).ok_or(gap)?;
        let end = start_of_after(after, old, start, next.is_none()).ok_or(gap)?;
        result.extend_from_slice(before);
        // Between neighbours nothing was left out: a comment like others.
        if start == end {
            result.extend(new.get(gap).filter(|line| !is_certain(line)).cloned());
        }
        let taken = old.get(start..end).unwrap_or_default();
        let taken = trim_repeated_blanks(taken, before, after);
        result.extend_from_slice(taken);
        from = gap + 1;
        cursor = end;
    }
    result.extend_from_slice(new.get(from..).unwrap_or_default());
    Ok(result)
}

/// Blank lines at the ends of what is taken over that the answer has already.
fn trim_repeated_blanks<'a>(taken: &'a [String], before: &[String], after: &[String]) -> &'a [String] {
    let blank = |line: Option<&String>| line.is_some_and(|line| line.trim().is_empty());
    let mut range: Range<usize> = 0..taken.len();
    while blank(before.last()) && range.start < range.end && blank(taken.get(range.start)) {
        range.start += 1;
    }
    while blank(after.first()) && range.start < range.end && blank(taken.get(range.end - 1)) {
        range.end -= 1;
    }
    taken.get(range).unwrap_or_default()
}

/// The index in the original after the code that `before` ends with.
fn end_of_before(before: &[String], old: &[String], cursor: usize, is_first: bool) -> Option<usize> {
    let written = filled(before);
    let Some(last) = written.last() else { return Some(cursor) };
    let places: Vec<usize> = (cursor..old.len()).filter(|at| same(old.get(*at), last)).collect();
    let place = match places.as_slice() {
        [] => None,
        [only] => Some(*only),
        several => unique(several, |at, depth| {
            let wanted = written.iter().rev().nth(depth);
            let there = (cursor..=*at).rev().filter(|at| is_filled(old.get(*at))).nth(depth);
            (wanted.is_some(), wanted.zip(there).is_some_and(|(wanted, there)| same(old.get(there), wanted)))
        }),
    };
    if let Some(place) = place {
        return Some(place + 1);
    }
    // A changed header with nothing of the body yet.
    if is_first
        && places.is_empty()
        && opens_body(last)
        && written.iter().filter(|line| opens_body(line)).count() == 1
    {
        let header = old.iter().position(|line| opens_body(line))?;
        return Some(header + 1);
    }
    // Documentation that was put behind something known.
    let added = written.iter().rev().take_while(|line| is_documentation(line)).count();
    if added > 0 && places.is_empty() {
        let known = written.get(..written.len() - added)?;
        let known: Vec<String> = known.iter().map(|line| (*line).to_owned()).collect();
        let end = end_of_before(&known, old, cursor, is_first)?;
        let replaces = old.get(end..)?.iter().find(|line| !line.trim().is_empty());
        return (!replaces.is_some_and(|line| is_documentation(line))).then_some(end);
    }
    None
}

/// The index in the original where the code begins that `after` begins with.
fn start_of_after(after: &[String], old: &[String], start: usize, is_last: bool) -> Option<usize> {
    let written = filled(after);
    let Some(first) = written.first() else { return is_last.then_some(old.len()) };
    if is_last {
        // All that follows is how the original ends.
        let ends: Vec<usize> = (start..old.len()).filter(|at| is_filled(old.get(*at))).collect();
        if let Some(from) = ends.len().checked_sub(written.len()) {
            let tail = ends.get(from..).unwrap_or_default();
            if tail.iter().zip(&written).all(|(at, line)| same(old.get(*at), line)) {
                return tail.first().copied();
            }
        }
    }
    let places: Vec<usize> = (start..old.len()).filter(|at| same(old.get(*at), first)).collect();
    match places.as_slice() {
        [] => None,
        [only] => Some(*only),
        several => unique(several, |at, depth| {
            let wanted = written.get(depth);
            let there = (*at..old.len()).filter(|at| is_filled(old.get(*at))).nth(depth);
            (wanted.is_some(), wanted.zip(there).is_some_and(|(wanted, there)| same(old.get(there), wanted)))
        }),
    }
}

/// The one place that goes on fitting longer than the others. `fits` says whether there is more to compare at a depth, and
/// whether the place fits there.
fn unique(places: &[usize], fits: impl Fn(&usize, usize) -> (bool, bool)) -> Option<usize> {
    let mut left = places.to_vec();
    for depth in 1..16 {
        let more = left.first().is_some_and(|at| fits(at, depth).0);
        if !more {
            return None;
        }
        left.retain(|at| fits(at, depth).1);
        match left.as_slice() {
            [] => return None,
            [only] => return Some(*only),
            _ => {}
        }
    }
    None
}

fn filled(lines: &[String]) -> Vec<&String> {
    lines.iter().filter(|line| !line.trim().is_empty()).collect()
}

fn is_filled(line: Option<&String>) -> bool {
    line.is_some_and(|line| !line.trim().is_empty())
}

fn same(line: Option<&String>, other: &str) -> bool {
    line.is_some_and(|line| line.trim() == other.trim())
}

fn opens_body(line: &str) -> bool {
    line.trim_end().ends_with([':', '{'])
}

/// A comment, or a line of a docstring that is written on one line.
fn is_documentation(line: &str) -> bool {
    let line = line.trim();
    ["#", "//", "/*", "* ", "*/", "\"\"\"", "'''"].iter().any(|mark| line.starts_with(mark))
        && !line.starts_with("#[")
}
