//! Brackets, strings and comments of a piece of code, found in one pass without a tree. A suggestion's text is not in any
//! tree yet, and parsing a large file again for every token would cost more than the token. Must not know rules.

use syntax::Language;

/// What the lexer is inside of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    /// Plain code.
    #[default]
    Code,
    /// A comment that ends with its line.
    LineComment,
    /// A comment up to this text.
    BlockComment(&'static str),
    /// A string.
    Quoted(Quote),
}

impl State {
    /// Whether the state goes on after a line end.
    pub(super) fn spans_lines(self) -> bool {
        match self {
            State::Code | State::LineComment => false,
            State::BlockComment(_) => true,
            State::Quoted(quote) => quote.multiline,
        }
    }
}

/// A kind of string literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quote {
    pub(super) open: &'static str,
    pub(super) close: &'static str,
    pub(super) multiline: bool,
    pub(super) escapes: bool,
}

/// What a language's strings and comments look like.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Style {
    line_comment: &'static str,
    block_comment: Option<(&'static str, &'static str)>,
    /// Longer openings first.
    quotes: &'static [Quote],
    /// `'a` is a lifetime and `'a'` a character.
    lifetimes: bool,
}

impl Style {
    /// Whether the language has regular expressions between slashes, or markup, which the lexer does not know.
    pub(super) fn has_slashed_literals(&self) -> bool {
        std::ptr::eq(self, &raw const BACKTICKS)
    }
}

/// What a step of the lexer saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// An opening bracket in code.
    Open(char),
    /// A closing bracket in code.
    Close(char),
    /// The first quote of a string.
    QuoteOpen,
    /// The last quote of a string.
    QuoteClose,
    /// A line end, in whatever state.
    LineEnd,
    /// A run of white space in code.
    Blank,
    /// A word of code, by its first character, or any other character of code.
    Code(char),
    /// A part of a comment, its opening included.
    Comment,
    /// A part of a string's inside.
    Quoted,
}

const fn quote(open: &'static str, multiline: bool, escapes: bool) -> Quote {
    Quote { open, close: open, multiline, escapes }
}

const DOUBLE: Quote = quote("\"", false, true);
const SINGLE: Quote = quote("'", false, true);
const TRIPLE_DOUBLE: Quote = quote("\"\"\"", true, true);
const TRIPLE_SINGLE: Quote = quote("'''", true, true);
const C_COMMENT: Option<(&str, &str)> = Some(("/*", "*/"));

static HASH: Style = Style {
    line_comment: "#",
    block_comment: None,
    quotes: &[TRIPLE_DOUBLE, TRIPLE_SINGLE, DOUBLE, SINGLE],
    lifetimes: false,
};
static RUST: Style = Style {
    line_comment: "//",
    block_comment: C_COMMENT,
    quotes: &[
        Quote { open: "r#\"", close: "\"#", multiline: true, escapes: false },
        Quote { open: "r\"", close: "\"", multiline: true, escapes: false },
        quote("\"", true, true),
    ],
    lifetimes: true,
};
static BACKTICKS: Style = Style {
    line_comment: "//",
    block_comment: C_COMMENT,
    quotes: &[quote("`", true, true), DOUBLE, SINGLE],
    lifetimes: false,
};
static RAW_BACKTICKS: Style = Style {
    line_comment: "//",
    block_comment: C_COMMENT,
    quotes: &[quote("`", true, false), DOUBLE, SINGLE],
    lifetimes: false,
};
static SLASHES: Style = Style {
    line_comment: "//",
    block_comment: C_COMMENT,
    quotes: &[TRIPLE_DOUBLE, DOUBLE, SINGLE],
    lifetimes: false,
};

/// The style of a language; of one that is not known by name, by what its comments begin with.
pub(super) fn style(language: Option<Language>) -> &'static Style {
    let Some(language) = language else { return &SLASHES };
    match language.id() {
        "rust" => &RUST,
        "go" => &RAW_BACKTICKS,
        "javascript" | "javascriptreact" | "typescript" | "typescriptreact" | "tsx" | "jsx" => &BACKTICKS,
        _ if language.line_comment() == "#" => &HASH,
        _ => &SLASHES,
    }
}

/// Runs over `text` from `state`; `visit` gets the offset, the length in bytes and the kind of every token. Returns the
/// state at the end.
pub(super) fn scan(
    style: &'static Style,
    state: State,
    text: &str,
    mut visit: impl FnMut(usize, usize, Token),
) -> State {
    let mut state = state;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let (length, token, next) = step(style, state, rest);
        visit(at, length, token);
        state = next;
        at += length;
    }
    state
}

/// The state after `text`, and the brackets that it leaves open, outermost first.
pub(super) fn left_open(style: &'static Style, state: State, text: &str) -> (State, Vec<char>) {
    let mut open = Vec::new();
    let state = scan(style, state, text, |_, _, token| match token {
        Token::Open(bracket) => open.push(bracket),
        Token::Close(_) => {
            open.pop();
        }
        _ => {}
    });
    (state, open)
}

/// One step: a line end, a bracket, a quote, or a run of characters of one kind.
fn step(style: &'static Style, state: State, rest: &str) -> (usize, Token, State) {
    let first = rest.chars().next().unwrap_or('\n');
    if first == '\n' {
        return (1, Token::LineEnd, if state.spans_lines() { state } else { State::Code });
    }
    match state {
        State::Code => code(style, rest, first),
        State::LineComment => (run(rest, |byte| byte != b'\n'), Token::Comment, state),
        State::BlockComment(close) if rest.starts_with(close) => (close.len(), Token::Comment, State::Code),
        State::BlockComment(close) => {
            (run(rest, |byte| byte != b'\n' && !close.as_bytes().starts_with(&[byte])), Token::Comment, state)
        }
        State::Quoted(quote) => {
            if rest.starts_with(quote.close) {
                (quote.close.len(), Token::QuoteClose, State::Code)
            } else if quote.escapes && first == '\\' {
                let escaped = rest.chars().nth(1).filter(|next| *next != '\n');
                (1 + escaped.map_or(0, char::len_utf8), Token::Quoted, state)
            } else {
                let ends =
                    |byte| matches!(byte, b'\n' | b'\\') || quote.close.as_bytes().starts_with(&[byte]);
                (run(rest, |byte| !ends(byte)), Token::Quoted, state)
            }
        }
    }
}

/// Length of the first character and of the bytes after it for which `goes_on` holds. It must hold for all bytes that are
/// not ASCII.
fn run(rest: &str, goes_on: impl Fn(u8) -> bool) -> usize {
    let first = rest.chars().next().map_or(0, char::len_utf8);
    first + rest.bytes().skip(first).take_while(|byte| goes_on(*byte)).count()
}

fn code(style: &'static Style, rest: &str, first: char) -> (usize, Token, State) {
    let raw_string = first == 'r' && style.lifetimes;
    if (first.is_ascii_alphanumeric() || first == '_') && !raw_string {
        return word(rest, first);
    }
    if matches!(first, ' ' | '\t') {
        return (run(rest, |byte| matches!(byte, b' ' | b'\t')), Token::Blank, State::Code);
    }
    if rest.starts_with(style.line_comment) {
        return (style.line_comment.len(), Token::Comment, State::LineComment);
    }
    if let Some((open, close)) = style.block_comment
        && rest.starts_with(open)
    {
        return (open.len(), Token::Comment, State::BlockComment(close));
    }
    if let Some(quote) = style.quotes.iter().find(|quote| rest.starts_with(quote.open)) {
        return (quote.open.len(), Token::QuoteOpen, State::Quoted(*quote));
    }
    if style.lifetimes && first == '\'' {
        return (character_literal(rest).unwrap_or(1), Token::Quoted, State::Code);
    }
    let token = match first {
        '(' | '[' | '{' => Token::Open(first),
        ')' | ']' | '}' => Token::Close(first),
        _ if first.is_ascii_alphanumeric() => return word(rest, first),
        _ if first.is_whitespace() => Token::Blank,
        _ => Token::Code(first),
    };
    (first.len_utf8(), token, State::Code)
}

fn word(rest: &str, first: char) -> (usize, Token, State) {
    (run(rest, |byte| byte.is_ascii_alphanumeric() || byte == b'_'), Token::Code(first), State::Code)
}

/// Length of a character literal such as `'x'` or `'\n'`; `None` for a lifetime.
fn character_literal(rest: &str) -> Option<usize> {
    let inside = rest.get(1..)?;
    let escaped = inside.starts_with('\\');
    let mut characters = inside.char_indices().skip(if escaped { 2 } else { 1 });
    let close = characters.find(|(_, character)| *character == '\'' || !escaped)?;
    (close.1 == '\'' && close.0 <= 12).then_some(close.0 + 2)
}

/// The closing bracket for an opening one.
pub(super) fn closing(open: char) -> char {
    match open {
        '(' => ')',
        '[' => ']',
        _ => '}',
    }
}
