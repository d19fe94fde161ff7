//! Prompts: the fill-in-the-middle format of each model family, detection of a model's format from its own
//! vocabulary, the token budget, and the guard against special tokens in user code. Conversations in a model's own chat format
//! ([`chat`]).
//!
//! Pure functions over strings. Must not know documents, IO or async, and never picks tokens by a model's name.

mod budget;
pub mod chat;
mod detect;
mod families;
mod family;
mod fill_in;
mod guard;
mod model;
mod render;

pub use budget::{Budget, GRID_LINES, Window, window};
pub use detect::{FimFormat, NoFim, detect};
pub use families::FAMILIES;
pub use family::{Family, Layout, Marker, Piece, TokenTexts};
pub use fill_in::{FillIn, fill_in};
pub use guard::{FlatPrompt, contains_special, render_flat};
pub use model::{FimTokens, ModelFacts};
pub use render::{FileExcerpt, FimParts, FimPrompt, Part, Segment, render_fim};

#[cfg(test)]
mod tests;
