//! The fenced code blocks of an answer in Markdown. It must not need the end of the answer: what is still streaming in has
//! blocks too.
//!
//! Fences are read as CommonMark 0.31 has them, with two differences that answers of models need: a fence may be indented
//! as far as it likes, below a list item or not, and it counts right after a line of HTML or `</think>`, which CommonMark would take
//! for the beginning of an HTML block. A CommonMark parser cannot be told so, which is why none is used.

use std::ops::Range;
use std::path::Path;

use syntax::Language;

/// One fenced code block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeBlock {
    /// The language tag as written, such as `python` or `ts`; empty where there is none.
    pub language: String,
    /// The path of the file that it belongs to, as far as the fence, its first line, or the line above it tells.
    pub path: Option<String>,
    /// The line of text above the fence.
    pub lead: String,
    /// The code, without the indentation of the fence, each line with its line end.
    pub code: String,
    /// Bytes of the whole block in the answer, fences included.
    pub range: Range<usize>,
    /// Whether its closing fence is there.
    pub closed: bool,
}

impl CodeBlock {
    /// The language that the tag names; none for an unknown or missing tag.
    pub fn known_language(&self) -> Option<Language> {
        let tag = self.language.to_lowercase();
        let of_extension = || Language::from_path(Path::new(&format!("a.{tag}")));
        match tag.as_str() {
            "" => None,
            "python3" => Language::from_id("python"),
            _ => Language::from_id(&tag).or_else(of_extension),
        }
    }

    /// Whether the tag or the content says that it is a diff.
    pub fn is_diff(&self) -> bool {
        let tagged = matches!(self.language.to_lowercase().as_str(), "diff" | "patch" | "udiff");
        let hunk = |line: &str| line.starts_with("@@ -") || line.trim_end() == "@@";
        tagged || self.code.lines().any(hunk)
    }
}

/// Every fenced code block of a text in Markdown, in order. The last one may be unfinished.
pub fn code_blocks(markdown: &str) -> Vec<CodeBlock> {
    let mut blocks = Vec::new();
    let mut open: Option<Open> = None;
    let mut lead = "";
    let mut offset = 0;
    for line in markdown.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let text = line.trim_end_matches(['\n', '\r']);
        match &mut open {
            Some(fence) if fence.is_closed_by(text) => {
                blocks.extend(open.take().map(|fence| fence.block(start + text.len(), true)));
                lead = "";
            }
            Some(fence) => fence.code.push_str(without_indent(line, fence.indent)),
            None => match Open::of_line(text, start, lead) {
                Some(fence) => open = Some(fence),
                None if text.trim().is_empty() => {}
                None => lead = text,
            },
        }
    }
    blocks.extend(open.map(|fence| fence.block(markdown.len(), false)));
    blocks
}

/// A fence that was opened.
struct Open {
    start: usize,
    indent: usize,
    mark: char,
    length: usize,
    info: String,
    lead: String,
    code: String,
}

impl Open {
    fn of_line(line: &str, start: usize, lead: &str) -> Option<Self> {
        let unmarked = without_list_mark(line);
        let content = unmarked.trim_start();
        let mark = content.chars().next().filter(|it| matches!(it, '`' | '~'))?;
        let length = content.chars().take_while(|it| *it == mark).count();
        let info = content.get(length..)?.trim();
        if length < 3 || (mark == '`' && info.contains('`')) {
            return None;
        }
        let indent = line.len() - content.len();
        let (info, lead) = (info.to_owned(), lead.trim().to_owned());
        Some(Self { start, indent, mark, length, info, lead, code: String::new() })
    }

    fn is_closed_by(&self, line: &str) -> bool {
        let content = line.trim();
        content.chars().count() >= self.length && content.chars().all(|it| it == self.mark)
    }

    fn block(self, end: usize, closed: bool) -> CodeBlock {
        let (language, told) = read_info(&self.info);
        let path = told.or_else(|| path_in_comment(&self.code)).or_else(|| path_in_prose(&self.lead));
        CodeBlock { language, path, lead: self.lead, code: self.code, range: self.start..end, closed }
    }
}

/// The line with `- `, `* ` or `1. ` turned off it.
fn without_list_mark(line: &str) -> &str {
    let content = line.trim_start();
    let digits = content.len() - content.trim_start_matches(|it: char| it.is_ascii_digit()).len();
    let marks = ["- ", "* ", "+ "].iter().find_map(|mark| content.strip_prefix(mark));
    let numbered = || {
        let rest = content.get(digits..).filter(|_| digits > 0)?;
        rest.strip_prefix(". ").or_else(|| rest.strip_prefix(") "))
    };
    marks.or_else(numbered).unwrap_or(line)
}

/// Takes up to `most` bytes of white space off a line's start.
fn without_indent(line: &str, most: usize) -> &str {
    let blank = line.bytes().take(most).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    line.get(blank..).unwrap_or(line)
}

/// Language and path of `python src/a.py`, `python:src/a.py`, `ts title="src/a.ts"`, `src/a.py`, `12:40:src/a.py` and the like.
fn read_info(info: &str) -> (String, Option<String>) {
    let info = info.trim_start_matches('{').trim_end_matches('}').trim();
    let mut path = None;
    let mut language = String::new();
    for (index, word) in info.split_whitespace().enumerate() {
        let value = word.split_once('=').map(|(key, value)| (key, value.trim_matches(['"', '\''])));
        match value {
            Some((key, value)) => {
                if matches!(key, "title" | "file" | "filename" | "path" | "name") && !value.is_empty() {
                    path = Some(value.to_owned());
                }
            }
            None if index == 0 => {
                let (before, after) = word.rsplit_once(':').unwrap_or((word, ""));
                match (is_path(after), is_path(word)) {
                    (true, _) => {
                        path = Some(after.to_owned());
                        let tag = before.split(':').next().unwrap_or_default();
                        if !tag.chars().all(|it| it.is_ascii_digit()) {
                            language = tag.to_owned();
                        }
                    }
                    (false, true) => path = Some(word.to_owned()),
                    (false, false) => language = before.trim_start_matches('.').to_owned(),
                }
            }
            None => {
                let word = word.trim_matches(['"', '\'', '(', ')', '[', ']', ',']);
                if path.is_none() && is_path(word) {
                    path = Some(word.to_owned());
                }
            }
        }
    }
    (language, path)
}

/// The path that the first line's comment consists of, such as `# src/a.py` or `// File: src/a.ts`.
pub(super) fn path_in_comment(code: &str) -> Option<String> {
    let line = code.lines().find(|line| !line.trim().is_empty())?.trim();
    let marks = ["//", "#", "--", "/*", "<!--", ";"];
    let comment = marks.iter().find_map(|mark| line.strip_prefix(mark))?;
    let comment = comment.trim_end_matches("*/").trim_end_matches("-->").trim();
    let comment = ["file:", "filename:", "path:", "in", "file"]
        .iter()
        .find_map(|word| {
            comment.get(..word.len()).filter(|it| it.eq_ignore_ascii_case(word))?;
            comment.get(word.len()..).filter(|rest| rest.starts_with([' ', ':']) || word.ends_with(':'))
        })
        .unwrap_or(comment);
    let comment = comment.trim().trim_matches('`');
    is_path(comment).then(|| comment.to_owned())
}

/// A path in the line above: in backticks, in bold, as a heading, or after `File:`.
fn path_in_prose(line: &str) -> Option<String> {
    let words = line.split([' ', '\t', '`', '*', '"', '\'', '(', ')', '[', ']', ',']);
    // Node.js is no file.
    let product = |word: &str| word.ends_with(".js") && word.starts_with(char::is_uppercase);
    let words = words.map(|word| word.trim_matches([':', '#', '.', ';']));
    let mut paths = words.filter(|word| is_path(word) && !product(word));
    let path = paths.next()?;
    // Two paths: which one the block is for is not said.
    paths.all(|other| other == path).then(|| path.to_owned())
}

/// Endings of files that are no code that Weft parses but are often written by models.
const OTHER_ENDINGS: &[&str] = &[
    "md", "toml", "json", "yaml", "yml", "html", "css", "scss", "sh", "txt", "c", "h", "cc", "cpp", "hpp",
    "rb", "cs", "kt", "swift", "sql", "lua", "vue", "svelte", "ini", "cfg", "xml", "php",
];

fn is_path(word: &str) -> bool {
    let plain = |it: char| it.is_alphanumeric() || matches!(it, '/' | '\\' | '.' | '_' | '-' | '@' | '+');
    if word.is_empty()
        || word.contains("://")
        || !word.chars().all(plain)
        || word.starts_with('.') && word.len() < 3
    {
        return false;
    }
    let path = Path::new(word);
    let Some((stem, ending)) = word.rsplit_once('.') else { return false };
    let known = Language::from_path(path).is_some() || OTHER_ENDINGS.contains(&ending);
    known && !stem.is_empty() && !stem.ends_with('/')
}
