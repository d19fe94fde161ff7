//! What went wrong with a request, and how each dialect says so.
//! It must not hold the reasons themselves: engines, hosts and parsers give them.

use crate::host::HostError;
use axum::Json;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use engine::EngineError;
use prompt::NoFim;
use prompt::chat::ChatError;
use serde_json::{Value, json};

/// Why a request has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) kind: Kind,
    /// What happened, why, and what to do next.
    pub(crate) message: String,
    /// The field that is wrong.
    pub(crate) field: Option<&'static str>,
}

/// The categories that clients tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Invalid,
    /// The prompt does not fit into the model's context.
    TooLong,
    NoKey,
    Forbidden,
    NotFound,
    WrongMethod,
    NoModel,
    Unavailable,
    Failed,
}

/// The families of APIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    OpenAi,
    Ollama,
    LlamaServer,
}

impl Dialect {
    /// The dialect of a path.
    pub(crate) fn of(path: &str) -> Self {
        if path.starts_with("/v1/") {
            Self::OpenAi
        } else if path.starts_with("/api/") {
            Self::Ollama
        } else {
            Self::LlamaServer
        }
    }
}

impl Problem {
    /// Something about a field of the request.
    pub(crate) fn field(field: &'static str, message: impl Into<String>) -> Self {
        Self { kind: Kind::Invalid, message: format!("`{field}`: {}", message.into()), field: Some(field) }
    }

    /// Something else.
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), field: None }
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self.kind {
            Kind::Invalid | Kind::TooLong => StatusCode::BAD_REQUEST,
            Kind::NoKey => StatusCode::UNAUTHORIZED,
            Kind::Forbidden => StatusCode::FORBIDDEN,
            Kind::NotFound | Kind::NoModel => StatusCode::NOT_FOUND,
            Kind::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Kind::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The body in a dialect; it may also come in the middle of a stream.
    pub(crate) fn body(&self, dialect: Dialect) -> Value {
        let code = self.status().as_u16();
        match dialect {
            Dialect::OpenAi => {
                let (kind, code) = match self.kind {
                    Kind::Invalid | Kind::WrongMethod => ("invalid_request_error", None),
                    Kind::TooLong => ("invalid_request_error", Some("context_length_exceeded")),
                    Kind::NoKey => ("invalid_request_error", Some("invalid_api_key")),
                    Kind::Forbidden => ("permission_error", Some("forbidden")),
                    Kind::NotFound => ("invalid_request_error", Some("unknown_url")),
                    Kind::NoModel => ("invalid_request_error", Some("model_not_found")),
                    Kind::Unavailable => ("server_error", Some("unavailable")),
                    Kind::Failed => ("server_error", None),
                };
                json!({"error": {"message": self.message, "type": kind, "param": self.field, "code": code}})
            }
            Dialect::Ollama => json!({"error": self.message}),
            Dialect::LlamaServer => {
                let kind = match self.kind {
                    Kind::Invalid | Kind::WrongMethod => "invalid_request_error",
                    Kind::TooLong => "exceed_context_size_error",
                    Kind::NoKey => "authentication_error",
                    Kind::Forbidden => "permission_error",
                    Kind::NotFound | Kind::NoModel => "not_found_error",
                    Kind::Unavailable => "unavailable_error",
                    Kind::Failed => "server_error",
                };
                json!({"error": {"code": code, "message": self.message, "type": kind}})
            }
        }
    }

    /// The whole response in a dialect.
    pub(crate) fn response(&self, dialect: Dialect) -> Response {
        if self.status().is_server_error() {
            // Messages hold names and figures, never prompts.
            tracing::warn!("a request failed: {}", self.message);
        }
        (self.status(), Json(self.body(dialect))).into_response()
    }
}

/// A path that no dialect has.
pub(crate) async fn not_found(uri: Uri) -> Response {
    let message = format!("there is no {}; docs/api.md lists what there is", uri.path());
    Problem::new(Kind::NotFound, message).response(Dialect::of(uri.path()))
}

/// A path with another method.
pub(crate) async fn wrong_method(method: Method, uri: Uri) -> Response {
    let message = format!("{} does not take {method}", uri.path());
    Problem::new(Kind::WrongMethod, message).response(Dialect::of(uri.path()))
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        let kind = match &error {
            EngineError::ModelMissing { .. } | EngineError::ModelUnknown { .. } => Kind::NoModel,
            EngineError::ContextOverflow { .. } => Kind::TooLong,
            EngineError::Refused { .. } => Kind::Invalid,
            EngineError::Cancelled | EngineError::NotStarted { .. } | EngineError::Stopped { .. } => {
                Kind::Unavailable
            }
            // The models of this API are on this machine; a provider behind one would be a failure like any other.
            EngineError::ModelUnusable { .. } | EngineError::Failed { .. } | EngineError::Remote(_) => {
                Kind::Failed
            }
        };
        let message = match error {
            // Clients know this error by OpenAI's words (litellm, and with it aider and others), not by its code.
            EngineError::ContextOverflow { tokens, limit } => format!(
                "This model's maximum context length is {limit} tokens, and the prompt has {tokens}. Leave some of it out, or raise \
                 WEFT_CHAT_CONTEXT_TOKENS where `weft serve` is started"
            ),
            error => error.to_string(),
        };
        Self::new(kind, message)
    }
}

impl From<HostError> for Problem {
    fn from(error: HostError) -> Self {
        let kind = match &error {
            HostError::NotFound(_) => Kind::NoModel,
            HostError::Refused(_) => Kind::Invalid,
            HostError::Failed(_) => Kind::Failed,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<ChatError> for Problem {
    fn from(error: ChatError) -> Self {
        let kind = match &error {
            ChatError::NoQuestion | ChatError::Refused { .. } | ChatError::NoTools { .. } => Kind::Invalid,
            ChatError::Unreadable { .. } | ChatError::Failed { .. } => Kind::Failed,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<NoFim> for Problem {
    fn from(error: NoFim) -> Self {
        Self::new(Kind::Invalid, error.to_string())
    }
}
