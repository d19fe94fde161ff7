//! What is particular to Python: statements by indentation, the bindings of names, modules that are folders. It must
//! not evaluate types.

use std::ops::Range;

use super::locals::{Enclosing, EnclosingKind, Local, Locals, LocalsPart, Way, offset_of};
use super::python_blocks::{Statement, Statements, header_end, safe_start, scopes};
use super::tokens::{LexicalStyle, TokenKind, Tokens};

pub(crate) const STYLE: LexicalStyle = LexicalStyle {
    line_comment: "#",
    block_comments: false,
    nested_comments: false,
    triple_quotes: true,
    multiline_strings: false,
    rust_literals: false,
    back_tick_strings: false,
    regex_literals: false,
    indent_blocks: true,
};

/// The words that are never names.
pub(crate) const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def",
    "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is",
    "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// What is around a byte offset, innermost first. The indentation of the offset's own line counts when it is blank.
pub(crate) fn enclosing(tokens: &Tokens, offset: usize) -> Vec<Enclosing> {
    enclosing_from(tokens, offset, safe_start(tokens, offset))
}

/// The same, reading from a token on that begins a statement of the top level.
pub(crate) fn enclosing_from(tokens: &Tokens, offset: usize, first: usize) -> Vec<Enclosing> {
    // A statement of the top level ends every block before it.
    let mut end = tokens.text.len() + 1;
    let mut statements = Vec::new();
    for statement in Statements::from(tokens, first) {
        let start = offset_of(tokens, statement.tokens.start);
        if statement.column == 0 && start >= offset {
            end = start;
            break;
        }
        statements.push(statement);
    }
    let column = blank_line_column(&tokens.text, offset);
    let mut found: Vec<Enclosing> = scopes(tokens, &statements, end)
        .into_iter()
        .filter(|scope| {
            let header_done = offset_of(tokens, scope.header.end) < offset;
            let deep_enough = column.is_none_or(|column| column > scope.column as usize);
            header_done && offset < scope.end.max(1) && deep_enough && scope.start < offset
        })
        .map(|scope| Enclosing {
            kind: scope.kind,
            name: scope.name,
            header: tokens.text_of(scope.header.clone()).to_owned(),
            range: scope.start..scope.end,
            tokens: scope.header,
        })
        .collect();
    found.reverse();
    found
}

/// The column of an offset on whose line nothing else stands.
fn blank_line_column(text: &str, offset: usize) -> Option<usize> {
    let before = text.get(..offset)?;
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let after = text.get(offset..)?.lines().next().unwrap_or_default();
    let head = before.get(line_start..)?;
    (head.trim().is_empty() && after.trim().is_empty()).then_some(head.len())
}

/// The bindings of a text. Those inside a function or class of the top level are read when they are asked for.
pub(crate) fn locals(tokens: &Tokens) -> Locals {
    let mut reading = Statements::from(tokens, 0);
    let statements: Vec<Statement> = reading.by_ref().collect();
    let mut everywhere = Vec::new();
    let mut parts = Vec::new();
    let mut tops = statements.chunk_by(|_, next| next.column > 0).peekable();
    while let Some(top) = tops.next() {
        let Some(first) = top.first() else { continue };
        let next = tops.peek().and_then(|next| next.first()).map(|next| next.tokens.start);
        let end = next.map_or(tokens.text.len() + 1, |next| offset_of(tokens, next));
        let keyword = first.tokens.start + usize::from(tokens.word(first.tokens.start) == "async");
        let is_block = first.column == 0 && matches!(tokens.word(keyword), "def" | "class");
        // Where brackets are so broken that one reaches over definitions, what is bound in one may be seen in another.
        if is_block && !reading.broken {
            let mut reader = Reader { tokens, region: 0..usize::MAX, out: Vec::new() };
            reader.statement(first.tokens.clone());
            everywhere.append(&mut reader.out);
            parts.push(LocalsPart {
                tokens: first.tokens.start..next.unwrap_or(tokens.len()),
                bytes: offset_of(tokens, first.tokens.start)..end,
            });
        } else {
            everywhere.append(&mut locals_of(tokens, top, end));
        }
    }
    Locals::of_parts(everywhere, parts)
}

/// Every binding of a text, read at once.
#[cfg(test)]
pub(crate) fn all_locals(tokens: &Tokens) -> Vec<Local> {
    let statements: Vec<Statement> = Statements::from(tokens, 0).collect();
    locals_of(tokens, &statements, tokens.text.len() + 1)
}

/// The bindings of a part that [`locals`] left out. What its header binds is told again, which does no harm.
pub(crate) fn locals_of_part(tokens: &Tokens, part: &LocalsPart) -> Vec<Local> {
    let statements = Statements::from(tokens, part.tokens.start);
    let own: Vec<Statement> = statements.take_while(|it| it.tokens.start < part.tokens.end).collect();
    locals_of(tokens, &own, part.bytes.end)
}

/// The bindings of statements that follow each other and begin and end at the top level.
fn locals_of(tokens: &Tokens, statements: &[Statement], end: usize) -> Vec<Local> {
    let scopes = scopes(tokens, statements, end);
    let mut out = Vec::new();
    for statement in statements {
        let at = offset_of(tokens, statement.tokens.start);
        let innermost = scopes.iter().rfind(|scope| scope.start < at && at < scope.end);
        let region = innermost.map_or(0..usize::MAX, |scope| scope.start..scope.end);
        let mut reader = Reader { tokens, region, out };
        reader.statement(statement.tokens.clone());
        out = reader.out;
    }
    for scope in &scopes {
        if scope.kind == EnclosingKind::Function {
            let mut reader = Reader { tokens, region: scope.start..scope.end, out };
            reader.parameters(scope.header.clone());
            out = reader.out;
        }
    }
    // A class's names are seen in its body, but not in the functions there.
    for class in scopes.iter().filter(|scope| scope.kind == EnclosingKind::Class) {
        let first_function = scopes
            .iter()
            .filter(|scope| {
                scope.kind == EnclosingKind::Function && class.start < scope.start && scope.start < class.end
            })
            .map(|scope| scope.start)
            .min();
        for local in &mut out {
            if local.visible == (class.start..class.end) {
                local.visible.end = first_function.filter(|start| *start > local.at).unwrap_or(class.end);
            }
        }
    }
    out
}

struct Reader<'a> {
    tokens: &'a Tokens,
    region: Range<usize>,
    out: Vec<Local>,
}

impl Reader<'_> {
    fn bind(&mut self, index: usize, value: Option<Range<usize>>, path: Vec<Way>) {
        let value = value.map(|range| self.tokens.text_of(range).to_owned());
        self.push(index, None, value, path, false);
    }

    fn push(
        &mut self,
        index: usize,
        type_text: Option<String>,
        value: Option<String>,
        path: Vec<Way>,
        is_parameter: bool,
    ) {
        if self.tokens.is_word(index) {
            self.out.push(Local {
                name: self.tokens.word(index).to_owned(),
                at: offset_of(self.tokens, index),
                visible: self.region.clone(),
                type_text: type_text.filter(|text| !text.is_empty()),
                value: value.filter(|text| !text.is_empty()),
                path,
                is_parameter,
            });
        }
    }

    fn statement(&mut self, range: Range<usize>) {
        let tokens = self.tokens;
        self.inner_bindings(range.clone());
        let mut first = range.start;
        while matches!(tokens.word(first), "async" | "else") && first + 1 < range.end {
            first += 1;
        }
        match tokens.word(first) {
            "for" => {
                self.iteration(first, range.end);
            }
            "with" => self.with(first + 1..header_end(tokens, first, range.end)),
            "except" => self.except(first + 1..header_end(tokens, first, range.end)),
            "case" | "def" | "class" | "import" | "from" | "@" | "return" | "if" | "elif" | "while"
            | "assert" => {}
            _ => self.assignment(first..range.end),
        }
    }

    /// `for targets in values`; the index behind the values.
    fn iteration(&mut self, keyword: usize, end: usize) {
        let tokens = self.tokens;
        let Some(within) = tokens.find_flat(keyword + 1..end, |_, word| word == "in") else { return };
        let close = tokens
            .find_flat(within + 1..end, |_, word| {
                matches!(word, ":" | "for" | "if" | "async") || is_closing(word)
            })
            .unwrap_or(end);
        self.targets(keyword + 1..within, Some(within + 1..close), &[Way::Element]);
    }

    fn targets(&mut self, range: Range<usize>, value: Option<Range<usize>>, path: &[Way]) {
        let tokens = self.tokens;
        let mut range = range;
        // `(a, b)` is `a, b`.
        if matches!(tokens.word(range.start), "(" | "[") && tokens.partner(range.start) == Some(range.end - 1)
        {
            range = range.start + 1..range.end - 1;
        }
        let parts = tokens.split_flat(range.clone(), ",", false);
        if let [only] = parts.as_slice()
            && only.len() == range.len()
        {
            if only.len() == 1 {
                self.bind(only.start, value, path.to_vec());
            }
            return;
        }
        for (position, part) in parts.into_iter().enumerate() {
            let mut path = path.to_vec();
            path.push(Way::Tuple(position));
            self.targets(part, value.clone(), &path);
        }
    }

    fn with(&mut self, range: Range<usize>) {
        let tokens = self.tokens;
        let mut range = range;
        if tokens.word(range.start) == "("
            && tokens.partner(range.start).is_some_and(|close| close + 1 >= range.end)
        {
            range = range.start + 1..tokens.partner(range.start).unwrap_or(range.end);
        }
        for item in tokens.split_flat(range, ",", false) {
            if let Some(at) = tokens.find_flat(item.clone(), |_, word| word == "as") {
                self.targets(at + 1..item.end, Some(item.start..at), &[Way::Entered]);
            }
        }
    }

    fn except(&mut self, range: Range<usize>) {
        let tokens = self.tokens;
        if let Some(at) = tokens.find_flat(range.clone(), |_, word| word == "as") {
            let caught = tokens.text_of(range.start..at).trim_start_matches('*');
            let inner = caught.trim().trim_start_matches('(').trim_end_matches(')');
            let type_text = inner.split(',').map(str::trim).collect::<Vec<_>>().join(" | ");
            self.push(at + 1, Some(type_text), None, Vec::new(), false);
        }
    }

    /// `a = v`, `a: T = v`, `a, b = v`, `a = b = v`.
    fn assignment(&mut self, range: Range<usize>) {
        let tokens = self.tokens;
        if tokens.is_word(range.start) && tokens.word(range.start + 1) == ":" {
            let equals = tokens.find_flat(range.clone(), |_, word| word == "=").unwrap_or(range.end);
            let type_text = tokens.text_of(range.start + 2..equals).to_owned();
            let value = tokens.text_of((equals + 1).min(range.end)..range.end).to_owned();
            self.push(range.start, Some(type_text), Some(value), Vec::new(), false);
            return;
        }
        let from = self.out.len();
        let parts = tokens.split_flat(range.clone(), "=", false);
        let Some((value, targets)) = parts.split_last() else { return };
        if value.end != range.end {
            return;
        }
        for target in targets {
            self.targets(target.clone(), Some(value.clone()), &[]);
        }
        // On the right side the names still mean what they meant before.
        let end = tokens.get(range.end - 1).map_or(0, |token| token.end);
        for local in self.out.iter_mut().skip(from) {
            local.visible.start = local.visible.start.max(end);
        }
    }

    /// What is bound inside expressions: `x := v`, the names of comprehensions, and, as good as a binding, what
    /// `isinstance` narrows.
    fn inner_bindings(&mut self, range: Range<usize>) {
        let tokens = self.tokens;
        let mut open: Vec<usize> = Vec::new();
        for index in range.clone() {
            match (tokens.word(index), tokens.kind(index)) {
                (_, Some(TokenKind::Open)) => open.push(index),
                (_, Some(TokenKind::Close)) => {
                    open.pop();
                }
                (":=", _) if index > range.start => {
                    let end = tokens
                        .find_flat(index + 1..range.end, |_, word| {
                            matches!(word, "," | ":") || is_closing(word)
                        })
                        .unwrap_or(range.end);
                    self.bind(index - 1, Some(index + 1..end), Vec::new());
                }
                ("for", _) => {
                    if let Some(bracket) = open.last() {
                        self.comprehension(*bracket, index, range.end);
                    }
                }
                ("isinstance", _) if tokens.word(index + 1) == "(" && tokens.word(index + 3) == "," => {
                    let Some(close) = tokens.partner(index + 1) else { continue };
                    let classes = tokens.text_of(index + 4..close).trim();
                    let classes = classes.trim_start_matches('(').trim_end_matches(')');
                    let type_text = classes.split(',').map(str::trim).collect::<Vec<_>>().join(" | ");
                    self.push(index + 2, Some(type_text), None, Vec::new(), false);
                }
                _ => {}
            }
        }
    }

    /// A comprehension's names are known in all of its bracket, before the `for` too.
    fn comprehension(&mut self, open: usize, keyword: usize, end: usize) {
        let tokens = self.tokens;
        let from = self.out.len();
        self.iteration(keyword, end);
        let close = tokens.partner(open).map_or(usize::MAX, |close| offset_of(tokens, close) + 1);
        let region = offset_of(tokens, open)..close;
        // A later `for` sees the names of the earlier ones.
        let earlier = self.out.iter().take(from).filter(|local| local.visible == region).count();
        for local in self.out.iter_mut().skip(from) {
            local.at = region.start + earlier;
            local.visible = region.clone();
        }
    }

    fn parameters(&mut self, header: Range<usize>) {
        let tokens = self.tokens;
        let Some(open) = tokens.find_flat(header.clone(), |_, word| word == "(") else { return };
        let close = tokens.partner(open).unwrap_or(header.end);
        for part in tokens.split_flat(open + 1..close.min(header.end), ",", false) {
            let stars = part.clone().take_while(|index| matches!(tokens.word(*index), "*" | "**")).count();
            let many = if stars > 0 { tokens.word(part.start).to_owned() } else { String::new() };
            let name = part.start + stars;
            let equals = tokens.find_flat(part.clone(), |_, word| word == "=").unwrap_or(part.end);
            let annotated = tokens.word(name + 1) == ":" && name + 2 <= equals;
            let type_text = annotated.then(|| tokens.text_of(name + 2..equals).to_owned());
            let type_text = type_text.map(|text| match many.as_str() {
                "*" => format!("list[{text}]"),
                "**" => format!("dict[str, {text}]"),
                _ => text,
            });
            let value = (equals < part.end).then(|| tokens.text_of(equals + 1..part.end).to_owned());
            self.push(name, type_text, value, Vec::new(), true);
        }
    }
}

fn is_closing(word: &str) -> bool {
    matches!(word, ")" | "]" | "}")
}

/// An attribute that a method sets on the object at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SelfField {
    pub(crate) name: String,
    /// Byte offset of the statement.
    pub(crate) at: usize,
    pub(crate) type_text: Option<String>,
    pub(crate) value: Option<String>,
}

/// The attributes set by `self.x = …` or `self.x: T = …` in a byte range, in the order of the text; each assignment.
pub(crate) fn self_fields(tokens: &Tokens, range: Range<usize>) -> Vec<SelfField> {
    let first = tokens.index_at(range.start);
    let last = tokens.index_at(range.end.min(tokens.text.len()));
    let mut found = Vec::new();
    for index in first..last {
        if !matches!(tokens.word(index), "self" | "cls")
            || tokens.word(index + 1) != "."
            || index.checked_sub(1).is_some_and(|it| matches!(tokens.word(it), "." | "del"))
        {
            continue;
        }
        let operator = tokens.word(index + 3);
        let begins_line = tokens.get(index).is_some_and(|token| token.first_at.is_some());
        let after_as = index.checked_sub(1).is_some_and(|it| tokens.word(it) == "as");
        if after_as || matches!(operator, "," | ")") && is_one_of_targets(tokens, index) {
            let name = tokens.word(index + 2).to_owned();
            found.push(SelfField { name, at: offset_of(tokens, index), type_text: None, value: None });
            continue;
        }
        if !(operator == "=" || operator == ":" && begins_line) || in_call(tokens, index) {
            continue;
        }
        let end = (index + 1..tokens.len())
            .find(|it| {
                tokens.get(*it).is_some_and(|token| token.first_at.is_some())
                    && !inside_brackets(tokens, index, *it)
            })
            .unwrap_or(tokens.len());
        let equals = tokens.find_flat(index + 3..end, |_, word| word == "=").unwrap_or(end);
        let text = |range: Range<usize>| {
            Some(tokens.text_of(range).to_owned()).filter(|text| !text.is_empty() && text.len() < 2000)
        };
        found.push(SelfField {
            name: tokens.word(index + 2).to_owned(),
            at: offset_of(tokens, index),
            type_text: if operator == ":" { text(index + 4..equals) } else { None },
            value: if equals < end { text(equals + 1..end) } else { None },
        });
    }
    found
}

/// Whether a token stands among several targets of an assignment: an `=` follows, none and no call stands before.
fn is_one_of_targets(tokens: &Tokens, index: usize) -> bool {
    let mut start = index;
    while start > 0 && tokens.get(start).is_some_and(|token| token.first_at.is_none()) {
        start -= 1;
    }
    let plain = |at: usize| tokens.is_word(at) || matches!(tokens.word(at), "," | "." | "(" | ")" | "*");
    // A bracket with many targets may begin on an earlier line.
    let before = (start..index).all(plain);
    let equals = (index + 3..tokens.len().min(index + 80)).find(|at| !plain(*at));
    let called = (start + 1..index).any(|at| tokens.word(at) == "(" && tokens.is_word(at - 1));
    before && !called && equals.is_some_and(|at| tokens.word(at) == "=" && tokens.word(at - 1) != "(")
}

/// Whether an `=` after this token would be a keyword argument's: an open bracket stands right before it.
fn in_call(tokens: &Tokens, index: usize) -> bool {
    index.checked_sub(1).is_some_and(|it| matches!(tokens.word(it), "(" | ","))
}

/// Whether a bracket opened in `start..at` is closed only after `at`.
fn inside_brackets(tokens: &Tokens, start: usize, at: usize) -> bool {
    (start..at).any(|index| {
        tokens.kind(index) == Some(TokenKind::Open) && tokens.partner(index).is_some_and(|close| close >= at)
    })
}

/// What the decorators of a definition say, each without its arguments. The definition's bytes begin with the first.
pub(crate) fn decorators(text: &str) -> Vec<String> {
    text.lines()
        .map(str::trim)
        .take_while(|line| {
            !line.starts_with("def ") && !line.starts_with("async ") && !line.starts_with("class ")
        })
        .filter_map(|line| line.strip_prefix('@'))
        .map(|line| line.split(['(', ' ', '#']).next().unwrap_or_default().to_owned())
        .collect()
}

/// The texts of what a function returns, and of what it yields; each with the byte offset at which it stands.
pub(crate) fn returned(tokens: &Tokens, range: Range<usize>, keyword: &str) -> Vec<(usize, String)> {
    let first = tokens.index_at(range.start);
    let last = tokens.index_at(range.end.min(tokens.text.len()));
    let mut found = Vec::new();
    let mut index = first;
    while index < last {
        if tokens.word(index) == keyword && tokens.get(index).is_some_and(|token| token.first_at.is_some()) {
            let end = (index + 1..last)
                .find(|it| {
                    tokens.get(*it).is_some_and(|token| token.first_at.is_some())
                        && !inside_brackets(tokens, index, *it)
                })
                .unwrap_or(last);
            let text = tokens.text_of(index + 1..end);
            if !text.is_empty() && text.len() < 2000 {
                found.push((offset_of(tokens, index), text.to_owned()));
            }
            index = end;
        } else {
            index += 1;
        }
    }
    found
}
