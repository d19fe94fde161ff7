//! How much of the file goes into a prompt, and from where to where. Must not know tokenizers: it is handed a measure.
//!
//! The start of the prefix is what the KV cache hangs on: if it moves, everything after it is computed again. So it
//! stands on a grid counted from the file's start and moves only when the budget overflows, and then by a whole step.

use std::ops::Range;

/// The start of the prefix is a multiple of this many lines from the file's start, wherever that leaves enough code.
pub const GRID_LINES: usize = 32;

/// Steps to fall back to where `GRID_LINES` lines do not fit.
const FINER_LINES: [usize; 5] = [16, 8, 4, 2, 1];

/// The grid within one line is at least this many bytes wide.
const MIN_GRID_BYTES: usize = 16;

/// Text with more bytes than this for each token of its allowance is taken to exceed it without being measured, so
/// that a megabyte in one line is never tokenized. Code has three or four bytes a token.
const BYTES_PER_TOKEN: usize = 64;

/// The shares of a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Size of the whole prompt, in tokens (in whatever unit the measure counts).
    pub prompt_tokens: usize,
    /// Share of the code before the cursor, in percent of the prompt.
    pub prefix_percent: usize,
    /// Share of the code after the cursor, in percent of the prompt. The rest is for other files.
    pub suffix_percent: usize,
}

impl Default for Budget {
    /// 1024 tokens, half of it before the cursor and a fifth after it.
    fn default() -> Budget {
        Budget { prompt_tokens: 1024, prefix_percent: 50, suffix_percent: 20 }
    }
}

impl Budget {
    /// What the code before and after the cursor may take together.
    #[must_use]
    pub fn file_tokens(&self) -> usize {
        self.prefix_tokens() + self.suffix_tokens()
    }

    /// The share of the code before the cursor.
    #[must_use]
    pub fn prefix_tokens(&self) -> usize {
        self.prompt_tokens.saturating_mul(self.prefix_percent.min(100)) / 100
    }

    /// The share of the code after the cursor; never more than the prefix leaves of the prompt.
    #[must_use]
    pub fn suffix_tokens(&self) -> usize {
        let percent = self.suffix_percent.min(100 - self.prefix_percent.min(100));
        self.prompt_tokens.saturating_mul(percent) / 100
    }
}

/// What of a file goes into a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Where the prefix begins: a byte offset into the text before the cursor.
    pub prefix_start: usize,
    /// Where the suffix ends: a byte offset into the text after the cursor.
    pub suffix_end: usize,
    /// The prefix by the measure.
    pub prefix_tokens: usize,
    /// The suffix by the measure.
    pub suffix_tokens: usize,
}

impl Window {
    /// The prefix.
    #[must_use]
    pub fn prefix<'a>(&self, before: &'a str) -> &'a str {
        before.get(self.prefix_start..).unwrap_or("")
    }

    /// The suffix.
    #[must_use]
    pub fn suffix<'a>(&self, after: &'a str) -> &'a str {
        after.get(..self.suffix_end).unwrap_or("")
    }
}

/// Cuts the whole text before the cursor at a line start and the whole text after it at a line end so that both fit.
/// A line that does not fit alone is cut within, at a character. What one side leaves of its share goes to the other.
///
/// `measure` must not grow when text is taken away from either end. It is called on a few hundred pieces of text at
/// most, never on more than about the budget, and not on the rest of the file.
#[must_use]
pub fn window(before: &str, after: &str, budget: &Budget, measure: &dyn Fn(&str) -> usize) -> Window {
    let total = budget.file_tokens();
    let (_, suffix_in_share) = fit_suffix(after, budget.suffix_tokens(), measure);
    let prefix_allowance = total.saturating_sub(suffix_in_share);
    let (prefix_start, prefix_tokens) = fit_prefix(before, prefix_allowance, measure);

    // The prefix grows with every keystroke. Rounded up, its size leaves the suffix the same room for a while, so that
    // the suffix does not lose a line with every line that is typed.
    let step = (total / 8).max(1);
    let rounded = prefix_tokens.div_ceil(step).saturating_mul(step);
    let left = total.saturating_sub(rounded).max(budget.suffix_tokens());
    let suffix_allowance = left.min(total.saturating_sub(prefix_tokens));
    let (suffix_end, suffix_tokens) = fit_suffix(after, suffix_allowance, measure);
    Window { prefix_start, suffix_end, prefix_tokens, suffix_tokens }
}

/// The earliest start on the grid from which the text fits, and its size.
fn fit_prefix(before: &str, allowance: usize, measure: &dyn Fn(&str) -> usize) -> (usize, usize) {
    let lines = Lines::before(before);
    let fits = |start: usize| {
        let size = measured(before.get(start..).unwrap_or(""), allowance, measure);
        (size <= allowance).then_some((start, size))
    };
    // By whole blocks first, each measured once: the sum tells roughly where the budget ends.
    let mut start = before.len();
    let mut sum = 0_usize;
    for block in lines.blocks_backwards(GRID_LINES) {
        let size = measured(before.get(block.clone()).unwrap_or(""), allowance, measure);
        sum = size.saturating_add(sum);
        if sum > allowance {
            break;
        }
        start = block.start;
    }
    // A sum of parts is not the size of the whole; never exceed the budget because of the difference.
    while start < before.len() {
        if let Some(found) = fits(start) {
            return found;
        }
        start = lines.next_start(start, GRID_LINES);
    }
    // Not even the block that the cursor is in: finer steps, then within the cursor's line.
    let block_start = lines.block_start(GRID_LINES);
    for step in FINER_LINES {
        let mut start = block_start;
        while start < before.len() {
            if let Some(found) = fits(start) {
                return found;
            }
            start = lines.next_start(start, step);
        }
    }
    let line_start = lines.block_start(1);
    // As many bytes as there are tokens: a step costs at most about a third of the budget.
    let widest = (allowance / 2 + 1).next_power_of_two().max(MIN_GRID_BYTES);
    let steps = std::iter::successors(Some(widest), |step| (*step > MIN_GRID_BYTES).then_some(step / 2));
    for step in steps {
        // Only the last few steps can fit.
        let steps_back = allowance.saturating_mul(BYTES_PER_TOKEN) / step + 1;
        let last = (before.len() - line_start) / step;
        for index in last.saturating_sub(steps_back)..=last {
            let start = ceil_char_boundary(before, line_start + index * step);
            if start > line_start
                && start < before.len()
                && let Some(found) = fits(start)
            {
                return found;
            }
        }
    }
    (before.len(), 0)
}

/// The latest line end up to which the text fits, and its size.
fn fit_suffix(after: &str, allowance: usize, measure: &dyn Fn(&str) -> usize) -> (usize, usize) {
    let mut ends = vec![0];
    let mut sum = 0_usize;
    for line in after.split_inclusive('\n') {
        sum = sum.saturating_add(measured(line, allowance, measure));
        if sum > allowance {
            break;
        }
        ends.push(ends.last().copied().unwrap_or(0) + line.len());
    }
    while let Some(end) = ends.pop() {
        if end == 0 {
            break;
        }
        let size = measured(after.get(..end).unwrap_or(""), allowance, measure);
        if size <= allowance {
            return (end, size);
        }
    }
    // Not even the rest of the cursor's line: the longest start of it that fits.
    let line = after.split_inclusive('\n').next().unwrap_or("");
    let mut fitting = (0, 0);
    let mut too_long = line.len();
    while fitting.0 + 1 < too_long {
        let middle = floor_char_boundary(line, usize::midpoint(fitting.0, too_long));
        if middle <= fitting.0 {
            break;
        }
        let size = measured(line.get(..middle).unwrap_or(""), allowance, measure);
        if size <= allowance {
            fitting = (middle, size);
        } else {
            too_long = middle;
        }
    }
    fitting
}

/// Line starts of the text before the cursor, looked up from its end.
struct Lines<'a> {
    text: &'a str,
    /// Index of the line that the cursor is in.
    last: usize,
}

impl<'a> Lines<'a> {
    fn before(text: &'a str) -> Lines<'a> {
        Lines { text, last: text.bytes().filter(|byte| *byte == b'\n').count() }
    }

    /// Start of the last line whose index is a multiple of `grid`.
    fn block_start(&self, grid: usize) -> usize {
        self.back(self.text.len(), self.last % grid)
    }

    /// Start of the line that is `lines` lines above the one that `end` is in.
    fn back(&self, end: usize, lines: usize) -> usize {
        let mut start = self.line_start(end);
        for _ in 0..lines {
            if start == 0 {
                break;
            }
            start = self.line_start(start - 1);
        }
        start
    }

    fn line_start(&self, offset: usize) -> usize {
        self.text.get(..offset).and_then(|head| head.rfind('\n')).map_or(0, |at| at + 1)
    }

    /// The last block, which the cursor is in, then the whole blocks of `grid` lines above it.
    fn blocks_backwards(&self, grid: usize) -> impl Iterator<Item = Range<usize>> {
        let first = self.block_start(grid);
        std::iter::successors(Some(first..self.text.len()), move |block| {
            let end = block.start.checked_sub(1)?;
            Some(self.back(end, grid - 1)..block.start)
        })
    }

    /// Start of the line `lines` lines below the one that starts at `start`; the text's end if there is none.
    fn next_start(&self, start: usize, lines: usize) -> usize {
        let rest = self.text.get(start..).unwrap_or("");
        rest.match_indices('\n').nth(lines - 1).map_or(self.text.len(), |(at, _)| start + at + 1)
    }
}

fn measured(text: &str, allowance: usize, measure: &dyn Fn(&str) -> usize) -> usize {
    if text.len() / BYTES_PER_TOKEN > allowance { usize::MAX } else { measure(text) }
}

fn floor_char_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn ceil_char_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}
