//! Cuts one attachment: bodies of definitions first, then whole parts (definitions, hunks, paragraphs), then lines, always those
//! farthest from where the attention is. It never cuts inside a line.

use std::ops::Range;
use std::path::Path;

use syntax::{Definition, DefinitionKind, Language, Tree};
use text::Text;

use crate::mentions::attachment::Attachment;
use crate::mentions::resolved::{Resolved, counted, say_cut};

/// The attachment within a number of tokens, and what was cut of it; none when not one line has room. `size` is the tokens of an
/// attachment with its heading.
pub(crate) fn shrink(
    resolved: &Resolved,
    cap: usize,
    size: &dyn Fn(&Attachment) -> usize,
) -> Option<(Attachment, String)> {
    let lines: Vec<&str> = resolved.attachment.text.lines().collect();
    let focus = resolved.focus.unwrap_or(0).min(lines.len().saturating_sub(1));
    let language = language_of(&resolved.attachment);
    let page = Page { lines: &lines, focus, mark: language.map_or("", Language::line_comment) };
    let made = |kept: (String, String)| {
        let (text, what) = kept;
        let mut attachment = Attachment { text, ..resolved.attachment.clone() };
        say_cut(&mut attachment, &what);
        (attachment, what)
    };
    let fits = |made: &(Attachment, String)| size(&made.0) <= cap;
    let definitions = language.map(|language| {
        let text = Text::new(&resolved.attachment.text);
        let definitions = Tree::parse(language, &text).definitions(&text);
        (text, definitions)
    });
    let bodies = definitions.as_ref().map(|(text, all)| bodies(text, all)).unwrap_or_default();
    let bodies = farthest_first(bodies, focus);
    let total = bodies.len();
    // Where somebody works, the body is worth more than other definitions; it stands last.
    let others = match resolved.focus {
        Some(focus) => bodies.iter().filter(|body| !body.contains(&focus)).count(),
        None => total,
    };
    let collapsed = |count: usize| made(page.collapse(bodies.get(..count).unwrap_or_default(), total));
    if let Some(found) = least(others, |count| Some(collapsed(count)).filter(&fits)) {
        return Some(found);
    }
    let (parts, what) = match (resolved.attachment.language.as_str(), &definitions) {
        ("diff", _) => (hunks(&lines), "hunk"),
        (_, Some((text, all))) => (units(text, all, &lines), "part"),
        _ => (paragraphs(&lines), "paragraph"),
    };
    let headers = if what == "hunk" { headers(&lines) } else { Vec::new() };
    let parts_there = parts.len();
    let order = farthest_first(parts, focus);
    // One part is kept at least: otherwise its lines are.
    for kept_bodies in [total - others, 0] {
        let bodies = bodies.get(..total - kept_bodies).unwrap_or_default();
        let without = |count: usize| {
            let dropped = order.get(..count).unwrap_or_default();
            let is_there = |body: &&Range<usize>| {
                !dropped.iter().any(|part| part.start <= body.start && body.end <= part.end)
            };
            let bodies: Vec<Range<usize>> = bodies.iter().filter(is_there).cloned().collect();
            made(page.drop_parts(dropped, &bodies, &headers, what, parts_there))
        };
        if let Some(found) = least(parts_there.saturating_sub(1), |count| Some(without(count)).filter(&fits))
        {
            return Some(found);
        }
    }
    let all = lines.len();
    least(all.saturating_sub(1), |dropped| Some(made(page.window(all - dropped))).filter(&fits))
}

/// The result of the smallest number from 1 to `most` that has one, given that every larger one has one too.
fn least<T>(most: usize, result: impl Fn(usize) -> Option<T>) -> Option<T> {
    let (mut low, mut high) = (1, most);
    let mut best = if most == 0 { None } else { Some(result(most)?) };
    while low < high {
        let middle = low.midpoint(high);
        match result(middle) {
            Some(found) => {
                best = Some(found);
                high = middle;
            }
            None => low = middle + 1,
        }
    }
    best
}

/// The lines of an attachment.
struct Page<'a> {
    lines: &'a [&'a str],
    focus: usize,
    /// What begins a comment, to say inside the code that something is missing.
    mark: &'a str,
}

impl Page<'_> {
    /// The text without some bodies, each replaced by a line that says so.
    fn collapse(&self, bodies: &[Range<usize>], total: usize) -> (String, String) {
        let what = format!("the bodies of {} of {} were left out", bodies.len(), counted(total, "function"));
        (self.without(bodies, &[]), what)
    }

    /// The text without some parts, and the rest without its bodies.
    fn drop_parts(
        &self,
        parts: &[Range<usize>],
        bodies: &[Range<usize>],
        headers: &[(usize, Range<usize>)],
        what: &str,
        total: usize,
    ) -> (String, String) {
        let mut gone: Vec<Range<usize>> = parts.to_vec();
        // The heading of a file in a diff goes with the last of its hunks.
        for (header, hunks) in headers {
            let inside: usize =
                parts.iter().filter(|part| hunks.contains(&part.start)).map(ExactSizeIterator::len).sum();
            if !hunks.is_empty() && inside == hunks.len() {
                gone.push(*header..hunks.start);
            }
        }
        let mut said = format!("{} of {} were left out", parts.len(), counted(total, what));
        if !bodies.is_empty() {
            said = format!("{said}, and of the others {} without a body", stand(bodies.len()));
        }
        (self.without(&gone, bodies), said)
    }

    /// So many lines around the focus.
    fn window(&self, count: usize) -> (String, String) {
        let all = self.lines.len();
        let start = self.focus.saturating_sub(count / 2).min(all.saturating_sub(count));
        let kept = self.lines.get(start..start + count).unwrap_or_default();
        let what = format!("{} of {} were left out", all - kept.len(), counted(all, "line"));
        (kept.join("\n"), what)
    }

    fn without(&self, parts: &[Range<usize>], bodies: &[Range<usize>]) -> String {
        let mut gone: Vec<Range<usize>> =
            parts.iter().chain(bodies).filter(|range| !range.is_empty()).cloned().collect();
        gone.sort_by_key(|range| (range.start, usize::MAX - range.end));
        let mut merged: Vec<Range<usize>> = Vec::new();
        for range in gone {
            match merged.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => merged.push(range),
            }
        }
        let mut out: Vec<String> = Vec::new();
        let mut at = 0;
        for range in merged {
            out.extend(
                self.lines.get(at..range.start).unwrap_or_default().iter().map(|line| (*line).to_owned()),
            );
            if !self.mark.is_empty() {
                let first = self
                    .lines
                    .get(range.clone())
                    .unwrap_or_default()
                    .iter()
                    .find(|line| !line.trim().is_empty());
                let indent =
                    first.map_or("", |line| line.get(..line.len() - line.trim_start().len()).unwrap_or(""));
                out.push(format!("{indent}{} … {} left out", self.mark, counted(range.len(), "line")));
            }
            at = range.end;
        }
        out.extend(self.lines.get(at..).unwrap_or_default().iter().map(|line| (*line).to_owned()));
        out.join("\n")
    }
}

fn stand(count: usize) -> String {
    if count == 1 { "1 stands".to_owned() } else { format!("{count} stand") }
}

fn language_of(attachment: &Attachment) -> Option<Language> {
    let path = attachment.path.as_deref()?;
    // A folder has a path, too, and its text is no code.
    (!attachment.language.is_empty()).then(|| Language::from_path(Path::new(path)))?
}

/// Ranges of lines, those farthest from a line first; equally far, the later first.
fn farthest_first(mut ranges: Vec<Range<usize>>, focus: usize) -> Vec<Range<usize>> {
    let distance = |range: &Range<usize>| {
        if range.contains(&focus) {
            0
        } else {
            range.start.abs_diff(focus).min(range.end.saturating_sub(1).abs_diff(focus))
        }
    };
    ranges.sort_by_key(|range| (usize::MAX - distance(range), usize::MAX - range.start));
    ranges
}

/// The lines inside of functions, without the lines that the signature and a closing bracket stand on.
fn bodies(text: &Text, definitions: &[Definition]) -> Vec<Range<usize>> {
    let functions = definitions.iter().filter(|it| is_function(it));
    let inside = functions.filter_map(|it| {
        let mut parent = it.parent;
        while let Some(outer) = parent.and_then(|at| definitions.get(at)) {
            // What is in a function goes with that one's body.
            if is_function(outer) {
                return None;
            }
            parent = outer.parent;
        }
        let body = it.body.clone()?;
        let header_end = it.header.end.max(it.header.start + 1) - 1;
        let bracket = text.char_at(body.start) == Some('{');
        let start = text.line_of(if bracket { body.start } else { header_end }) + 1;
        let end = text.line_of(body.end.saturating_sub(1)) + usize::from(!bracket);
        // One line would be replaced by another.
        (end > start + 1).then_some(start..end)
    });
    inside.collect()
}

/// The definitions that lie in no function and have no members, each with its comment and the empty lines that follow; and what stands
/// before the first one. What has members is kept, so that they stand in it.
fn units(text: &Text, definitions: &[Definition], lines: &[&str]) -> Vec<Range<usize>> {
    let has_members = |at: usize| definitions.iter().any(|it| it.parent == Some(at));
    let first_line = |it: &Definition| {
        text.line_of(it.doc.as_ref().map_or(it.range.start, |doc| doc.start.min(it.range.start)))
    };
    let mut units: Vec<Range<usize>> = Vec::new();
    for (at, it) in definitions.iter().enumerate() {
        let parent = it.parent.and_then(|parent| definitions.get(parent));
        let in_function = parent.is_some_and(is_function);
        if in_function || (has_members(at) && !is_function(it)) {
            continue;
        }
        let mut end = text.line_of(it.range.end.saturating_sub(1)) + 1;
        while lines.get(end).is_some_and(|line| line.trim().is_empty()) {
            end += 1;
        }
        let start = first_line(it).max(units.last().map_or(0, |last| last.end));
        if start < end {
            units.push(start..end);
        }
    }
    let before = definitions.iter().map(first_line).min().filter(|first| *first > 0);
    before.map(|first| 0..first).into_iter().chain(units).collect()
}

fn is_function(it: &Definition) -> bool {
    matches!(it.kind, DefinitionKind::Function | DefinitionKind::Method | DefinitionKind::Macro)
}

fn paragraphs(lines: &[&str]) -> Vec<Range<usize>> {
    let blank = |at: usize| lines.get(at).is_none_or(|line| line.trim().is_empty());
    let starts = (1..lines.len()).filter(|at| blank(at - 1) && !blank(*at));
    between(starts, lines.len())
}

/// The hunks of a diff, without the headings of its files.
fn hunks(lines: &[&str]) -> Vec<Range<usize>> {
    let starts_hunk = |line: &str| line.starts_with("@@");
    let starts_other = |line: &str| {
        line.starts_with("diff --git ") || line.starts_with("Untracked files") || line.starts_with("--- ")
    };
    let mut parts: Vec<Range<usize>> = Vec::new();
    let mut open: Option<usize> = None;
    let mut left = (0, 0);
    for (at, line) in lines.iter().enumerate() {
        // Inside a hunk a line may look like a heading: `--- ` is a removed `-- `.
        let inside = open.is_some() && (left.0 > 0 || left.1 > 0);
        if inside {
            match line.chars().next() {
                Some('-') => left.0 -= usize::from(left.0 > 0),
                Some('+') => left.1 -= usize::from(left.1 > 0),
                Some('\\') => {}
                _ => left = (left.0.saturating_sub(1), left.1.saturating_sub(1)),
            }
            continue;
        }
        if starts_hunk(line) || starts_other(line) {
            parts.extend(open.take().map(|start| start..at));
        }
        if starts_hunk(line) {
            open = Some(at);
            left = lengths(line);
        } else if line.starts_with("Untracked files") || (line.starts_with("--- ") && line.contains(", line"))
        {
            open = Some(at);
        }
    }
    parts.extend(open.map(|start| start..lines.len()));
    parts
}

/// How many lines a hunk has of the old text and of the new one: `@@ -1,4 +1,6 @@`.
fn lengths(header: &str) -> (usize, usize) {
    let mut parts = header.split(' ').skip(1).map(|part| {
        let numbers = part.trim_start_matches(['-', '+']);
        numbers.split_once(',').map_or(1, |(_, count)| count.parse().unwrap_or(0))
    });
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

/// Each file's heading in a diff: its first line, and the lines of the hunks that follow.
fn headers(lines: &[&str]) -> Vec<(usize, Range<usize>)> {
    let hunks = hunks(lines);
    let mut headers: Vec<(usize, Range<usize>)> = Vec::new();
    let mut before = 0;
    for hunk in hunks {
        let heading = lines
            .get(before..hunk.start)
            .unwrap_or_default()
            .iter()
            .position(|line| line.starts_with("diff --git "));
        match (heading, headers.last_mut()) {
            (Some(at), _) => headers.push((before + at, hunk.clone())),
            (None, Some((_, hunks))) if lines.get(hunk.start).is_some_and(|line| line.starts_with("@@")) => {
                hunks.end = hunk.end
            }
            _ => {}
        }
        before = hunk.end;
    }
    headers
}

fn between(starts: impl Iterator<Item = usize>, count: usize) -> Vec<Range<usize>> {
    let mut bounds: Vec<usize> = starts.filter(|at| *at < count).chain([0, count]).collect();
    bounds.sort_unstable();
    bounds.dedup();
    bounds.windows(2).filter_map(|pair| Some(*pair.first()?..*pair.last()?)).collect()
}
