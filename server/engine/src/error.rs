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
    /// A provider on another machine, or the way to it.
    #[error("{0}")]
    Remote(Remote),
}

/// A provider and what it said, for the categories of [`EngineError::Remote`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remote {
    /// The engine's name in the user's configuration.
    pub engine: String,
    /// What went wrong.
    pub cause: RemoteCause,
    /// What the provider or the connection said, without any key.
    pub reason: String,
}

/// What can go wrong between Weft and a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemoteCause {
    /// There is no key, or the provider does not take it.
    Auth,
    /// The account has nothing left to spend.
    Quota,
    /// Too many requests in too short a time.
    Rate,
    /// The provider has too much to do, or fails by itself.
    Overload,
    /// The prompt is longer than the model's context.
    ContextTooLong,
    /// The provider does not take the request as it is.
    BadRequest,
    /// No connection, or it broke.
    Network,
    /// It took longer than the configured time.
    Timeout,
    /// What came is not what the provider's interface says.
    Unreadable,
    /// What the provider's rules forbid it to answer.
    Filtered,
    /// The configuration does not say what is needed.
    Configuration,
}

impl RemoteCause {
    /// A short name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Quota => "quota",
            Self::Rate => "rate",
            Self::Overload => "overload",
            Self::ContextTooLong => "context_too_long",
            Self::BadRequest => "bad_request",
            Self::Network => "network",
            Self::Timeout => "timeout",
            Self::Unreadable => "unreadable",
            Self::Filtered => "filtered",
            Self::Configuration => "configuration",
        }
    }
}

impl std::fmt::Display for Remote {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { engine, cause, reason } = self;
        match cause {
            RemoteCause::Auth => write!(
                formatter,
                "{engine} does not accept the key ({reason}). `weft key list` shows where it comes from, `weft key set \
                 {engine}` stores another one"
            ),
            RemoteCause::Quota => write!(
                formatter,
                "the account at {engine} has no quota left ({reason}). Raise its limit with the provider, or choose \
                 another model"
            ),
            RemoteCause::Rate => write!(
                formatter,
                "{engine} takes no more requests for now ({reason}). Wait a moment, or set a `fallback` for the model"
            ),
            RemoteCause::Overload => write!(
                formatter,
                "{engine} cannot answer at the moment ({reason}). Try again later, or set a `fallback` for the model"
            ),
            RemoteCause::ContextTooLong => write!(
                formatter,
                "the prompt is too long for the model at {engine} ({reason}). Set the model's `context_tokens` to what \
                 it has, or mention less"
            ),
            RemoteCause::BadRequest => write!(
                formatter,
                "{engine} refuses the request ({reason}). `weft config show` has the model's name and the engine's \
                 address as they are in force"
            ),
            RemoteCause::Network => write!(
                formatter,
                "there is no answer from {engine} ({reason}). Check its address, the connection and the proxy"
            ),
            RemoteCause::Timeout => write!(
                formatter,
                "{engine} took too long ({reason}). Its `timeouts` in config.toml can be raised"
            ),
            RemoteCause::Unreadable => write!(
                formatter,
                "the answer of {engine} is not what this kind of engine sends ({reason}). Check its `kind` and \
                 `base_url`"
            ),
            RemoteCause::Filtered => {
                write!(formatter, "{engine} does not answer this ({reason}). Ask in other words")
            }
            RemoteCause::Configuration => write!(formatter, "{reason}"),
        }
    }
}

impl EngineError {
    /// An error of a remote engine.
    pub fn remote(engine: &str, cause: RemoteCause, reason: impl Into<String>) -> Self {
        Self::Remote(Remote { engine: engine.to_owned(), cause, reason: reason.into() })
    }

    /// A short name of the category, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ModelMissing { .. } => "model_missing",
            Self::ModelUnknown { .. } => "model_unknown",
            Self::ModelUnusable { .. } => "model_unusable",
            Self::ContextOverflow { .. } => "context_too_long",
            Self::Cancelled => "cancelled",
            Self::NotStarted { .. } => "not_started",
            Self::Stopped { .. } => "stopped",
            Self::Refused { .. } => "refused",
            Self::Failed { .. } => "failed",
            Self::Remote(remote) => remote.cause.code(),
        }
    }

    /// True when the engine's process is gone, so that a caller reports it and starts it again.
    pub fn is_stopped(&self) -> bool {
        matches!(self, Self::Stopped { .. })
    }
}
