//! What is where in a workspace: every definition with its signature, every import, every use of a name, for closed and
//! open files alike, kept between sessions; and the signatures of installed packages.
//!
//! It reads files, and blocks while it does; who may not block calls it on another thread. It must not be async, know
//! LSP, resolve what a name means at a cursor, or decide what a model sees.

mod cache;
mod dependencies;
mod entry;
mod extract;
mod index;
mod names;
mod place;
mod scan;
mod similar;
mod store;
mod terms;
#[cfg(test)]
mod tests;
mod walk;

pub use crate::cache::CacheError;
pub use crate::dependencies::Dependencies;
pub use crate::entry::{FileEntry, Found, MAX_DOC_BYTES, MAX_SIGNATURE_BYTES, Symbol};
pub use crate::index::{Environment, Index, Options};
pub use crate::scan::ScanReport;
pub use crate::similar::{Similar, SimilarQuery};
pub use crate::walk::{IGNORE_FILE, LeftOut, is_left_out, is_secret, walk};
