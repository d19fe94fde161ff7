//! Syntax as the rest of Weft sees it: a tree that follows the edits, and from it definitions, imports, bindings, references,
//! scopes, the blocks around a cursor, whether the cursor is in code, a comment or a string, and where the text does not
//! fit the grammar. Parsing never fails: broken code has a tree too.
//!
//! It is a façade over tree-sitter and the queries of `grammars/`; no tree-sitter type leaves it. It must not do IO at
//! run time, be async, or know LSP. Offsets are bytes of UTF-8.

mod bindings;
mod definitions;
mod file_outline;
mod imports;
mod items;
mod language;
mod outline;
mod query;
mod site;
#[cfg(test)]
mod tests;
mod tree;
mod walk;

pub use crate::bindings::{Binding, BindingKind};
pub use crate::definitions::{Definition, DefinitionKind};
pub use crate::file_outline::Outline;
pub use crate::imports::Import;
pub use crate::language::{Language, fingerprint};
pub use crate::outline::{Reference, ReferenceKind, Scope};
pub use crate::site::{Block, SiteClass};
pub use crate::tree::Tree;
