//! Why an answer became no edit. Each says what happened and what to do next. It must not hold code: a refusal may be logged.

use thiserror::Error;

/// Why nothing is changed. The file is as it was.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NoEdit {
    /// The answer, or its code block, has nothing but white space.
    #[error(
        "The model's answer is empty, so nothing was changed. Ask again, and say in more detail what to change."
    )]
    Empty,
    /// There is no code in the answer.
    #[error(
        "The model's answer has no code block, so nothing was changed. Ask again, or ask it as a question in the chat."
    )]
    NoCode,
    /// The model says that it will not.
    #[error(
        "The model declined, so nothing was changed. Ask again in other words, or choose another model with /model."
    )]
    Declined,
    /// The answer ends before its code block does.
    #[error(
        "The model's answer was cut off before its code was complete, so nothing was changed. Select a smaller part, or allow longer answers."
    )]
    Cut,
    /// A comment stands for code that was left out, and which code is not certain.
    #[error(
        "The model left code out (line {line} of its answer says so), and which code is not certain, so nothing was changed. Select a smaller part, or ask again."
    )]
    Elided {
        /// The line of the code block, counted from 1.
        line: usize,
    },
    /// The file would no longer fit the grammar.
    #[error(
        "The model's code has a syntax error (it would be in line {line}), so nothing was changed. Ask again, or select a smaller part."
    )]
    Syntax {
        /// The line of the changed file, counted from 1.
        line: usize,
    },
    /// Nothing would change.
    #[error("The file says so already: nothing to change.")]
    Same,
    /// Definitions are gone that nobody asked to remove.
    #[error(
        "The model's answer has lost {}, so nothing was changed. Select a smaller part; to remove it, say so by name.",
        names.join(", ")
    )]
    Lost {
        /// The names of the lost definitions.
        names: Vec<String>,
    },
    /// Most of the code is gone that nobody asked to remove.
    #[error(
        "The model answered with {after} lines for {before}, so nothing was changed. Select a smaller part, or ask for the removal by name."
    )]
    Shrunk {
        /// Lines that are not blank in the file.
        before: usize,
        /// Lines that are not blank in the answer.
        after: usize,
    },
    /// The line that marks the place to rewrite is part of the answer.
    #[error("The model copied a mark of the request into its answer, so nothing was changed. Ask again.")]
    Markers,
    /// More than one place fits.
    #[error(
        "More than one place in the file fits ({what}), so nothing was changed. Select the place and ask for the edit there."
    )]
    Ambiguous {
        /// What there is more than one of, for people.
        what: String,
    },
    /// No place fits.
    #[error(
        "There is no place in this file that the code belongs to. Open the right file, or copy the code by hand."
    )]
    NoPlace,
    /// The part to rewrite does not fit into the model's context.
    #[error(
        "The part to rewrite is too large for the model ({tokens} tokens; {budget} fit). Select a smaller part."
    )]
    TooLarge {
        /// Tokens that are needed.
        tokens: usize,
        /// Tokens that there is room for.
        budget: usize,
    },
}

impl NoEdit {
    /// A short name for traces and tests.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NoCode => "no code",
            Self::Declined => "declined",
            Self::Cut => "cut",
            Self::Elided { .. } => "elided",
            Self::Syntax { .. } => "syntax",
            Self::Same => "same",
            Self::Lost { .. } => "lost",
            Self::Shrunk { .. } => "shrunk",
            Self::Markers => "markers",
            Self::Ambiguous { .. } => "ambiguous",
            Self::NoPlace => "no place",
            Self::TooLarge { .. } => "too large",
        }
    }
}
