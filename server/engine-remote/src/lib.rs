//! Engines in other processes, over HTTP; one provider a file.
//!
//! It must not know documents or LSP, nor how a process is found or started: it is handed an address.

mod lines;
mod weft_serve;

pub use weft_serve::{Endpoint, LoadedModel, PROTOCOL, ServeStatus, WeftServe};
