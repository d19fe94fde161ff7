//! Edits: from a model's answer to changes of a file that the user can look at first, and that are right or not made.
//!
//! An edit: [`region`] → [`edit_prompt`] → the model → [`edit_from_answer`]. A block of a chat answer: [`code_blocks`] →
//! [`find_target`] → [`apply`]. Both end in a [`Proposal`]: blocks that the user accepts one by one ([`accept`]), made anew when the
//! file changed meanwhile ([`rebase`]).
//!
//! It must not know LSP types or engines, and never reads or writes a file.

mod answer;
mod apply;
mod blocks;
mod check;
mod elision;
mod fence;
mod imports;
mod indent;
mod lines;
mod merge;
mod patch;
mod prompt;
mod rebase;
mod refusal;
mod region;
mod snippet;
mod source;
mod target;
#[cfg(test)]
mod tests;

pub use answer::{AnswerEnd, ModelAnswer, edit_from_answer, tests_from_answer};
pub use apply::{Applied, apply};
pub use blocks::{
    Block, Proposal, TextHash, accept, accept_all, diff, only, result, result_of_all, unified_diff,
};
pub use fence::{CodeBlock, code_blocks};
pub use prompt::{Diagnostic, EditKind, EditPrompt, Room, edit_prompt};
pub use rebase::{Refused, rebase};
pub use refusal::NoEdit;
pub use region::{File, Region, region};
pub use target::{Candidate, Target, find_target};
