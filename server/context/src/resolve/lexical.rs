//! What stands around a cursor, read backwards from it by tokens: the word that was begun, the expression before the
//! dot, the functions whose argument lists are open. The code at a cursor is usually broken, so no tree is asked. It
//! must not know what any name means.

use std::ops::Range;

use super::tokens::{TokenKind, Tokens};

/// The place of a cursor among the tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Site {
    /// The part of an identifier that stands before the cursor.
    pub(crate) partial: String,
    /// The expression before the separator.
    pub(crate) receiver: Option<SiteReceiver>,
    /// What is being called at the cursor, innermost first: the expressions before the open brackets.
    pub(crate) callees: Vec<String>,
    /// Tokens that end at or before the cursor, the partial word excluded.
    pub(crate) tokens_before: usize,
}

/// The expression before the cursor's separator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SiteReceiver {
    /// As written.
    pub(crate) text: String,
    /// `.`, `::`, `?.`.
    pub(crate) separator: &'static str,
}

/// At most so many open calls are told.
const MOST_CALLEES: usize = 3;
/// Longer expressions are nobody's receiver, in bytes.
const LONGEST_CHAIN: usize = 4096;

/// Looks around `cursor`, a byte offset into the tokens' text. `keywords` are words that are never names.
pub(crate) fn site(tokens: &Tokens, cursor: usize, keywords: &[&str]) -> Site {
    let mut before = tokens.index_at(cursor);
    let mut partial = String::new();
    if let Some(token) = tokens.get(before).filter(|token| token.start < cursor) {
        match token.kind {
            TokenKind::Word => partial = tokens.text.get(token.start..cursor).unwrap_or_default().to_owned(),
            // In a string: only the code in a field that is open in it counts.
            TokenKind::Str => return in_string(tokens, before, cursor, keywords),
            _ => {}
        }
    } else if let Some(last) = before.checked_sub(1) {
        let token = tokens.get(last).copied();
        match token {
            Some(token) if token.kind == TokenKind::Word && token.end == cursor => {
                partial = tokens.word(last).to_owned();
                before = last;
            }
            Some(token) if token.kind == TokenKind::Str && !token.closed && token.end >= cursor => {
                return in_string(tokens, last, cursor, keywords);
            }
            _ => {}
        }
    }
    let receiver = before.checked_sub(1).and_then(|last| {
        let separator = separator_at(tokens, last)?;
        let range = chain_before(tokens, last, keywords)?;
        Some(SiteReceiver { text: tokens.text_of(range).to_owned(), separator })
    });
    Site { partial, receiver, callees: callees(tokens, before, keywords), tokens_before: before }
}

/// The separator that a token is, if it is one.
pub(crate) fn separator_at(tokens: &Tokens, index: usize) -> Option<&'static str> {
    match tokens.word(index) {
        "." => Some("."),
        "::" => Some("::"),
        "?." => Some("?."),
        _ => None,
    }
}

/// The tokens of the postfix expression that ends right before token `end`.
pub(crate) fn chain_before(tokens: &Tokens, end: usize, keywords: &[&str]) -> Option<Range<usize>> {
    let mut index = end.checked_sub(1)?;
    // Bounded: each round goes back.
    loop {
        let previous = index.checked_sub(1);
        match tokens.kind(index)? {
            TokenKind::Word => {
                let after_separator = previous.is_some_and(|it| separator_at(tokens, it).is_some());
                if after_separator {
                    let Some(next) = index.checked_sub(2) else { return Some(index - 1..end) };
                    // What cannot be read is no receiver, and what follows it is no name of its own.
                    if !may_end_chain(tokens, next) {
                        return (tokens.word(index - 1) == "::").then_some(index - 1..end);
                    }
                    index = next;
                    continue;
                }
                if keywords.contains(&tokens.word(index)) {
                    return None;
                }
                return within_limit(tokens, index..end);
            }
            TokenKind::Str | TokenKind::Number => return within_limit(tokens, index..end),
            TokenKind::Close => {
                let open = tokens.partner(index)?;
                if tokens.word(open) == "{" {
                    return None;
                }
                let Some(before) = open.checked_sub(1) else { return within_limit(tokens, open..end) };
                let same_line = tokens.get(before).map(|token| line_of_end(tokens, token.end))
                    == tokens.get(open).map(|token| line_of_end(tokens, token.start));
                let is_macro = tokens.word(before) == "!" && before > 0 && tokens.is_word(before - 1);
                if same_line && is_macro {
                    index = before - 1;
                } else if same_line && may_end_chain(tokens, before) && !is_keyword(tokens, before, keywords)
                {
                    index = before;
                } else {
                    return within_limit(tokens, open..end);
                }
            }
            TokenKind::Operator => match tokens.word(index) {
                "?" | "!" => index = previous?,
                ">" => {
                    let open = tokens.angle_open(index)?;
                    let before = open.checked_sub(1);
                    match before {
                        Some(before) if tokens.word(before) == "::" => index = before.checked_sub(1)?,
                        Some(before) if tokens.is_word(before) && !is_keyword(tokens, before, keywords) => {
                            index = before;
                        }
                        _ => return within_limit(tokens, open..end),
                    }
                }
                _ => return None,
            },
            _ => return None,
        }
    }
}

fn within_limit(tokens: &Tokens, range: Range<usize>) -> Option<Range<usize>> {
    (tokens.text_of(range.clone()).len() <= LONGEST_CHAIN).then_some(range)
}

fn is_keyword(tokens: &Tokens, index: usize, keywords: &[&str]) -> bool {
    let after_separator = index.checked_sub(1).is_some_and(|it| separator_at(tokens, it).is_some());
    !after_separator && keywords.contains(&tokens.word(index))
}

fn may_end_chain(tokens: &Tokens, index: usize) -> bool {
    match tokens.kind(index) {
        Some(TokenKind::Word | TokenKind::Str | TokenKind::Number) => true,
        Some(TokenKind::Close) => tokens.word(index) != "}",
        Some(TokenKind::Operator) => {
            matches!(tokens.word(index), "?" | ">")
                || tokens.word(index) == "!" && separator_at(tokens, index + 1).is_some()
        }
        _ => false,
    }
}

/// How many line ends lie before an offset, counted from the token there; cheap because tokens know their lines.
fn line_of_end(tokens: &Tokens, offset: usize) -> u32 {
    let index = tokens.index_at(offset.saturating_sub(1));
    let Some(token) = tokens.get(index) else { return u32::MAX };
    let inside = tokens.text.get(token.start..offset.max(token.start)).unwrap_or_default();
    token.line + u32::try_from(inside.matches('\n').count()).unwrap_or_default()
}

/// What is called at the brackets that are open before token `end`, innermost first. A block ends the search: what is
/// around it is not being called with what stands at the cursor.
fn callees(tokens: &Tokens, end: usize, keywords: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut index = end;
    while let Some(at) = index.checked_sub(1) {
        index = at;
        match tokens.kind(at) {
            Some(TokenKind::Close) => {
                if let Some(open) = tokens.partner(at).filter(|open| *open < at) {
                    index = open;
                }
            }
            Some(TokenKind::Open) => {
                let bracket = tokens.word(at);
                let literal = bracket == "{" && struct_literal_name(tokens, at);
                if bracket == "{" && !literal && !tokens.style.indent_blocks {
                    break;
                }
                if bracket == "(" || literal {
                    let is_definition =
                        at >= 2 && matches!(tokens.word(at - 2), "def" | "fn" | "func" | "class");
                    let called = chain_before(tokens, at, keywords)
                        .filter(|range| !is_definition && (tokens.is_word(range.start) || range.len() > 1));
                    found.extend(called.map(|range| tokens.text_of(range).to_owned()));
                    if found.len() == MOST_CALLEES {
                        break;
                    }
                }
            }
            Some(TokenKind::Operator) if tokens.word(at) == ";" => break,
            Some(TokenKind::Word) if tokens.style.indent_blocks && begins_statement(tokens, at) => break,
            _ => {}
        }
    }
    found
}

/// Whether a word can only be the first of a statement, so that no bracket before it is still open.
fn begins_statement(tokens: &Tokens, index: usize) -> bool {
    tokens.get(index).is_some_and(|token| token.first_at.is_some())
        && matches!(
            tokens.word(index),
            "def"
                | "class"
                | "return"
                | "with"
                | "try"
                | "except"
                | "finally"
                | "raise"
                | "import"
                | "while"
                | "elif"
        )
}

/// Whether the `{` at `open` begins the fields of a struct literal: a capitalised path stands before it, and before
/// that nothing that would make it a block.
fn struct_literal_name(tokens: &Tokens, open: usize) -> bool {
    let Some(last) = open.checked_sub(1) else { return false };
    if !tokens.is_word(last) || !tokens.word(last).starts_with(char::is_uppercase) {
        return false;
    }
    let mut first = last;
    while first >= 2 && separator_at(tokens, first - 1).is_some() && tokens.is_word(first - 2) {
        first -= 2;
    }
    let before = first.checked_sub(1).map_or("", |it| tokens.word(it));
    !matches!(
        before,
        "struct"
            | "enum"
            | "impl"
            | "trait"
            | "for"
            | "union"
            | "mod"
            | "class"
            | "interface"
            | "match"
            | "if"
            | "in"
            | "while"
            | "->"
            | ":"
            | "+"
            | "extends"
            | "implements"
            | ","
            | "type"
            | "=="
    ) || (matches!(before, "," | ":") && !in_header(tokens, first))
}

/// Whether the tokens before `index`, back to the last `;`, `{` or `}`, contain a word that begins a definition.
fn in_header(tokens: &Tokens, index: usize) -> bool {
    let mut at = index;
    while let Some(previous) = at.checked_sub(1) {
        at = previous;
        match tokens.word(at) {
            ";" | "{" | "}" => return false,
            "fn" | "impl" | "trait" | "struct" | "class" | "interface" | "where" => return true,
            _ => {}
        }
    }
    false
}

/// The place of a cursor inside a string literal: its open replacement field is code.
fn in_string(tokens: &Tokens, index: usize, cursor: usize, keywords: &[&str]) -> Site {
    let nothing = Site { tokens_before: index, ..Site::default() };
    let Some(token) = tokens.get(index) else { return nothing };
    let Some(content) = tokens.text.get(token.start..cursor) else { return nothing };
    let Some(field) = open_field(content) else { return nothing };
    let inner = Tokens::new(field.to_owned(), tokens.style);
    Site { tokens_before: index, ..site(&inner, field.len(), keywords) }
}

/// What stands after the last `{` of a string that no `}` closes; `{{` is a brace.
fn open_field(content: &str) -> Option<&str> {
    let interpolates =
        content.starts_with(['f', 'F', '`', 't']) || content.starts_with("rf") || content.starts_with("fr");
    if !interpolates {
        return None;
    }
    let bytes = content.as_bytes();
    let mut open = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes.get(at) {
            Some(b'{') if bytes.get(at + 1) == Some(&b'{') && open.is_empty() => at += 1,
            Some(b'{') => open.push(at + 1),
            Some(b'}') => {
                open.pop();
            }
            _ => {}
        }
        at += 1;
    }
    content.get(*open.first()?..)
}

/// One step of a postfix expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// `.name` or `?.name`.
    Member(String),
    /// `::name`.
    Path(String),
    /// `(arguments)`; the tokens between the brackets.
    Call(Range<usize>),
    /// `[index]`; the tokens between the brackets.
    Index(Range<usize>),
    /// `?`.
    Try,
}

/// What a postfix expression begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Root {
    /// A name.
    Name(String),
    /// A bracketed expression; the tokens between the brackets.
    Bracket(&'static str, Range<usize>),
    /// A type in angle brackets, as `<T as Trait>::`.
    Angle(Range<usize>),
    /// A macro's name and the tokens between its brackets.
    Macro(String, Range<usize>),
    /// A string literal.
    Str,
    /// A number.
    Number,
}

/// A postfix expression read forwards; where it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chain {
    pub(crate) root: Root,
    pub(crate) steps: Vec<Step>,
    /// Index of the first token after it.
    pub(crate) end: usize,
}

/// Reads the postfix expression that begins at token `start`.
pub(crate) fn chain(tokens: &Tokens, start: usize) -> Option<Chain> {
    let mut index = start;
    let root = match tokens.kind(index)? {
        TokenKind::Word => {
            let name = tokens.word(index).to_owned();
            index += 1;
            match tokens.partner(index + 1) {
                Some(close)
                    if tokens.word(index) == "!" && tokens.kind(index + 1) == Some(TokenKind::Open) =>
                {
                    let inner = index + 2..close;
                    index = close + 1;
                    Root::Macro(name, inner)
                }
                _ => Root::Name(name),
            }
        }
        TokenKind::Str => {
            while tokens.kind(index) == Some(TokenKind::Str) {
                index += 1;
            }
            Root::Str
        }
        TokenKind::Number => {
            index += 1;
            Root::Number
        }
        TokenKind::Open => {
            let close = tokens.partner(index)?;
            let bracket = match tokens.word(index) {
                "(" => "(",
                "[" => "[",
                _ => "{",
            };
            let inner = index + 1..close;
            index = close + 1;
            Root::Bracket(bracket, inner)
        }
        TokenKind::Operator if tokens.word(index) == "<" => {
            let close = tokens.angle_close(index)?;
            let inner = index + 1..close;
            index = close + 1;
            Root::Angle(inner)
        }
        // A leading `::`, the root of all crates.
        TokenKind::Operator if tokens.word(index) == "::" && tokens.is_word(index + 1) => {
            index += 2;
            Root::Name(tokens.word(index - 1).to_owned())
        }
        _ => return None,
    };
    let mut steps = Vec::new();
    loop {
        match (tokens.word(index), tokens.kind(index)) {
            ("." | "?.", _) if tokens.is_word(index + 1) => {
                steps.push(Step::Member(tokens.word(index + 1).to_owned()));
                index += 2;
            }
            // A field of a tuple.
            ("." | "?.", _) if tokens.kind(index + 1) == Some(TokenKind::Number) => {
                steps.push(Step::Member(tokens.word(index + 1).to_owned()));
                index += 2;
            }
            ("::", _) if tokens.is_word(index + 1) => {
                steps.push(Step::Path(tokens.word(index + 1).to_owned()));
                index += 2;
            }
            ("::", _) if tokens.word(index + 1) == "<" => match tokens.angle_close(index + 1) {
                Some(close) => index = close + 1,
                None => break,
            },
            // Type arguments right after a name, as in a type's path: they are passed only if a path goes on.
            ("<", _) => match tokens.angle_close(index) {
                Some(close) if tokens.word(close + 1) == "::" => index = close + 1,
                _ => break,
            },
            ("(", _) => match tokens.partner(index) {
                Some(close) => {
                    steps.push(Step::Call(index + 1..close));
                    index = close + 1;
                }
                None => break,
            },
            ("[", _) => match tokens.partner(index) {
                Some(close) => {
                    steps.push(Step::Index(index + 1..close));
                    index = close + 1;
                }
                None => break,
            },
            ("?", _) if tokens.style.rust_literals => {
                steps.push(Step::Try);
                index += 1;
            }
            // TypeScript's assertion that a value is there.
            ("!", _) if tokens.style.regex_literals => index += 1,
            _ => break,
        }
    }
    Some(Chain { root, steps, end: index })
}
