//! Mentions: what `@` in a message stands for, from the typed text to the text that the model reads.
//!
//! It must not know LSP types, engines or tokenizers, and never reads what the ignore files exclude or a secret.

mod attachment;

pub use attachment::Attachment;
