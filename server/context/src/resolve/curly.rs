//! What JavaScript, TypeScript, Go and Java have in common where braces and names are concerned. It must not evaluate
//! types.

use std::ops::Range;

use super::locals::{Enclosing, EnclosingKind, block_end, brace_blocks, offset_of};
use super::tokens::{TokenKind, Tokens};

/// The definitions around a byte offset, innermost first; `keyword` says what a word in a header begins.
pub(crate) fn enclosing(
    tokens: &Tokens,
    offset: usize,
    keyword: impl Fn(&str) -> Option<EnclosingKind>,
) -> Vec<Enclosing> {
    let mut found = Vec::new();
    for (header, open) in brace_blocks(tokens, offset) {
        let named = header.clone().find_map(|index| Some((keyword(tokens.word(index))?, index)));
        let (kind, name) = match named {
            Some((kind, index)) => (kind, tokens.word(index + 1).to_owned()),
            None => match method_name(tokens, header.clone()) {
                Some(index) => (EnclosingKind::Function, tokens.word(index).to_owned()),
                None => continue,
            },
        };
        found.push(Enclosing {
            kind,
            name,
            header: tokens.text_of(header.clone()).to_owned(),
            range: offset_of(tokens, header.start)..block_end(tokens, open),
            tokens: header,
        });
    }
    found
}

/// The name in a header that looks like a method's: a name with parameters, and no word of a statement.
pub(crate) fn method_name(tokens: &Tokens, header: Range<usize>) -> Option<usize> {
    let first = tokens.word(header.start);
    if matches!(
        first,
        "if" | "for" | "while" | "switch" | "catch" | "else" | "return" | "do" | "try" | "with" | "match"
    ) {
        return None;
    }
    let open = tokens.find_flat(header.clone(), |_, word| word == "(")?;
    let name = open.checked_sub(1).filter(|name| *name >= header.start && tokens.is_word(*name))?;
    let arrow = tokens.find_flat(header.clone(), |_, word| matches!(word, "=" | "=>" | "."));
    arrow.is_none().then_some(name)
}

/// Bytes of the block around a token; of the whole text at its top level.
pub(crate) fn block_around(tokens: &Tokens, index: usize) -> Range<usize> {
    let mut at = index;
    while let Some(previous) = at.checked_sub(1) {
        at = previous;
        match tokens.kind(at) {
            Some(TokenKind::Close) => {
                if let Some(open) = tokens.partner(at).filter(|open| *open < at) {
                    at = open;
                }
            }
            Some(TokenKind::Open) if tokens.word(at) == "{" => {
                return offset_of(tokens, at)..block_end(tokens, at);
            }
            _ => {}
        }
    }
    0..usize::MAX
}

/// The index behind a statement's last token: that of a `;`, of a closing bracket, or of the first token of a later
/// line that cannot go on with the expression.
pub(crate) fn statement_end(tokens: &Tokens, start: usize) -> usize {
    let goes_on = |word: &str| {
        matches!(
            word,
            "." | "?."
                | "?"
                | ":"
                | "+"
                | "-"
                | "*"
                | "||"
                | "&&"
                | "??"
                | "|"
                | "&"
                | "=>"
                | "="
                | "<"
                | ">"
        )
    };
    tokens
        .find_flat(start..tokens.len(), |index, word| {
            matches!(word, ";" | "}" | ")" | "]")
                || index > start
                    && tokens.get(index).is_some_and(|token| token.first_at.is_some())
                    && !goes_on(word)
                    && !goes_on(tokens.word(index - 1))
        })
        .unwrap_or(tokens.len())
}
