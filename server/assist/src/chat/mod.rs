//! The chat line: message → mentions → prompt → engine → stream.
//!
//! It must not know LSP types or a concrete engine.

pub mod commands;
mod conversations;
mod front_matter;
mod line;
mod measure;
pub mod prompt;
mod record;
mod rendered;
pub mod rules;
pub mod store;
mod write;

pub use ::prompt::chat::{Part, ThinkSplitter};
pub use conversations::{Answering, Conversations, Options, Outgoing, Preview, SendError, Sent};
pub use line::{ChatEnd, ChatEvent, ChatFailure, ChatRequest, ChatStats, Started, ask};
pub use measure::Measure;
pub use record::record;
pub use write::{Written, write};
