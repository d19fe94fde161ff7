//! What is particular to Rust: patterns and what they bind, the blocks around a place. It must not evaluate types.

use std::ops::Range;

use super::lexical::chain_before;
use super::locals::{
    Enclosing, EnclosingKind, Local, Way, block_end, brace_blocks, header_before, offset_of,
};
use super::tokens::{LexicalStyle, TokenKind, Tokens};

pub(crate) const STYLE: LexicalStyle = LexicalStyle {
    line_comment: "//",
    block_comments: true,
    nested_comments: true,
    triple_quotes: false,
    multiline_strings: true,
    rust_literals: true,
    back_tick_strings: false,
    regex_literals: false,
    indent_blocks: false,
};

/// The words that are never names.
pub(crate) const KEYWORDS: &[&str] = &[
    "as", "async", "await", "break", "const", "continue", "dyn", "else", "enum", "extern", "fn", "for", "if",
    "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "static", "struct",
    "trait", "type", "unsafe", "use", "where", "while", "yield",
];

/// Methods whose closure is handed an element of what they are called on.
const ELEMENT_METHODS: &[&str] = &[
    "map",
    "for_each",
    "filter",
    "any",
    "all",
    "find",
    "filter_map",
    "flat_map",
    "position",
    "take_while",
    "skip_while",
    "inspect",
    "max_by_key",
    "min_by_key",
    "sort_by_key",
    "sort_unstable_by_key",
    "sort_by",
    "sort_unstable_by",
    "max_by",
    "min_by",
    "retain",
    "retain_mut",
    "partition",
    "and_then",
    "is_some_and",
    "is_none_or",
    "is_ok_and",
    "map_or",
    "map_or_else",
    "find_map",
    "rposition",
    "try_for_each",
    "map_while",
    "then",
    "dedup_by_key",
];

/// What is around a byte offset, innermost first.
pub(crate) fn enclosing(tokens: &Tokens, offset: usize) -> Vec<Enclosing> {
    let mut found = Vec::new();
    for (header, open) in brace_blocks(tokens, offset) {
        let Some((kind, keyword)) = definition_keyword(tokens, header.clone()) else { continue };
        let name = if kind == EnclosingKind::Impl {
            tokens.text_of(impl_parts(tokens, keyword..open).1).to_owned()
        } else {
            tokens.word(keyword + 1).to_owned()
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

fn definition_keyword(tokens: &Tokens, header: Range<usize>) -> Option<(EnclosingKind, usize)> {
    let mut found = None;
    tokens.find_flat(header, |index, word| {
        let kind = match word {
            "fn" => EnclosingKind::Function,
            "impl" => EnclosingKind::Impl,
            "trait" | "struct" | "enum" | "union" => EnclosingKind::Class,
            "mod" => EnclosingKind::Module,
            _ => return false,
        };
        found = Some((kind, index));
        true
    });
    found
}

/// The tokens of the trait (empty without one) and of the type in the header of an `impl` that begins at `header.start`.
pub(crate) fn impl_parts(tokens: &Tokens, header: Range<usize>) -> (Range<usize>, Range<usize>) {
    let mut start = header.start + 1;
    if tokens.word(start) == "<" {
        start = tokens.angle_close(start).map_or(start, |close| close + 1);
    }
    let end = tokens.find_flat(start..header.end, |_, word| word == "where").unwrap_or(header.end);
    let for_at = tokens.find_flat(start..end, |index, word| word == "for" && tokens.word(index + 1) != "<");
    match for_at {
        Some(at) => (start..at, at + 1..end),
        None => (start..start, start..end),
    }
}

/// Every binding of the text.
pub(crate) fn locals(tokens: &Tokens) -> Vec<Local> {
    let mut reader = Reader { tokens, out: Vec::new() };
    for index in 0..tokens.len() {
        match tokens.word(index) {
            "let" => reader.let_binding(index),
            "for" if tokens.word(index + 1) != "<" => reader.for_loop(index),
            "fn" if tokens.is_word(index + 1) => reader.parameters(index),
            "match" if tokens.kind(index) == Some(TokenKind::Word) => reader.match_arms(index),
            "|" | "||" => reader.closure(index),
            _ => {}
        }
    }
    reader.out
}

/// What a pattern takes apart.
#[derive(Clone, Default)]
struct Subject {
    type_text: Option<String>,
    value: Option<String>,
    visible: Range<usize>,
    is_parameter: bool,
}

struct Reader<'a> {
    tokens: &'a Tokens,
    out: Vec<Local>,
}

impl Reader<'_> {
    fn text(&self, range: Range<usize>) -> Option<String> {
        let text = self.tokens.text_of(range);
        (!text.is_empty() && text.len() < 4000).then(|| text.to_owned())
    }

    fn let_binding(&mut self, keyword: usize) {
        let tokens = self.tokens;
        let limit = tokens.len();
        let conditional =
            keyword.checked_sub(1).is_some_and(|it| matches!(tokens.word(it), "if" | "while" | "&&" | "("));
        let stop = |word: &str| matches!(word, "=" | ";" | "}");
        let Some(equals) = tokens.find_flat(keyword + 1..limit, |_, word| stop(word)) else { return };
        let colon = tokens.find_flat(keyword + 1..equals, |_, word| word == ":");
        let pattern = keyword + 1..colon.unwrap_or(equals);
        let type_text = colon.and_then(|colon| self.text(colon + 1..equals));
        let mut subject = Subject { type_text, ..Subject::default() };
        let mut end = equals;
        if tokens.word(equals) == "=" {
            end = tokens
                .find_flat(equals + 1..limit, |index, word| match word {
                    ";" | "}" | ")" => true,
                    "else" => {
                        !conditional && tokens.word(index + 1) == "{" && !has_if(tokens, equals + 1..index)
                    }
                    "{" | "&&" => conditional,
                    _ => false,
                })
                .unwrap_or(limit);
            subject.value = self.text(equals + 1..end);
        }
        subject.visible = if conditional {
            let block = tokens.find_flat(end..limit, |_, word| matches!(word, "{" | ";" | "}"));
            match block.filter(|block| tokens.word(*block) == "{") {
                Some(block) => offset_of(tokens, end)..block_end(tokens, block),
                None => offset_of(tokens, end)..offset_of(tokens, end),
            }
        } else {
            offset_of(tokens, end)..self.block_around(keyword)
        };
        self.pattern(pattern, &subject, &[]);
    }

    /// Where the innermost block around a token ends.
    fn block_around(&self, index: usize) -> usize {
        let tokens = self.tokens;
        let mut at = index;
        while let Some(previous) = at.checked_sub(1) {
            at = previous;
            match tokens.kind(at) {
                Some(TokenKind::Close) => {
                    if let Some(open) = tokens.partner(at).filter(|open| *open < at) {
                        at = open;
                    }
                }
                Some(TokenKind::Open) if tokens.word(at) == "{" => return block_end(tokens, at),
                _ => {}
            }
        }
        usize::MAX
    }

    fn for_loop(&mut self, keyword: usize) {
        let tokens = self.tokens;
        let limit = tokens.len().min(keyword + 120);
        let within = tokens.find_flat(keyword + 1..limit, |_, word| matches!(word, "in" | "{" | ";" | "="));
        let Some(within) = within.filter(|it| tokens.word(*it) == "in") else { return };
        let Some(open) = tokens.find_flat(within + 1..tokens.len(), |_, word| matches!(word, "{" | ";"))
        else {
            return;
        };
        let visible = offset_of(tokens, open)..block_end(tokens, open);
        let subject = Subject { value: self.text(within + 1..open), visible, ..Subject::default() };
        self.pattern(keyword + 1..within, &subject, &[Way::Element]);
    }

    fn parameters(&mut self, keyword: usize) {
        let tokens = self.tokens;
        let mut open = keyword + 2;
        if tokens.word(open) == "<" {
            open = tokens.angle_close(open).map_or(open, |close| close + 1);
        }
        let Some(close) = tokens.partner(open).filter(|_| tokens.word(open) == "(") else { return };
        let body = tokens.find_flat(close + 1..tokens.len(), |_, word| matches!(word, "{" | ";" | "}"));
        let Some(body) = body.filter(|body| tokens.word(*body) == "{") else { return };
        let visible = offset_of(tokens, body)..block_end(tokens, body);
        for part in tokens.split_flat(open + 1..close, ",", true) {
            let Some(colon) = tokens.find_flat(part.clone(), |_, word| word == ":") else { continue };
            let type_text = self.text(colon + 1..part.end);
            let subject = Subject { type_text, value: None, visible: visible.clone(), is_parameter: true };
            self.pattern(part.start..colon, &subject, &[]);
        }
    }

    fn match_arms(&mut self, keyword: usize) {
        let tokens = self.tokens;
        let open = tokens.find_flat(keyword + 1..tokens.len(), |_, word| matches!(word, "{" | ";" | "}"));
        let Some(open) = open.filter(|open| tokens.word(*open) == "{" && *open > keyword + 1) else { return };
        let close = tokens.partner(open).unwrap_or(tokens.len());
        let value = self.text(keyword + 1..open);
        let mut start = open + 1;
        while start < close {
            let Some(arrow) = tokens.find_flat(start..close, |_, word| word == "=>") else { break };
            let guard = tokens.find_flat(start..arrow, |_, word| word == "if").unwrap_or(arrow);
            let end = if tokens.word(arrow + 1) == "{" {
                tokens.partner(arrow + 1).map_or(close, |end| end + 1)
            } else {
                tokens.find_flat(arrow + 1..close, |_, word| word == ",").unwrap_or(close)
            };
            let visible = offset_of(tokens, guard)..offset_of(tokens, end.max(arrow + 1));
            let subject = Subject { value: value.clone(), visible, ..Subject::default() };
            self.pattern(start..guard, &subject, &[]);
            start = if tokens.word(end) == "," { end + 1 } else { end.max(arrow + 1) };
        }
    }

    fn closure(&mut self, bar: usize) {
        let tokens = self.tokens;
        let before = bar.checked_sub(1);
        let prefix = before.is_none_or(|it| {
            tokens.kind(it) == Some(TokenKind::Open)
                || matches!(tokens.word(it), "," | "=" | ";" | "move" | "=>" | "return" | "}" | "async" | ":")
        });
        if !prefix || tokens.word(bar) == "||" {
            return;
        }
        let Some(close) = tokens.find_flat(bar + 1..tokens.len().min(bar + 80), |_, word| word == "|") else {
            return;
        };
        let mut body = close + 1;
        if tokens.word(body) == "->" {
            body = tokens.find_flat(body..tokens.len(), |_, word| word == "{").unwrap_or(body);
        }
        let end = if tokens.word(body) == "{" {
            block_end(tokens, body)
        } else {
            let closing = |word: &str| matches!(word, "," | ";" | ")" | "]" | "}");
            tokens
                .find_flat(body..tokens.len(), |_, word| closing(word))
                .map_or(usize::MAX, |end| offset_of(tokens, end) + 1)
        };
        let visible = offset_of(tokens, close)..end;
        let source = self.closure_source(bar);
        for (position, part) in tokens.split_flat(bar + 1..close, ",", true).into_iter().enumerate() {
            let colon = tokens.find_flat(part.clone(), |_, word| word == ":");
            let type_text = colon.and_then(|colon| self.text(colon + 1..part.end));
            let pattern = part.start..colon.unwrap_or(part.end);
            let subject = Subject {
                value: source.as_ref().filter(|_| type_text.is_none() && position == 0).cloned(),
                type_text,
                visible: visible.clone(),
                is_parameter: false,
            };
            let path: &[Way] = if subject.value.is_some() { &[Way::Element] } else { &[] };
            self.pattern(pattern, &subject, path);
        }
    }

    /// The text of what the method that is handed this closure is called on, if it hands on elements of that.
    fn closure_source(&self, bar: usize) -> Option<String> {
        let tokens = self.tokens;
        let mut open = bar.checked_sub(1)?;
        if tokens.word(open) == "move" {
            open = open.checked_sub(1)?;
        }
        // The closure may be the second argument, as of `map_or`.
        if tokens.word(open) == "," {
            open = header_before(tokens, open).start.checked_sub(1)?;
        }
        let chain = chain_before(tokens, open, KEYWORDS).filter(|_| tokens.word(open) == "(")?;
        let known = ELEMENT_METHODS.contains(&tokens.word(open.checked_sub(1)?));
        let receiver = chain.start..open.checked_sub(2)?;
        (known && tokens.word(receiver.end) == ".").then(|| self.text(receiver)).flatten()
    }

    fn pattern(&mut self, range: Range<usize>, subject: &Subject, path: &[Way]) {
        // Patterns nest as deep as their brackets; a long path is nobody's pattern.
        if path.len() > 8 {
            return;
        }
        let tokens = self.tokens;
        let alternatives = tokens.split_flat(range.clone(), "|", false);
        if alternatives.len() > 1 {
            for alternative in alternatives {
                self.pattern(alternative, subject, path);
            }
            return;
        }
        let mut start = range.start;
        while start < range.end && matches!(tokens.word(start), "&" | "&&" | "mut" | "ref" | "box" | "|") {
            start += 1;
        }
        if start >= range.end {
            return;
        }
        if tokens.word(start + 1) == "@" && start + 2 < range.end {
            self.push(start, subject, path);
            self.pattern(start + 2..range.end, subject, path);
            return;
        }
        let step = |way: Way| path.iter().cloned().chain([way]).collect::<Vec<_>>();
        match tokens.kind(start) {
            Some(TokenKind::Open) => {
                let close = tokens.partner(start).unwrap_or(range.end).min(range.end);
                let tuple = tokens.word(start) == "(";
                let parts = tokens.split_flat(start + 1..close, ",", false);
                let only_one = parts.len() == 1 && tuple;
                for (position, part) in parts.into_iter().enumerate() {
                    match (tuple, only_one) {
                        (_, true) => self.pattern(part, subject, path),
                        (true, _) => self.pattern(part, subject, &step(Way::Tuple(position))),
                        _ => self.pattern(part, subject, &step(Way::Element)),
                    }
                }
            }
            Some(TokenKind::Word) => {
                let mut end = start + 1;
                while tokens.word(end) == "::" && end + 1 < range.end {
                    end += 2;
                }
                let name = self.text(start..end).unwrap_or_default();
                let close = tokens.partner(end).filter(|close| *close <= range.end).unwrap_or(range.end);
                match if end < range.end { tokens.word(end) } else { "" } {
                    "(" => {
                        for (position, part) in
                            tokens.split_flat(end + 1..close, ",", false).into_iter().enumerate()
                        {
                            self.pattern(part, subject, &step(Way::Variant(name.clone(), position)));
                        }
                    }
                    "{" => {
                        for part in tokens.split_flat(end + 1..close, ",", false) {
                            self.field_pattern(part, subject, path, &name);
                        }
                    }
                    _ if end == start + 1 && !name.starts_with(char::is_uppercase) => {
                        self.push(start, subject, path)
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// `name`, `ref name` or `name: pattern` between the braces of a struct pattern.
    fn field_pattern(&mut self, part: Range<usize>, subject: &Subject, path: &[Way], owner: &str) {
        let tokens = self.tokens;
        let mut start = part.start;
        while matches!(tokens.word(start), "ref" | "mut" | "&") {
            start += 1;
        }
        if !tokens.is_word(start) {
            return;
        }
        let field = Way::Field(owner.to_owned(), tokens.word(start).to_owned());
        let path: Vec<Way> = path.iter().cloned().chain([field]).collect();
        if tokens.word(start + 1) == ":" {
            self.pattern(start + 2..part.end, subject, &path);
        } else {
            self.push(start, subject, &path);
        }
    }

    fn push(&mut self, index: usize, subject: &Subject, path: &[Way]) {
        if self.tokens.is_word(index) && self.tokens.word(index) != "_" && self.tokens.word(index) != "self" {
            self.out.push(Local {
                name: self.tokens.word(index).to_owned(),
                at: offset_of(self.tokens, index),
                visible: subject.visible.clone(),
                type_text: subject.type_text.clone(),
                value: subject.value.clone(),
                path: path.to_vec(),
                is_parameter: subject.is_parameter,
            });
        }
    }
}

fn has_if(tokens: &Tokens, range: Range<usize>) -> bool {
    tokens.find_flat(range, |_, word| word == "if").is_some()
}
