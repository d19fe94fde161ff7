//! What a mention can stand for: the kinds, and the words that name them. It must not look at a workspace.

use std::ops::Range;

/// One `@…` in a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// Its bytes in the message, the `@` included.
    pub range: Range<usize>,
    /// As it was typed, the `@` included.
    pub text: String,
    /// What it stands for.
    pub kind: MentionKind,
}

/// What a mention stands for, as far as its text tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MentionKind {
    /// A name that only the workspace can tell the meaning of: a file, a folder or a symbol. See [`crate::mentions::identify`].
    Name {
        /// The name.
        name: String,
    },
    /// A file, or lines of it.
    File {
        /// The path from a root, or the end of it, with `/`.
        path: String,
        /// Only these lines.
        lines: Option<LineRange>,
    },
    /// All files below a folder.
    Folder {
        /// The path from a root, or the end of it, with `/`; empty for the root itself.
        path: String,
    },
    /// Definitions, by their name: `name`, `Class.method`, `module.function` or `Type::method`.
    Symbol {
        /// The name as typed.
        name: String,
    },
    /// The file that is being edited.
    Current {
        /// Only these lines.
        lines: Option<LineRange>,
    },
    /// What is selected in the file that is being edited.
    Selection,
    /// All open files.
    Open,
    /// What can be seen of files on the screen.
    Visible,
    /// What changed, as git tells it.
    Diff {
        /// What it is compared with.
        base: DiffBase,
    },
    /// One commit: its message and what it changed.
    Commit {
        /// Anything that git understands as a commit.
        revision: String,
    },
    /// Errors and warnings that the editor shows.
    Problems,
    /// The text of the terminal.
    Terminal,
    /// The workspace as a tree of names.
    Tree,
    /// The lines that have a text.
    Search {
        /// The text; a regular expression between two `/`.
        text: String,
    },
    /// A map of the workspace: its most used definitions.
    Repo,
    /// The code that has most to do with the question.
    Codebase,
    /// What was edited lately.
    Recent,
    /// The clipboard's text.
    Clipboard,
    /// The system: name, processor, shell.
    Os,
    /// The text of a page of the web.
    Url {
        /// The address; empty when none was typed.
        url: String,
    },
}

/// What a difference is taken against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiffBase {
    /// All that is not committed, staged or not.
    WorkingTree,
    /// Only what is staged.
    Staged,
    /// All that is new since the place where a branch (or any revision) parted from here.
    Revision(String),
}

/// Lines as people count them: from 1, the last one included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineRange {
    /// The first line. 0, or larger than `last`, when it was typed so.
    pub first: u32,
    /// The last line.
    pub last: u32,
}

/// The words that name a kind, with what to say of them in a menu.
pub(crate) const KEYWORDS: [(&str, &str); 17] = [
    ("current", "the file that you edit"),
    ("selection", "the selected text"),
    ("open", "all open files"),
    ("visible", "what the editor shows of files"),
    ("diff", "what is not committed; also @diff:staged and @diff:BRANCH"),
    ("commit", "the last commit, or @commit:REVISION"),
    ("problems", "errors and warnings of the editor"),
    ("terminal", "the end of the terminal's text"),
    ("tree", "the names of all files"),
    ("search:", "lines with a text, @search:text or @search:\"two words\""),
    ("repo", "a map of the workspace by its definitions"),
    ("codebase", "the code that has most to do with the question"),
    ("recent", "what you edited lately"),
    ("clipboard", "the clipboard's text"),
    ("os", "the system: name, processor, shell"),
    ("url:", "the text of a web page, @url:https://…"),
    ("symbol:", "a definition by its name, where a file has the same name"),
];

impl MentionKind {
    /// The kind that a word stands for, with what follows its colon; none for any other word.
    pub(crate) fn of_keyword(word: &str, value: Option<&str>) -> Option<Self> {
        let value_or = |other: &str| value.unwrap_or(other).to_owned();
        Some(match (word, value) {
            ("current" | "currentFile", None) => Self::Current { lines: None },
            ("current" | "currentFile", Some(value)) => {
                Self::Current { lines: Some(LineRange::parse(value)?) }
            }
            ("selection", None) => Self::Selection,
            ("open", None) => Self::Open,
            ("visible", None) => Self::Visible,
            ("diff", None) => Self::Diff { base: DiffBase::WorkingTree },
            ("diff", Some("staged" | "cached")) => Self::Diff { base: DiffBase::Staged },
            ("diff", Some(revision)) => Self::Diff { base: DiffBase::Revision(revision.to_owned()) },
            ("commit", _) => Self::Commit { revision: value_or("HEAD") },
            ("problems", None) => Self::Problems,
            ("terminal", None) => Self::Terminal,
            ("tree", None) => Self::Tree,
            ("search", _) => Self::Search { text: value_or("") },
            ("repo" | "repo-map", None) => Self::Repo,
            ("codebase", None) => Self::Codebase,
            ("recent", None) => Self::Recent,
            ("clipboard", None) => Self::Clipboard,
            ("os", None) => Self::Os,
            ("url", _) => Self::Url { url: value_or("") },
            ("symbol", Some(name)) => Self::Symbol { name: name.to_owned() },
            _ => return None,
        })
    }
}

impl LineRange {
    /// Reads `12`, `10-40`, `12:5` (a column after the line, as compilers print it) and `L10-L40`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let number = |text: &str| {
            let digits = text.strip_prefix(['L', 'l']).unwrap_or(text);
            let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            // A number that is too large is a line that no file has.
            all_digits.then(|| digits.parse().unwrap_or(u32::MAX))
        };
        if let Some((line, column)) = text.split_once(':') {
            return number(column).and(number(line)).map(|line| Self { first: line, last: line });
        }
        match text.split_once('-') {
            Some((first, last)) => Some(Self { first: number(first)?, last: number(last)? }),
            None => number(text).map(|line| Self { first: line, last: line }),
        }
    }
}
