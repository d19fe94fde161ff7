//! From what a model wrote to a change of the file, or the reason why there is none. It must not show a change that breaks
//! the file, loses code, or is a guess.

use std::ops::Range;

use super::blocks::{Proposal, diff};
use super::check::{breaks_syntax, check_lost, check_shrunk, may_remove};
use super::elision::{elisions, resolved};
use super::fence::{CodeBlock, code_blocks, path_in_comment};
use super::indent::{Unit, fitted, indentation};
use super::lines::{LineEdit, TrailingBlanks, contents, edited, restored, trim_blank};
use super::merge::{self, Merge, merge};
use super::patch;
use super::prompt::marker;
use super::snippet::{Snippet, tidied};
use super::source::{Item, Source, is_attribute, is_value};
use super::{File, NoEdit, Region};

/// What a model answered.
#[derive(Clone, Copy, Debug)]
pub struct ModelAnswer<'a> {
    /// All of it, verbatim.
    pub text: &'a str,
    /// Whether the model ended it.
    pub end: AnswerEnd,
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerEnd {
    /// The model had no more to say.
    Complete,
    /// Its length was limited, it was stopped, or the connection broke.
    Cut,
}

/// The change that an answer to [`super::edit_prompt`] makes. The file must be the version that the prompt was made of.
///
/// # Errors
/// When the answer is no code, is cut, leaves code out, breaks the syntax, loses code, or changes nothing.
pub fn edit_from_answer(
    answer: &ModelAnswer<'_>,
    file: &File<'_>,
    region: &Region,
    instruction: &str,
) -> Result<Proposal, NoEdit> {
    let content = file.content();
    let edit = RegionEdit { file, region, instruction, lines: contents(&content), content: &content };
    let text = without_thoughts(answer.text)?;
    if text.trim().is_empty() {
        return Err(NoEdit::Empty);
    }
    let block = edit.choose(text, answer.end)?;
    let code = block.code.trim_start_matches('\u{feff}');
    if code.trim().is_empty() {
        return Err(NoEdit::Empty);
    }
    let code = edit.without_markers(code)?;
    if block.is_diff() {
        return edit.patched(&code);
    }
    edit.replaced(&code)
}

/// The tests of an answer, put into a file of tests: a new one if its text is empty, else added to what it has.
///
/// # Errors
/// When the answer has no complete block of code, or the file would not parse.
pub fn tests_from_answer(answer: &ModelAnswer<'_>, file: &File<'_>) -> Result<Proposal, NoEdit> {
    let content = file.content();
    let whole = Region::whole(file);
    let edit =
        RegionEdit { file, region: &whole, instruction: "", lines: contents(&content), content: &content };
    let text = without_thoughts(answer.text)?;
    if text.trim().is_empty() {
        return Err(NoEdit::Empty);
    }
    let block = edit.choose(text, answer.end)?;
    let lines = tidied(&block.code);
    if lines.is_empty() {
        return Err(NoEdit::Empty);
    }
    if content.trim().is_empty() {
        return edit.finished(lines, None);
    }
    if let Some(proposal) = edit.merged(&block.code, None).and_then(Result::ok) {
        return Ok(proposal);
    }
    let end = trim_blank(&edit.lines).end;
    let gap = if file.language.is_some_and(syntax::Language::indent_blocks) { 2 } else { 1 };
    let new = [vec![String::new(); gap], lines].concat();
    let all =
        edited(&edit.lines, vec![LineEdit { lines: end..edit.lines.len(), new }]).ok_or(NoEdit::NoPlace)?;
    edit.finished(all, None)
}

/// What comes after the part that a reasoning model thinks in.
fn without_thoughts(text: &str) -> Result<&str, NoEdit> {
    if !text.trim_start().starts_with("<think>") {
        return Ok(text);
    }
    text.split_once("</think>").map(|(_, answer)| answer).ok_or(NoEdit::Cut)
}

/// An edit of a region, on its way.
struct RegionEdit<'a> {
    file: &'a File<'a>,
    region: &'a Region,
    instruction: &'a str,
    /// The contents of the file's lines.
    lines: Vec<String>,
    content: &'a str,
}

impl RegionEdit<'_> {
    fn old(&self) -> &[String] {
        self.lines.get(self.region.lines.clone()).unwrap_or_default()
    }

    fn source(&self) -> Option<Source> {
        self.file.language.map(|language| Source::new(language, self.content))
    }

    /// The block with the new text: the one with most of the region's definitions and lines that is not just the old text.
    fn choose(&self, text: &str, end: AnswerEnd) -> Result<CodeBlock, NoEdit> {
        let blocks = code_blocks(text);
        if blocks.is_empty() {
            return self.bare(text, end);
        }
        let code = |block: &&CodeBlock| self.is_code(block);
        let fitting: Vec<&CodeBlock> = blocks.iter().filter(code).collect();
        let fitting = if fitting.is_empty() { blocks.iter().collect() } else { fitting };
        let region: Vec<&str> = filled(self.old());
        let changed: Vec<&CodeBlock> =
            fitting.iter().copied().filter(|block| filled(&contents(&block.code)) != region).collect();
        let fitting = if changed.is_empty() { fitting } else { changed };
        let names = self.region_names();
        let score = |block: &CodeBlock| {
            let snippet = self.file.language.and_then(|language| Snippet::parse(language, &block.code));
            let defined = snippet.map(|it| it.names()).unwrap_or_default();
            let defined = names.iter().filter(|name| defined.contains(name)).count();
            let lines = contents(&block.code);
            let shared = filled(&lines).iter().filter(|line| region.contains(line)).count();
            (defined, shared)
        };
        // Of equals the first one.
        let best = fitting.iter().rev().max_by_key(|block| score(block)).ok_or(NoEdit::NoCode)?;
        if !best.closed {
            return Err(NoEdit::Cut);
        }
        Ok(self.with_parts(best, &fitting))
    }

    /// The block together with those that have the region's other definitions, where each has a block of its own.
    fn with_parts(&self, best: &CodeBlock, fitting: &[&CodeBlock]) -> CodeBlock {
        let mut whole = best.clone();
        let Some(language) = self.file.language.filter(|_| !best.is_diff()) else { return whole };
        let ours = self.region_names();
        let defined = |block: &CodeBlock| -> Vec<String> {
            let names = Snippet::parse(language, &block.code).map(|it| it.names()).unwrap_or_default();
            names.into_iter().filter(|name| ours.contains(name)).collect()
        };
        let mut names = defined(best);
        let mut parts = vec![best];
        for block in fitting.iter().filter(|block| block.closed && !block.is_diff()) {
            let more = defined(block);
            if !more.is_empty() && more.iter().all(|name| !names.contains(name)) {
                names.extend(more);
                parts.push(block);
            }
        }
        if parts.len() > 1 {
            parts.sort_by_key(|block| block.range.start);
            let codes: Vec<String> = parts.iter().map(|block| tidied(&block.code).join("\n")).collect();
            whole.code = codes.join("\n\n");
        }
        whole
    }

    /// Whether a block can be code of the file: not a command or its output, nor another language.
    fn is_code(&self, block: &CodeBlock) -> bool {
        let other =
            ["bash", "sh", "shell", "console", "text", "txt", "output", "json", "plaintext", "powershell"];
        if other.contains(&block.language.to_lowercase().as_str()) {
            return self.file.language.is_none();
        }
        match (block.known_language(), self.file.language) {
            // TypeScript is often called JavaScript, and the other way round.
            (Some(tagged), Some(ours)) => {
                tagged == ours || tagged.line_comment() == "//" && ours.line_comment() == "//"
            }
            _ => true,
        }
    }

    /// An answer without any fence: code if it begins as the region does, or defines the same, and nothing but that.
    fn bare(&self, text: &str, end: AnswerEnd) -> Result<CodeBlock, NoEdit> {
        let lines = contents(text);
        let first = |lines: &[String]| filled(lines).first().map(|line| (*line).to_owned());
        let parses = self.file.language.is_some_and(|language| Snippet::parse(language, text).is_some());
        if !parses || first(&lines) != first(self.old()) || self.old().is_empty() {
            return Err(if declines(text) { NoEdit::Declined } else { NoEdit::NoCode });
        }
        if end == AnswerEnd::Cut {
            return Err(NoEdit::Cut);
        }
        Ok(CodeBlock {
            language: String::new(),
            path: None,
            lead: String::new(),
            code: text.to_owned(),
            range: 0..text.len(),
            closed: true,
        })
    }

    /// The code without a mark that the model copied around it.
    fn without_markers(&self, code: &str) -> Result<String, NoEdit> {
        let mark = marker(self.content);
        if !code.contains(&mark) {
            return Ok(code.to_owned());
        }
        let lines = contents(code);
        let range = trim_blank(&lines);
        let marks: Vec<usize> = lines
            .iter()
            .enumerate()
            .filter(|(_, line)| line.contains(&mark))
            .map(|(index, _)| index)
            .collect();
        let alone = |line: &String| line.trim().trim_start_matches(['#', '/', ' ']) == mark;
        let at_edge = |index: &usize| *index == range.start || *index + 1 == range.end;
        let plain = marks.iter().all(|index| at_edge(index) && lines.get(*index).is_some_and(alone));
        let kept: Vec<String> = lines.iter().filter(|line| !line.contains(&mark)).cloned().collect();
        if plain && !trim_blank(&kept).is_empty() { Ok(kept.join("\n")) } else { Err(NoEdit::Markers) }
    }

    fn patched(&self, code: &str) -> Result<Proposal, NoEdit> {
        let edits = patch::edits_of(code, self.file.path, &self.lines).map_err(|failure| match failure {
            patch::Failure::Ambiguous(hunk) => NoEdit::Ambiguous { what: format!("hunk {hunk} of the diff") },
            patch::Failure::NotFound => NoEdit::NoPlace,
        })?;
        let lines = edited(&self.lines, edits).ok_or(NoEdit::NoPlace)?;
        self.finished(lines, None)
    }

    fn replaced(&self, code: &str) -> Result<Proposal, NoEdit> {
        let mut lines = contents(code);
        let first = trim_blank(&lines).start;
        let is_path = path_in_comment(code).is_some();
        if is_path && !self.old().iter().any(|line| Some(line.trim()) == lines.get(first).map(|it| it.trim()))
        {
            lines.drain(..=first);
        }
        let lines = lines.get(trim_blank(&lines)).unwrap_or_default().to_vec();
        let merged = match self.is_wrapped(code, &lines) {
            true => self.merged(code, Some(self.region.lines.clone())),
            false => None,
        };
        let merge_error = match merged {
            Some(Ok(proposal)) => return Ok(proposal),
            Some(Err(error @ NoEdit::Same)) => return Err(error),
            Some(Err(error)) => Some(error),
            None => None,
        };
        let mut first_error = None;
        for lines in self.without_overlap(&lines) {
            match self.in_place(&lines) {
                Ok(proposal) => return Ok(proposal),
                Err(error) => {
                    first_error.get_or_insert(error);
                }
            }
        }
        match (merge_error, first_error) {
            // What the definitions say is more to the point than that the text as a whole does not fit.
            (Some(error @ (NoEdit::Elided { .. } | NoEdit::Ambiguous { .. })), _) => Err(error),
            (_, Some(error)) => Err(error),
            (Some(error), None) => Err(error),
            (None, None) => Err(NoEdit::Empty),
        }
    }

    /// The answer as it is in the region's place.
    fn in_place(&self, lines: &[String]) -> Result<Proposal, NoEdit> {
        let old = self.old();
        let new = fitted(lines, old, &self.base(), Unit::of(&self.lines));
        let mut new = resolved(&new, old).map_err(|line| NoEdit::Elided { line: line + 1 })?;
        check_shrunk(old, &new, self.instruction)?;
        new = [self.head_left_out(&new), new].concat();
        let blank = |line: usize| self.lines.get(line).is_none_or(|line| line.trim().is_empty());
        // What is put into a blank line keeps its distance.
        if new.len() > 1 && trim_blank(old).is_empty() {
            if self.region.lines.start.checked_sub(1).is_some_and(|above| !blank(above)) {
                new.insert(0, String::new());
            }
            if !blank(self.region.lines.end) {
                new.push(String::new());
            }
        }
        let edit = LineEdit { lines: self.region.lines.clone(), new };
        let lines = edited(&self.lines, vec![edit]).ok_or(NoEdit::NoPlace)?;
        self.finished(lines, None)
    }

    /// The comments, attributes and decorators that the region's definition begins with, if the answer begins with the
    /// definition itself and nobody asked to remove them.
    fn head_left_out(&self, new: &[String]) -> Vec<String> {
        let Some(source) = self.source().filter(|_| !may_remove(self.instruction)) else { return Vec::new() };
        let is_head = |line: &String| is_attribute(line) || source.is_comment(line);
        let first = self.region_items(&source).into_iter().next();
        let Some(first) = first.filter(|item| item.lines.start == self.region.lines.start) else {
            return Vec::new();
        };
        let header = self.lines.get(first.header).map_or("", String::as_str);
        let word = |line: &str| line.split_whitespace().next().map(str::to_owned);
        let begins = new.iter().find(|line| !line.trim().is_empty());
        let plain = begins.is_some_and(|line| !is_head(line) && word(line) == word(header));
        let head = self.lines.get(first.lines.start..first.header).unwrap_or_default();
        if plain && head.iter().all(is_head) { head.to_vec() } else { Vec::new() }
    }

    /// The white space that the first new line begins with.
    fn base(&self) -> String {
        let old = self.old();
        let first = trim_blank(old);
        let line = match (old.get(first.start), first.is_empty()) {
            (Some(line), false) => line.as_str(),
            (Some(blank), true) if !blank.is_empty() => blank.as_str(),
            _ => {
                let below = self.lines.get(self.region.lines.end..).unwrap_or_default();
                below.iter().find(|line| !line.trim().is_empty()).map_or("", String::as_str)
            }
        };
        indentation(line).to_owned()
    }

    /// The answer with and without the lines that stand around the region as well, the likelier one first.
    fn without_overlap(&self, lines: &[String]) -> Vec<Vec<String>> {
        let whole = vec![lines.to_vec()];
        let old = filled(self.old());
        let ours = filled(lines);
        let above = filled(self.lines.get(..self.region.lines.start).unwrap_or_default());
        let below = filled(self.lines.get(self.region.lines.end..).unwrap_or_default());
        let before = match ours.first() == old.first() {
            true => 0,
            false => (1..ours.len())
                .rev()
                .find(|count| above.ends_with(ours.get(..*count).unwrap_or_default()))
                .unwrap_or(0),
        };
        let after = match ours.last() == old.last() {
            true => 0,
            false => {
                let tail = |count: &usize| ours.get(ours.len() - count..).unwrap_or_default();
                (1..ours.len() - before).rev().find(|count| below.starts_with(tail(count))).unwrap_or(0)
            }
        };
        if before == 0 && after == 0 {
            return whole;
        }
        let telling = |lines: &[&str]| {
            lines.iter().any(|line| line.chars().filter(|it| it.is_alphanumeric()).count() > 3)
        };
        let cut = |before: usize, after: usize| -> Vec<String> {
            let places: Vec<usize> = lines
                .iter()
                .enumerate()
                .filter(|(_, line)| !line.trim().is_empty())
                .map(|(at, _)| at)
                .collect();
            let start = places.get(before).copied().unwrap_or(0);
            let end = places.get(places.len() - after - 1).map_or(0, |at| at + 1);
            lines.get(start..end).unwrap_or_default().to_vec()
        };
        let mut ways = vec![cut(before, after)];
        if before > 0 && after > 0 {
            ways.extend([cut(before, 0), cut(0, after)]);
        }
        let told = telling(ours.get(..before).unwrap_or_default())
            || telling(ours.get(ours.len() - after..).unwrap_or_default());
        // Brackets alone may well be the answer's own.
        if told { [ways, whole].concat() } else { [whole, ways].concat() }
    }

    fn region_items(&self, source: &Source) -> Vec<Item> {
        let lines = &self.region.lines;
        let inside = |item: &Item| lines.start <= item.header && item.lines.end <= lines.end;
        source.items().into_iter().filter(inside).collect()
    }

    fn region_names(&self) -> Vec<String> {
        let Some(source) = self.source() else { return Vec::new() };
        let items = self.region_items(&source);
        items.iter().filter_map(|item| source.definition(item.index)).map(|it| it.name.clone()).collect()
    }

    /// Whether the answer is more or less than the region: it has the type around it, other definitions of the file,
    /// imports, or only some of the region's definitions.
    fn is_wrapped(&self, code: &str, lines: &[String]) -> bool {
        let (Some(language), Some(source)) = (self.file.language, self.source()) else { return false };
        let Some(snippet) = Snippet::parse(language, code) else { return false };
        let items = self.region_items(&source);
        if items.is_empty() {
            return false;
        }
        let name = |source: &Source, item: &Item| source.definition(item.index).map(|it| it.name.clone());
        let ours: Vec<Option<String>> = items.iter().map(|item| name(&source, item)).collect();
        let theirs: Vec<Option<String>> =
            snippet.source.items().iter().map(|item| name(&snippet.source, item)).collect();
        if !theirs.iter().any(|it| ours.contains(it)) {
            return false;
        }
        let others: Vec<Option<String>> = source.items().iter().map(|item| name(&source, item)).collect();
        let outside = theirs.iter().any(|it| !ours.contains(it) && others.contains(it));
        let in_type = items
            .first()
            .and_then(|item| source.definition(item.index))
            .is_some_and(|it| it.parent.is_some());
        let new_functions = theirs.iter().any(|it| !others.contains(it))
            && in_type
            && snippet.source.items_in(None).len() > 1;
        let has_imports = super::imports::has_lacking(&source, &snippet.source)
            && !super::imports::import_lines(&snippet.source).is_empty();
        let imports_inside =
            super::imports::import_lines(&source).iter().any(|line| self.region.lines.contains(line));
        // A constant alone is no answer for the functions beside it.
        let block = |item: &&Item| source.definition(item.index).is_some_and(|it| !is_value(it.kind));
        let blocks: Vec<Option<String>> =
            items.iter().filter(block).map(|item| name(&source, item)).collect();
        let partial =
            ours.iter().any(|it| !theirs.contains(it)) && blocks.iter().any(|it| theirs.contains(it));
        let elided = !elisions(lines, self.old()).is_empty();
        outside || new_functions || (has_imports && !imports_inside) || partial || elided
    }

    /// The answer put in by its definitions; none if it cannot be.
    fn merged(&self, code: &str, within: Option<Range<usize>>) -> Option<Result<Proposal, NoEdit>> {
        let language = self.file.language?;
        let source = self.source()?;
        let snippet = Snippet::parse(language, code)?;
        let request =
            Merge { file: &source, block: &snippet.source, wrapper: snippet.wrapper, within, lead: "" };
        match merge(&request) {
            Ok(merged) if merged.placed == 0 => None,
            Ok(merged) => Some(self.finished(merged.lines, Some(merged.notes))),
            Err(merge::Failure::Ambiguous(what)) => Some(Err(NoEdit::Ambiguous { what })),
            Err(merge::Failure::Elided(line)) => Some(Err(NoEdit::Elided { line: line + 1 })),
            Err(merge::Failure::NotDefinitions) => None,
        }
    }

    /// The proposal, if the changed file is one that can be shown.
    fn finished(&self, lines: Vec<String>, notes: Option<Vec<String>>) -> Result<Proposal, NoEdit> {
        finished(self.file, self.content, &lines, self.instruction, notes.unwrap_or_default())
    }
}

/// The proposal for a file's new lines, if they can be shown: they differ, parse, and lose nothing.
pub(super) fn finished(
    file: &File<'_>,
    content: &str,
    lines: &[String],
    instruction: &str,
    notes: Vec<String>,
) -> Result<Proposal, NoEdit> {
    let new = restored(content, lines, TrailingBlanks::Keep);
    if new == content {
        return Err(NoEdit::Same);
    }
    check_lost(file.language, content, &new, instruction)?;
    if let Some(line) = file.language.and_then(|language| breaks_syntax(language, content, &new)) {
        return Err(NoEdit::Syntax { line: line + 1 });
    }
    let mut proposal = diff(file.path, file.text, &new);
    proposal.notes = notes;
    Ok(proposal)
}

fn filled(lines: &[String]) -> Vec<&str> {
    lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect()
}

/// Whether a text begins as models do when they will not.
fn declines(text: &str) -> bool {
    let text = text.trim().to_lowercase().replace('’', "'");
    let start: String = text.chars().take(160).collect();
    let phrases = [
        "i'm sorry",
        "i am sorry",
        "i cannot",
        "i can't",
        "as an ai",
        "i'm unable",
        "i am unable",
        "i won't",
    ];
    phrases.iter().any(|phrase| start.contains(phrase))
}
