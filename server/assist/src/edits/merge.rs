//! A block of definitions into a file: what has the same name in the same place is replaced, what is new is added, and what
//! the block does not speak of stays as it is. It must not remove anything, and never chooses between two places.

use std::collections::HashSet;
use std::ops::Range;

use syntax::{Definition, DefinitionKind};

use super::check::{has_word, missing};
use super::elision::{elisions, is_certain, is_elision, resolved};
use super::imports;
use super::indent::{Unit, fitted, indentation};
use super::lines::{LineEdit, edited};
use super::source::{Item, Source, is_attribute, is_callable, is_container, is_value, same_kind};

/// What is put into what.
pub(super) struct Merge<'a> {
    pub(super) file: &'a Source,
    pub(super) block: &'a Source,
    /// The definition of the block that was put around it so that it parses; what is in it are methods of something.
    pub(super) wrapper: Option<usize>,
    /// The lines of the file whose definitions may be replaced; none if all may.
    pub(super) within: Option<Range<usize>>,
    /// Text that may name the type that loose methods belong to.
    pub(super) lead: &'a str,
}

/// The file's lines with the block in them.
#[derive(Debug)]
pub(super) struct Merged {
    pub(super) lines: Vec<String>,
    pub(super) notes: Vec<String>,
    /// How many definitions were found in the file, or put there.
    pub(super) placed: usize,
}

/// Why a block cannot be put in by its definitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// Two places fit, as this says to people.
    Ambiguous(String),
    /// Code is left out; the line of the block, counted from 0.
    Elided(usize),
    /// It has code that belongs to no definition.
    NotDefinitions,
}

pub(super) fn merge(request: &Merge<'_>) -> Result<Merged, Failure> {
    let Merge { file, block, .. } = request;
    let mut work = Work {
        request,
        unit: Unit::of(&file.lines),
        edits: Vec::new(),
        insertions: Vec::new(),
        covered: imports::import_lines(block),
        placed: 0,
    };
    if let Some(wrapper) = request.wrapper.and_then(|wrapper| block.item(wrapper)) {
        work.covered.extend([wrapper.lines.start, wrapper.lines.end - 1]);
    }
    work.level(None, request.wrapper)?;
    let notes = work.leftovers()?;
    let mut edits = std::mem::take(&mut work.edits);
    edits.extend(work.placed_insertions());
    edits.extend(imports::lacking(file, block));
    let lines = edited(&file.lines, edits).ok_or(Failure::NotDefinitions)?;
    Ok(Merged { lines, notes, placed: work.placed })
}

/// Definitions that share lines, or mostly one.
#[derive(Clone, Debug)]
struct Group {
    names: Vec<String>,
    first: Definition,
    item: Item,
}

/// New lines for a place between two lines.
struct Insertion {
    at: usize,
    lines: Vec<String>,
    /// Blank lines to its neighbours.
    blanks: usize,
}

struct Work<'a> {
    request: &'a Merge<'a>,
    unit: Option<Unit>,
    edits: Vec<LineEdit>,
    insertions: Vec<Insertion>,
    /// The lines of the block that are dealt with.
    covered: HashSet<usize>,
    placed: usize,
}

impl Work<'_> {
    /// Puts the definitions directly in one of the block's into one of the file's, or the file itself.
    fn level(&mut self, in_file: Option<usize>, in_block: Option<usize>) -> Result<(), Failure> {
        let (file, block) = (self.request.file, self.request.block);
        let there = groups(file, in_file);
        let ours = groups(block, in_block);
        let mut anchor: Option<usize> = None;
        for group in &ours {
            let mut found = matching(group, &there, &ours, file, block)?;
            let loose = in_file.is_none() && is_callable(group.first.kind) && self.is_method(group, in_block);
            if found.is_none() && loose {
                self.loose_method(group)?;
                continue;
            }
            if found.is_none() && in_file.is_none() && self.request.within.is_some() {
                // A region's own definition may come without what it stands in.
                found = self.in_region(group);
            }
            match found {
                Some(existing) => {
                    self.replace(&existing, group)?;
                    anchor = Some(existing.item.lines.end);
                }
                None => self.insert(group, in_file, anchor, &there)?,
            }
        }
        Ok(())
    }

    /// Whether a function that stands alone in the block is a method.
    fn is_method(&self, group: &Group, in_block: Option<usize>) -> bool {
        if in_block.is_some() {
            return true;
        }
        let header = self.request.block.content.get(group.first.header.clone()).unwrap_or_default();
        let parameters = header.split_once('(').map_or("", |(_, rest)| rest).trim_start();
        let first = parameters.split([',', ')', ':']).next().unwrap_or_default().trim();
        matches!(first, "self" | "cls" | "&self" | "&mut self" | "mut self")
    }

    fn in_region(&self, group: &Group) -> Option<Group> {
        let within = self.request.within.as_ref()?;
        let file = self.request.file;
        let inside = file
            .items()
            .into_iter()
            .filter(|item| within.start <= item.lines.start && item.lines.end <= within.end);
        let mut same = inside
            .filter_map(|item| Group::of(file, item))
            .filter(|it| it.names == group.names && same_kind(&it.first, &group.first));
        same.next().filter(|_| same.next().is_none())
    }

    /// A method without its type: the one of that name, or a new one of the type that is named or the only one.
    fn loose_method(&mut self, group: &Group) -> Result<(), Failure> {
        let file = self.request.file;
        let methods: Vec<Group> = file.items().into_iter().filter_map(|item| Group::of(file, item)).collect();
        let mut same: Vec<&Group> =
            methods.iter().filter(|it| it.names == group.names && is_callable(it.first.kind)).collect();
        if let Some(within) = &self.request.within {
            same.retain(|it| within.start <= it.item.lines.start && it.item.lines.end <= within.end);
        }
        let named =
            |container: &Option<String>| container.as_ref().is_some_and(|it| has_word(self.request.lead, it));
        if same.len() > 1 && same.iter().any(|it| named(&it.first.container)) {
            same.retain(|it| named(&it.first.container));
        }
        match same.as_slice() {
            [only] => return self.replace(&(*only).clone(), group),
            [_, _, ..] => return Err(Failure::Ambiguous(group.names.join(", "))),
            [] => {}
        }
        let holds = |it: &Definition| {
            is_container(it.kind)
                && it.body.is_some()
                && !matches!(it.kind, DefinitionKind::Module | DefinitionKind::Enum)
                && (it.kind != DefinitionKind::Impl || it.bases.is_empty())
        };
        let mut types: Vec<&Group> = methods.iter().filter(|it| holds(&it.first)).collect();
        if types.iter().any(|it| it.first.kind == DefinitionKind::Impl) {
            types.retain(|it| it.first.kind == DefinitionKind::Impl);
        }
        if types.iter().any(|it| has_word(self.request.lead, &it.first.name)) {
            types.retain(|it| has_word(self.request.lead, &it.first.name));
        }
        match types.as_slice() {
            [only] => {
                let parent = Some(only.item.index);
                let members = groups(file, parent);
                self.insert(group, parent, None, &members)
            }
            [] => Err(Failure::NotDefinitions),
            _ => Err(Failure::Ambiguous(format!("the type that {} belongs to", group.names.join(", ")))),
        }
    }

    fn replace(&mut self, existing: &Group, group: &Group) -> Result<(), Failure> {
        let (file, block) = (self.request.file, self.request.block);
        self.placed += 1;
        let lines = existing.item.lines.clone();
        let outside = |within: &Range<usize>| lines.start < within.start || within.end < lines.end;
        let apart = self.request.within.as_ref().is_some_and(outside);
        if is_container(existing.first.kind) && !self.replaces_all(existing, group, apart) {
            return self.replace_members(existing, group);
        }
        self.covered.extend(group.item.lines.clone());
        if apart || is_left_out(&group.first, block) {
            return Ok(());
        }
        let old = file.lines.get(lines.clone()).unwrap_or_default();
        let head = self.head(existing, group);
        let body = block.lines.get(group.item.header..group.item.lines.end).unwrap_or_default();
        let base = indentation(file.line(existing.item.header));
        let head = fitted(&head, old, base, self.unit);
        let body = fitted(body, old, base, self.unit);
        let new = [head, body].concat();
        let new = match elisions(&new, old).is_empty() {
            true => new,
            false => {
                resolved(&new, old).map_err(|_| Failure::Elided(self.first_elision(&group.item.lines)))?
            }
        };
        if new != old {
            self.edits.push(LineEdit { lines, new });
        }
        Ok(())
    }

    fn first_elision(&self, lines: &Range<usize>) -> usize {
        lines.clone().find(|line| is_elision(self.request.block.line(*line))).unwrap_or(lines.start)
    }

    /// Whether the block has the container with all of its members.
    fn replaces_all(&self, existing: &Group, group: &Group, apart: bool) -> bool {
        let (file, block) = (self.request.file, self.request.block);
        let ours = block.items_in(Some(group.item.index));
        let name = |source: &Source, item: &Item| source.definition(item.index).map(|it| it.name.clone());
        let names = |source: &Source, items: &[Item]| -> Vec<Option<String>> {
            items.iter().map(|item| name(source, item)).collect()
        };
        let members = file.items_in(Some(existing.item.index));
        let complete = missing(&names(file, &members), &names(block, &ours)).is_empty();
        let old = file.lines.get(existing.item.lines.clone()).unwrap_or_default();
        let new = block.lines.get(group.item.lines.clone()).unwrap_or_default();
        let stub = |item: &Item| block.definition(item.index).is_some_and(|it| is_left_out(it, block));
        complete && !apart && elisions(new, old).is_empty() && !ours.iter().any(stub)
    }

    fn replace_members(&mut self, existing: &Group, group: &Group) -> Result<(), Failure> {
        let block = self.request.block;
        let (Some(body), Some(_)) = (&group.first.body, &existing.first.body) else { return Ok(()) };
        let opening = block.line_of(body.start);
        // In a language of indentation the body begins below its header.
        let opening = if block.language.indent_blocks() { opening.saturating_sub(1) } else { opening };
        let last = group.item.lines.end - 1;
        let members = block.items_in(Some(group.item.index));
        let crowded = |item: &Item| {
            item.lines.start <= opening || (!block.language.indent_blocks() && item.lines.end > last)
        };
        if members.iter().any(crowded) {
            return Err(Failure::NotDefinitions);
        }
        self.covered.extend(group.item.lines.start..=opening);
        if !block.language.indent_blocks() {
            self.covered.insert(last);
        }
        self.level(Some(existing.item.index), Some(group.item.index))
    }

    /// Comments and attributes above a replaced definition. What the block does not speak of stays.
    fn head(&self, existing: &Group, group: &Group) -> Vec<String> {
        let (file, block) = (self.request.file, self.request.block);
        let old = file.lines.get(existing.item.lines.start..existing.item.header).unwrap_or_default();
        let new = block.lines.get(group.item.lines.start..group.item.header).unwrap_or_default();
        let new: Vec<String> = new.iter().filter(|line| !is_elision(line)).cloned().collect();
        let comments = |lines: &[String]| -> Vec<String> {
            lines.iter().filter(|line| file.is_comment(line)).cloned().collect()
        };
        let others = |lines: &[String]| -> Vec<String> {
            lines.iter().filter(|line| !file.is_comment(line)).cloned().collect()
        };
        let documents =
            new.iter().any(|line| ["///", "/**", "#:"].iter().any(|mark| line.trim().starts_with(mark)));
        let keeps_comments = comments(&new).is_empty() || (!comments(old).is_empty() && !documents);
        let keeps_others = !new.iter().any(|line| is_attribute(line));
        match (keeps_comments, keeps_others) {
            (true, true) => old.to_vec(),
            (false, false) => new,
            (true, false) => [comments(old), others(&new)].concat(),
            (false, true) => [comments(&new), others(old)].concat(),
        }
    }

    fn insert(
        &mut self,
        group: &Group,
        in_file: Option<usize>,
        anchor: Option<usize>,
        there: &[Group],
    ) -> Result<(), Failure> {
        let (file, block) = (self.request.file, self.request.block);
        let lines = block.lines.get(group.item.lines.clone()).unwrap_or_default();
        if lines.iter().any(|line| is_certain(line) && !file.lines.contains(line))
            || is_left_out(&group.first, block)
        {
            return Err(Failure::Elided(self.first_elision(&group.item.lines)));
        }
        let value = is_value(group.first.kind);
        let parent = in_file.and_then(|parent| file.item(parent));
        let at = match anchor {
            Some(anchor) => anchor,
            None => self.default_place(value, parent.as_ref(), there)?,
        };
        let base = match (&parent, there.first()) {
            (Some(_), Some(member)) => indentation(file.line(member.item.header)).to_owned(),
            (Some(parent), None) => {
                let unit = self.unit.unwrap_or(Unit::Spaces(4));
                format!("{}{}", indentation(file.line(parent.header)), unit.text())
            }
            (None, _) => String::new(),
        };
        let new = fitted(lines, &[], &base, self.unit);
        let top = parent.is_none() && file.language.indent_blocks();
        let blanks = if value { 0 } else { 1 + usize::from(top) };
        self.covered.extend(group.item.lines.clone());
        self.placed += 1;
        self.insertions.push(Insertion { at, lines: new, blanks });
        Ok(())
    }

    /// The end of the file or of the type, before what always comes last.
    fn default_place(&self, value: bool, parent: Option<&Item>, there: &[Group]) -> Result<usize, Failure> {
        let file = self.request.file;
        let last_value = there.iter().rev().find(|it| is_value(it.first.kind)).map(|it| it.item.lines.end);
        let first = there.first().map(|it| it.item.lines.start);
        match parent {
            Some(parent) => {
                let end = parent.lines.end;
                let closing = if file.language.indent_blocks() { end } else { end - 1 };
                let closes =
                    file.language.indent_blocks() || file.line(closing).trim_start().starts_with('}');
                if !closes || closing <= parent.header {
                    return Err(Failure::NotDefinitions);
                }
                Ok(if value { last_value.or(first).unwrap_or(closing) } else { closing })
            }
            None => {
                let ends = imports::import_lines(file).into_iter().map(|line| line + 1).max();
                if value {
                    return Ok(last_value.or(ends).unwrap_or_else(|| file.preamble_end()));
                }
                let tests = there.iter().find(|it| {
                    it.first.kind == DefinitionKind::Module
                        && matches!(it.first.name.as_str(), "tests" | "test")
                });
                let main = file.lines.iter().position(|line| line.starts_with("if __name__"));
                Ok(tests.map(|it| it.item.lines.start).or(main).unwrap_or(file.lines.len()))
            }
        }
    }

    /// The insertions with blank lines between them and their neighbours.
    fn placed_insertions(&mut self) -> Vec<LineEdit> {
        let file = self.request.file;
        let insertions = std::mem::take(&mut self.insertions);
        let mut edits: Vec<LineEdit> = Vec::new();
        let mut places: Vec<usize> = insertions.iter().map(|it| it.at).collect();
        places.sort_unstable();
        places.dedup();
        for at in places {
            // Before the blank lines at a file's end, too.
            let filled = |line: &usize| !file.line(*line).trim().is_empty();
            let above = (0..at).rev().find(filled);
            let opens = above.is_none_or(|line| {
                let text = file.line(line).trim_end();
                text.ends_with('{') || (text.ends_with(':') && file.language.indent_blocks())
            });
            let blank_above = above.map_or(0, |line| at - line - 1);
            let blank_below = (at..file.lines.len()).take_while(|line| !filled(line)).count();
            let closes = at + blank_below >= file.lines.len() || file.line(at).trim_start().starts_with('}');
            let mut new: Vec<String> = Vec::new();
            let mut blanks = 0;
            for insertion in insertions.iter().filter(|it| it.at == at) {
                blanks = insertion.blanks;
                let have = if new.is_empty() { blank_above } else { 0 };
                if !opens || !new.is_empty() {
                    new.extend(std::iter::repeat_n(String::new(), blanks.saturating_sub(have)));
                }
                new.extend_from_slice(&insertion.lines);
            }
            if !closes {
                new.extend(std::iter::repeat_n(String::new(), blanks.saturating_sub(blank_below)));
            }
            edits.push(LineEdit { lines: at..at, new });
        }
        edits
    }

    /// What is in the block beside definitions: known to the file, an example of use, or a reason not to merge.
    fn leftovers(&self) -> Result<Vec<String>, Failure> {
        let (file, block) = (self.request.file, self.request.block);
        let known: HashSet<&str> = file.lines.iter().map(|line| line.trim()).collect();
        let is_left = |line: &usize| {
            let text = block.line(*line);
            !self.covered.contains(line)
                && !text.trim().is_empty()
                && !block.is_comment(text)
                && !is_elision(text)
                && !known.contains(text.trim())
        };
        let left: Vec<usize> = (0..block.lines.len()).filter(is_left).collect();
        let Some(first) = left.first().copied() else { return Ok(Vec::new()) };
        let last_item =
            block.items_in(self.request.wrapper).iter().map(|item| item.lines.end).max().unwrap_or(0);
        if first < last_item || self.placed == 0 || !is_example(block, last_item..block.lines.len()) {
            return Err(Failure::NotDefinitions);
        }
        Ok(vec![format!(
            "Left out of the edit: the example of use at the end of the block ({} lines).",
            left.len()
        )])
    }
}

impl Group {
    fn of(source: &Source, item: Item) -> Option<Self> {
        let first = source.definition(item.index)?.clone();
        Some(Self { names: vec![first.name.clone()], first, item })
    }
}

/// The definitions directly in another one, those that share lines together.
fn groups(source: &Source, parent: Option<usize>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for item in source.items_in(parent) {
        match groups.last_mut() {
            Some(last) if item.header < last.item.lines.end => {
                last.item.lines.end = last.item.lines.end.max(item.lines.end);
                last.names.extend(source.definition(item.index).map(|it| it.name.clone()));
            }
            last => {
                let floor = last.map_or(0, |last| last.item.lines.end);
                let lines = item.lines.start.max(floor)..item.lines.end;
                groups.extend(Group::of(source, Item { lines, ..item }));
            }
        }
    }
    groups
}

/// The definition of the file that one of the block stands for; none if it is new.
fn matching(
    group: &Group,
    there: &[Group],
    ours: &[Group],
    file: &Source,
    block: &Source,
) -> Result<Option<Group>, Failure> {
    let same = |it: &&Group| it.names == group.names && same_kind(&it.first, &group.first);
    let candidates: Vec<&Group> = there.iter().filter(same).collect();
    let siblings: Vec<&Group> = ours.iter().filter(same).collect();
    let number = siblings.iter().position(|it| it.item.index == group.item.index).unwrap_or(0);
    if candidates.len() == siblings.len() || candidates.is_empty() {
        return Ok(candidates.get(number).map(|it| (*it).clone()));
    }
    if group.first.kind == DefinitionKind::Impl {
        let names = |source: &Source, group: &Group| -> HashSet<String> {
            let members = source.items_in(Some(group.item.index));
            members
                .iter()
                .filter_map(|item| source.definition(item.index))
                .map(|it| it.name.clone())
                .collect()
        };
        let ours = names(block, group);
        let shared = |it: &Group| names(file, it).intersection(&ours).count();
        let most = candidates.iter().map(|it| shared(it)).max().unwrap_or(0);
        let mut best = candidates.iter().filter(|it| shared(it) == most);
        let chosen = if most == 0 { candidates.last() } else { best.next() };
        return match most > 0 && best.next().is_some() {
            true => Err(Failure::Ambiguous(group.names.join(", "))),
            false => Ok(chosen.map(|it| (*it).clone())),
        };
    }
    let attributes = |source: &Source, group: &Group| -> Vec<String> {
        let head = source.lines.get(group.item.lines.start..group.item.header).unwrap_or_default();
        head.iter().filter(|line| is_attribute(line)).map(|line| line.trim().to_owned()).collect()
    };
    let ours = attributes(block, group);
    let mut alike = candidates.iter().filter(|it| attributes(file, it) == ours);
    match (alike.next(), alike.next()) {
        (Some(only), None) => Ok(Some((*only).clone())),
        (None, _) if !ours.is_empty() => Ok(None),
        _ => Err(Failure::Ambiguous(group.names.join(", "))),
    }
}

/// Whether a definition's body only stands for the one that the file has.
fn is_left_out(definition: &Definition, block: &Source) -> bool {
    let Some(body) = definition.body.clone().filter(|_| is_callable(definition.kind)) else { return false };
    let header_end = definition.header.end;
    let body = block.content.get(header_end.min(body.start)..body.end).unwrap_or_default();
    let body = body.trim().trim_start_matches(':').trim();
    let body = body.strip_prefix('{').and_then(|body| body.strip_suffix('}')).unwrap_or(body);
    let lines: Vec<&str> = body.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.iter().any(|line| is_elision(line)) && lines.iter().all(|line| is_elision(line) || *line == "pass")
}

/// Whether a block ends with a comment, and code behind it, that show how the rest is used.
pub(super) fn shows_use(block: &Source) -> bool {
    let end = block.items_in(None).iter().map(|item| item.lines.end).max().unwrap_or(0);
    (end..block.lines.len()).any(|line| speaks_of_use(block, line))
}

fn speaks_of_use(block: &Source, line: usize) -> bool {
    let text = block.line(line).trim().to_lowercase();
    let words = ["example", "usage", "test it", "testing", "how to use", "demo"];
    block.is_comment(&text) && words.iter().any(|word| text.contains(word))
}

/// Whether some lines show how the code is used.
fn is_example(block: &Source, lines: Range<usize>) -> bool {
    lines.clone().any(|line| speaks_of_use(block, line) || block.line(line).trim().starts_with("if __name__"))
        || lines.filter(|line| !block.line(*line).trim().is_empty()).all(|line| {
            let text = block.line(line).trim();
            block.is_comment(text)
                || ["print(", "console.log(", "println!(", "assert "].iter().any(|it| text.starts_with(it))
        })
}
