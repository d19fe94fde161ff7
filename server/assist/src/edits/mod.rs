//! Edits: from a model's answer to changes of a file that the user can look at first, and that are right or not made.
//!
//! It must not know LSP types or engines, and never writes a file.
