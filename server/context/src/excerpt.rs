//! A piece of other code for the prompt, with its reason and score. Plain values; must not choose anything.

use std::fmt;
use std::ops::Range;

/// A piece of code from somewhere else in the workspace, or from another part of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Excerpt {
    /// The path from the workspace's root, with `/`.
    pub path: String,
    /// The lines that it stands for, counted from 0, the end excluded.
    pub lines: Range<u32>,
    /// Its text, whole lines without the last line end. A definition is shown with its bodies collapsed, so the text need not be in the
    /// file as it stands here.
    pub text: String,
    /// Which source found it.
    pub source: Source,
    /// Why it is here, as a sentence for people.
    pub reason: String,
    /// How much it is worth against others: 1 is what the cursor's own expression needs. Below [`crate::LEAST_SCORE`] it is left
    /// out.
    pub score: f32,
}

/// Where excerpts come from; each can be switched off by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// Definitions that names at the cursor lead to.
    Definitions,
    /// Definitions of names that are used near the cursor and not imported.
    Lacking,
    /// The same function in a sibling: another implementation of the base class or trait.
    Siblings,
    /// Tests that call the function to be written, and what a test is named after.
    Tests,
    /// Code that shares rare names with the lines around the cursor.
    Similar,
    /// Regions that were edited lately.
    Edits,
    /// Places that were looked at lately.
    Visits,
    /// Not an excerpt: the names that can stand at a place, for the engine.
    Names,
}

impl Source {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Definitions,
        Self::Lacking,
        Self::Siblings,
        Self::Tests,
        Self::Similar,
        Self::Edits,
        Self::Visits,
        Self::Names,
    ];

    /// Its name in settings, traces and benchmarks.
    pub fn name(self) -> &'static str {
        match self {
            Self::Definitions => "definitions",
            Self::Lacking => "lacking",
            Self::Siblings => "siblings",
            Self::Tests => "tests",
            Self::Similar => "similar",
            Self::Edits => "edits",
            Self::Visits => "visits",
            Self::Names => "names",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// An excerpt that is not in the prompt.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftOut {
    /// What it was.
    pub excerpt: Excerpt,
    /// Why it is not there.
    pub why: WhyLeftOut,
}

/// Why an excerpt is not in the prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyLeftOut {
    /// More than half of its lines stand near the cursor: the model would repeat them.
    NearCursor,
    /// Another excerpt shows the same lines.
    Duplicate,
    /// Not worth its tokens.
    LowScore,
    /// Better ones took the room.
    NoRoom,
}

impl fmt::Display for WhyLeftOut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NearCursor => "its lines stand near the cursor already",
            Self::Duplicate => "another excerpt shows the same lines",
            Self::LowScore => "it is not worth its tokens",
            Self::NoRoom => "better excerpts took the room",
        })
    }
}
