//! The chat line: message → mentions → prompt → engine → stream.
//!
//! It must not know LSP types or a concrete engine.
