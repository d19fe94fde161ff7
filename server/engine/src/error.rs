//! The categories of what can go wrong in an engine, as the user needs to tell them apart.
//! It must not hold a provider's own error types: the text of one is enough.

use serde::{Deserialize, Serialize};

/// Why an engine gave no answer. Each message says what happened and, where there is one, what to do next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "category", rename_all = "snake_case")]
pub enum EngineError {
    /// The model's file is not on this machine.
    #[error("the model {model} is not on this machine. Fetch it with: weft models pull {model}")]
    ModelMissing {
        /// The name that was asked for.
        model: String,
    },
    /// The model's name is in no catalogue and names no file.
    #[error("there is no model called {model}. `weft models list` shows those that Weft knows")]
    ModelUnknown {
        /// The name that was asked for.
        model: String,
    },
    /// The file is there, but llama.cpp cannot use it.
    #[error("the model {model} could not be loaded: {reason}")]
    ModelUnusable {
        /// The name that was asked for.
        model: String,
        /// What llama.cpp or the file's header says.
        reason: String,
    },
    /// The prompt and the answer's room do not fit into the model's context.
    #[error("the prompt has {tokens} tokens and the model's context holds {limit}")]
    ContextOverflow {
        /// Tokens in the prompt.
        tokens: u32,
        /// Tokens that the prompt may have.
        limit: u32,
    },
    /// The caller cancelled.
    #[error("cancelled")]
    Cancelled,
    /// The engine's process could not be started.
    #[error("the engine could not be started: {reason}")]
    NotStarted {
        /// What went wrong and what to do.
        reason: String,
    },
    /// The engine was there and went away in the middle of the work.
    #[error(
        "the engine stopped in the middle of the work ({reason}); it is started again at the next request"
    )]
    Stopped {
        /// What the connection said.
        reason: String,
    },
    /// The engine refused the request.
    #[error("the engine refused the request: {reason}")]
    Refused {
        /// What it said.
        reason: String,
    },
    /// A failure inside the engine, such as a decode error of llama.cpp.
    #[error("the engine failed: {reason}")]
    Failed {
        /// What it said.
        reason: String,
    },
}

impl EngineError {
    /// True when the engine's process is gone, so that a caller reports it and starts it again.
    pub fn is_stopped(&self) -> bool {
        matches!(self, Self::Stopped { .. })
    }
}
