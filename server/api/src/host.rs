//! What the API needs of the program around it: the models on this machine, those in memory, and the calls that are no generation.
//! It must not say how any of it is done.

use engine::{EngineError, Segment};
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use std::time::{Duration, SystemTime};

/// The program that the API speaks for.
pub trait Host: Send + Sync + 'static {
    /// The name under which the engine knows the model that a client asks for; without a name, the default model's. Names come
    /// from the network: they are looked up among the models and never taken for paths.
    ///
    /// # Errors
    /// [`EngineError::ModelMissing`] and [`EngineError::ModelUnknown`].
    fn resolve(&self, asked: Option<&str>) -> Result<String, EngineError>;

    /// The models that can be used.
    ///
    /// # Errors
    /// When their folder cannot be read.
    fn installed(&self) -> Result<Vec<InstalledModel>, HostError>;

    /// The models in memory.
    fn loaded(&self) -> Vec<LoadedModel>;

    /// What is known of a model; the name is one of [`Host::resolve`].
    ///
    /// # Errors
    /// When its file cannot be read.
    fn details(&self, model: &str) -> Result<ModelDetails, HostError>;

    /// Fetches a model of the catalogue. Dropping the stream stops it; what has arrived is kept.
    ///
    /// # Errors
    /// When the catalogue has no such model.
    fn pull(&self, model: &str) -> Result<BoxStream<'static, Result<PullStep, HostError>>, HostError>;

    /// Removes a model's file, from memory too.
    ///
    /// # Errors
    /// When there is none, or it cannot be removed.
    fn delete(&self, model: &str) -> Result<(), HostError>;

    /// Gives a model a second name.
    ///
    /// # Errors
    /// When there is no such model, or the name is taken or no name.
    fn copy(&self, model: &str, name: &str) -> Result<(), HostError>;

    /// For how long a model in memory stays there after its last request. Nothing where it is not in memory.
    fn keep(&self, model: &str, keep: KeepAlive);

    /// How many tokens a prompt has.
    fn count_tokens(&self, model: &str, segments: Vec<Segment>) -> BoxFuture<'_, Result<u32, EngineError>>;

    /// The tokens of a text.
    fn tokenize(
        &self,
        model: &str,
        tokenize: Tokenize,
    ) -> BoxFuture<'_, Result<Vec<TokenPiece>, EngineError>>;

    /// The text of tokens; what is not UTF-8 of it becomes U+FFFD.
    fn detokenize(&self, model: &str, tokens: Vec<i32>) -> BoxFuture<'_, Result<String, EngineError>>;

    /// A vector for each text, of length 1.
    fn embed(&self, model: &str, texts: Vec<String>) -> BoxFuture<'_, Result<Embedded, EngineError>>;
}

/// Why the host could not do something. The messages are for the user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// There is no such model.
    #[error("{0}")]
    NotFound(String),
    /// The request makes no sense.
    #[error("{0}")]
    Refused(String),
    /// Something failed.
    #[error("{0}")]
    Failed(String),
}

/// A model that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstalledModel {
    /// The name under which it is asked for.
    pub name: String,
    /// The file's size in bytes.
    pub bytes: u64,
    /// When the file came or was changed.
    pub modified: SystemTime,
    /// SHA-256 of the file in hexadecimal, where the catalogue knows it.
    pub sha256: Option<String>,
    /// GGUF `general.architecture`.
    pub family: Option<String>,
    /// Such as `1.5B`.
    pub parameters: Option<String>,
    /// Such as `Q4_K_M`.
    pub quantisation: Option<String>,
}

/// A model in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedModel {
    /// Its name.
    pub name: String,
    /// Bytes of memory that it takes, by estimate.
    pub bytes: u64,
    /// How much of that is a graphics card's.
    pub gpu_bytes: u64,
    /// Tokens of context for one conversation.
    pub context_tokens: u32,
    /// When it leaves if nobody asks it; `None` for never.
    pub expires: Option<SystemTime>,
}

/// What is known of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelDetails {
    /// Its file.
    pub model: InstalledModel,
    /// The licence, where the catalogue knows it.
    pub licence: Option<String>,
    /// Numbers of weights.
    pub parameter_count: u64,
    /// Tokens of context that it was trained with.
    pub trained_context: Option<u64>,
    /// Width of its embeddings.
    pub embedding_length: Option<u64>,
    /// Number of layers.
    pub block_count: Option<u64>,
    /// Number of tokens in its vocabulary.
    pub vocabulary: u64,
}

/// For how long a model stays in memory after its last request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeepAlive {
    /// So long; zero is not at all.
    For(Duration),
    /// Until it is told to leave, or its memory is needed.
    Forever,
}

/// How far a pull is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PullStep {
    /// A sentence on what is being done.
    Status(String),
    /// Bytes of the file have arrived.
    Downloading {
        /// SHA-256 of the file.
        sha256: String,
        /// So many bytes.
        done: u64,
        /// Of so many.
        total: u64,
    },
    /// The file's hash is computed.
    Verifying,
    /// The model can be used: the last step.
    Done,
}

/// A text whose tokens are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokenize {
    /// The text.
    pub text: String,
    /// Whether the token that begins a text is put first, where the model wants one.
    pub add_special: bool,
    /// Whether special tokens in the text are parsed as such.
    pub parse_special: bool,
}

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenPiece {
    /// Its number.
    pub id: i32,
    /// Its bytes; they need not be whole characters.
    pub bytes: Vec<u8>,
}

/// The vectors of some texts.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedded {
    /// One for each text.
    pub vectors: Vec<Vec<f32>>,
    /// Tokens of all texts together.
    pub tokens: u32,
}
