//! Model files: which ones Weft can fetch, fetching them, where they lie, and what they say of themselves.
//!
//! [`catalogue`] names the known models, [`ModelName`] all others; [`pull`] and [`pull_hub`] bring one into a [`Store`] and check it byte for
//! byte; [`read_metadata`] reads the header of a GGUF file; [`fit`] says what of it the memory can hold.
//!
//! Must not know: LSP, prompts, and any engine. It never loads weights, never chooses where the store's
//! folder is (the binary does), and never uses a file that has not been checked.

mod catalogue;
mod gguf;
mod hub;
mod memory;
mod names;
mod ollama;
mod pull;
mod quantisation;
mod record;
mod store;

pub use catalogue::{
    Catalogue, CatalogueEntry, CatalogueError, HubEntry, HuggingFaceSource, Parameters, PypiSource, Source,
    SourceKind, catalogue,
};
pub use gguf::{FimTokens, GgufError, GgufMetadata, PerLayer, read_metadata};
pub use hub::{FoundRepository, HubError, HubFile, HubModel, HubRepository, choose, repository, search};
pub use memory::{
    Fit, KvType, LeastContext, MemoryNeed, MemoryOf, Reduction, Shape, TooLarge, Wanted, fit,
    tokens_per_second,
};
pub use names::{HubName, ModelName, NameError};
pub use pull::{
    Attempt, NoSource, Progress, PullError, PullOptions, Pulled, PulledModel, SourceError, Token, pull,
    pull_hub, verify,
};
pub use store::{Imported, ImportedAs, InstalledModel, ModelStatus, Origin, Store, StoreError, model_bytes};
