//! Where a suggestion goes: everything the rules ask about the code around the cursor, computed once. It looks at a window of
//! lines and never at the whole file, so that its cost does not grow with the file. Must not look at the suggestion.

use syntax::SiteClass;

use super::Site;
use super::lexer::{self, State, Style, Token};

/// How many lines around the cursor are looked at, each way.
const WINDOW_LINES: usize = 200;

/// How many bytes at most those lines have, and the cursor's: minified files have lines of megabytes.
const WINDOW_BYTES: usize = 64 * 1024;
const LINE_BYTES: usize = 4096;

/// What the cursor's line asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Code follows on the cursor's line: only what goes in between.
    InLine,
    /// Nothing but indentation is before the cursor and code after it: what goes in front of it on the line, or whole
    /// lines above that one.
    Above,
    /// Code is before the cursor on its line and none after it: the rest of that statement.
    Statement,
    /// The line is blank: statements up to the block's end.
    Block,
}

/// What kind of block the cursor's line belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// The top level of a file.
    Module,
    /// Members: a class, an impl, an interface.
    Members,
    /// Statements.
    Body,
}

/// What one level of indentation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Indent {
    /// A tab.
    Tab,
    /// So many spaces.
    Spaces(usize),
    /// Nothing is indented around the cursor.
    Unknown,
}

/// A bracket that is open at the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Open {
    /// The opening bracket.
    pub(super) bracket: char,
    /// Indentation of the line that it is on.
    pub(super) indent: usize,
    /// Whether it is on the cursor's line.
    pub(super) on_cursor_line: bool,
    /// Whether the code after the cursor closes it.
    pub(super) closed: bool,
}

/// A line after the cursor's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NextLine {
    /// Width of its indentation.
    pub(super) indent: usize,
    /// Its text without white space at its ends.
    pub(super) text: String,
}

/// The code around the cursor, as the rules need it.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) style: &'static Style,
    pub(super) line_comment: &'static str,
    pub(super) indent_blocks: bool,
    pub(super) mode: Mode,
    pub(super) scope: Scope,
    /// The cursor's line before the cursor.
    pub(super) before: String,
    /// The cursor's line after the cursor, without white space at its end.
    pub(super) after: String,
    /// Width of the indentation of the cursor's line; of a blank line, the cursor's column.
    pub(super) indent: usize,
    /// What one level of indentation is here.
    pub(super) unit: Indent,
    /// The lexer's state at the cursor.
    pub(super) state: State,
    /// The lexer's state at the start of the cursor's line.
    pub(super) line_state: State,
    /// Whether the string or comment that the cursor is in ends in the code after it.
    pub(super) state_closed: bool,
    /// The brackets that are open at the cursor, innermost last.
    pub(super) opens: Vec<Open>,
    /// Closing brackets after the cursor that close nothing before it, innermost first.
    pub(super) unopened: Vec<char>,
    /// The nearest line above that is not blank.
    pub(super) above: Option<NextLine>,
    /// The first lines below that are not blank; in [`Mode::Above`] the cursor's own is the first of them.
    pub(super) below: Vec<NextLine>,
    /// Whether the file's lines end with `\r\n`.
    pub(super) crlf: bool,
    /// The text around the cursor, to tell whether a special token's text belongs to the file.
    pub(super) nearby: String,
}

impl Place {
    pub(super) fn new(site: &Site<'_>) -> Place {
        let cursor = site.text.floor_char_boundary(site.cursor.min(site.text.len_bytes()));
        let line = site.text.line_of(cursor);
        let style = lexer::style(site.language);
        let indent_blocks = site.language.is_some_and(|language| language.indent_blocks());
        let (line_start, line_end) = (site.text.line_start(line), site.text.line_end(line));
        let before = line_before(site, line_start, cursor);
        let after = site.text.slice(cursor..line_end.min(cursor + LINE_BYTES)).trim_end().to_owned();

        let first = site.text.line_start(window_start(site, line));
        let cut = line_start.saturating_sub(WINDOW_BYTES).max(first);
        // A first line that is only a part of one says nothing.
        let above = site.text.slice(cut..line_start);
        let above: Vec<&str> = split_lines(&above).skip(usize::from(cut > first)).collect();
        let below_start = site.text.line_start(line + 1).max(line_end);
        let last = site.text.line_end(line + WINDOW_LINES);
        let below = site.text.slice(below_start..last.min(below_start + WINDOW_BYTES));
        let below: Vec<&str> = split_lines(&below).collect();

        let unit = indent_unit(above.iter().chain(&below).copied(), &before);
        let blank_before = before.trim().is_empty();
        let (line_state, state, mut opens) = open_at_cursor(style, unit, &above, &before);
        let indent = indent_of(&before, unit);
        let own_line = blank_before.then_some(indent);
        let (state_closed, closers) = closers_after(style, unit, state, own_line, &after, &below);
        let unopened = match_closers(&mut opens, &closers, indent, !blank_before);

        let mode = match (after.trim().is_empty(), blank_before) {
            (false, false) => Mode::InLine,
            (false, true) => Mode::Above,
            (true, true) => Mode::Block,
            (true, false) => Mode::Statement,
        };
        let as_line = |text: &&str| NextLine { indent: indent_of(text, unit), text: text.trim().to_owned() };
        let not_blank = |text: &&&str| !text.trim().is_empty();
        let lines_below = own_line
            .filter(|_| !after.trim().is_empty())
            .map(|start| NextLine { indent: start + indent_of(&after, unit), text: after.trim().to_owned() });
        let lines_below: Vec<NextLine> =
            lines_below.into_iter().chain(below.iter().filter(not_blank).map(as_line)).take(16).collect();
        // A line without indentation belongs to the body that goes on below it.
        let body_indent = match lines_below.first() {
            Some(below) if own_line == Some(0) => below.indent,
            _ => indent,
        };
        let scope = scope_of(indent_blocks, unit, body_indent, &opens, &above);
        let crlf = site.text.slice(site.text.line_end(0)..site.text.line_start(1)).starts_with('\r');
        let nearby = format!("{}\n{before}\n{after}\n{}", above.join("\n"), below.join("\n"));
        Place {
            style,
            line_comment: site.language.map_or("//", |language| language.line_comment()),
            indent_blocks,
            mode,
            scope,
            indent,
            unit,
            state,
            line_state,
            state_closed,
            opens,
            unopened,
            above: above.iter().rfind(not_blank).map(as_line),
            below: lines_below,
            crlf,
            nearby,
            before,
            after,
        }
    }

    /// Width of the white space at the front of a line, in columns.
    pub(super) fn indent_of(&self, line: &str) -> usize {
        indent_of(line, self.unit)
    }

    /// Width of one level of indentation, in columns.
    pub(super) fn unit_width(&self) -> usize {
        width(self.unit)
    }

    /// Whether a line's code ends by opening a block or a bracket, so that its continuation is deeper.
    pub(super) fn opens_block(&self, line: &str) -> bool {
        matches!(self.last_code(State::Code, line), Some('{' | '(' | '['))
            || (self.indent_blocks && self.last_code(State::Code, line) == Some(':'))
    }

    /// The last character of a line that is code; `None` if a comment or a string comes last.
    pub(super) fn last_code(&self, state: State, line: &str) -> Option<char> {
        let mut last = None;
        lexer::scan(self.style, state, line, |_, _, token| match token {
            Token::Open(character) | Token::Close(character) | Token::Code(character) => {
                last = Some(character)
            }
            Token::Quoted | Token::QuoteOpen | Token::QuoteClose => last = None,
            Token::Blank | Token::LineEnd | Token::Comment => {}
        });
        last
    }
}

/// The cursor's line up to the cursor; of a very long one the end.
fn line_before(site: &Site<'_>, start: usize, cursor: usize) -> String {
    if cursor - start <= LINE_BYTES {
        return site.text.slice(start..cursor);
    }
    // Not the line's start: white space at the front of it must not be taken for indentation.
    site.text.slice(cursor - LINE_BYTES..cursor).trim_start().to_owned()
}

fn split_lines(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    let count = lines.clone().count();
    // Text that ends with a line end has no further line.
    lines.take(if text.is_empty() || text.ends_with('\n') { count - 1 } else { count })
}

/// The first line of the window: one that does not begin inside a string or a comment, as far as the tree knows.
fn window_start(site: &Site<'_>, line: usize) -> usize {
    let first = line.saturating_sub(WINDOW_LINES);
    let Some(tree) = site.tree.filter(|_| first > 0) else { return first };
    let in_code = |line: &usize| tree.class_at(site.text, site.text.line_start(*line)) == SiteClass::Code;
    (first..line).step_by(8).take(16).find(in_code).unwrap_or(first)
}

fn indent_of(line: &str, unit: Indent) -> usize {
    let tab = width(unit);
    line.chars().take_while(|c| *c == ' ' || *c == '\t').map(|c| if c == '\t' { tab } else { 1 }).sum()
}

fn width(unit: Indent) -> usize {
    match unit {
        Indent::Tab | Indent::Unknown => 4,
        Indent::Spaces(spaces) => spaces,
    }
}

/// Tabs if most indented lines begin with one, else the most frequent step from one line to a deeper one.
fn indent_unit<'a>(lines: impl Iterator<Item = &'a str>, before: &str) -> Indent {
    let mut tabs = usize::from(before.starts_with('\t'));
    let mut spaces = usize::from(before.starts_with("  "));
    let mut steps = [0_usize; 9];
    let mut previous = 0;
    for line in lines.filter(|line| !line.trim().is_empty()) {
        let lead = line.len() - line.trim_start_matches(' ').len();
        tabs += usize::from(line.starts_with('\t'));
        spaces += usize::from(lead > 1);
        if let Some(count) = lead.checked_sub(previous).and_then(|step| steps.get_mut(step)) {
            *count += 1;
        }
        previous = lead;
    }
    if tabs > spaces {
        return Indent::Tab;
    }
    if spaces == 0 {
        return Indent::Unknown;
    }
    let best =
        [4, 2, 8, 3].into_iter().max_by_key(|step| (steps.get(*step).copied().unwrap_or(0), *step == 4));
    Indent::Spaces(best.unwrap_or(4))
}

fn open_at_cursor(
    style: &'static Style,
    unit: Indent,
    above: &[&str],
    before: &str,
) -> (State, State, Vec<Open>) {
    let mut line_state = State::Code;
    let mut state = State::Code;
    let mut opens: Vec<Open> = Vec::new();
    let lines = above.iter().map(|line| (*line, false)).chain([(before, true)]);
    for (line, on_cursor_line) in lines {
        if !state.spans_lines() {
            state = State::Code;
        }
        line_state = state;
        let indent = indent_of(line, unit);
        state = lexer::scan(style, state, line, |_, _, token| match token {
            Token::Open(bracket) => opens.push(Open { bracket, indent, on_cursor_line, closed: false }),
            Token::Close(close) => {
                // A bracket of another kind was left open by a mistake further up.
                if let Some(at) = opens.iter().rposition(|open| lexer::closing(open.bracket) == close) {
                    opens.truncate(at);
                }
            }
            _ => {}
        });
    }
    (line_state, state, opens)
}

/// A closing bracket after the cursor that nothing after the cursor opens.
struct Closer {
    bracket: char,
    /// Indentation of its line if it is the first thing on it.
    indent: Option<usize>,
    on_cursor_line: bool,
}

fn closers_after(
    style: &'static Style,
    unit: Indent,
    state: State,
    own_line: Option<usize>,
    after: &str,
    below: &[&str],
) -> (bool, Vec<Closer>) {
    let state_closed = match state {
        State::Code => true,
        State::LineComment => true,
        State::BlockComment(close) => {
            // The end that comes first may be that of another comment, which then begins before it.
            let ends = |line: &str| match (line.find("/*"), line.find(close)) {
                (Some(begin), Some(end)) => Some(end < begin),
                (begin, end) => begin.map(|_| false).or(end.map(|_| true)),
            };
            std::iter::once(after).chain(below.iter().copied()).find_map(ends) == Some(true)
        }
        State::Quoted(quote) => {
            let closes = |line: &str| {
                let at = line.find(quote.close)?;
                // A line that begins with the quote and goes on is the opening of the next one.
                Some(quote.close.len() < 3 || at > 0 || line.len() == quote.close.len())
            };
            let rest = if quote.multiline { below } else { &[] };
            let found = std::iter::once(after).chain(rest.iter().map(|line| line.trim())).find_map(closes);
            // The next quote below may as well open a string.
            found == Some(true) && (closes(after).is_some() || ends_below(style, below))
        }
    };
    // A string that nothing closes ends at the cursor.
    let mut state = if state_closed { state } else { State::Code };
    let mut closers = Vec::new();
    let mut depth = Vec::new();
    for (index, line) in std::iter::once(after).chain(below.iter().copied()).enumerate() {
        if index > 0 && !state.spans_lines() {
            state = State::Code;
        }
        // Where the line begins: the text after the cursor is one of its own if only white space is before it.
        let line_indent = if index > 0 { Some(0) } else { own_line };
        let mut first = line_indent.is_some();
        state = lexer::scan(style, state, line, |_, _, token| match token {
            Token::Open(bracket) => {
                depth.push(bracket);
                first = false;
            }
            Token::Close(bracket) => {
                if depth.pop().is_none() {
                    let indent = line_indent.filter(|_| first).map(|start| start + indent_of(line, unit));
                    closers.push(Closer { bracket, indent, on_cursor_line: index == 0 });
                }
            }
            Token::Blank => {}
            _ => first = false,
        });
        if closers.len() > 32 {
            break;
        }
    }
    (state_closed, closers)
}

/// Whether the string at the cursor ends in the lines below: they are even only if they begin inside of it.
fn ends_below(style: &'static Style, below: &[&str]) -> bool {
    let end = below.iter().fold(State::Code, |state, line| {
        lexer::scan(style, if state.spans_lines() { state } else { State::Code }, line, |_, _, _| {})
    });
    end.spans_lines()
}

/// Marks the open brackets that the closers close; returns the closers that stand before all of those and close none.
/// `indent` is the indentation of the cursor's line, and `begun` whether a statement is begun on it: a curly bracket right
/// below its start closes the body that it is still to open. What closes further to the left is none of its business, even
/// if nothing was seen to open it.
fn match_closers(opens: &mut [Open], closers: &[Closer], indent: usize, begun: bool) -> Vec<char> {
    let mut unopened = Vec::new();
    // With `f(g(` before the cursor and one bracket after it, that one is for `f`: the suggestion closes `g`.
    let opened_here = opens.iter().filter(|open| open.on_cursor_line).count();
    let closed_here = closers.iter().filter(|closer| closer.on_cursor_line).count();
    let still_to_close = if closed_here == 0 { 0 } else { opened_here.saturating_sub(closed_here) };
    let end = opens.len() - still_to_close;
    let mut left = end;
    let statement = opens.iter().rposition(|open| open.bracket == '{').map_or(0, |at| at + 1);
    let mut told_by_layout = false;
    for closer in closers {
        let closes = |open: &Open| {
            lexer::closing(open.bracket) == closer.bracket
                && closer.indent.is_none_or(|own| {
                    own == open.indent
                        || (own > open.indent && !(closer.bracket == '}' && begun && own == indent))
                })
        };
        match opens.iter().take(left).rposition(closes) {
            Some(at) => {
                if let Some(open) = opens.get_mut(at) {
                    open.closed = true;
                }
                told_by_layout |= at >= statement && closer.indent.is_some();
                left = at;
            }
            None if left == end && closer.indent.is_some_and(|own| own < indent) => return unopened,
            None if left == end => unopened.push(closer.bracket),
            None => {}
        }
    }
    if !told_by_layout {
        close_outermost(opens.get_mut(statement..).unwrap_or_default());
    }
    unopened
}

/// Of the brackets of a statement of which some are closed, the suggestion has to close the innermost.
fn close_outermost(opens: &mut [Open]) {
    for bracket in ['(', '['] {
        let closed = opens.iter().filter(|open| open.bracket == bracket && open.closed).count();
        let same = opens.iter_mut().filter(|open| open.bracket == bracket);
        same.enumerate().for_each(|(at, open)| open.closed = at < closed);
    }
}

const MEMBER_WORDS: &[&str] = &[
    "class",
    "struct",
    "enum",
    "union",
    "impl",
    "trait",
    "interface",
    "protocol",
    "extension",
    "namespace",
    "mod",
    "module",
    "object",
    "record",
    "extern",
    "type",
];

fn scope_of(indent_blocks: bool, unit: Indent, indent: usize, opens: &[Open], above: &[&str]) -> Scope {
    let header_indent = if indent_blocks {
        if !opens.is_empty() {
            return Scope::Body;
        }
        if indent == 0 {
            return Scope::Module;
        }
        None
    } else {
        match opens.iter().rev().find(|open| open.bracket == '{') {
            Some(open) => Some(open.indent),
            None if indent == 0 => return Scope::Module,
            None => return Scope::Body,
        }
    };
    let is_header = |line: &&&str| {
        let line_indent = indent_of(line, unit);
        let text = line.trim();
        !text.is_empty()
            && match header_indent {
                Some(header) => {
                    line_indent == header && !text.starts_with(['}', ')', '{']) && opens_here(text)
                }
                None => line_indent < indent && !text.starts_with([')', ']', '}', '#']),
            }
    };
    let opens_members = |line: &&str| {
        let words = line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
        let mut words = words.take_while(|word| !matches!(*word, "def" | "fn" | "func" | "function")).take(4);
        words.any(|word| MEMBER_WORDS.contains(&word)) && !line.contains('=')
    };
    match above.iter().rev().find(is_header) {
        Some(line) if opens_members(line) => Scope::Members,
        _ => Scope::Body,
    }
}

/// Whether a line could be the header of the block that a bracket on it or below it opens.
fn opens_here(text: &str) -> bool {
    text.contains('{') || text.ends_with([')', ',', '>']) || !text.ends_with(';')
}
