//! A code block of a chat answer into a file: by the definitions that it has, as a diff, or by asking the model again. It
//! must not choose between places, and never removes what the block does not speak of.

use super::answer::finished;
use super::blocks::Proposal;
use super::check::missing;
use super::elision::{elisions, is_elision};
use super::fence::CodeBlock;
use super::lines::{contents, edited, trim_blank};
use super::merge::{Failure, Merge, merge, shows_use};
use super::patch;
use super::prompt::{EditKind, EditPrompt, Room, edit_prompt, fenced};
use super::region::of_lines;
use super::snippet::{Snippet, tidied};
use super::source::{Source, is_callable, is_value};
use super::{File, NoEdit, Region};

/// What became of a block.
#[derive(Clone, Debug)]
pub enum Applied {
    /// A change to look at.
    Proposal(Proposal),
    /// Neither definitions nor a diff say where it goes. The model is to be asked this; its answer goes through
    /// [`super::edit_from_answer`] with the prompt's region and instruction.
    NeedsModel(EditPrompt),
}

/// Puts a block of a chat answer into a file; a new file has an empty text.
///
/// # Errors
/// When the block is empty or cut off, when more than one place fits, when the file has it all already, or when the result
/// would not parse.
pub fn apply(block: &CodeBlock, file: &File<'_>, room: &Room<'_>) -> Result<Applied, NoEdit> {
    if !block.closed {
        return Err(NoEdit::Cut);
    }
    let content = file.content();
    let lines = contents(&content);
    let code = tidied(&block.code);
    if code.is_empty() {
        return Err(NoEdit::Empty);
    }
    if block.is_diff() && content.trim().is_empty() {
        let added = patch::added(&block.code);
        return finished(file, &content, &added, "", Vec::new()).map(Applied::Proposal);
    }
    if block.is_diff() {
        return match patch::edits_of(&block.code, file.path, &lines) {
            Ok(edits) => {
                let new = edited(&lines, edits).ok_or(NoEdit::NoPlace)?;
                finished(file, &content, &new, REMOVAL_IS_SHOWN, Vec::new()).map(Applied::Proposal)
            }
            Err(patch::Failure::Ambiguous(hunk)) => {
                Err(NoEdit::Ambiguous { what: format!("hunk {hunk} of the diff") })
            }
            Err(patch::Failure::NotFound) => needs_model(block, file, &content, &code, room),
        };
    }
    if content.trim().is_empty() {
        return finished(file, &content, &code, "", Vec::new()).map(Applied::Proposal);
    }
    if is_part(&lines, &code) {
        return Err(NoEdit::Same);
    }
    let Some(language) = file.language else { return needs_model(block, file, &content, &code, room) };
    let Some(snippet) = Snippet::parse(language, &block.code) else {
        return match code.iter().any(|line| is_elision(line)) {
            true => needs_model(block, file, &content, &code, room),
            false => without_grammar(block, file, &content, &code, room),
        };
    };
    let source = Source::new(language, &content);
    if is_whole_file(&source, &snippet, &code) {
        return finished(file, &content, &code, REMOVAL_IS_SHOWN, Vec::new()).map(Applied::Proposal);
    }
    let request = Merge {
        file: &source,
        block: &snippet.source,
        wrapper: snippet.wrapper,
        within: None,
        lead: &block.lead,
    };
    match merge(&request) {
        Ok(merged) if merged.placed == 0 && merged.lines == lines => {
            needs_model(block, file, &content, &code, room)
        }
        Ok(merged) => match finished(file, &content, &merged.lines, "", merged.notes) {
            Ok(proposal) => Ok(Applied::Proposal(proposal)),
            Err(error @ NoEdit::Same) => Err(error),
            Err(_) => needs_model(block, file, &content, &code, room),
        },
        Err(Failure::Ambiguous(what)) => Err(NoEdit::Ambiguous { what }),
        Err(Failure::Elided(_) | Failure::NotDefinitions) => needs_model(block, file, &content, &code, room),
    }
}

/// A diff and a whole file say what goes, and the user sees it: not to be held against them.
const REMOVAL_IS_SHOWN: &str = "remove";

/// Code that does not fit the grammar is only worth a question to the model if it is a fragment of what is there.
fn without_grammar(
    block: &CodeBlock,
    file: &File<'_>,
    content: &str,
    code: &[String],
    room: &Room<'_>,
) -> Result<Applied, NoEdit> {
    let lines = contents(content);
    let known =
        code.iter().filter(|line| is_telling(line) && lines.iter().any(|it| it.trim() == line.trim()));
    match known.count() {
        0 => Err(NoEdit::NoPlace),
        _ => needs_model(block, file, content, code, room),
    }
}

/// Whether the code stands in the file as it is, but for indentation.
fn is_part(lines: &[String], code: &[String]) -> bool {
    let plain = |lines: &[String]| -> Vec<String> {
        lines.iter().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
    };
    let (lines, code) = (plain(lines), plain(code));
    lines.windows(code.len().max(1)).any(|window| window == code)
}

/// Whether the block is the file, written anew: nothing left out, nearly all definitions, and a beginning in common.
fn is_whole_file(source: &Source, snippet: &Snippet, code: &[String]) -> bool {
    let names = |source: &Source| -> Vec<(String, Option<String>)> {
        let items = source.items();
        let items =
            items.iter().filter_map(|item| source.definition(item.index)).filter(|it| !is_value(it.kind));
        items.map(|it| (it.name.clone(), it.container.clone())).collect()
    };
    let (old, new) = (names(source), names(&snippet.source));
    let left_out = snippet.wrapper.is_some() || !elisions(code, &source.lines).is_empty();
    if old.is_empty() || left_out || shows_use(&snippet.source) {
        return false;
    }
    let there = old.len() - missing(&old, &new).len();
    let all = there == old.len();
    let nearly_all = old.len() >= 5 && there * 5 >= old.len() * 4;
    let first = |lines: &[String]| lines.get(trim_blank(lines).start).map(|line| line.trim().to_owned());
    let same_start = first(&source.lines) == first(code);
    let theirs = &snippet.source.imports;
    let imported =
        |it: &&syntax::Import| theirs.iter().any(|own| own.module == it.module && own.name == it.name);
    let has_imports = source.imports.iter().filter(imported).count() * 2 >= source.imports.len();
    (all || nearly_all) && same_start && has_imports && code.len() * 2 >= source.lines.len()
}

/// The question to the model: the part of the file that the code is most like, or all of it.
fn needs_model(
    block: &CodeBlock,
    file: &File<'_>,
    content: &str,
    code: &[String],
    room: &Room<'_>,
) -> Result<Applied, NoEdit> {
    let tag = if block.is_diff() { "diff" } else { block.language.as_str() };
    let instruction =
        format!("apply this change to it, and change nothing else:\n{}", fenced(tag, &code.join("\n")));
    let kind = EditKind::Edit { instruction };
    let near = nearest(file, content, code);
    for region in [Some(Region::whole(file)), near].into_iter().flatten() {
        match edit_prompt(file, &region, &kind, room) {
            // Half of the room must be left for what is written.
            Ok(prompt)
                if (room.measure)(&prompt.user) * 2 <= room.budget || region != Region::whole(file) =>
            {
                return Ok(Applied::NeedsModel(prompt));
            }
            Ok(_) | Err(_) => {}
        }
    }
    Err(NoEdit::NoPlace)
}

/// The definition with most of the code's lines, if one has more than the others.
fn nearest(file: &File<'_>, content: &str, code: &[String]) -> Option<Region> {
    let source = Source::new(file.language?, content);
    let shared = |lines: &[String]| {
        code.iter().filter(|line| is_telling(line) && lines.iter().any(|it| it.trim() == line.trim())).count()
    };
    let function = |index: usize| source.definition(index).is_some_and(|it| is_callable(it.kind));
    let items = source.items().into_iter().filter(|item| function(item.index));
    let mut scores: Vec<(usize, Region)> = items
        .map(|item| {
            (shared(source.lines.get(item.lines.clone()).unwrap_or_default()), of_lines(content, item.lines))
        })
        .filter(|(score, _)| *score > 0)
        .collect();
    scores.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    let second = scores.get(1).map_or(0, |(score, _)| *score);
    scores.first().filter(|(score, _)| *score > second).map(|(_, region)| region.clone())
}

fn is_telling(line: &str) -> bool {
    line.chars().filter(|it| it.is_alphanumeric()).count() > 5
}
