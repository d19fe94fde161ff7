//! Finds the mentions in a message. It looks at nothing but the text, so what a bare name means is told later.

use std::ops::Range;

use crate::mentions::kind::{LineRange, Mention, MentionKind};

/// The mentions of a message (byte ranges), in order.
///
/// A mention begins with `@` at the start of a word: not inside an e-mail address, not after `\`, not in a code span or a fence of
/// Markdown. It ends before white space, a quote, a comma and the like; the punctuation of the sentence is not part of it. A
/// name with spaces stands in double quotes: `@"my file.py"`, `@"my file.py":10-40`, `@search:"two words"`.
pub fn parse(message: &str) -> Vec<Mention> {
    let mut mentions: Vec<Mention> = Vec::new();
    for prose in prose(message) {
        let mut at = prose.start;
        while let Some(found) = message.get(at..prose.end).and_then(|rest| rest.find('@')) {
            let start = at + found;
            at = start + 1;
            if !begins_word(message, start) {
                continue;
            }
            if let Some(mention) = mention(message, start, prose.end) {
                at = mention.range.end;
                mentions.push(mention);
            }
        }
    }
    mentions
}

/// The mention that is being typed at a cursor (a byte offset): the bytes after its `@` up to the cursor. What to complete, and
/// what a completion replaces. None where the cursor is in no mention.
pub fn typed_at(message: &str, cursor: usize) -> Option<Range<usize>> {
    let before = message.get(..cursor)?;
    let line = before.rfind('\n').map_or(0, |at| at + 1);
    let found = before.get(line..)?.char_indices().rev().filter(|(_, one)| *one == '@');
    for (at, _) in found {
        let start = line + at;
        let in_prose = prose(before).iter().any(|part| part.contains(&start));
        if !in_prose || !begins_word(message, start) {
            continue;
        }
        let typed = before.get(start + 1..)?;
        let quoted = typed.strip_prefix('"').or_else(|| typed.split_once(":\"").map(|(_, rest)| rest));
        let goes_on = match quoted {
            Some(rest) => !rest.contains('"'),
            None => !typed.contains(|one: char| one.is_whitespace() || "\",;<>`".contains(one)),
        };
        return goes_on.then_some(start + 1..cursor);
    }
    None
}

/// A path as it is written in a mention: in quotes where it needs them.
pub fn quoted(path: &str) -> String {
    let plain = scan(path, 0, path.len(), Allowed::Name) == path.len()
        && !path.is_empty()
        && path.trim_end_matches(TRAILING) == path;
    if plain { path.to_owned() } else { format!("\"{path}\"") }
}

/// What ends a sentence and not a mention.
const TRAILING: [char; 9] = ['.', ',', ';', ':', '!', '?', '*', '…', '_'];

/// What may stand in a mention without quotes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Allowed {
    /// What names and paths have.
    Name,
    /// Anything but white space: a text that is searched for, or an address.
    Text,
}

fn mention(message: &str, start: usize, limit: usize) -> Option<Mention> {
    let made = |end: usize, kind| {
        let text = message.get(start..end)?.to_owned();
        Some(Mention { range: start..end, text, kind })
    };
    let rest = message.get(start + 1..limit)?;
    if rest.starts_with("https://") || rest.starts_with("http://") {
        let end = end_of(message, start + 1, limit, Allowed::Text);
        return made(end, MentionKind::Url { url: message.get(start + 1..end)?.to_owned() });
    }
    if let Some((name, after)) = quoted_at(message, start + 1, limit) {
        let (lines, end) = lines_after(message, after, limit);
        return made(end, path_kind(&name, lines));
    }
    let end = end_of(message, start + 1, limit, Allowed::Name);
    let token = message.get(start + 1..end)?;
    let word = token.split(':').next()?;
    let value_at = start + 1 + word.len() + 1;
    let has_value = message.get(value_at - 1..limit).is_some_and(|rest| rest.starts_with(':'));
    if has_value && MentionKind::of_keyword(word, Some("1")).is_some() {
        if let Some((value, end)) = quoted_at(message, value_at, limit) {
            return made(end, MentionKind::of_keyword(word, Some(&value))?);
        }
        let allowed = if matches!(word, "search" | "url") { Allowed::Text } else { Allowed::Name };
        let end = end_of(message, value_at, limit, allowed);
        let value = message.get(value_at..end).filter(|value| !value.is_empty());
        // `@search:` with nothing behind it says what is missing when it is resolved.
        let end = if value.is_some() { end } else { value_at };
        if let Some(kind) = MentionKind::of_keyword(word, value.or(matches!(word, "search").then_some(""))) {
            let end = if value.is_none() && word != "search" { value_at - 1 } else { end };
            return made(end, kind);
        }
    }
    if let Some(kind) = MentionKind::of_keyword(token, None) {
        let address = message.get(end..limit).and_then(|rest| rest.strip_prefix(' '));
        if token == "url" && address.is_some_and(|it| it.starts_with("http://") || it.starts_with("https://"))
        {
            let end_of_address = end_of(message, end + 1, limit, Allowed::Text);
            return made(
                end_of_address,
                MentionKind::Url { url: message.get(end + 1..end_of_address)?.to_owned() },
            );
        }
        return made(end, kind);
    }
    (!token.is_empty()).then(|| made(end, named(token)))?
}

/// What a name without quotes stands for.
fn named(token: &str) -> MentionKind {
    let (path, lines) = split_lines(token);
    if lines.is_some() || path.contains('/') || path == "." || path == ".." {
        return path_kind(path, lines);
    }
    if path.contains("::") {
        return MentionKind::Symbol { name: path.trim_end_matches("()").to_owned() };
    }
    MentionKind::Name { name: path.trim_end_matches("()").to_owned() }
}

fn path_kind(path: &str, lines: Option<LineRange>) -> MentionKind {
    let folder = path.ends_with('/') || matches!(path, "." | "..");
    match (folder, lines) {
        (true, None) => {
            let trimmed = path.trim_end_matches('/');
            // The root of the file system is no folder of the workspace, and must not become one.
            let path = if trimmed.is_empty() { path } else { trimmed };
            MentionKind::Folder { path: path.to_owned() }
        }
        _ => MentionKind::File { path: path.to_owned(), lines },
    }
}

/// Parts the lines from `path:10-40`, `path:12`, `path:12:5` and `path#L10-L40`.
fn split_lines(token: &str) -> (&str, Option<LineRange>) {
    let splits = token.char_indices().filter(|(_, one)| matches!(one, ':' | '#'));
    for (at, _) in splits {
        let (path, rest) = (token.get(..at).unwrap_or(""), token.get(at + 1..).unwrap_or(""));
        if let Some(lines) = LineRange::parse(rest).filter(|_| !path.is_empty()) {
            return (path, Some(lines));
        }
    }
    (token, None)
}

/// The lines that follow a path in quotes, and where they end.
fn lines_after(message: &str, at: usize, limit: usize) -> (Option<LineRange>, usize) {
    let rest = message.get(at..limit).unwrap_or("");
    if !rest.starts_with([':', '#']) {
        return (None, at);
    }
    let end = end_of(message, at + 1, limit, Allowed::Name);
    let lines = message.get(at + 1..end).and_then(LineRange::parse);
    (lines, if lines.is_some() { end } else { at })
}

/// The text in double quotes at an offset, on one line, and the offset after it.
fn quoted_at(message: &str, at: usize, limit: usize) -> Option<(String, usize)> {
    let rest = message.get(at..limit)?.strip_prefix('"')?;
    let line = rest.split('\n').next()?;
    let length = line.find('"').filter(|length| *length > 0)?;
    Some((line.get(..length)?.to_owned(), at + 1 + length + 1))
}

/// Where a mention ends that has no quotes, without the punctuation behind it.
fn end_of(message: &str, start: usize, limit: usize, allowed: Allowed) -> usize {
    let mut end = scan(message, start, limit, allowed);
    while let Some(token) = message.get(start..end) {
        let trimmed = token.trim_end_matches(TRAILING);
        // A name may end with `_`, and `..` is one.
        if trimmed.len() == token.len() || token == ".." || token.ends_with("/..") || token == "." {
            break;
        }
        if token.ends_with('_') && !token.starts_with('_') && !is_emphasised(message, start) {
            break;
        }
        if token.ends_with('_') && token.starts_with('_') {
            break;
        }
        end = start + token.char_indices().next_back().map_or(0, |(at, _)| at);
    }
    end
}

/// Whether the mention stands in `_…_` of Markdown.
fn is_emphasised(message: &str, start: usize) -> bool {
    message.get(..start.saturating_sub(1)).is_some_and(|before| before.ends_with('_'))
}

fn scan(message: &str, start: usize, limit: usize, allowed: Allowed) -> usize {
    let mut open: Vec<char> = Vec::new();
    let rest = message.get(start..limit).unwrap_or("");
    for (at, one) in rest.char_indices() {
        let ends = match one {
            _ if one.is_whitespace()
                || matches!(one, '"' | '`' | '”' | '“' | '。' | '，' | '、' | '！' | '？' | '：') =>
            {
                true
            }
            '(' | '[' | '{' => {
                open.push(one);
                false
            }
            ')' | ']' | '}' => {
                let opening = match one {
                    ')' => '(',
                    ']' => '[',
                    _ => '{',
                };
                open.pop() != Some(opening)
            }
            ',' | ';' | '<' | '>' | '|' | '\'' | '’' | '\\' => allowed == Allowed::Name,
            _ => false,
        };
        if ends {
            return start + at;
        }
    }
    limit
}

/// Whether an `@` begins a word: it does not in an address (`me@host`), a path (`node_modules/@types`), or after a backslash.
fn begins_word(message: &str, at: usize) -> bool {
    let before = message.get(..at).map(|before| before.trim_end_matches(['*', '_', '~']));
    let before = before.and_then(|before| before.chars().next_back());
    before.is_none_or(|before| {
        before.is_whitespace()
            || "([{<\"'“‘«,;:—–>|".contains(before)
            // Languages that put no space between words.
            || matches!(before, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}')
    })
}

/// The parts of a message that are not code, as Markdown has it.
fn prose(message: &str) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut fence: Option<(char, usize)> = None;
    let (mut at, mut start) = (0, 0);
    for line in message.split_inclusive('\n') {
        let marker = fence_of(line);
        match (fence, marker) {
            (None, Some((one, length, _))) => {
                fence = Some((one, length));
                parts.push(start..at);
            }
            (Some((one, length)), Some((other, others_length, true)))
                if one == other && others_length >= length =>
            {
                fence = None;
                start = at + line.len();
            }
            _ => {}
        }
        at += line.len();
    }
    if fence.is_none() {
        parts.push(start..message.len());
    }
    parts.into_iter().flat_map(|part| outside_spans(message, part)).filter(|part| !part.is_empty()).collect()
}

/// The character of a line that opens or closes a fence, how often it is there, and whether nothing follows.
fn fence_of(line: &str) -> Option<(char, usize, bool)> {
    let trimmed = line.trim_start_matches(' ');
    if line.len() - trimmed.len() > 3 {
        return None;
    }
    let one = trimmed.chars().next().filter(|one| matches!(one, '`' | '~'))?;
    let info = trimmed.trim_start_matches(one);
    let length = trimmed.len() - info.len();
    // Three backticks and their end on one line are a code span.
    (length >= 3 && !(one == '`' && info.contains('`'))).then(|| (one, length, info.trim().is_empty()))
}

/// A part of a message without its code spans. A run of backticks with no partner is text; a span does not reach over an empty line.
fn outside_spans(message: &str, part: Range<usize>) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let text = message.get(part.clone()).unwrap_or("");
    let (mut start, mut at) = (0, 0);
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('`')) {
        let open = at + found;
        let run = text.get(open..).map_or(0, |rest| rest.len() - rest.trim_start_matches('`').len());
        match closing(text, open + run, run) {
            Some(close) => {
                parts.push(part.start + start..part.start + open);
                start = close + run;
                at = start;
            }
            None => at = open + run,
        }
    }
    parts.push(part.start + start..part.end);
    parts
}

fn closing(text: &str, from: usize, run: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    let paragraph = rest.find("\n\n").map_or(rest, |end| rest.get(..end).unwrap_or(rest));
    let mut at = 0;
    while let Some(found) = paragraph.get(at..)?.find('`') {
        let start = at + found;
        let tail = paragraph.get(start..)?;
        let length = tail.len() - tail.trim_start_matches('`').len();
        if length == run {
            return Some(from + start);
        }
        at = start + length;
    }
    None
}
