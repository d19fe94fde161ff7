//! A text as words, numbers, strings, brackets and operators: what is left to read by when the code at the cursor is
//! broken and a syntax tree says little. Comments are dropped. It must not fail on any text, and knows of a language
//! only the [`LexicalStyle`] that it is handed.

use std::collections::HashMap;
use std::ops::Range;

use super::lexer::Lexer;

/// How a language writes comments and literals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LexicalStyle {
    /// What begins a comment up to the line's end.
    pub(crate) line_comment: &'static str,
    /// Whether there are `/* */` comments.
    pub(crate) block_comments: bool,
    /// Whether block comments nest.
    pub(crate) nested_comments: bool,
    /// Whether three quotes begin a string of many lines.
    pub(crate) triple_quotes: bool,
    /// Whether a string in quotes may go on over a line's end.
    pub(crate) multiline_strings: bool,
    /// Whether `'` can begin a lifetime or label, and `r#"` a raw string.
    pub(crate) rust_literals: bool,
    /// Whether a back-tick begins a string of many lines.
    pub(crate) back_tick_strings: bool,
    /// Whether `/` can begin a regular expression.
    pub(crate) regex_literals: bool,
    /// Whether blocks are shown by indentation.
    pub(crate) indent_blocks: bool,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// An identifier or keyword.
    Word,
    /// A number.
    Number,
    /// A string or character literal, with its quotes.
    Str,
    /// A lifetime or label.
    Lifetime,
    /// `(`, `[` or `{`.
    Open,
    /// `)`, `]` or `}`.
    Close,
    /// Any other operator or separator.
    Operator,
}

/// One token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    /// Byte offsets in the text.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// 0-based line on which it begins.
    pub(crate) line: u32,
    /// The column in bytes when it is the first of its line.
    pub(crate) first_at: Option<u32>,
    /// Of a string: whether it is closed. True of all else.
    pub(crate) closed: bool,
}

/// A text and its tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) text: String,
    pub(crate) style: LexicalStyle,
    list: Vec<Token>,
    /// For a bracket the index of its partner, else [`NO_PARTNER`].
    partners: Vec<u32>,
    /// How often each word is in the text, if that was asked for.
    counts: Option<HashMap<Box<str>, u32>>,
}

const NO_PARTNER: u32 = u32::MAX;
/// A longer string is no type in quotes, in bytes.
const LONGEST_QUOTED_TYPE: usize = 80;

impl Tokens {
    /// Reads a text.
    pub(crate) fn new(text: String, style: LexicalStyle) -> Self {
        let list = Lexer { text: &text, style, at: 0, line: 0, line_start: 0, fresh_line: true }.run();
        let partners = match_brackets(&text, &list);
        Self { text, style, list, partners, counts: None }
    }

    /// Replaces the bytes of a range (both ends are starts of characters), reading only what that can have changed. The result
    /// is that of [`Tokens::new`] for the new text.
    pub(crate) fn replace(&mut self, range: Range<usize>, new: &str) {
        let first = self.first_changed(range.start);
        let old_end = range.end;
        let new_end = range.start + new.len();
        // The old text of the tokens that the edit touches is gone when it is known which these are.
        let removed_from = self.list.get(first).map_or(old_end, |token| token.start).min(old_end);
        let touched = self.list.partition_point(|token| token.start < old_end).checked_sub(1);
        let removed_to =
            touched.and_then(|at| self.list.get(at)).map_or(old_end, |token| token.end).max(old_end);
        let removed_text = match self.counts {
            Some(_) => self.text.get(removed_from..removed_to).unwrap_or_default().to_owned(),
            None => String::new(),
        };
        self.text.replace_range(range, new);
        let last_kept = first.checked_sub(1).and_then(|index| self.list.get(index)).copied();
        let at = last_kept.map_or(0, |token| token.end);
        let line = last_kept.map_or(0, |token| {
            let inside = self.text.as_bytes().get(token.start..token.end).unwrap_or_default();
            token.line + count_newlines(inside)
        });
        // Where a line begins counts only from the next line on.
        let fresh_line = last_kept.is_none();
        let mut lexer = Lexer { text: &self.text, style: self.style, at, line, line_start: 0, fresh_line };
        let mut read: Vec<Token> = Vec::new();
        let mut next_old = first;
        let mut same = None;
        while let Some(token) = lexer.next(read.last().or(last_kept.as_ref())) {
            read.push(token);
            let Some(place) = token.start.checked_sub(new_end).map(|offset| old_end + offset) else {
                continue;
            };
            while self.list.get(next_old).is_some_and(|old| old.start < place) {
                next_old += 1;
            }
            // The text from here on is what it was, and how the lexer goes on depends on nothing else.
            let old = self.list.get(next_old).filter(|old| {
                (old.start, old.end - old.start, old.kind, old.closed)
                    == (place, token.end - token.start, token.kind, token.closed)
            });
            if let Some(old) = old {
                same = Some((next_old, token.line, old.line));
                break;
            }
        }
        let behind = same.map_or(self.list.len(), |(index, ..)| index + 1);
        if let Some(counts) = &mut self.counts {
            for token in self.list.iter().take(behind).skip(first) {
                let text = if token.start >= old_end {
                    self.text.get(token.start - old_end + new_end..token.end - old_end + new_end)
                } else {
                    removed_text.get(token.start - removed_from..token.end - removed_from)
                };
                words_of(token, text.unwrap_or_default(), |word| count_less(counts, word));
            }
            for token in &read {
                let text = self.text.get(token.start..token.end).unwrap_or_default();
                words_of(token, text, |word| count_more(counts, word));
            }
        }
        if let Some((_, line, old_line)) = same
            && (new_end != old_end || line != old_line)
        {
            for token in self.list.iter_mut().skip(behind) {
                token.start = token.start - old_end + new_end;
                token.end = token.end - old_end + new_end;
                token.line = token.line - old_line + line;
            }
        }
        drop(self.list.splice(first..behind, read));
        self.partners = match_brackets(&self.text, &self.list);
    }

    /// Counts the words of the text, from now on after each edit, too.
    pub(crate) fn count_words(&mut self) {
        let Self { text, list, counts, .. } = self;
        counts.get_or_insert_with(|| {
            let mut counts = HashMap::new();
            for token in list.iter() {
                let text = text.get(token.start..token.end).unwrap_or_default();
                words_of(token, text, |word| count_more(&mut counts, word));
            }
            counts
        });
    }

    /// How often a word is in the text; none where words are not counted.
    pub(crate) fn count_of(&self, word: &str) -> u32 {
        self.counts.as_ref().and_then(|counts| counts.get(word)).copied().unwrap_or_default()
    }

    /// Visits the words of a token: it is one, or it is a string in which there are names of types.
    pub(crate) fn visit_words<'a>(&'a self, index: usize, visit: impl FnMut(&'a str)) {
        if let Some(token) = self.list.get(index) {
            words_of(token, self.word(index), visit);
        }
    }

    /// The index of the first token that an edit at an offset can change. No token depends on more than the first character
    /// of the line behind that on which it ends.
    fn first_changed(&self, offset: usize) -> usize {
        let line_end_before = |offset: usize| self.text.get(..offset).and_then(|before| before.rfind('\n'));
        let line_before = line_end_before(offset).and_then(line_end_before).map_or(0, |end| end + 1);
        self.list.partition_point(|token| token.end <= line_before)
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    pub(crate) fn get(&self, index: usize) -> Option<&Token> {
        self.list.get(index)
    }

    /// The text of a token; empty past the end.
    pub(crate) fn word(&self, index: usize) -> &str {
        self.list.get(index).and_then(|token| self.text.get(token.start..token.end)).unwrap_or_default()
    }

    pub(crate) fn kind(&self, index: usize) -> Option<TokenKind> {
        self.list.get(index).map(|token| token.kind)
    }

    /// Whether the token is an identifier or keyword.
    pub(crate) fn is_word(&self, index: usize) -> bool {
        self.kind(index) == Some(TokenKind::Word)
    }

    /// The index of a bracket's partner.
    pub(crate) fn partner(&self, index: usize) -> Option<usize> {
        self.partners.get(index).filter(|partner| **partner != NO_PARTNER).map(|partner| *partner as usize)
    }

    /// The line of a token; that of the last one past the end.
    pub(crate) fn line(&self, index: usize) -> u32 {
        self.list.get(index).or(self.list.last()).map_or(0, |token| token.line)
    }

    /// The text that a range of tokens covers, as it is written.
    pub(crate) fn text_of(&self, range: Range<usize>) -> &str {
        if range.is_empty() {
            return "";
        }
        let start = self.list.get(range.start).map_or(self.text.len(), |token| token.start);
        let end = self.list.get(range.end - 1).map_or(self.text.len(), |token| token.end);
        self.text.get(start..end).unwrap_or_default()
    }

    /// The index of the first token that begins at or after `offset`.
    pub(crate) fn first_from(&self, offset: usize) -> usize {
        self.list.partition_point(|token| token.start < offset)
    }

    /// The index of the first token that ends after `offset`.
    pub(crate) fn index_at(&self, offset: usize) -> usize {
        self.list.partition_point(|token| token.end <= offset)
    }

    /// The first token in `range` at bracket depth 0 for which `wanted` holds.
    pub(crate) fn find_flat(
        &self,
        range: Range<usize>,
        mut wanted: impl FnMut(usize, &str) -> bool,
    ) -> Option<usize> {
        let mut index = range.start;
        while index < range.end.min(self.len()) {
            if wanted(index, self.word(index)) {
                return Some(index);
            }
            index = match (self.kind(index), self.partner(index)) {
                (Some(TokenKind::Open), Some(close)) if close > index => close + 1,
                _ => index + 1,
            };
        }
        None
    }

    /// Splits a range at a separator outside brackets. `angles` says whether `<` and `>` are brackets too.
    pub(crate) fn split_flat(&self, range: Range<usize>, separator: &str, angles: bool) -> Vec<Range<usize>> {
        let mut parts = Vec::new();
        let mut start = range.start;
        let mut depth = 0_usize;
        self.find_flat(range.clone(), |index, word| {
            match word {
                "<" if angles => depth += 1,
                ">" if angles => depth = depth.saturating_sub(1),
                word if word == separator && depth == 0 => {
                    parts.push(start..index);
                    start = index + 1;
                }
                _ => {}
            }
            false
        });
        if start < range.end {
            parts.push(start..range.end);
        }
        parts
    }

    /// The index of the `>` that closes the `<` at `open`, within the next 400 tokens.
    pub(crate) fn angle_close(&self, open: usize) -> Option<usize> {
        let mut depth = 0_usize;
        let limit = self.len().min(open + 400);
        self.find_flat(open..limit, |_, word| match word {
            "<" => {
                depth += 1;
                false
            }
            ">" => {
                depth = depth.saturating_sub(1);
                depth == 0
            }
            _ => false,
        })
    }

    /// The index of the `<` that the `>` at `close` closes, within the 400 tokens before.
    pub(crate) fn angle_open(&self, close: usize) -> Option<usize> {
        let mut depth = 0_usize;
        let mut index = close;
        for _ in 0..400 {
            match self.word(index) {
                ">" => depth += 1,
                "<" => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Some(index);
                    }
                }
                ";" | "{" | "}" => return None,
                _ => {}
            }
            index = match (self.kind(index), self.partner(index)) {
                (Some(TokenKind::Close), Some(open)) if open < index => open.checked_sub(1)?,
                _ => index.checked_sub(1)?,
            };
        }
        None
    }
}

/// Pairs brackets. One that does not fit (the code is broken) closes what is open inside its own partner.
fn match_brackets(text: &str, list: &[Token]) -> Vec<u32> {
    let mut partners = vec![NO_PARTNER; list.len()];
    let mut open: Vec<(u32, u8)> = Vec::new();
    let first_byte = |token: &Token| text.as_bytes().get(token.start).copied().unwrap_or_default();
    for (token, index) in list.iter().zip(0_u32..) {
        match token.kind {
            TokenKind::Open => open.push((index, first_byte(token))),
            TokenKind::Close => {
                let wanted = match first_byte(token) {
                    b')' => b'(',
                    b']' => b'[',
                    _ => b'{',
                };
                let Some(at) = open.iter().rposition(|(_, byte)| *byte == wanted) else { continue };
                // A `)` does not reach over a block that is still open, but a `}` ends what was left open in it.
                if wanted != b'{' && open.iter().skip(at).any(|(_, byte)| *byte == b'{') {
                    continue;
                }
                if let Some((partner, _)) = open.get(at) {
                    if let Some(slot) = partners.get_mut(*partner as usize) {
                        *slot = index;
                    }
                    if let Some(slot) = partners.get_mut(index as usize) {
                        *slot = *partner;
                    }
                }
                open.truncate(at);
            }
            _ => {}
        }
    }
    partners
}

/// The words of a token with this text.
fn words_of<'a>(token: &Token, text: &'a str, mut visit: impl FnMut(&'a str)) {
    match token.kind {
        TokenKind::Word => visit(text),
        // A type in quotes.
        TokenKind::Str if text.len() < LONGEST_QUOTED_TYPE => {
            let words = text.split(|it: char| !it.is_alphanumeric() && it != '_');
            words.filter(|word| word.starts_with(char::is_uppercase)).for_each(visit);
        }
        _ => {}
    }
}

fn count_more(counts: &mut HashMap<Box<str>, u32>, word: &str) {
    match counts.get_mut(word) {
        Some(count) => *count += 1,
        None => _ = counts.insert(word.into(), 1),
    }
}

fn count_less(counts: &mut HashMap<Box<str>, u32>, word: &str) {
    match counts.get_mut(word) {
        Some(count) if *count > 1 => *count -= 1,
        _ => _ = counts.remove(word),
    }
}

fn count_newlines(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.iter().filter(|byte| **byte == b'\n').count()).unwrap_or(u32::MAX)
}
