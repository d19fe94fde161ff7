//! An attachment with what fitting it into a budget needs to know. It must not read anything.

use std::path::{Path, PathBuf};

use syntax::Language;

use crate::mentions::attachment::Attachment;
use crate::mentions::kind::LineRange;
use crate::mentions::place::Place;

/// What a mention became, and how much it is worth.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// The text and what is shown of it.
    pub attachment: Attachment,
    /// What is cut first when there is not enough room.
    pub worth: Worth,
    /// The line of the attachment's text, counted from 0, around which is kept what can be kept. None: the beginning.
    pub focus: Option<usize>,
}

/// How much an attachment is worth, the most worth last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Worth {
    /// The file being edited, which nobody asked for.
    Default,
    /// What was found for the question: `@codebase`, `@repo`.
    Found,
    /// What the user named.
    Named,
}

impl From<Attachment> for Resolved {
    /// What the user named, with nothing in it that counts more than the rest.
    fn from(attachment: Attachment) -> Self {
        Self { attachment, worth: Worth::Named, focus: None }
    }
}

/// The name behind a fence for a file: the language's id, else its extension.
pub(crate) fn fence_language(path: &Path) -> String {
    let extension = || path.extension().map(|it| it.to_string_lossy().to_lowercase()).unwrap_or_default();
    Language::from_path(path).map_or_else(extension, |language| language.id().to_owned())
}

/// Text that belongs to no file.
pub(crate) fn plain(mention: &str, title: &str, language: &str, text: String, cut: String) -> Resolved {
    let (mention, title, language) = (mention.to_owned(), title.to_owned(), language.to_owned());
    Attachment { mention, title, path: None, file: None, lines: None, language, text, cut }.into()
}

/// The text of a file, or of lines of it (counted from 1).
pub(crate) fn of_file(mention: &str, place: &Place, lines: Option<LineRange>, text: String) -> Resolved {
    let title = match lines {
        None if text.is_empty() => format!("{} (empty)", place.shown),
        None => place.shown.clone(),
        Some(LineRange { first, last }) if first == last => format!("{}, line {first}", place.shown),
        Some(LineRange { first, last }) => format!("{}, lines {first} to {last}", place.shown),
    };
    let is_on_disk = place.path != PathBuf::new();
    Attachment {
        mention: mention.to_owned(),
        title,
        path: Some(place.shown.clone()),
        file: is_on_disk.then(|| place.path.clone()),
        lines: lines.map(|lines| lines.first - 1..lines.last),
        language: fence_language(Path::new(&place.shown)),
        text,
        cut: String::new(),
    }
    .into()
}

/// Adds to what is said to be missing.
pub(crate) fn say_cut(attachment: &mut Attachment, what: &str) {
    if !attachment.cut.is_empty() && !what.is_empty() {
        attachment.cut.push_str("; ");
    }
    attachment.cut.push_str(what);
}

/// `1 file`, `2 files`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
