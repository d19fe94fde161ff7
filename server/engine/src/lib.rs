//! What an engine is: something that continues a prompt, fills a place or answers a conversation, piece by piece, and can be
//! stopped.
//!
//! This crate holds the [`Engine`] trait, the events of its stream, the categories of its errors and a
//! scriptable [`FakeEngine`]. It must not know paths, cursors, LSP or any one provider.

mod error;
mod event;
mod fake;
mod guide;
mod request;

use futures::future::BoxFuture;
use futures::stream::BoxStream;
pub use tokio_util::sync::CancellationToken;

pub use error::{EngineError, Remote, RemoteCause};
pub use event::{Event, Finish, FinishReason, PromptStats};
pub use fake::{FakeEngine, Script};
pub use guide::{Guidance, Guide};
pub use request::{
    ChatMessage, ChatRole, Fill, FillExtra, FimTokenTexts, GenerateRequest, Grammar, Input, ModelInfo,
    Priority, Sampler, Segment,
};

/// The events of one generation. It ends after [`Event::Finished`] or after the first error.
pub type EventStream = BoxStream<'static, Result<Event, EngineError>>;

/// Something that runs models. Every call is cheap to make; the work is in the returned future or stream.
pub trait Engine: Send + Sync + 'static {
    /// What is known of a model without loading it; `None` asks for the engine's default model.
    fn model_info(&self, model: Option<&str>) -> BoxFuture<'_, Result<ModelInfo, EngineError>>;

    /// Loads a model ahead of its first use. The stream yields [`Event::Loading`] and ends with [`Event::Ready`].
    /// Loading goes on when the stream is dropped: somebody will want the model soon.
    fn prepare(&self, model: Option<&str>) -> EventStream;

    /// The model to ask where `model` fails before it has said anything. None: the failure is the answer.
    fn fallback(&self, _model: Option<&str>) -> Option<String> {
        None
    }

    /// The vectors of texts, each of length 1, for comparing what they are about. `model` is one that is made for this.
    fn embed(&self, _model: &str, _texts: Vec<String>) -> BoxFuture<'_, Result<Vec<Vec<f32>>, EngineError>> {
        let reason = "this engine has no embeddings; name a model on this machine".to_owned();
        Box::pin(std::future::ready(Err(EngineError::Refused { reason })))
    }

    /// Continues a prompt. Tripping `cancel`, or dropping the stream, stops the work within one decode step.
    fn generate(&self, request: GenerateRequest, cancel: CancellationToken) -> EventStream;
}
