//! The models of this process as an engine, for its own clients: each request waits for its model, and counts as work.
//! It must not know HTTP.

use super::host::{Host, LoadState, Loading};
use super::idle::Activity;
use engine::{
    CancellationToken, Engine, EngineError, Event, EventStream, GenerateRequest, ModelInfo, Priority,
    PromptStats,
};
use engine_llama::LlamaEngine;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_stream::wrappers::WatchStream;

/// See the module's head. Cheap to clone.
#[derive(Clone)]
pub(crate) struct HostEngine {
    pub(crate) host: Arc<Host>,
    pub(crate) activity: Arc<Activity>,
    /// The part of the activity that is chats.
    pub(crate) chats: Arc<Activity>,
}

impl Engine for HostEngine {
    fn model_info(&self, model: Option<&str>) -> BoxFuture<'_, Result<ModelInfo, EngineError>> {
        let model = model.map(str::to_owned);
        async move {
            let _busy = self.activity.begin();
            let host = self.host.clone();
            // Reading a header touches the disk.
            let info = tokio::task::spawn_blocking(move || host.info(model.as_deref())).await;
            info.unwrap_or_else(|error| Err(EngineError::Failed { reason: error.to_string() }))
        }
        .boxed()
    }

    fn prepare(&self, model: Option<&str>) -> EventStream {
        let busy = self.activity.begin();
        match self.host.load(model) {
            Err(error) => failed(error),
            Ok(Loading { name, state, lease }) => load_events(name, state)
                .map(move |step| {
                    // Dropped with the stream.
                    let _ = (&busy, &lease);
                    match step {
                        Step::Event(event) => Ok(event),
                        Step::Ready(..) => Ok(Event::Ready),
                        Step::Failed(error) => Err(error),
                    }
                })
                .boxed(),
        }
    }

    fn embed(&self, model: &str, texts: Vec<String>) -> BoxFuture<'_, Result<Vec<Vec<f32>>, EngineError>> {
        let model = model.to_owned();
        async move {
            let _busy = self.activity.begin();
            let (engine, _lease) = self.host.ready(&model).await?;
            Ok(engine.embed(texts).await?.vectors)
        }
        .boxed()
    }

    fn generate(&self, request: GenerateRequest, cancel: CancellationToken) -> EventStream {
        let busy = self.activity.begin();
        let Loading { name, state, lease } = match self.host.load(request.model.as_deref()) {
            Err(error) => return failed(error),
            Ok(loading) => loading,
        };
        let waited = matches!(*state.borrow(), LoadState::Loading(_));
        let (host, measured) = (self.host.clone(), name.clone());
        let chat = (request.priority == Priority::Chat).then(|| self.chats.begin());
        let mut request = Some(request);
        load_events(name, state)
            .flat_map(move |step| match step {
                Step::Event(event) => stream::iter([Ok(event)]).boxed(),
                Step::Failed(error) => failed(error),
                Step::Ready(engine, took) => match request.take() {
                    None => stream::empty().boxed(),
                    Some(request) => {
                        let load_ms = if waited { took.as_secs_f64() * 1000.0 } else { 0.0 };
                        // The engine stops when this stream is dropped, and it is dropped when the connection closes.
                        let events = engine.generate(request, &cancel);
                        events.map(move |event| event.map(|event| with_load_time(event, load_ms))).boxed()
                    }
                },
            })
            .inspect(move |event| {
                let _ = (&busy, &chat, &lease);
                // Guessed tokens come quicker than the model writes.
                if let Ok(Event::Finished(finish)) = event
                    && finish.drafted_tokens == 0
                {
                    host.note_speed(&measured, finish.tokens, finish.generate_ms);
                }
            })
            .boxed()
    }
}

enum Step {
    Event(Event),
    Ready(Arc<LlamaEngine>, Duration),
    Failed(EngineError),
}

/// A model's way into memory, up to its end.
fn load_events(
    name: String,
    loading: watch::Receiver<LoadState>,
) -> impl futures::Stream<Item = Step> + Send + 'static {
    let mut ended = false;
    WatchStream::new(loading)
        .map(move |state| match state {
            LoadState::Loading(fraction) => Step::Event(Event::Loading { model: name.clone(), fraction }),
            LoadState::Ready(engine, took) => Step::Ready(engine, took),
            LoadState::Failed(error) => Step::Failed(error),
        })
        .take_while(move |step| {
            let go_on = !ended;
            ended = !matches!(step, Step::Event(_));
            std::future::ready(go_on)
        })
}

fn failed(error: EngineError) -> EventStream {
    stream::iter([Err(error)]).boxed()
}

fn with_load_time(event: Event, load_ms: f64) -> Event {
    match event {
        Event::Prompt(stats) => Event::Prompt(PromptStats { load_ms, ..stats }),
        other => other,
    }
}
