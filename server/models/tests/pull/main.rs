//! Pulls against a real HTTP server on the loopback and against the real pip. Nothing here leaves the machine.
//!
//! Must not do: sleep, or use the catalogue's models.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod http;
mod pip;
mod server;
mod store;
mod support;
