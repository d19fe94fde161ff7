//! What must hold of a changed file before anybody sees the change: it parses if it did, and nothing is gone that was not
//! to go. It must not judge whether the change does what was asked.

use syntax::{DefinitionKind, Language, SiteClass, Tree};
use text::Text;

use super::NoEdit;

/// The line of the new text, counted from 0, with the first syntax error that the old one does not have.
///
/// A text that was whole must stay whole; one that had errors must not have more of them.
pub(super) fn breaks_syntax(language: Language, old: &str, new: &str) -> Option<usize> {
    let (old_text, new_text) = (Text::new(old), Text::new(new));
    let new_tree = Tree::parse(language, &new_text);
    let mut errors: Vec<usize> =
        new_tree.error_ranges(0..new.len()).into_iter().map(|error| error.start).collect();
    errors.extend(bodies_lacking(language, &new_tree, &new_text));
    if errors.is_empty() {
        return None;
    }
    let old_tree = Tree::parse(language, &old_text);
    let had =
        old_tree.error_ranges(0..old.len()).len() + bodies_lacking(language, &old_tree, &old_text).len();
    if errors.len() <= had {
        return None;
    }
    let common = old.bytes().zip(new.bytes()).take_while(|(one, other)| one == other).count();
    errors.sort_unstable();
    let first = errors.iter().find(|at| **at >= common).or(errors.first())?;
    Some(new_text.line_of(*first))
}

/// Headers without a body, which a grammar of indentation lets pass.
fn bodies_lacking(language: Language, tree: &Tree, text: &Text) -> Vec<usize> {
    if !language.indent_blocks() {
        return Vec::new();
    }
    let lacks = |it: &syntax::Definition| {
        let compound =
            matches!(it.kind, DefinitionKind::Function | DefinitionKind::Method | DefinitionKind::Class);
        let body = it.body.clone().map(|body| text.slice(body)).unwrap_or_default();
        compound && body.trim().is_empty()
    };
    let mut lacking: Vec<usize> =
        tree.definitions(text).iter().filter(|it| lacks(it)).map(|it| it.range.start).collect();
    lacking.extend(headers_alone(tree, text));
    lacking
}

/// What begins a statement that a block must follow, besides definitions.
const HEADERS: &[&str] =
    &["if", "elif", "else", "for", "while", "with", "try", "except", "finally", "async", "match", "case"];

/// The offsets of headers whose next line of code is not indented more than they are.
fn headers_alone(tree: &Tree, text: &Text) -> Vec<usize> {
    let source = text.to_string();
    let mut alone = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    let mut start = 0;
    for line in source.split_inclusive('\n') {
        let code = line.trim();
        let indent = line.len() - line.trim_start().len();
        let at = start + indent;
        start += line.len();
        // Of a string of several lines nothing counts.
        if code.is_empty() || code.starts_with('#') || tree.class_at(text, at) == SiteClass::String {
            continue;
        }
        if let Some((header, of_header)) = open.take()
            && indent <= of_header
        {
            alone.push(header);
        }
        let word: String = code.chars().take_while(char::is_ascii_alphabetic).collect();
        if code.ends_with(':') && HEADERS.contains(&word.as_str()) {
            open = Some((at, indent));
        }
    }
    alone.extend(open.map(|(header, _)| header));
    alone
}

/// Words of an instruction that say that something may go.
const REMOVING: &[&str] = &[
    "remove", "delete", "drop", "inline", "merge", "replace", "simplif", "shorten", "strip", "rename",
    "extract", "split", "move", "rewrite", "convert", "clean", "turn ", "reduce", "unused", "get rid",
];

/// Whether the instruction allows that code disappears.
pub(super) fn may_remove(instruction: &str) -> bool {
    let instruction = instruction.to_lowercase();
    REMOVING.iter().any(|word| instruction.contains(word))
}

/// Refuses a change of a file that lost definitions that it was not asked to remove.
///
/// # Errors
/// [`NoEdit::Lost`] with the names.
pub(super) fn check_lost(
    language: Option<Language>,
    old: &str,
    new: &str,
    instruction: &str,
) -> Result<(), NoEdit> {
    if may_remove(instruction) {
        return Ok(());
    }
    if let Some(language) = language {
        let (before, after) = (names(language, old), names(language, new));
        let mut lost: Vec<String> = missing(&before, &after).into_iter().map(|(name, _)| name).collect();
        lost.retain(|name| !has_word(instruction, name));
        lost.dedup();
        let come = missing(&after, &before).len();
        // As many new ones: they were renamed.
        if lost.len() > come {
            return Err(NoEdit::Lost { names: lost });
        }
    }
    Ok(())
}

/// Refuses an answer that has next to nothing of a long region, though it was not asked to remove anything.
///
/// # Errors
/// [`NoEdit::Shrunk`].
pub(super) fn check_shrunk(old: &[String], new: &[String], instruction: &str) -> Result<(), NoEdit> {
    let filled = |lines: &[String]| lines.iter().filter(|line| !line.trim().is_empty()).count();
    let (before, after) = (filled(old), filled(new));
    if before >= 12 && after * 4 < before && !may_remove(instruction) {
        return Err(NoEdit::Shrunk { before, after });
    }
    Ok(())
}

/// What of `old` is not in `new`. What is there twice, as a getter and a setter, must be there twice.
pub(super) fn missing<T: PartialEq + Clone>(old: &[T], new: &[T]) -> Vec<T> {
    let mut left: Vec<&T> = new.iter().collect();
    let mut missing = Vec::new();
    for it in old {
        match left.iter().position(|other| *other == it) {
            Some(at) => {
                left.swap_remove(at);
            }
            None => missing.push(it.clone()),
        }
    }
    missing
}

/// The functions and types of a text, each with what it is in.
fn names(language: Language, text: &str) -> Vec<(String, Option<String>)> {
    use DefinitionKind::{Class, Enum, Function, Impl, Macro, Method, Module, Struct, Trait, Type};
    let text = Text::new(text);
    let definitions = Tree::parse(language, &text).definitions(&text);
    let inside_function = |it: &syntax::Definition| {
        let parent = it.parent.and_then(|parent| definitions.get(parent));
        parent.is_some_and(|parent| matches!(parent.kind, Function | Method))
    };
    let counted = definitions.iter().filter(|it| {
        matches!(it.kind, Class | Enum | Function | Impl | Macro | Method | Module | Struct | Trait | Type)
            && !inside_function(it)
    });
    counted.map(|it| (it.name.clone(), it.container.clone())).collect()
}

/// Whether a text has a name as a word of its own.
pub(super) fn has_word(text: &str, name: &str) -> bool {
    let is_part = |it: Option<char>| it.is_some_and(|it| it.is_alphanumeric() || it == '_');
    text.match_indices(name).any(|(at, found)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + found.len()..).and_then(|after| after.chars().next());
        !is_part(before) && !is_part(after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_whose_block_is_gone_breaks_python_though_the_grammar_lets_it_pass() {
        let old = "def total(prices):\n    for price in prices:\n        add(price)\n    return 1\n";
        let python = Language::from_id("python").unwrap();
        let broken = |new: &str| breaks_syntax(python, old, new).is_some();
        assert!(broken(
            "def total(prices):\n    for price in prices:\n    \"\"\"Adds.\"\"\"\n    return 1\n"
        ));
        assert!(broken("def total(prices):\n    if prices:\n"));
        assert!(!broken(old));
        // Comments, blank lines and the text of strings are no code.
        let whole = "def f():\n    \"\"\"\n    for example:\n    \"\"\"\n    while True:\n        # wait\n\n        go()\n    else:\n        stop()\n";
        assert!(!broken(whole));
        assert!(!broken("x = {\n    case: 1,\n}\nif x: pass\n"));
    }
}
