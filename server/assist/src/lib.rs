//! The two jobs of Weft, each a straight line. Completion: context → prompt → engine → post-process. Chat: message → mentions →
//! prompt → engine → stream, and edits after consent.
//!
//! It must not know LSP types or a concrete engine.

pub mod chat;
pub mod completion;
pub mod edits;
pub mod mentions;
pub mod post;
