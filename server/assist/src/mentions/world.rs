//! What mentions are resolved in: the workspace and the editor as they are at one moment, handed in by the caller. It must not
//! resolve anything, and asks nobody.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use context::Edited;
use documents::Snapshot;
use futures::future::BoxFuture;
use index::Index;
use url::Url;

use crate::mentions::files::Files;

/// The workspace and the editor at one moment.
#[derive(Clone, Default)]
pub struct World {
    /// The folders of the workspace, absolute.
    pub roots: Vec<PathBuf>,
    /// The index over the same folders.
    pub index: Option<Arc<Index>>,
    /// The names of all files, kept between calls: keep one as long as the window and clone it into each `World`.
    pub files: Files,
    /// The open documents. Their text counts instead of the file on disk.
    pub open: Vec<Snapshot>,
    /// The one that is being edited.
    pub current: Option<Current>,
    /// What can be seen, file by file.
    pub visible: Vec<Visible>,
    /// Errors and warnings; none when the editor tells nothing of them, which is something else than an empty list.
    pub problems: Option<Vec<Problem>>,
    /// The terminal's text, escape sequences and all; none when the editor does not pass it.
    pub terminal: Option<String>,
    /// The clipboard's text; none when the editor does not pass it.
    pub clipboard: Option<String>,
    /// What was edited, the latest first: [`context::History::edits`].
    pub edits: Vec<Edited>,
    /// The system that `@os` tells of.
    pub system: System,
    /// Whether `@url` may read pages.
    pub network: Network,
    /// What reads a page.
    pub fetch: Option<Arc<dyn Fetch>>,
    /// What compares texts by what they are about, for `@codebase`; none without a model for it.
    pub embed: Option<Arc<dyn Embed>>,
}

/// The document that is being edited.
#[derive(Clone, Debug)]
pub struct Current {
    /// The document.
    pub document: Snapshot,
    /// The cursor, a byte offset.
    pub cursor: usize,
    /// What is selected, byte offsets; empty when nothing is.
    pub selection: Range<usize>,
}

/// Lines of a document that can be seen.
#[derive(Clone, Debug)]
pub struct Visible {
    /// The document.
    pub document: Snapshot,
    /// The lines, counted from 0, the end excluded.
    pub lines: Range<u32>,
}

/// An error or a warning of the editor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, absolute.
    pub path: PathBuf,
    /// The line, counted from 0.
    pub line: u32,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// Who says so, such as `pyflakes`.
    pub source: Option<String>,
}

/// How bad a problem is, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// An error.
    Error,
    /// A warning.
    Warning,
    /// Something to know.
    Information,
    /// A hint.
    Hint,
}

/// The system that Weft runs on. It has no name of a user or a machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct System {
    /// Such as `Linux (Debian GNU/Linux 13)`.
    pub name: String,
    /// The processor, such as `x86_64`.
    pub architecture: String,
    /// The shell's program, without its folder; empty when it is not known.
    pub shell: String,
}

/// Whether the network may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Network {
    /// Not at all.
    #[default]
    Off,
    /// Only addresses of the public network.
    Public,
    /// Also this machine and private networks.
    Any,
}

/// What reads a page, so that this crate needs no HTTP.
pub trait Fetch: Send + Sync {
    /// Asks once for an address, with GET, without cookies or credentials. It must not follow a redirect: the answer's
    /// [`Page::redirect`] has where it leads, and that is checked like the first address. Unless [`PageRequest::network`] is
    /// [`Network::Any`] it must refuse to connect to an address for which [`crate::mentions::is_public`] is false, after the host's name was
    /// resolved. At most [`PageRequest::most_bytes`] are read. An error is a message for people.
    fn fetch(&self, request: PageRequest) -> BoxFuture<'_, Result<Page, String>>;
}

/// A model for embeddings.
pub trait Embed: Send + Sync {
    /// The vectors of texts, each of length 1. An error is a message for people.
    fn embed(&self, texts: Vec<String>) -> BoxFuture<'_, Result<Vec<Vec<f32>>, String>>;
}

/// A page that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// `http` or `https`.
    pub url: Url,
    /// What may be connected to.
    pub network: Network,
    /// In bytes; what is beyond is not read.
    pub most_bytes: usize,
}

/// What came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The status of HTTP.
    pub status: u16,
    /// The header `Content-Type`, or empty.
    pub content_type: String,
    /// The header `Location` of a redirect.
    pub redirect: Option<String>,
    /// The body, at most the asked number of bytes.
    pub body: Vec<u8>,
    /// Whether there was more.
    pub truncated: bool,
}

impl System {
    /// The system of this process. The shell is that of the environment (`SHELL`, on Windows `COMSPEC`).
    pub fn of_process() -> Self {
        let shell = std::env::var_os("SHELL").or_else(|| std::env::var_os("COMSPEC")).map(PathBuf::from);
        let shell = shell
            .as_deref()
            .and_then(|path| path.file_name())
            .map(|name| name.to_string_lossy().into_owned());
        Self {
            name: sysinfo::System::long_os_version().unwrap_or_else(|| std::env::consts::OS.to_owned()),
            architecture: std::env::consts::ARCH.to_owned(),
            shell: shell.unwrap_or_default(),
        }
    }
}

impl Severity {
    /// The word for it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Information => "information",
            Self::Hint => "hint",
        }
    }
}
