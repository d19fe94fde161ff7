//! From a text to its tokens, one after the other. It must not fail on any text, and knows of a language only the
//! [`LexicalStyle`] that it is handed.

use super::tokens::{LexicalStyle, Token, TokenKind};

/// Operators of more than one character, longest first. `>>` is not among them: it closes two lists of types.
const OPERATORS: &[&str] = &[
    "...", "..=", "**=", "//=", "&&=", "||=", "??=", "===", "!==", "::", "->", "=>", "==", "!=", "<=", ":=",
    "?.", "..", "+=", "-=", "*=", "/=", "%=", "|=", "&=", "^=", "&&", "||", "??", "**", "//", "<-", "++",
    "--",
];

/// A place in a text. What comes next depends on nothing but that and the token before.
pub(crate) struct Lexer<'a> {
    pub(crate) text: &'a str,
    pub(crate) style: LexicalStyle,
    /// Byte offset.
    pub(crate) at: usize,
    /// 0-based line.
    pub(crate) line: u32,
    /// Where the line begins.
    pub(crate) line_start: usize,
    /// Whether no token was on the line yet.
    pub(crate) fresh_line: bool,
}

impl Lexer<'_> {
    /// All tokens of the rest of the text.
    pub(crate) fn run(mut self) -> Vec<Token> {
        let mut list: Vec<Token> = Vec::with_capacity(self.text.len() / 4);
        while let Some(token) = self.next(list.last()) {
            list.push(token);
        }
        list
    }

    /// The next token, given the one before it.
    pub(crate) fn next(&mut self, last: Option<&Token>) -> Option<Token> {
        while let Some(byte) = self.byte(0) {
            if byte == b'\n' {
                self.step_over(1);
                self.fresh_line = true;
                continue;
            }
            if byte.is_ascii_whitespace() || byte == b'\\' {
                self.at += 1;
                continue;
            }
            if self.skip_comment() {
                continue;
            }
            let start = self.at;
            let line = self.line;
            let first_at =
                self.fresh_line.then(|| u32::try_from(start - self.line_start).unwrap_or(u32::MAX));
            self.fresh_line = false;
            let (kind, closed) = self.token(byte, last);
            return Some(Token { kind, start, end: self.at, line, first_at, closed });
        }
        None
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    /// Moves on by so many bytes and counts the lines in them.
    fn step_over(&mut self, bytes: usize) {
        let end = (self.at + bytes).min(self.text.len());
        let passed = self.text.as_bytes().get(self.at..end).unwrap_or_default();
        for (offset, byte) in passed.iter().enumerate() {
            if *byte == b'\n' {
                self.line = self.line.saturating_add(1);
                self.line_start = self.at + offset + 1;
            }
        }
        self.at = end;
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
    }

    fn skip_comment(&mut self) -> bool {
        if self.rest().starts_with(self.style.line_comment) {
            let length = memchr_newline(self.rest());
            self.at += length;
            return true;
        }
        if !self.style.block_comments || !self.rest().starts_with("/*") {
            return false;
        }
        let mut depth = 0_usize;
        let bytes = self.rest().as_bytes();
        let mut length = 0;
        while length < bytes.len() {
            match (bytes.get(length), bytes.get(length + 1)) {
                (Some(b'/'), Some(b'*')) if depth == 0 || self.style.nested_comments => {
                    depth += 1;
                    length += 2;
                }
                (Some(b'*'), Some(b'/')) => {
                    depth -= 1;
                    length += 2;
                    if depth == 0 {
                        break;
                    }
                }
                _ => length += 1,
            }
        }
        self.step_over(length);
        true
    }

    fn token(&mut self, byte: u8, last: Option<&Token>) -> (TokenKind, bool) {
        if let Some(closed) = self.string(byte) {
            return (TokenKind::Str, closed);
        }
        if is_word_start(self.rest()) {
            self.at += word_length(self.rest());
            return (TokenKind::Word, true);
        }
        if byte.is_ascii_digit() {
            self.number();
            return (TokenKind::Number, true);
        }
        if byte == b'\'' {
            // Only a lifetime is left of what begins with it.
            self.at += 1;
            self.at += word_length(self.rest());
            return (TokenKind::Lifetime, true);
        }
        if self.style.regex_literals
            && byte == b'/'
            && self.regex_may_begin(last)
            && let Some(length) = regex_length(self.rest())
        {
            self.at += length;
            return (TokenKind::Str, true);
        }
        match byte {
            b'(' | b'[' | b'{' => {
                self.at += 1;
                (TokenKind::Open, true)
            }
            b')' | b']' | b'}' => {
                self.at += 1;
                (TokenKind::Close, true)
            }
            _ => {
                let operator = OPERATORS.iter().find(|operator| self.rest().starts_with(**operator));
                let one = self.rest().chars().next().map_or(1, char::len_utf8);
                self.at += operator.map_or(one, |operator| operator.len());
                (TokenKind::Operator, true)
            }
        }
    }

    fn number(&mut self) {
        let bytes = self.rest().as_bytes();
        let mut length = 0;
        while let Some(byte) = bytes.get(length) {
            let digit_follows = bytes.get(length + 1).is_some_and(u8::is_ascii_digit);
            if byte.is_ascii_alphanumeric() || *byte == b'_' || (*byte == b'.' && digit_follows) {
                length += 1;
            } else {
                break;
            }
        }
        self.at += length.max(1);
    }

    fn regex_may_begin(&self, last: Option<&Token>) -> bool {
        last.is_none_or(|token| match token.kind {
            TokenKind::Open | TokenKind::Operator => true,
            TokenKind::Word => self.text.get(token.start..token.end) == Some("return"),
            _ => false,
        })
    }

    /// Passes a string that begins here; whether it was closed.
    fn string(&mut self, byte: u8) -> Option<bool> {
        let rest = self.rest();
        let prefix = if byte.is_ascii_alphabetic() { string_prefix(rest, self.style)? } else { 0 };
        let quoted = rest.get(prefix..)?;
        let quote = quoted.bytes().next()?;
        let raw = rest.get(..prefix).is_some_and(|it| it.contains(['r', 'R']));
        if self.style.rust_literals && raw {
            let hashes = quoted.bytes().take_while(|byte| *byte == b'#').count();
            let end = format!("\"{}", "#".repeat(hashes));
            let from = prefix + hashes + 1;
            let found = rest.get(from..).and_then(|content| content.find(&end));
            self.step_over(found.map_or(rest.len(), |at| from + at + end.len()));
            return Some(found.is_some());
        }
        match quote {
            b'"' | b'\'' => {}
            b'`' if self.style.back_tick_strings => {}
            _ => return None,
        }
        if quote == b'\'' && self.style.rust_literals && !is_rust_char(quoted) {
            return None;
        }
        let triple = ["\"\"\"", "'''"].iter().any(|it| quoted.starts_with(it)) && self.style.triple_quotes;
        let many_lines = triple || quote == b'`' || (self.style.multiline_strings && quote == b'"');
        let width = if triple { 3 } else { 1 };
        let bytes = quoted.as_bytes();
        let mut length = width;
        let mut closed = false;
        while let Some(byte) = bytes.get(length) {
            match byte {
                b'\\' => length += 1,
                b'\n' if !many_lines => break,
                byte if *byte == quote
                    && (!triple
                        || bytes
                            .get(length..length + 3)
                            .is_some_and(|it| it.iter().all(|b| *b == quote))) =>
                {
                    length += width;
                    closed = true;
                    break;
                }
                _ => {}
            }
            length += 1;
        }
        self.step_over(prefix + length.min(bytes.len()));
        Some(closed)
    }
}

fn memchr_newline(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

fn is_word_start(text: &str) -> bool {
    text.chars().next().is_some_and(|it| it.is_alphabetic() || it == '_' || it == '$')
}

/// Bytes of the identifier that begins here; 0 if none does. A raw identifier (`r#type`) is one.
fn word_length(text: &str) -> usize {
    let raw = if text.starts_with("r#") && is_word_start(text.get(2..).unwrap_or_default()) { 2 } else { 0 };
    let word = text.get(raw..).unwrap_or_default();
    raw + word.find(|it: char| !(it.is_alphanumeric() || it == '_' || it == '$')).unwrap_or(word.len())
}

/// Bytes of the letters in front of a string's quote, such as `rb` or `f`; none if this is no string.
fn string_prefix(text: &str, style: LexicalStyle) -> Option<usize> {
    let length = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let letters = text.get(..length)?;
    let next = text.as_bytes().get(length).copied()?;
    if style.rust_literals {
        let raw = matches!(letters, "r" | "br" | "cr") && {
            let hashes = text.get(length..)?.bytes().take_while(|byte| *byte == b'#').count();
            text.as_bytes().get(length + hashes) == Some(&b'"')
        };
        let plain = matches!(letters, "b" | "c") && next == b'"' || letters == "b" && next == b'\'';
        return (raw || plain).then_some(length);
    }
    let known = matches!(
        letters.to_ascii_lowercase().as_str(),
        "r" | "b" | "u" | "f" | "t" | "rb" | "br" | "fr" | "rf"
    );
    (style.triple_quotes && known && matches!(next, b'"' | b'\'')).then_some(length)
}

/// Whether a text that begins with `'` is a character literal rather than a lifetime.
fn is_rust_char(text: &str) -> bool {
    let mut characters = text.chars().skip(1);
    matches!((characters.next(), characters.next()), (Some('\\'), _) | (Some(_), Some('\'')))
}

fn regex_length(text: &str) -> Option<usize> {
    let mut in_class = false;
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            '\n' => return None,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            '/' if !in_class && at > 1 => return Some(at + 1),
            _ => {}
        }
    }
    None
}
