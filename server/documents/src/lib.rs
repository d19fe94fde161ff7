//! The documents that an editor has open, and immutable snapshots of them: text, version and syntax tree that belong
//! together. A file that is not open is read from disk into the same kind of snapshot.
//!
//! It must not know prompts, models or LSP's types, and nothing here is async: a change is applied and a snapshot taken
//! under a short lock. What may take long, finishing the syntax tree of a large file, happens on the thread of whoever
//! asks for the tree.

mod id;
mod lazy_tree;
mod snapshot;
mod store;
#[cfg(test)]
mod tests;

pub use crate::id::DocumentId;
pub use crate::lazy_tree::ParseBudget;
pub use crate::snapshot::{DEFAULT_FILE_LIMIT, ReadError, Snapshot};
pub use crate::store::{Change, DocumentError, DocumentStore};
