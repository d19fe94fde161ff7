//! What is configured of a provider and of a model behind it. It must not read files or the environment.

use crate::secret::Secret;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What a provider speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The interface of OpenAI, which most servers and resellers have too.
    OpenAi,
    /// llama.cpp's own server: that of OpenAI, and `/infill`.
    LlamaServer,
    /// OpenAI's models at Azure.
    Azure,
    /// Anthropic's messages.
    Anthropic,
    /// Google's Gemini.
    Gemini,
    /// Mistral and Codestral.
    Mistral,
    /// DeepSeek.
    DeepSeek,
    /// Ollama's own interface.
    Ollama,
    /// Hugging Face's inference providers, and Text Generation Inference.
    HuggingFace,
}

impl Kind {
    /// Where the provider itself listens; none where each user has an address of their own.
    pub fn base_url(self) -> Option<&'static str> {
        match self {
            Self::OpenAi => Some("https://api.openai.com/v1"),
            Self::LlamaServer => Some("http://127.0.0.1:8080"),
            Self::Azure => None,
            Self::Anthropic => Some("https://api.anthropic.com"),
            Self::Gemini => Some("https://generativelanguage.googleapis.com"),
            Self::Mistral => Some("https://api.mistral.ai"),
            Self::DeepSeek => Some("https://api.deepseek.com"),
            Self::Ollama => Some("http://127.0.0.1:11434"),
            Self::HuggingFace => Some("https://router.huggingface.co"),
        }
    }

    /// Whether the provider itself fills in between two pieces of code.
    pub fn fills(self) -> bool {
        matches!(self, Self::LlamaServer | Self::Mistral | Self::DeepSeek | Self::Ollama)
    }

    /// Whether it takes a prompt in the model's own format.
    pub fn takes_text(self) -> bool {
        !matches!(self, Self::Anthropic | Self::Gemini | Self::Mistral)
    }
}

/// The usual name of the header by which a load balancer can keep a session at one engine, where its KV cache is. Its value is random and
/// the same for as long as the process lives: a window of an editor is one session.
pub const SESSION_HEADER: &str = "X-Weft-Session";

/// Gives the key, anew for each request, so that a new one counts at once. The error says what to do.
pub type KeySource = Arc<dyn Fn() -> Result<Option<Secret>, String> + Send + Sync>;

/// How to reach a provider.
#[derive(Clone)]
pub struct EngineOptions {
    /// Its name in the user's configuration, for messages.
    pub name: String,
    /// What it speaks.
    pub kind: Kind,
    /// Its address, without the path of a call.
    pub base_url: String,
    /// The key.
    pub key: KeySource,
    /// Headers that every request carries. Their values may be secret.
    pub headers: Vec<(String, Secret)>,
    /// The header that says which requests belong together ([`SESSION_HEADER`] usually), for a load balancer; none to send none.
    pub session_header: Option<String>,
    /// Azure's `api-version`.
    pub api_version: Option<String>,
    /// How long what may take.
    pub timeouts: Timeouts,
    /// How often a request is sent again that failed before it had an answer.
    pub retries: u32,
    /// The way out.
    pub proxy: Proxy,
    /// Certificates (PEM) that are trusted besides the system's.
    pub certificates: Option<Vec<u8>>,
}

impl fmt::Debug for EngineOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("EngineOptions");
        shown.field("name", &self.name).field("kind", &self.kind).field("base_url", &self.base_url);
        shown.finish_non_exhaustive()
    }
}

/// How a connection leaves the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Proxy {
    /// As `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say; never for this machine itself.
    #[default]
    Environment,
    /// Directly.
    Off,
    /// Through this one.
    Url(String),
}

/// How long what may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Until there is a connection.
    pub connect: Duration,
    /// From sending a request to the first piece of the answer, repeated sending included.
    pub first_token: Duration,
    /// From one piece of the answer to the next one.
    pub between_tokens: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            first_token: Duration::from_secs(60),
            between_tokens: Duration::from_secs(30),
        }
    }
}

/// A model behind a provider.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelOptions {
    /// The name under which the user asks for it.
    pub name: String,
    /// The provider's name for it; for Azure that of the deployment.
    pub model: String,
    /// How it completes code.
    pub completion: Completion,
    /// The most tokens of prompt and answer together.
    pub context_tokens: u32,
    /// How much chance has to say; none for the provider's own value in chats, and the likeliest text in completions.
    pub temperature: Option<f32>,
}

/// How a model completes code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completion {
    /// By the provider's own call for that ([`Kind::fills`]), or OpenAI's old `suffix` parameter.
    Native,
    /// By a prompt in the model's format, which has this name.
    Template(String),
    /// By a question in a chat.
    Chat,
}
