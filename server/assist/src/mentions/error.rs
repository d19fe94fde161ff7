//! Why a mention brought nothing, each with what to do next. It must not hold code: a message may be logged.

use thiserror::Error;

/// Why a mention could not be resolved. `mention` is always what was typed, or a path of it.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum MentionError {
    /// No file, folder or symbol has the name.
    #[error("{mention}: nothing in the workspace has this name{}", did_you_mean(suggestions))]
    Unresolved {
        /// What was typed.
        mention: String,
        /// Names like it, to be typed after `@`.
        suggestions: Vec<String>,
    },
    /// There is no such file or folder.
    #[error("{path} does not exist in the workspace{}", did_you_mean(suggestions))]
    Missing {
        /// The path.
        path: String,
        /// Paths like it.
        suggestions: Vec<String>,
    },
    /// Several paths end like this.
    #[error("{path} can be any of these: {}. Type more of the path", shortened(candidates))]
    Ambiguous {
        /// The path.
        path: String,
        /// The paths.
        candidates: Vec<String>,
    },
    /// An ignore file excludes it.
    #[error(
        "{path} is excluded by an ignore file (.gitignore or .weftignore), or lies in a folder of installed or built files, so Weft does \
         not read it. Take it out of the ignore file, or paste the part that matters"
    )]
    Ignored {
        /// The path.
        path: String,
    },
    /// Its name says that it holds keys or passwords.
    #[error(
        "{path} looks like a file of keys or passwords, which Weft never reads. Paste the part that matters, without the secrets"
    )]
    Secret {
        /// The path.
        path: String,
    },
    /// It lies outside of every root, as typed or behind a link.
    #[error(
        "{path} lies outside of the workspace, and Weft reads nothing there. Open its folder in the editor first, or copy the file"
    )]
    Outside {
        /// The path.
        path: String,
    },
    /// Not a file where one was needed.
    #[error("{path} is a folder or no regular file. For a folder, type @{path}/")]
    NotAFile {
        /// The path.
        path: String,
    },
    /// Not a folder where one was needed.
    #[error("{path} is a file and no folder. Type it without the / at its end")]
    NotAFolder {
        /// The path.
        path: String,
    },
    /// No text.
    #[error("{path} is a binary file, so there is no text to read. Mention the source that it is made from")]
    Binary {
        /// The path.
        path: String,
    },
    /// Text in another encoding.
    #[error(
        "{path} is not in UTF-8 (the first wrong byte is at offset {offset}). Save it as UTF-8 and try again"
    )]
    NotUtf8 {
        /// The path.
        path: String,
        /// In bytes.
        offset: usize,
    },
    /// Too large to be read as a whole.
    #[error(
        "{path} has {bytes} bytes, and at most {limit} are read as a whole. Say which lines, such as @{path}:1-200"
    )]
    TooLarge {
        /// The path.
        path: String,
        /// Its length.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// Too large for a part of it to be read.
    #[error(
        "{path} has {bytes} bytes, and nothing is read of files above {limit}. Copy the part that matters into a file of its own"
    )]
    TooLargeForLines {
        /// The path.
        path: String,
        /// Its length.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// Lines that the file has not.
    #[error(
        "{path} has {count} lines, and {first}-{last} are none of them. Lines count from 1, the smaller number first"
    )]
    NoSuchLines {
        /// The path.
        path: String,
        /// As typed.
        first: u32,
        /// As typed.
        last: u32,
        /// The lines that there are.
        count: usize,
    },
    /// The system refused.
    #[error("{path} could not be read: {reason}. Check that you may read it")]
    Unreadable {
        /// The path.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// There is nothing to attach, such as no selection.
    #[error("{mention}: {what}")]
    Nothing {
        /// What was typed.
        mention: String,
        /// What is missing, and what to do.
        what: &'static str,
    },
    /// Everything that it would bring is secret, ignored or outside of the workspace.
    #[error("{mention}: all that it would bring is left out: {reasons}")]
    AllLeftOut {
        /// What was typed.
        mention: String,
        /// Each file with its reason.
        reasons: String,
    },
    /// A text was not found.
    #[error(
        "{mention}: no line of the workspace's {files} files has this text. Try a shorter one; lower case finds both cases"
    )]
    NotFound {
        /// What was typed.
        mention: String,
        /// How many files were looked at.
        files: usize,
    },
    /// A regular expression that is none.
    #[error(
        "{mention}: not a regular expression: {reason}. Without the two / it is searched for as it stands"
    )]
    BadPattern {
        /// What was typed.
        mention: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No root is in a git repository.
    #[error(
        "{mention}: the workspace is not in a git repository. Run `git init` in it, or mention the files themselves"
    )]
    NoRepository {
        /// What was typed.
        mention: String,
    },
    /// git knows no such commit.
    #[error(
        "{mention}: git knows no branch, tag or commit `{revision}` here. `git branch --all` lists the branches; a file is typed with a / in it"
    )]
    NoSuchRevision {
        /// What was typed.
        mention: String,
        /// The revision.
        revision: String,
    },
    /// git reported nothing.
    #[error("{mention}: {what}")]
    NoChanges {
        /// What was typed.
        mention: String,
        /// In which comparison.
        what: String,
    },
    /// git did not run, or failed.
    #[error("{mention}: git failed: {reason}. Run it in a terminal to see more")]
    Git {
        /// What was typed.
        mention: String,
        /// What it said.
        reason: String,
    },
    /// The network may not be used.
    #[error("{mention}: the network is off. Allow it in the settings (network) to read pages of the web")]
    NetworkOff {
        /// What was typed.
        mention: String,
    },
    /// Not an address that may be read.
    #[error("{mention}: {reason}")]
    BadUrl {
        /// What was typed.
        mention: String,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// The page could not be read.
    #[error("{mention}: the page could not be read: {reason}. Open it in a browser to check the address")]
    Fetch {
        /// What was typed.
        mention: String,
        /// Why.
        reason: String,
    },
    /// Weft itself was stopped in the middle.
    #[error("{mention}: resolving it was broken off. Try again")]
    BrokenOff {
        /// What was typed.
        mention: String,
    },
}

fn did_you_mean(suggestions: &[String]) -> String {
    if suggestions.is_empty() {
        return ". Check the spelling, or type @ and choose from the list".to_owned();
    }
    let names: Vec<String> = suggestions.iter().map(|name| format!("@{name}")).collect();
    format!(". Did you mean {}?", names.join(" or "))
}

/// The first few of a list, and how many there are more.
pub(crate) fn shortened(names: &[String]) -> String {
    const MOST: usize = 8;
    let more = names.len().saturating_sub(MOST);
    let shown = names.get(..names.len().min(MOST)).unwrap_or_default().join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}
