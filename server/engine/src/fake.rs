//! An engine for tests that says what a script tells it to, and records what it was asked.
//! It must not be used outside tests of other crates: it runs no model.

use crate::{
    CancellationToken, Engine, EngineError, Event, EventStream, Finish, FinishReason, GenerateRequest,
    ModelInfo, PromptStats,
};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// What the fake engine does with one request.
#[derive(Clone, Debug)]
pub enum Script {
    /// Streams the text in pieces of four characters, then ends. It is what comes after the request's `begins_with`.
    Text(String),
    /// The same, but the text is the answer as a model writes it, with `begins_with`. Where it does not begin so, the
    /// answer is empty: a model that has nothing to say after that.
    Whole(String),
    /// Streams the text in pieces of four characters, then says nothing more until it is cancelled.
    Begin(String),
    /// Says nothing until it is cancelled.
    Hang,
    /// Fails at once.
    Fail(EngineError),
}

/// See the module's head.
pub struct FakeEngine {
    info: ModelInfo,
    answer: Box<dyn Fn(&GenerateRequest) -> Script + Send + Sync>,
    requests: Mutex<Vec<GenerateRequest>>,
    counts: Arc<watch::Sender<FakeCounts>>,
}

/// How many requests have begun and how many were stopped before their end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FakeCounts {
    /// Requests received.
    pub started: usize,
    /// Requests cancelled or dropped while they hung.
    pub stopped: usize,
}

impl FakeEngine {
    /// An engine with one model, which answers each request with what `answer` returns for it.
    pub fn new(info: ModelInfo, answer: impl Fn(&GenerateRequest) -> Script + Send + Sync + 'static) -> Self {
        Self {
            info,
            answer: Box::new(answer),
            requests: Mutex::default(),
            counts: Arc::new(watch::Sender::new(FakeCounts::default())),
        }
    }

    /// What an engine says of a model with Qwen2.5-Coder's tokens.
    pub fn qwen() -> ModelInfo {
        let special = ["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|file_sep|>", "<|repo_name|>"];
        ModelInfo {
            name: "qwen".into(),
            architecture: Some("qwen2".into()),
            context_tokens: 4096,
            chat_context_tokens: 8192,
            special_tokens: special.into_iter().map(str::to_owned).collect(),
            ..ModelInfo::default()
        }
    }

    /// The requests so far, oldest first.
    pub fn requests(&self) -> Vec<GenerateRequest> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until the counts satisfy `reached`.
    pub async fn wait_until(&self, reached: impl FnMut(&FakeCounts) -> bool) -> FakeCounts {
        let mut receiver = self.counts.subscribe();
        receiver.wait_for(reached).await.map(|counts| *counts).unwrap_or_default()
    }
}

impl Engine for FakeEngine {
    fn model_info(&self, _model: Option<&str>) -> BoxFuture<'_, Result<ModelInfo, EngineError>> {
        let info = self.info.clone();
        async move { Ok(info) }.boxed()
    }

    fn prepare(&self, _model: Option<&str>) -> EventStream {
        futures::stream::iter([Ok(Event::Ready)]).boxed()
    }

    fn generate(&self, request: GenerateRequest, cancel: CancellationToken) -> EventStream {
        let script = match (self.answer)(&request) {
            Script::Whole(text) => {
                Script::Text(text.strip_prefix(request.begins_with.as_str()).unwrap_or_default().to_owned())
            }
            script => script,
        };
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        self.counts.send_modify(|counts| counts.started += 1);
        match script {
            Script::Text(text) | Script::Whole(text) => futures::stream::iter(events_for(&text)).boxed(),
            Script::Fail(error) => futures::stream::iter([Err(error)]).boxed(),
            Script::Begin(text) => {
                let mut events = events_for(&text);
                events.pop();
                futures::stream::iter(events).chain(hang(self.counts.clone(), cancel)).boxed()
            }
            Script::Hang => hang(self.counts.clone(), cancel).boxed(),
        }
    }
}

fn hang(
    counts: Arc<watch::Sender<FakeCounts>>,
    cancel: CancellationToken,
) -> impl futures::Stream<Item = Result<Event, EngineError>> + Send {
    let guard = CountStop(counts);
    futures::stream::once(async move {
        let _guard = guard;
        cancel.cancelled().await;
        Err(EngineError::Cancelled)
    })
}

struct CountStop(Arc<watch::Sender<FakeCounts>>);

impl Drop for CountStop {
    fn drop(&mut self) {
        self.0.send_modify(|counts| counts.stopped += 1);
    }
}

fn events_for(text: &str) -> Vec<Result<Event, EngineError>> {
    let characters: Vec<char> = text.chars().collect();
    let pieces: Vec<String> = characters.chunks(4).map(|piece| piece.iter().collect()).collect();
    let tokens = u32::try_from(pieces.len()).unwrap_or(u32::MAX);
    let mut events = vec![Ok(Event::Prompt(PromptStats { tokens: 10, ..PromptStats::default() }))];
    events.extend(pieces.into_iter().map(|text| Ok(Event::Token { text, logprob: -0.1 })));
    let reason = FinishReason::EndOfText;
    events.push(Ok(Event::Finished(Finish::new(reason, tokens, 1.0))));
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> GenerateRequest {
        GenerateRequest {
            model: None,
            segments: Vec::new(),
            fill: None,
            messages: Vec::new(),
            begins_with: String::new(),
            guidance: crate::Guidance::default(),
            max_tokens: 8,
            sampler: crate::Sampler::Greedy,
            avoid: Vec::new(),
            grammar: None,
            stops: Vec::new(),
            tail: None,
            priority: crate::Priority::Interactive,
        }
    }

    #[tokio::test]
    async fn a_hung_request_ends_when_it_is_cancelled() {
        let engine = FakeEngine::new(ModelInfo::default(), |_| Script::Hang);
        let cancel = CancellationToken::new();
        let mut stream = engine.generate(request(), cancel.clone());
        assert!(stream.next().now_or_never().is_none());
        cancel.cancel();
        assert_eq!(stream.next().await, Some(Err(EngineError::Cancelled)));
        drop(stream);
        assert_eq!(engine.wait_until(|counts| counts.stopped == 1).await.started, 1);
    }

    async fn text_of(engine: &FakeEngine, request: GenerateRequest) -> String {
        let events: Vec<_> = engine.generate(request, CancellationToken::new()).collect().await;
        let texts = events.iter().filter_map(|event| match event {
            Ok(Event::Token { text, .. }) => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    #[tokio::test]
    async fn a_text_comes_in_pieces_that_join_to_it() {
        let engine = FakeEngine::new(ModelInfo::default(), |_| Script::Text("héllo wörld".into()));
        assert_eq!(text_of(&engine, request()).await, "héllo wörld");
    }

    #[tokio::test]
    async fn what_the_answer_begins_with_is_not_part_of_the_events() {
        let engine = FakeEngine::new(ModelInfo::default(), |_| Script::Whole(" inventory()".into()));
        for (begins_with, expected) in [("", " inventory()"), (" inv", "entory()"), (" foo", "")] {
            let request = GenerateRequest { begins_with: begins_with.to_owned(), ..request() };
            assert_eq!(text_of(&engine, request).await, expected, "{begins_with:?}");
        }
    }
}
