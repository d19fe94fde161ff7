//! An engine's model as what `@codebase` compares texts with. It must not choose texts or compare them.

use std::sync::Arc;

use engine::Engine;
use futures::future::BoxFuture;
use futures::{FutureExt as _, TryFutureExt as _};

use crate::mentions::world::Embed;

/// A model of an engine.
pub struct EngineEmbed {
    /// The engine.
    pub engine: Arc<dyn Engine>,
    /// The model's name.
    pub model: String,
}

impl Embed for EngineEmbed {
    fn embed(&self, texts: Vec<String>) -> BoxFuture<'_, Result<Vec<Vec<f32>>, String>> {
        let asked = self.engine.embed(&self.model, texts);
        asked.map_err(|error| format!("the model {} gave no vectors: {error}", self.model)).boxed()
    }
}
