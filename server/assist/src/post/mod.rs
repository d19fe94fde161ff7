//! From what a model wrote to what an editor shows: pure functions `(raw, site) -> Outcome`, one rule a file, run in the
//! order of [`RULES`]. Must not know engines, prompts or editors, and must not do IO.
//!
//! Streaming and the whole text go through the same rules: a rule that cuts says whether anything that follows could
//! change the cut. [`StopCheck`] asks only that, so that what is shown is the same whether or not the model was stopped.

mod block;
mod brackets;
mod drop;
mod extent;
mod fences;
mod indentation;
mod leaked_tokens;
mod lexer;
mod line_ends;
mod lines;
mod overlap;
mod place;
mod repetition;
mod trim;
mod unfinished;
mod veto;

use std::fmt;

use syntax::{Language, Tree};
use text::Text;

use place::Place;

/// Where a suggestion goes.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    /// The file's language, if it is one that Weft knows.
    pub language: Option<Language>,
    /// The file.
    pub text: &'a Text,
    /// Its tree, if there is one for this text.
    pub tree: Option<&'a Tree>,
    /// Byte offset of the cursor.
    pub cursor: usize,
}

/// What is known about a generation besides its text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The generation hit its token limit, so that its last line may be unfinished. False when the model ended it or
    /// [`StopCheck`] stopped it.
    pub truncated: bool,
}

/// Text to put at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insertion {
    /// The text.
    pub text: String,
    /// How many bytes after the cursor, on its line, the text replaces. Usually 0.
    pub replace_after: usize,
}

/// What became of a generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What to show; `None` if nothing is left, and then `dropped` says why.
    pub insertion: Option<Insertion>,
    /// The rules that changed something, in the order in which they ran.
    pub applied: Vec<Applied>,
    /// Why there is nothing to show.
    pub dropped: Option<DropReason>,
}

/// One rule's work, for the trace. Holds no code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The rule's name.
    pub rule: &'static str,
    /// What it did.
    pub what: String,
}

/// Why a generation shows nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DropReason {
    /// The model wrote nothing but white space.
    Empty,
    /// The model had nothing to add to the cursor's line.
    LineComplete,
    /// The model left the block that the cursor is in at once.
    LeftBlock,
    /// The model began with what already stands after the cursor.
    RepeatsAfter,
    /// It is the line above once more.
    RepeatsLineAbove,
    /// It is the line below once more.
    RepeatsLineBelow,
    /// The model repeated itself without end.
    Runaway,
    /// It does not fit the grammar where the code without it does.
    SyntaxError,
    /// The model was not sure enough of it to show it unasked.
    LowConfidence,
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DropReason::Empty => "the model suggested nothing",
            DropReason::LineComplete => "the model had nothing to add to this line",
            DropReason::LeftBlock => "the model went on outside the block that the cursor is in",
            DropReason::RepeatsAfter => "the suggestion repeats the code after the cursor",
            DropReason::RepeatsLineAbove => "the suggestion repeats the line above",
            DropReason::RepeatsLineBelow => "the suggestion repeats the line below",
            DropReason::Runaway => "the model repeated itself without end",
            DropReason::SyntaxError => "the suggestion would have been a syntax error at the cursor",
            DropReason::LowConfidence => {
                "the model was not sure enough of its suggestion to show it unasked; ask for one to see it"
            }
        })
    }
}

/// A suggestion on its way through the rules.
struct Draft {
    text: String,
    /// Whether the text is all that there will be; otherwise its last line is still being written.
    complete: bool,
    /// Whether the generation ended because it was too long.
    truncated: bool,
    /// Whether a cut was made that no further text can change.
    decided: bool,
    /// Whether the end of the text is a rule's and not the generation's.
    cut: bool,
    /// Whether the suggestion is whole lines above the cursor's.
    above: bool,
    /// What the file has between the cursor and that which ended the draft: up to the line's end, or to the bracket or
    /// quote before which it was cut.
    file_has: Option<String>,
    /// Whether the draft's end was what stands after the cursor and was cut for it.
    joins: bool,
    dropped: Option<DropReason>,
}

impl Draft {
    /// Cuts the text at a byte offset.
    fn cut_at(&mut self, at: usize, decided: bool) {
        self.text.truncate(at);
        self.cut = true;
        self.decided |= decided;
    }

    /// Leaves nothing, with the reason.
    fn drop_because(&mut self, reason: DropReason) {
        self.text.clear();
        self.dropped.get_or_insert(reason);
    }
}

/// Changes a draft and says what it did, or leaves it alone.
type RuleFunction = fn(&mut Draft, &Place) -> Option<String>;

/// The same for a rule that asks the grammar.
type GrammarFunction = fn(&mut Draft, &Place, &Site<'_>) -> Option<String>;

struct Rule {
    name: &'static str,
    work: Work,
}

/// When a rule runs, and on what.
enum Work {
    /// Also while the model is still writing: then what it decides on a part of the text must hold for the whole of it.
    Streaming(RuleFunction),
    /// On the whole text.
    AtEnd(RuleFunction),
    /// On the whole text, with the file and its tree.
    Grammar(GrammarFunction),
}

const fn streaming(name: &'static str, run: RuleFunction) -> Rule {
    Rule { name, work: Work::Streaming(run) }
}

const fn at_end(name: &'static str, run: RuleFunction) -> Rule {
    Rule { name, work: Work::AtEnd(run) }
}

const fn grammar(name: &'static str, run: GrammarFunction) -> Rule {
    Rule { name, work: Work::Grammar(run) }
}

/// The rules in their order. First what is no code at all, then the shape of the lines, then where the suggestion ends,
/// then what the file already has, then its ends; last, whether it is worth showing.
static RULES: &[Rule] = &[
    streaming("line-ends", line_ends::to_line_feeds),
    streaming("leaked-tokens", leaked_tokens::cut),
    streaming("fences", fences::unwrap),
    streaming("indentation", indentation::first_lines),
    streaming("closing-brackets", brackets::cut_at_foreign_closer),
    streaming("extent", extent::cut),
    streaming("repetition", repetition::cut),
    streaming("suffix-lines", overlap::cut_lines),
    streaming("suffix-rest", overlap::cut_rest_of_line),
    at_end("unfinished-line", unfinished::cut),
    at_end("shifted-lines", indentation::shift_back),
    at_end("white-space", trim::end),
    at_end("open-brackets", brackets::close_call),
    grammar("grammar", veto::trim),
    at_end("line-above", trim::end_line),
    at_end("neighbours", drop::neighbours),
    at_end("nothing-left", drop::empty),
    at_end("file-line-ends", line_ends::to_files),
];

/// Makes an insertion of what a model wrote, the model having ended it or [`StopCheck`] having stopped it.
#[must_use]
pub fn post_process(raw: &str, site: &Site<'_>) -> Outcome {
    post_process_with(raw, site, Options::default())
}

/// Makes an insertion of what a model wrote.
#[must_use]
pub fn post_process_with(raw: &str, site: &Site<'_>, options: Options) -> Outcome {
    let place = Place::new(site);
    let mut draft = Draft {
        text: raw.to_owned(),
        complete: true,
        truncated: options.truncated,
        decided: false,
        cut: false,
        above: false,
        file_has: None,
        joins: false,
        dropped: None,
    };
    let mut applied = Vec::new();
    for rule in RULES {
        let what = match rule.work {
            Work::Streaming(run) | Work::AtEnd(run) => run(&mut draft, &place),
            Work::Grammar(run) => run(&mut draft, &place, site),
        };
        if let Some(what) = what {
            applied.push(Applied { rule: rule.name, what });
        }
    }
    let insertion = (draft.dropped.is_none() && !draft.text.is_empty())
        .then_some(Insertion { text: draft.text, replace_after: 0 });
    Outcome { insertion, applied, dropped: draft.dropped }
}

/// Watches a generation and says when the rest of it would be cut anyway.
#[derive(Clone, Debug)]
pub struct StopCheck {
    place: Place,
}

impl StopCheck {
    /// A check for one generation at a site.
    #[must_use]
    pub fn new(site: &Site<'_>) -> StopCheck {
        StopCheck { place: Place::new(site) }
    }

    /// Whether [`post_process`] gives the same for what there is so far as for anything that begins with it. To be called
    /// after each token with the whole text so far.
    pub fn should_stop(&mut self, raw_so_far: &str) -> bool {
        let mut draft = Draft {
            text: raw_so_far.to_owned(),
            complete: false,
            truncated: false,
            decided: false,
            cut: false,
            above: false,
            file_has: None,
            joins: false,
            dropped: None,
        };
        for rule in RULES {
            let Work::Streaming(run) = rule.work else { continue };
            let _ = run(&mut draft, &self.place);
            // Once a cut is certain the text before it is complete, and the later rules may look at all of it.
            draft.complete |= draft.decided;
        }
        draft.decided
    }
}

#[cfg(test)]
mod tests;
