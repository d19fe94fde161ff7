//! The code of a block, made ready to be matched with a file: dedented, without a path on its first line, and parsed, in a
//! type of its own if it is methods alone. It must not know the file.

use syntax::Language;

use super::elision::is_elision;
use super::fence::path_in_comment;
use super::indent::indentation;
use super::lines::{contents, trim_blank};
use super::source::Source;

/// A parsed block.
pub(super) struct Snippet {
    pub(super) source: Source,
    /// The definition that was put around it so that it parses.
    pub(super) wrapper: Option<usize>,
}

impl Snippet {
    /// None if the code does not fit the grammar, not even as methods.
    pub(super) fn parse(language: Language, code: &str) -> Option<Self> {
        let lines = tidied(code);
        // Bare dots are no code in most languages; a comment says the same.
        let commented: Vec<String> = lines.iter().map(|line| as_comment(line, language)).collect();
        let text = commented.join("\n");
        let source = Source::new(language, &format!("{text}\n"));
        if !source.has_error {
            return Some(Self { source, wrapper: None });
        }
        if language.indent_blocks() {
            return None;
        }
        let source = Source::new(language, &format!("class WeftMethods {{\n{text}\n}}\n"));
        let wraps = source.definition(0).is_some_and(|it| it.name == "WeftMethods");
        (!source.has_error && wraps).then_some(Self { source, wrapper: Some(0) })
    }

    /// The names of what it defines, without what is local to functions.
    pub(super) fn names(&self) -> Vec<String> {
        let items = self.source.items();
        let names = items.iter().filter(|item| Some(item.index) != self.wrapper);
        names.filter_map(|item| self.source.definition(item.index)).map(|it| it.name.clone()).collect()
    }
}

/// The lines of a block without blank ones at the ends, a path on the first one, and common indentation.
pub(super) fn tidied(code: &str) -> Vec<String> {
    let mut lines = contents(code);
    if path_in_comment(code).is_some() {
        let first = trim_blank(&lines).start;
        lines.drain(..=first.min(lines.len().saturating_sub(1)));
    }
    let lines = lines.get(trim_blank(&lines)).unwrap_or_default();
    let filled = lines.iter().filter(|line| !line.trim().is_empty());
    let common = filled.map(|line| indentation(line).len()).min().unwrap_or(0);
    lines.iter().map(|line| line.get(common..).unwrap_or("").to_owned()).collect()
}

fn as_comment(line: &str, language: Language) -> String {
    let text = line.trim();
    if language.indent_blocks() || !is_elision(line) || text.starts_with(['/', '#', '<', '{', '-']) {
        return line.to_owned();
    }
    format!("{}{} ...", indentation(line), language.line_comment())
}
