//! From the parts of a completion to the pieces of its prompt. Must not cut anything to size: the caller keeps the
//! budget.

use crate::detect::FimFormat;
use crate::family::Piece;

/// What goes into a prompt.
#[derive(Clone, Copy, Debug, Default)]
pub struct FimParts<'a> {
    /// The repository's name, for formats that show it.
    pub repo_name: Option<&'a str>,
    /// Other files or parts of them, in the order in which the model is to see them: the most relevant last.
    pub files: &'a [FileExcerpt<'a>],
    /// Path of the edited file, relative to the repository. Formats that can show it without other files do so.
    pub path: Option<&'a str>,
    /// The code before the cursor.
    pub prefix: &'a str,
    /// The code after the cursor.
    pub suffix: &'a str,
}

/// A part of another file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileExcerpt<'a> {
    /// Path relative to the repository.
    pub path: &'a str,
    /// Its text.
    pub text: &'a str,
}

/// A prompt in pieces, to be tokenized one by one and put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FimPrompt {
    /// The pieces in order.
    pub segments: Vec<Segment>,
    /// Texts at which the generation has ended.
    pub stops: Vec<String>,
}

/// A piece of a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// What it is.
    pub part: Part,
    /// Its text. For a single special token the text that the vocabulary has.
    pub text: String,
    /// Whether special tokens in the text are to be parsed: true for a control token and for chat turns of the
    /// template, false for everything that a user wrote, whatever it looks like.
    pub special: bool,
}

/// What a piece of a prompt is, for traces and for finding what to recompute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The format's own.
    Template,
    /// The repository's name.
    RepoName,
    /// A path.
    Path,
    /// The text of the other file with this index in [`FimParts::files`].
    Excerpt(usize),
    /// The code before the cursor.
    Prefix,
    /// The code after the cursor.
    Suffix,
}

/// Renders the parts in a format. Other files are left out where the format cannot show them
/// ([`FimFormat::files`]).
#[must_use]
pub fn render_fim(format: &FimFormat, parts: &FimParts<'_>) -> FimPrompt {
    let mut segments = Vec::new();
    render(format, parts, format.family.template, None, &mut segments);
    FimPrompt { segments, stops: format.family.stops.iter().map(|stop| (*stop).to_owned()).collect() }
}

fn render(
    format: &FimFormat,
    parts: &FimParts<'_>,
    template: &[Piece],
    file: Option<(usize, FileExcerpt<'_>)>,
    out: &mut Vec<Segment>,
) {
    let files = if format.files { parts.files } else { &[] };
    let path = if format.files { parts.path } else { None };
    for piece in template {
        match piece {
            Piece::PrefixToken => push(out, Part::Template, &format.prefix, true),
            Piece::SuffixToken => push(out, Part::Template, &format.suffix, true),
            Piece::MiddleToken => push(out, Part::Template, format.middle.as_deref().unwrap_or(""), true),
            Piece::Token(text) | Piece::Parsed(text) => push(out, Part::Template, text, true),
            Piece::Text(text) => push(out, Part::Template, text, false),
            Piece::RepoName => push(out, Part::RepoName, parts.repo_name.unwrap_or(""), false),
            Piece::Path => {
                push(out, Part::Path, file.map(|(_, file)| file.path).or(path).unwrap_or(""), false);
            }
            Piece::FileText => {
                if let Some((index, file)) = file {
                    push(out, Part::Excerpt(index), file.text, false);
                    if !file.text.ends_with('\n') {
                        push(out, Part::Template, "\n", false);
                    }
                }
            }
            Piece::Prefix => push(out, Part::Prefix, parts.prefix, false),
            Piece::Suffix => push(out, Part::Suffix, parts.suffix, false),
            Piece::IfRepoName(pieces) if format.files && parts.repo_name.is_some() => {
                render(format, parts, pieces, file, out);
            }
            Piece::IfPath(pieces) if path.is_some() => render(format, parts, pieces, file, out),
            Piece::IfFiles(pieces) if path.is_some() && !files.is_empty() => {
                render(format, parts, pieces, file, out);
            }
            Piece::EachFile(pieces) => {
                for (index, excerpt) in files.iter().enumerate() {
                    render(format, parts, pieces, Some((index, *excerpt)), out);
                }
            }
            Piece::IfRepoName(_) | Piece::IfPath(_) | Piece::IfFiles(_) => {}
        }
    }
}

/// An empty prefix or suffix keeps its segment, so that a caller always finds both; anything else empty is left out.
fn push(out: &mut Vec<Segment>, part: Part, text: &str, special: bool) {
    if !text.is_empty() || matches!(part, Part::Prefix | Part::Suffix) {
        out.push(Segment { part, text: text.to_owned(), special });
    }
}
