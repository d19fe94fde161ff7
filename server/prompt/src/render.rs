//! From the parts of a completion to the pieces of its prompt. Must not cut anything to size: the caller keeps the
//! budget.

use crate::detect::FimFormat;
use crate::family::{Layout, Piece};

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
    /// The index of the segment that an engine may move instead of evaluating it again when the code before it has changed a
    /// little: the code after the cursor from a line on, where it stands behind the prefix. None where that is too
    /// short, or where the suffix comes first, so that typing moves nothing.
    pub tail: Option<usize>,
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
    /// The code after the cursor; the second of two such segments is [`FimPrompt::tail`].
    Suffix,
}

/// Renders the parts in a format. Other files are left out where the format cannot show them
/// ([`FimFormat::files`]).
#[must_use]
pub fn render_fim(format: &FimFormat, parts: &FimParts<'_>) -> FimPrompt {
    let mut segments = Vec::new();
    render(format, parts, format.family.template, None, &mut segments);
    let tail = match format.layout {
        Layout::Exact => None,
        Layout::MovedTail => split_tail(&mut segments),
        Layout::SuffixFirst => {
            suffix_first(&mut segments);
            None
        }
    };
    FimPrompt { segments, stops: format.family.stops.iter().map(|stop| (*stop).to_owned()).collect(), tail }
}

/// Puts the prefix behind everything else: `<prefix token><suffix token>suffix<middle token>prefix`. Nothing changes where
/// it stands there.
fn suffix_first(segments: &mut Vec<Segment>) {
    let at = |part: Part| segments.iter().position(|segment| segment.part == part);
    if let (Some(prefix), Some(suffix)) = (at(Part::Prefix), at(Part::Suffix))
        && prefix < suffix
    {
        let moved = segments.remove(prefix);
        segments.push(moved);
    }
}

/// A shorter tail is evaluated as quickly as it is moved.
const LEAST_TAIL_BYTES: usize = 64;

/// Divides the suffix where it begins to change seldom: after the cursor's line, which closing brackets come and go in,
/// and the blank lines below it. Tokenizers divide there too, so the tokens stay what they would be.
fn split_tail(segments: &mut Vec<Segment>) -> Option<usize> {
    let at = |part: Part| segments.iter().position(|segment| segment.part == part);
    let (prefix, suffix) = (at(Part::Prefix)?, at(Part::Suffix)?);
    let segment = segments.get_mut(suffix).filter(|_| prefix < suffix)?;
    let line_end = segment.text.find('\n')?;
    let below = segment.text.get(line_end..)?;
    let blank = below.len() - below.trim_start().len();
    let start = line_end + below.get(..blank)?.rfind('\n')? + 1;
    if segment.text.len() - start < LEAST_TAIL_BYTES {
        return None;
    }
    let text = segment.text.split_off(start);
    let tail = Segment { part: Part::Suffix, text, special: segment.special };
    segments.insert(suffix + 1, tail);
    Some(suffix + 1)
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
