//! A change as blocks that can be accepted one by one. It must not know what the change is for, and never cuts a line.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use similar::{Algorithm, DiffOp, TextDiff, capture_diff_slices};
use text::{Edit, Text};

use super::lines::{Line, split};

/// A change of one version of one file, not yet made.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The file, as whoever asked named it.
    pub path: String,
    /// The version that the blocks belong to. Empty for a file that is still to be made.
    pub base: Text,
    /// What tells this version from others.
    pub hash: TextHash,
    /// The changes, in the order of the file. They neither overlap nor touch.
    pub blocks: Vec<Block>,
    /// What the user should know of it, such as what of the answer is not in it. Mostly empty.
    pub notes: Vec<String>,
}

/// A run of lines that is replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its place in the list of blocks.
    pub index: usize,
    /// The lines that go, counted from 0, the end excluded. Empty where lines are only added.
    pub old_lines: Range<usize>,
    /// Their bytes in the base.
    pub old_range: Range<usize>,
    /// What they say, with line ends.
    pub old_text: String,
    /// What stands there afterwards, with line ends.
    pub new_text: String,
}

/// Tells one version of a text from others: its length and a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TextHash {
    len_bytes: usize,
    hash: u64,
}

impl TextHash {
    /// Of a whole text, however it is cut into chunks.
    pub fn of(text: &Text) -> Self {
        let mut hasher = DefaultHasher::new();
        text.slice(0..text.len_bytes()).hash(&mut hasher);
        Self { len_bytes: text.len_bytes(), hash: hasher.finish() }
    }
}

/// The change from `base` to `new` as blocks of whole lines.
pub fn diff(path: &str, base: &Text, new: &str) -> Proposal {
    let old = base.slice(0..base.len_bytes());
    Proposal {
        path: path.to_owned(),
        base: base.clone(),
        hash: TextHash::of(base),
        blocks: blocks_of(&old, new),
        notes: Vec::new(),
    }
}

/// The edits of the blocks with the given indices, in ascending order and without overlaps, all as byte ranges of the
/// proposal's base. An index that no block has is left out.
pub fn accept(proposal: &Proposal, chosen: &[usize]) -> Vec<Edit> {
    let blocks = proposal.blocks.iter().filter(|block| chosen.contains(&block.index));
    blocks.map(|block| Edit { range: block.old_range.clone(), new_text: block.new_text.clone() }).collect()
}

/// The edits of all blocks, as [`accept`] gives them.
pub fn accept_all(proposal: &Proposal) -> Vec<Edit> {
    let all: Vec<usize> = proposal.blocks.iter().map(|block| block.index).collect();
    accept(proposal, &all)
}

/// The proposal with the given blocks alone, for [`super::rebase`].
pub fn only(proposal: &Proposal, chosen: &[usize]) -> Proposal {
    let mut part = proposal.clone();
    part.blocks.retain(|block| chosen.contains(&block.index));
    part
}

/// The base with the given blocks changed.
pub fn result(proposal: &Proposal, chosen: &[usize]) -> String {
    let mut text = String::new();
    let mut done = 0;
    for edit in accept(proposal, chosen) {
        text.push_str(&proposal.base.slice(done..edit.range.start));
        text.push_str(&edit.new_text);
        done = edit.range.end;
    }
    text.push_str(&proposal.base.slice(done..proposal.base.len_bytes()));
    text
}

/// The base with all blocks changed.
pub fn result_of_all(proposal: &Proposal) -> String {
    let all: Vec<usize> = proposal.blocks.iter().map(|block| block.index).collect();
    result(proposal, &all)
}

/// The change as a unified diff, for display, with three lines around each block.
pub fn unified_diff(proposal: &Proposal) -> String {
    let old = proposal.base.slice(0..proposal.base.len_bytes());
    let new = result_of_all(proposal);
    let from = if old.is_empty() { "/dev/null".to_owned() } else { format!("a/{}", proposal.path) };
    let mut config = TextDiff::configure();
    let diff = config.algorithm(Algorithm::Patience).diff_lines(&old, &new);
    diff.unified_diff().context_radius(3).header(&from, &format!("b/{}", proposal.path)).to_string()
}

fn blocks_of(old: &str, new: &str) -> Vec<Block> {
    let (old_lines, new_lines) = (split(old), split(new));
    let key = |line: &Line<'_>| format!("{}{}", line.content, line.line_end);
    let old_keys: Vec<String> = old_lines.iter().map(key).collect();
    let new_keys: Vec<String> = new_lines.iter().map(key).collect();
    let ops = capture_diff_slices(Algorithm::Patience, &old_keys, &new_keys);
    let changed = ops.iter().filter(|op| !matches!(op, DiffOp::Equal { .. }));
    let mut ranges: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    for op in changed {
        let (gone, come) = (op.old_range(), op.new_range());
        match ranges.last_mut() {
            Some(last) if last.0.end == gone.start && last.1.end == come.start => {
                last.0.end = gone.end;
                last.1.end = come.end;
            }
            _ => ranges.push((gone, come)),
        }
    }
    let end = |lines: &[Line<'_>], at: usize, text: &str| lines.get(at).map_or(text.len(), |line| line.start);
    let blocks = ranges.into_iter().enumerate().map(|(index, (gone, come))| {
        let old_range = end(&old_lines, gone.start, old)..end(&old_lines, gone.end, old);
        let new_range = end(&new_lines, come.start, new)..end(&new_lines, come.end, new);
        Block {
            index,
            old_lines: gone,
            old_text: old.get(old_range.clone()).unwrap_or_default().to_owned(),
            new_text: new.get(new_range).unwrap_or_default().to_owned(),
            old_range,
        }
    });
    blocks.collect()
}
