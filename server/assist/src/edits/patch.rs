//! A unified diff as a model writes it, with wrong line numbers and counts, onto a file: each hunk goes where its old lines
//! stand, and nowhere if that is not one place. It must not rely on a number in the diff.

use super::elision::is_elision;
use super::indent::indentation;
use super::lines::LineEdit;

/// Why a diff was not applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The old lines of a hunk, counted from 1, stand in several places.
    Ambiguous(usize),
    /// They stand nowhere.
    NotFound,
}

/// The edits of the part of a diff that is about a file. No edits mean that all of it is there already.
pub(super) fn edits_of(diff: &str, path: &str, file: &[String]) -> Result<Vec<LineEdit>, Failure> {
    let mut edits: Vec<LineEdit> = Vec::new();
    let mut from = 0;
    let hunks = hunks_for(diff, path);
    if hunks.is_empty() {
        return Err(Failure::NotFound);
    }
    for (number, hunk) in hunks.iter().enumerate() {
        match hunk.place(file, from) {
            Place::At { start, hunk } => {
                let edit = hunk.edit(file, start);
                from = edit.lines.end;
                edits.push(edit);
            }
            Place::Several => return Err(Failure::Ambiguous(number + 1)),
            Place::Nowhere if hunk.is_there(file) => {}
            Place::Nowhere => return Err(Failure::NotFound),
        }
    }
    edits.sort_by_key(|edit| edit.lines.start);
    let overlap =
        edits.windows(2).any(|pair| matches!(pair, [one, other] if one.lines.end > other.lines.start));
    if overlap { Err(Failure::NotFound) } else { Ok(edits) }
}

/// The lines that a diff of a new file adds.
pub(super) fn added(diff: &str) -> Vec<String> {
    let lines = diff.lines().filter(|line| !line.starts_with("+++ "));
    lines.filter_map(|line| line.strip_prefix('+')).map(str::to_owned).collect()
}

/// The path that a diff is about, if it is about one file.
pub(super) fn path_of(diff: &str) -> Option<String> {
    let mut paths = diff.lines().filter_map(|line| line.strip_prefix("+++ ")).map(plain_path);
    let path = paths.next()?;
    (paths.all(|other| other == path) && !path.is_empty()).then_some(path)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Context,
    Removed,
    Added,
}

#[derive(Clone, Debug, Default)]
struct Hunk {
    lines: Vec<(Kind, String)>,
}

enum Place {
    At { start: usize, hunk: Hunk },
    Several,
    Nowhere,
}

fn plain_path(line: &str) -> String {
    let path = line.split('\t').next().unwrap_or_default().trim();
    let path = path.strip_prefix("a/").or_else(|| path.strip_prefix("b/")).unwrap_or(path);
    path.to_owned()
}

/// The hunks of a diff. Parts that are about other files are left out.
fn hunks_for(diff: &str, path: &str) -> Vec<Hunk> {
    let mut hunks: Vec<Hunk> = vec![Hunk::default()];
    let mut ours = true;
    let lines: Vec<&str> = diff.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        let header = |mark: &str| line.starts_with(mark);
        let next_is = |mark: &str| lines.get(index + 1).is_some_and(|next| next.starts_with(mark));
        if header("diff --git ") || header("index ") || header("new file mode") || header("\\ No newline") {
            continue;
        }
        if header("--- ") && next_is("+++ ") {
            hunks.push(Hunk::default());
            continue;
        }
        if let Some(named) =
            line.strip_prefix("+++ ").filter(|_| index > 0 && lines[index - 1].starts_with("--- "))
        {
            let named = plain_path(named);
            ours = same_file(&named, path);
            continue;
        }
        if header("@@") || is_elision(line) {
            hunks.push(Hunk::default());
            continue;
        }
        let (kind, text) = match line.chars().next() {
            Some('+') => (Kind::Added, &line[1..]),
            Some('-') => (Kind::Removed, &line[1..]),
            Some(' ') => (Kind::Context, &line[1..]),
            _ => (Kind::Context, *line),
        };
        if let Some(hunk) = hunks.last_mut().filter(|_| ours) {
            hunk.lines.push((kind, text.to_owned()));
        }
    }
    let trimmed = hunks.into_iter().map(Hunk::trimmed);
    trimmed.filter(|hunk| hunk.lines.iter().any(|(kind, _)| *kind != Kind::Context)).collect()
}

/// Whether one path is the other, or its end.
pub(super) fn same_file(one: &str, other: &str) -> bool {
    let parts = |path: &str| -> Vec<String> {
        path.replace('\\', "/")
            .split('/')
            .filter(|it| !it.is_empty() && *it != ".")
            .map(str::to_owned)
            .collect()
    };
    let (one, other) = (parts(one), parts(other));
    !one.is_empty() && !other.is_empty() && (one.ends_with(&other) || other.ends_with(&one))
}

impl Hunk {
    /// Without blank context at its ends, which models add and drop as they like.
    fn trimmed(mut self) -> Self {
        let blank = |it: &(Kind, String)| it.0 == Kind::Context && it.1.trim().is_empty();
        while self.lines.last().is_some_and(blank) {
            self.lines.pop();
        }
        let leading = self.lines.iter().take_while(|it| blank(it)).count();
        self.lines.drain(..leading);
        self
    }

    fn side(&self, left_out: Kind) -> Vec<&str> {
        self.lines.iter().filter(|(kind, _)| *kind != left_out).map(|(_, text)| text.as_str()).collect()
    }

    /// Where the old lines stand: exactly, or else but for indentation, or else without some context at the ends.
    fn place(&self, file: &[String], from: usize) -> Place {
        for dropped in [(0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (0, 2), (2, 2)] {
            let Some(hunk) = self.without_context(dropped.0, dropped.1) else { continue };
            let old = hunk.side(Kind::Added);
            if !old.iter().any(|line| line.chars().any(char::is_alphanumeric)) {
                continue;
            }
            for exact in [true, false] {
                let all = places(file, &old, exact);
                let later: Vec<usize> = all.iter().copied().filter(|at| *at >= from).collect();
                match (all.as_slice(), later.as_slice()) {
                    ([], _) => {}
                    ([only], _) => return Place::At { start: *only, hunk },
                    (_, [only]) if from > 0 => return Place::At { start: *only, hunk },
                    _ => return Place::Several,
                }
            }
        }
        Place::Nowhere
    }

    /// How the file indents the old line that an added one goes by, and how the diff does: the one above, or the one below
    /// where the one above only opens a block.
    fn shift<'a>(&'a self, added: usize, there: &'a [String]) -> Option<(&'a str, &'a str)> {
        let old = self.lines.iter().enumerate().filter(|(_, (kind, _))| *kind != Kind::Added);
        let pairs = old.zip(there).filter(|((_, (_, line)), _)| !line.trim().is_empty());
        let pairs: Vec<(usize, &String, &String)> =
            pairs.map(|((index, (_, line)), there)| (index, line, there)).collect();
        let above = pairs.iter().rev().find(|(index, ..)| *index < added);
        let below = pairs.iter().find(|(index, ..)| *index > added);
        let opens = above.is_some_and(|(_, line, _)| line.trim_end().ends_with(['{', ':', '(', '[']));
        let chosen = if opens { below.or(above) } else { above.or(below) };
        chosen.map(|(_, line, there)| (indentation(line), indentation(there)))
    }

    fn without_context(&self, first: usize, last: usize) -> Option<Self> {
        let end = self.lines.len().checked_sub(last)?;
        let kept = self.lines.get(first..end)?.to_vec();
        let mut gone = self.lines.get(..first)?.iter().chain(self.lines.get(end..)?);
        gone.all(|(kind, _)| *kind == Kind::Context).then_some(Self { lines: kept })
    }

    fn is_there(&self, file: &[String]) -> bool {
        let new = self.side(Kind::Removed);
        let told = new.iter().any(|line| line.chars().any(char::is_alphanumeric));
        told && self.lines.iter().any(|(kind, _)| *kind == Kind::Added)
            && places(file, &new, false).len() == 1
    }

    /// Context stays as the file has it; added lines are moved as far as the file's lines stand from the diff's.
    fn edit(&self, file: &[String], start: usize) -> LineEdit {
        let mut at = start;
        let mut new = Vec::new();
        let there = file.get(start..).unwrap_or_default();
        for (index, (kind, text)) in self.lines.iter().enumerate() {
            match kind {
                Kind::Context => {
                    new.extend(file.get(at).cloned());
                    at += 1;
                }
                Kind::Removed => at += 1,
                Kind::Added => new.push(moved(text, self.shift(index, there))),
            }
        }
        LineEdit { lines: start..at, new }
    }
}

fn moved(line: &str, shift: Option<(&str, &str)>) -> String {
    let Some((written, there)) = shift.filter(|_| !line.trim().is_empty()) else { return line.to_owned() };
    if let Some(added) = there.strip_suffix(written) {
        return format!("{added}{line}");
    }
    let less = written.strip_suffix(there).and_then(|more| line.strip_prefix(more));
    less.unwrap_or(line).to_owned()
}

fn places(file: &[String], old: &[&str], exact: bool) -> Vec<usize> {
    if old.is_empty() {
        return Vec::new();
    }
    let same = |there: &String, line: &&str| match exact {
        true => there.trim_end() == line.trim_end(),
        false => there.trim() == line.trim(),
    };
    let windows = file.windows(old.len()).enumerate();
    windows
        .filter(|(_, window)| window.iter().zip(old).all(|(there, line)| same(there, line)))
        .map(|(at, _)| at)
        .collect()
}
