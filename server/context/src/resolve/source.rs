//! A file's text as tokens, with what a language's strategy reads from them; kept between requests, because the files
//! around a cursor are the same ones at the next keystroke. It must not look into the index.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use index::FileEntry;
use syntax::Language;

use super::locals::{Enclosing, Local, Locals};
use super::tokens::{LexicalStyle, Tokens};
use super::{ecmascript, go, java, python, rust};

/// Which rules a language's names follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Python,
    Rust,
    /// JavaScript and TypeScript.
    Ecma,
    Go,
    Java,
}

impl Family {
    /// None for a language without rules here.
    pub(crate) fn of(language: Language) -> Option<Self> {
        Some(match language.id() {
            "python" => Self::Python,
            "rust" => Self::Rust,
            "javascript" | "typescript" | "tsx" => Self::Ecma,
            "go" => Self::Go,
            "java" => Self::Java,
            _ => return None,
        })
    }

    pub(crate) fn style(self) -> LexicalStyle {
        match self {
            Self::Python => python::STYLE,
            Self::Rust => rust::STYLE,
            Self::Ecma => ecmascript::STYLE,
            Self::Go => go::STYLE,
            Self::Java => java::STYLE,
        }
    }

    pub(crate) fn keywords(self) -> &'static [&'static str] {
        match self {
            Self::Python => python::KEYWORDS,
            Self::Rust => rust::KEYWORDS,
            Self::Ecma => ecmascript::KEYWORDS,
            Self::Go => go::KEYWORDS,
            Self::Java => java::KEYWORDS,
        }
    }

    fn locals(self, tokens: &Tokens) -> Locals {
        let all = match self {
            Self::Python => return python::locals(tokens),
            Self::Rust => rust::locals(tokens),
            Self::Ecma => ecmascript::locals(tokens),
            Self::Go => go::locals(tokens),
            Self::Java => java::locals(tokens),
        };
        Locals::of_parts(all, Vec::new())
    }

    pub(crate) fn enclosing(self, tokens: &Tokens, offset: usize) -> Vec<Enclosing> {
        match self {
            Self::Python => python::enclosing(tokens, offset),
            Self::Rust => rust::enclosing(tokens, offset),
            Self::Ecma => ecmascript::enclosing(tokens, offset),
            Self::Go => go::enclosing(tokens, offset),
            Self::Java => java::enclosing(tokens, offset),
        }
    }
}

/// A file, read.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) entry: Arc<FileEntry>,
    pub(crate) family: Family,
    pub(crate) tokens: Tokens,
    locals: OnceLock<Locals>,
}

impl Source {
    pub(crate) fn new(entry: Arc<FileEntry>, family: Family, text: String) -> Self {
        Self::with_tokens(entry, family, Tokens::new(text, family.style()))
    }

    pub(crate) fn with_tokens(entry: Arc<FileEntry>, family: Family, tokens: Tokens) -> Self {
        Self { entry, family, tokens, locals: OnceLock::new() }
    }

    /// The names that the file binds to values and that can be seen at a byte offset, and others.
    pub(crate) fn locals_near(&self, offset: usize) -> impl Iterator<Item = &Local> {
        let locals = self.locals.get_or_init(|| self.family.locals(&self.tokens));
        // Only Python's are read in parts.
        locals.near(offset, |part| python::locals_of_part(&self.tokens, part))
    }

    /// The definitions around a byte offset, innermost first.
    pub(crate) fn enclosing(&self, offset: usize) -> Vec<Enclosing> {
        self.family.enclosing(&self.tokens, offset)
    }

    /// The text of a byte range; empty when the file has changed so that it is none.
    pub(crate) fn slice(&self, range: Range<usize>) -> &str {
        self.tokens.text.get(range).unwrap_or_default()
    }
}

/// The files read last, newest at the end.
static KEPT: Mutex<VecDeque<Arc<Source>>> = Mutex::new(VecDeque::new());
/// How many files are kept.
const MOST_KEPT: usize = 96;
/// How many bytes of text are kept.
const MOST_BYTES: usize = 6 * 1024 * 1024;
/// A larger file is generated, and not read.
const LARGEST: u64 = 1024 * 1024;

/// The source of an entry, read by `text` unless it is kept from before.
pub(crate) fn source_of(
    entry: &Arc<FileEntry>,
    text: impl FnOnce() -> Option<String>,
) -> Option<Arc<Source>> {
    let family = Family::of(entry.language)?;
    if entry.bytes > LARGEST {
        return None;
    }
    {
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = kept.iter().rposition(|source| Arc::ptr_eq(&source.entry, entry)) {
            let source = kept.remove(at)?;
            kept.push_back(Arc::clone(&source));
            return Some(source);
        }
    }
    // Read without the lock: others need not wait for it.
    let source = Arc::new(Source::new(Arc::clone(entry), family, text()?));
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    kept.retain(|other| other.entry.path != entry.path);
    kept.push_back(Arc::clone(&source));
    let mut bytes: usize = kept.iter().map(|source| source.tokens.text.len()).sum();
    while kept.len() > MOST_KEPT || bytes > MOST_BYTES {
        let Some(oldest) = kept.pop_front() else { break };
        bytes -= oldest.tokens.text.len();
    }
    Some(source)
}
