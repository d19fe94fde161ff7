//! Python's statements and the blocks that indentation makes of them, read by tokens. It must not know what a statement
//! does.

use std::ops::Range;

use super::locals::{EnclosingKind, offset_of};
use super::tokens::{TokenKind, Tokens};

/// A statement: its tokens, the header's colon included.
pub(crate) struct Statement {
    pub(crate) tokens: Range<usize>,
    pub(crate) column: u32,
}

/// A block that a `def` or `class` opens.
pub(crate) struct Scope {
    pub(crate) column: u32,
    pub(crate) kind: EnclosingKind,
    pub(crate) name: String,
    pub(crate) header: Range<usize>,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Reads statement after statement, those inside blocks too, from a token that begins one.
pub(crate) struct Statements<'a> {
    tokens: &'a Tokens,
    index: usize,
    pub(crate) start: usize,
    pub(crate) column: u32,
    /// Whether a bracket reached over a definition.
    pub(crate) broken: bool,
}

impl<'a> Statements<'a> {
    pub(crate) fn from(tokens: &'a Tokens, index: usize) -> Self {
        Self { tokens, index, start: index, column: 0, broken: false }
    }
}

impl Iterator for Statements<'_> {
    type Item = Statement;

    fn next(&mut self) -> Option<Statement> {
        let tokens = self.tokens;
        while let Some(token) = tokens.get(self.index) {
            let (index, before) = (self.index, self.start..self.index);
            let statement = Statement { tokens: before, column: self.column };
            if let Some(first_at) = token.first_at {
                (self.start, self.column) = (index, first_at);
            } else if token.kind == TokenKind::Operator && tokens.word(index) == ";" {
                self.start = index + 1;
            }
            self.index = match tokens.partner(index) {
                // A bracket that reaches over a definition is one whose own end is missing.
                Some(close) if close > index && !reaches_over_definition(tokens, index..close) => close + 1,
                Some(close) => {
                    self.broken |= close > index;
                    index + 1
                }
                None => index + 1,
            };
            if self.start >= index && !statement.tokens.is_empty() {
                return Some(statement);
            }
        }
        let last = Statement { tokens: self.start..tokens.len(), column: self.column };
        self.start = tokens.len();
        Some(last).filter(|last| !last.tokens.is_empty())
    }
}

/// The index of a token at or before an offset that begins a statement outside every other one, whatever is broken around it.
pub(crate) fn safe_start(tokens: &Tokens, offset: usize) -> usize {
    let begins = |index: &usize| {
        tokens.get(*index).is_some_and(|token| token.first_at == Some(0) && token.start <= offset)
            && begins_definition(tokens.word(*index))
    };
    (0..tokens.len().min(tokens.index_at(offset) + 1)).rev().find(begins).unwrap_or(0)
}

fn reaches_over_definition(tokens: &Tokens, range: Range<usize>) -> bool {
    range.into_iter().any(|index| {
        tokens.get(index).is_some_and(|token| token.first_at.is_some())
            && begins_definition(tokens.word(index))
    })
}

fn begins_definition(word: &str) -> bool {
    matches!(word, "def" | "class" | "return" | "@")
}

/// The blocks of statements that follow each other; what is open behind the last ends at `end`.
pub(crate) fn scopes(tokens: &Tokens, statements: &[Statement], end: usize) -> Vec<Scope> {
    let mut scopes: Vec<Scope> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for statement in statements {
        let first = statement.tokens.start;
        let start = offset_of(tokens, first);
        while let Some(scope) = open.last().and_then(|index| scopes.get_mut(*index)) {
            if scope.column < statement.column {
                break;
            }
            scope.end = start;
            open.pop();
        }
        let keyword = if tokens.word(first) == "async" { first + 1 } else { first };
        let kind = match tokens.word(keyword) {
            "def" => EnclosingKind::Function,
            "class" => EnclosingKind::Class,
            _ => continue,
        };
        open.push(scopes.len());
        scopes.push(Scope {
            column: statement.column,
            kind,
            name: tokens.word(keyword + 1).to_owned(),
            header: first..header_end(tokens, keyword, statement.tokens.end),
            start,
            end,
        });
    }
    scopes
}

/// The index of the colon that ends a header; the statement's end without one.
pub(crate) fn header_end(tokens: &Tokens, start: usize, end: usize) -> usize {
    tokens.find_flat(start..end, |_, word| word == ":").unwrap_or(end)
}
