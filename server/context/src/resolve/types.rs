//! Types as they are written and as they are understood. Reading a type's text never fails: what is not understood is
//! [`TypeExpr::Unknown`]. It must not look anything up.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use index::{FileEntry, Found};

use super::tokens::{LexicalStyle, TokenKind, Tokens};

/// The alternatives of what an expression can be; empty when nothing is known.
pub(crate) type Types = Vec<Type>;

/// What an expression is.
#[derive(Clone, Debug)]
pub(crate) enum Type {
    /// A value of a type of the index.
    Instance(Class),
    /// The type itself, as a value.
    Class(Class),
    /// A function or method.
    Function(Function),
    /// A module.
    Module(Module),
    /// A value of a type that is known by its name only, such as `list` or `Arc`, with its type arguments.
    Known(String, Vec<Types>),
}

/// A type of the index with its arguments.
#[derive(Clone, Debug)]
pub(crate) struct Class {
    pub(crate) found: Found,
    pub(crate) arguments: Vec<Types>,
}

/// A function or method of the index.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub(crate) found: Found,
    /// What it was taken from.
    pub(crate) receiver: Option<Class>,
    /// The type parameters that are known where it was taken from.
    pub(crate) generics: Generics,
}

/// Type parameters and what they stand for.
pub(crate) type Generics = Vec<(String, Types)>;

/// A module: a file, a module inside a file, or a folder of modules without a file of its own.
#[derive(Clone, Debug)]
pub(crate) enum Module {
    /// A file, or the module in it that is this symbol.
    File { entry: Arc<FileEntry>, inline: Option<usize> },
    /// An absolute path.
    Folder(PathBuf),
}

/// Whether two are the same definition.
pub(crate) fn same(one: &Found, other: &Found) -> bool {
    one.index == other.index && one.file.path == other.file.path
}

/// Adds what is not yet there.
pub(crate) fn merge(into: &mut Types, more: Types) {
    for one in more {
        if into.len() < 12 && !into.iter().any(|it| alike(it, &one)) {
            into.push(one);
        }
    }
}

fn alike(one: &Type, other: &Type) -> bool {
    match (one, other) {
        (Type::Instance(one), Type::Instance(other)) | (Type::Class(one), Type::Class(other)) => {
            same(&one.found, &other.found)
        }
        (Type::Function(one), Type::Function(other)) => same(&one.found, &other.found),
        (Type::Module(one), Type::Module(other)) => match (one, other) {
            (Module::File { entry: one, inline: first }, Module::File { entry: other, inline: second }) => {
                one.path == other.path && first == second
            }
            (Module::Folder(one), Module::Folder(other)) => one == other,
            _ => false,
        },
        (Type::Known(one, first), Type::Known(other, second)) => {
            one == other && first.is_empty() && second.is_empty()
        }
        _ => false,
    }
}

/// A type as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TypeExpr {
    /// A path and its type arguments.
    Path(Vec<String>, Vec<TypeExpr>),
    /// Any of several, or all of several bounds.
    Union(Vec<TypeExpr>),
    /// A tuple.
    Tuple(Vec<TypeExpr>),
    /// A sequence of one type.
    List(Box<TypeExpr>),
    /// A function; what it returns.
    Function(Box<TypeExpr>),
    /// Anything else.
    Unknown,
}

/// Types nested deeper than this are not understood.
const MOST_DEPTH: usize = 24;

/// Reads a type.
pub(crate) fn parse_type(text: &str, style: LexicalStyle) -> TypeExpr {
    let tokens = Tokens::new(text.to_owned(), style);
    parse_range(&tokens, 0..tokens.len(), MOST_DEPTH)
}

fn parse_range(tokens: &Tokens, range: Range<usize>, depth: usize) -> TypeExpr {
    if depth == 0 {
        return TypeExpr::Unknown;
    }
    let mut reader = Reader { tokens, at: range.start, end: range.end, depth };
    reader.union()
}

/// The types in a list between brackets.
fn parse_list(tokens: &Tokens, range: Range<usize>, depth: usize) -> Vec<TypeExpr> {
    tokens
        .split_flat(range, ",", true)
        .into_iter()
        // Lifetimes are no types; of `Output = T` the type counts.
        .filter(|part| !(part.len() == 1 && tokens.kind(part.start) == Some(TokenKind::Lifetime)))
        .map(|part| match tokens.word(part.start + 1) {
            "=" if part.len() > 2 => part.start + 2..part.end,
            _ => part,
        })
        .map(|part| parse_range(tokens, part, depth.saturating_sub(1)))
        .collect()
}

struct Reader<'a> {
    tokens: &'a Tokens,
    at: usize,
    end: usize,
    depth: usize,
}

impl Reader<'_> {
    fn word(&self) -> &str {
        if self.at < self.end { self.tokens.word(self.at) } else { "" }
    }

    fn union(&mut self) -> TypeExpr {
        let mut parts = vec![self.one()];
        while matches!(self.word(), "|" | "&" | "+") {
            self.at += 1;
            parts.push(self.one());
        }
        if parts.len() == 1 { parts.pop().unwrap_or(TypeExpr::Unknown) } else { TypeExpr::Union(parts) }
    }

    fn one(&mut self) -> TypeExpr {
        while matches!(
            self.word(),
            "&" | "&&"
                | "*"
                | "**"
                | "mut"
                | "const"
                | "dyn"
                | "impl"
                | "readonly"
                | "final"
                | "..."
                | "?"
                | "ref"
                | "|"
                | "typeof"
                | "<-"
                | "chan"
                | "unsafe"
                | "extern"
                | "async"
                | "@"
        ) || (self.at < self.end && self.tokens.kind(self.at) == Some(TokenKind::Lifetime))
        {
            self.at += 1;
        }
        if self.at >= self.end {
            return TypeExpr::Unknown;
        }
        match self.tokens.kind(self.at) {
            Some(TokenKind::Str) => self.string(),
            Some(TokenKind::Open) => self.bracket(),
            Some(TokenKind::Word) if matches!(self.word(), "for") => {
                // `for<'a> Fn(&'a T)`.
                self.at += 1;
                self.skip_angles();
                self.one()
            }
            Some(TokenKind::Word) if matches!(self.word(), "fn" | "func") => {
                self.at += 1;
                self.function()
            }
            Some(TokenKind::Word) => self.path(),
            Some(TokenKind::Operator) if matches!(self.word(), "<") => {
                self.skip_angles();
                while matches!(self.word(), "::") {
                    self.at += 2;
                }
                TypeExpr::Unknown
            }
            _ => {
                self.at += 1;
                TypeExpr::Unknown
            }
        }
    }

    /// A type in quotes, which stands for one that is not defined yet.
    fn string(&mut self) -> TypeExpr {
        let content = self.word().trim_matches(['"', '\'']).to_owned();
        self.at += 1;
        if self.depth <= 1 {
            return TypeExpr::Unknown;
        }
        let inner = Tokens::new(content, self.tokens.style);
        parse_range(&inner, 0..inner.len(), self.depth - 1)
    }

    fn bracket(&mut self) -> TypeExpr {
        let open = self.at;
        let Some(close) = self.tokens.partner(open).filter(|close| *close < self.end) else {
            self.at = self.end;
            return TypeExpr::Unknown;
        };
        self.at = close + 1;
        let inner = open + 1..close;
        match self.tokens.word(open) {
            "(" => {
                if matches!(self.word(), "=>" | "->") {
                    self.at += 1;
                    return TypeExpr::Function(Box::new(self.one()));
                }
                let mut parts = parse_list(self.tokens, inner.clone(), self.depth);
                let is_tuple =
                    parts.len() != 1 || self.tokens.split_flat(inner, ",", true).len() != parts.len();
                let one =
                    if is_tuple { TypeExpr::Tuple(parts) } else { parts.pop().unwrap_or(TypeExpr::Unknown) };
                self.suffix(one)
            }
            "[" => {
                // Go's `[]T` and `[4]T`.
                let goes_on = self.at < self.end && !matches!(self.word(), "," | "|" | "+" | "=" | "[");
                if goes_on {
                    return TypeExpr::List(Box::new(self.one()));
                }
                let parts = parse_list(self.tokens, inner.clone(), self.depth);
                match parts.as_slice() {
                    // Rust's `[T]` and `[T; N]`; of `Callable[[A], R]` nobody asks.
                    [only] => TypeExpr::List(Box::new(only.clone())),
                    _ => TypeExpr::Tuple(parts),
                }
            }
            _ => TypeExpr::Unknown,
        }
    }

    fn path(&mut self) -> TypeExpr {
        let mut segments = vec![self.word().to_owned()];
        self.at += 1;
        let mut arguments = Vec::new();
        loop {
            match self.word() {
                "." | "::" if self.at + 1 < self.end && self.tokens.is_word(self.at + 1) => {
                    segments.push(self.tokens.word(self.at + 1).to_owned());
                    self.at += 2;
                    arguments.clear();
                }
                "::" if self.tokens.word(self.at + 1) == "<" => self.at += 1,
                "<" => {
                    let Some(close) = self.tokens.angle_close(self.at).filter(|close| *close < self.end)
                    else {
                        break;
                    };
                    arguments = parse_list(self.tokens, self.at + 1..close, self.depth);
                    self.at = close + 1;
                }
                "[" => {
                    let Some(close) = self.tokens.partner(self.at).filter(|close| *close < self.end) else {
                        break;
                    };
                    let inner = self.at + 1..close;
                    // Go's `map[K]V`.
                    if segments.first().is_some_and(|it| it == "map") && close + 1 < self.end {
                        let key = parse_range(self.tokens, inner, self.depth - 1);
                        self.at = close + 1;
                        return TypeExpr::Path(segments, vec![key, self.one()]);
                    }
                    if inner.is_empty()
                        || self.tokens.style.block_comments && !self.tokens.style.back_tick_strings
                    {
                        break;
                    }
                    if self.tokens.style.regex_literals {
                        // An indexed access type.
                        self.at = close + 1;
                        return TypeExpr::Unknown;
                    }
                    arguments = parse_list(self.tokens, inner, self.depth);
                    self.at = close + 1;
                }
                // Rust's `Fn(A) -> B`.
                "(" if segments.last().is_some_and(|it| it.starts_with("Fn")) => return self.function(),
                _ => break,
            }
        }
        self.suffix(TypeExpr::Path(segments, arguments))
    }

    /// `T[]`.
    fn suffix(&mut self, one: TypeExpr) -> TypeExpr {
        let mut one = one;
        while self.word() == "["
            && self.at + 1 < self.end
            && self.tokens.partner(self.at) == Some(self.at + 1)
        {
            one = TypeExpr::List(Box::new(one));
            self.at += 2;
        }
        one
    }

    /// From the parameters' bracket on.
    fn function(&mut self) -> TypeExpr {
        if self.word() == "(" {
            match self.tokens.partner(self.at) {
                Some(close) => self.at = close + 1,
                None => return TypeExpr::Unknown,
            }
        }
        if matches!(self.word(), "->" | "=>") {
            self.at += 1;
        }
        let returned = if self.at < self.end { self.one() } else { TypeExpr::Unknown };
        TypeExpr::Function(Box::new(returned))
    }

    fn skip_angles(&mut self) {
        match self.tokens.angle_close(self.at).filter(|_| self.word() == "<") {
            Some(close) => self.at = close + 1,
            None => self.at += 1,
        }
    }
}

/// The names of the type parameters in a definition's header: what stands between the first `<` and its `>`, or, as in
/// Python, between `[` and `]` right after the name or in the base `Generic[…]` or `Protocol[…]`.
pub(crate) fn type_parameters(signature: &str, style: LexicalStyle) -> Vec<String> {
    let tokens = Tokens::new(signature.to_owned(), style);
    let brackets = (0..tokens.len()).find_map(|index| match tokens.word(index) {
        "<" if begins_parameters(&tokens, index) => Some((index, tokens.angle_close(index)?)),
        "[" if style.indent_blocks => {
            let name = index.checked_sub(1).map_or("", |it| tokens.word(it));
            let after_keyword = index >= 2 && matches!(tokens.word(index - 2), "class" | "def" | "type");
            (after_keyword || matches!(name, "Generic" | "Protocol"))
                .then_some((index, tokens.partner(index)?))
        }
        _ => None,
    });
    let Some((open, close)) = brackets else { return Vec::new() };
    let parts = tokens.split_flat(open + 1..close, ",", true);
    parts
        .into_iter()
        .filter_map(|part| {
            // Lifetimes are no types.
            (part.start < part.end && tokens.kind(part.start) != Some(TokenKind::Lifetime))
                .then(|| part.clone().find(|index| tokens.is_word(*index) && tokens.word(*index) != "const"))
                .flatten()
                .map(|index| tokens.word(index).to_owned())
        })
        .collect()
}

/// Whether the `<` at an index of a header stands where a definition has its type parameters.
fn begins_parameters(tokens: &Tokens, index: usize) -> bool {
    let before = |steps: usize| index.checked_sub(steps).map_or("", |it| tokens.word(it));
    let defines = |word: &str| {
        matches!(
            word,
            "fn" | "struct"
                | "enum"
                | "trait"
                | "union"
                | "type"
                | "class"
                | "interface"
                | "function"
                | "func"
                | "record"
        )
    };
    // `impl<T>`, `fn name<T>`, TypeScript's `name<T>(`, Java's `public <T> T name(`.
    before(1) == "impl"
        || defines(before(2))
        || index == 1
        || matches!(before(1), "public" | "static" | "protected" | "private" | "final")
}

/// The bound of a type parameter in a header: of `<T: A + B>`, `where T: A`, `T extends A`, the text after it.
pub(crate) fn bound_of(parameter: &str, header: &str, style: LexicalStyle) -> Option<String> {
    let tokens = Tokens::new(header.to_owned(), style);
    (0..tokens.len()).find_map(|index| {
        let before = index.checked_sub(1).map_or("", |it| tokens.word(it));
        let begins = tokens.word(index) == parameter && matches!(before, "<" | "," | "where" | "[");
        if !begins || !matches!(tokens.word(index + 1), ":" | "extends") {
            return None;
        }
        let mut depth = 0_usize;
        let end = tokens.find_flat(index + 2..tokens.len(), |_, word| match word {
            "<" => {
                depth += 1;
                false
            }
            ">" if depth > 0 => {
                depth -= 1;
                false
            }
            ">" | "," | "{" | "]" | "=" | "where" => depth == 0,
            _ => false,
        });
        let text = tokens.text_of(index + 2..end.unwrap_or(tokens.len()));
        (!text.is_empty()).then(|| text.to_owned())
    })
}
