//! The two jobs of Weft, each a straight line. Completion: context → prompt → engine → post-process.
//!
//! It must not know LSP types or a concrete engine.

pub mod completion;
pub mod post;
