//! Engines in other processes and on other machines, over HTTP; one provider a file.
//!
//! It must not know documents or LSP, nor how a process is found or started, nor where configuration and keys are kept: it is
//! handed addresses and a function that gives the key.

mod ask;
mod client;
mod failure;
mod frames;
mod lines;
mod ollama_list;
mod options;
mod providers;
mod remote;
mod router;
mod secret;
mod stops;
mod teller;
#[cfg(test)]
mod tests;
mod weft_remote;
mod weft_serve;

pub use ollama_list::{OllamaModel, ollama_models};
pub use options::{
    Completion, EngineOptions, KeySource, Kind, ModelOptions, Proxy, SESSION_HEADER, Timeouts,
};
pub use remote::{RemoteEngine, RemoteModel};
pub use router::{OpenRoute, Route, Router, Routes};
pub use secret::Secret;
pub use weft_remote::RemoteWeft;
pub use weft_serve::{Endpoint, LoadedModel, PROTOCOL, ServeStatus, WeftServe};
