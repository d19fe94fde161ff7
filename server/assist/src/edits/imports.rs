//! The imports of a block that a file lacks, and where they go. It must not judge whether anything needs them.

use std::collections::HashSet;
use std::ops::Range;

use syntax::Import;

use super::lines::LineEdit;
use super::source::Source;

/// The edit that adds them; none when nothing is lacking.
pub(super) fn lacking(file: &Source, block: &Source) -> Option<LineEdit> {
    let mut statements: Vec<String> = Vec::new();
    let mut first: Vec<String> = Vec::new();
    for (range, imports) in top_statements(block) {
        let Some(lines) = statement(file, block, range, &imports) else { continue };
        let is_future = imports.iter().any(|import| import.module == "__future__");
        if is_future { first.extend(lines) } else { statements.extend(lines) }
    }
    let there = top_statements(file);
    if first.is_empty() && statements.is_empty() {
        return None;
    }
    let new: Vec<String> = [first, statements].concat();
    let first_item =
        file.items_in(None).iter().filter(|item| is_block(file, item.index)).map(|it| it.lines.start).min();
    let is_above = |line: usize| first_item.is_none_or(|item| line <= item);
    let ends = there.iter().map(|(range, _)| file.lines_of(range).end);
    let future = new.first().is_some_and(|line| line.contains("__future__"));
    let place = if future { None } else { ends.filter(|end| is_above(*end)).max() };
    if let Some(place) = place {
        return Some(LineEdit { lines: place..place, new });
    }
    let place = file.preamble_end();
    let blank_above =
        place > 0 && !file.line(place - 1).trim().is_empty() && !file.line(place - 1).starts_with("#!/");
    let filled_below = place < file.lines.len() && !file.line(place).trim().is_empty();
    let no_import_below = there.iter().all(|(range, _)| file.line_of(range.start) != place);
    let mut lines = Vec::new();
    if blank_above {
        lines.push(String::new());
    }
    lines.extend(new);
    if filled_below && no_import_below {
        lines.push(String::new());
        if file.language.indent_blocks() && first_item == Some(place) {
            lines.push(String::new());
        }
    }
    Some(LineEdit { lines: place..place, new: lines })
}

/// The lines of a source that are import statements at the top level.
pub(super) fn import_lines(source: &Source) -> HashSet<usize> {
    top_statements(source).iter().flat_map(|(range, _)| source.lines_of(range)).collect()
}

/// Whether an import of the block is one that the file has not.
pub(super) fn has_lacking(file: &Source, block: &Source) -> bool {
    top_statements(block).iter().any(|(_, imports)| imports.iter().any(|import| !is_there(file, import)))
}

/// A definition that imports stand above.
fn is_block(source: &Source, index: usize) -> bool {
    source.definition(index).is_some_and(|it| !super::source::is_value(it.kind) && it.body.is_some())
}

/// The statements outside of definitions, each with what it imports.
fn top_statements(source: &Source) -> Vec<(Range<usize>, Vec<Import>)> {
    let items = source.items_in(None);
    let is_inside = |range: &Range<usize>| {
        let lines = source.lines_of(range);
        items.iter().any(|item| item.lines.contains(&lines.start))
    };
    let mut statements: Vec<(Range<usize>, Vec<Import>)> = Vec::new();
    for import in source.imports.iter().filter(|import| !is_inside(&import.range)) {
        match statements.last_mut() {
            Some((range, imports)) if *range == import.range => imports.push(import.clone()),
            _ => statements.push((import.range.clone(), vec![import.clone()])),
        }
    }
    statements
}

fn is_there(file: &Source, import: &Import) -> bool {
    let same =
        |it: &&Import| it.module == import.module && it.name == import.name && it.alias == import.alias;
    file.imports.iter().any(|it| same(&it))
}

/// The lines of a statement, less what the file has already.
fn statement(file: &Source, block: &Source, range: Range<usize>, imports: &[Import]) -> Option<Vec<String>> {
    let lacking: Vec<&Import> = imports.iter().filter(|import| !is_there(file, import)).collect();
    if lacking.is_empty() {
        return None;
    }
    let lines = block.lines.get(block.lines_of(&range)).unwrap_or_default();
    let whole: Vec<String> = lines.iter().map(|line| line.trim_end().to_owned()).collect();
    if lacking.len() == imports.len() {
        return Some(whole);
    }
    let mut text = whole.join("\n");
    for present in imports.iter().filter(|import| is_there(file, import)) {
        let name = present.alias.as_ref().or(present.name.as_ref())?;
        text = without_name(&text, name, present.alias.is_some());
    }
    // Only if it says then what it is to say.
    let shortened = Source::new(block.language, &text);
    let said: Vec<(&String, &Option<String>)> =
        shortened.imports.iter().map(|it| (&it.module, &it.name)).collect();
    let wanted: Vec<(&String, &Option<String>)> = lacking.iter().map(|it| (&it.module, &it.name)).collect();
    if shortened.has_error || said != wanted {
        return Some(whole);
    }
    Some(text.lines().map(str::to_owned).collect())
}

/// A list without one of its names and the comma that belongs to it.
fn without_name(text: &str, name: &str, has_alias: bool) -> String {
    let is_part = |it: Option<char>| it.is_some_and(|it| it.is_alphanumeric() || it == '_');
    for (at, _) in text.match_indices(name).collect::<Vec<_>>().into_iter().rev() {
        let (before, after) =
            (text.get(..at).unwrap_or_default(), text.get(at + name.len()..).unwrap_or_default());
        if is_part(before.chars().next_back()) || is_part(after.chars().next()) {
            continue;
        }
        // `original as name`: both go.
        let before = match has_alias {
            true => {
                before.trim_end().trim_end_matches(|it: char| it.is_alphanumeric() || it == '_').trim_end()
            }
            false => before,
        };
        let before = match has_alias {
            true => before.trim_end_matches(|it: char| it.is_alphanumeric() || it == '_'),
            false => before,
        };
        let trimmed = after.trim_start();
        if let Some(rest) = trimmed.strip_prefix(',') {
            return format!("{before}{}", rest.trim_start_matches(' '));
        }
        if let Some(rest) = before.trim_end().strip_suffix(',') {
            return format!("{rest}{after}");
        }
    }
    text.to_owned()
}
