//! Mentions: what `@` in a message stands for, from the typed text to the text that the model reads.
//!
//! The way of a message: [`parse()`] → [`resolve()`] each in a [`World`] → [`default_context()`] → [`fit()`] → [`render()`]. While it is being
//! typed: [`typed_at`] → [`complete()`].
//!
//! It must not know LSP types, engines or tokenizers, and never reads what the ignore files exclude or a secret.

mod attachment;
mod chunks;
mod codebase;
mod complete;
mod default_context;
mod diff;
mod editor;
mod embed;
mod error;
mod file;
mod files;
mod fit;
mod folder;
mod git;
mod kind;
mod parse;
mod place;
mod render;
mod repo;
mod resolve;
mod resolved;
mod search;
mod shrink;
mod suggest;
mod symbol;
#[cfg(test)]
mod tests;
mod tree;
mod url;
mod world;

pub use attachment::Attachment;
pub use complete::{Candidate, CandidateKind, complete};
pub use default_context::default_context;
pub use embed::EngineEmbed;
pub use error::MentionError;
pub use files::Files;
pub use fit::{Fitted, fit};
pub use kind::{DiffBase, LineRange, Mention, MentionKind};
pub use parse::{parse, quoted, typed_at};
pub use render::render;
pub use resolve::{identify, resolve};
pub use resolved::{Resolved, Worth};
pub use url::is_public;
pub use world::{
    Current, Embed, Fetch, Network, Page, PageRequest, Problem, Severity, System, Visible, World,
};
