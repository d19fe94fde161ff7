//! The real 0.5B model for tests, and how to ask it. It must not know what is asked.
//!
//! `cargo xtask test` fetches the model first. WEFT_TEST_MODELS names its folder; without it the cache of
//! `cargo xtask` is looked at, and where the model is in neither, the tests fail and say so.
#![allow(unreachable_pub, missing_docs)]

use engine::{CancellationToken, EngineError, Event, Finish, FinishReason, GenerateRequest, PromptStats};
use engine_llama::{LlamaEngine, LoadOptions, Threads};
use futures::StreamExt;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

const FILE: &str = "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf";

fn model_path() -> PathBuf {
    let folder = std::env::var_os("WEFT_TEST_MODELS").map(PathBuf::from).unwrap_or_else(|| {
        let cache = std::env::var_os("WEFT_CACHE_DIR").map(PathBuf::from).unwrap_or_else(|| {
            let base = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
            let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
            base.unwrap_or_else(|| home.join(".cache")).join("weft")
        });
        cache.join("models")
    });
    let path = folder.join(FILE);
    assert!(path.is_file(), "{} is missing: run `cargo xtask test`, which fetches it", path.display());
    path
}

/// A small context on one thread.
pub fn options() -> LoadOptions {
    LoadOptions {
        path: model_path(),
        name: "small".into(),
        context_tokens: NonZeroU32::new(1024).unwrap(),
        chat_context_tokens: NonZeroU32::new(1024).unwrap(),
        keep_chat: Duration::from_secs(600),
        threads: Threads::Fixed(1),
        drafts: true,
        most_gpu_layers: None,
        settle_after: Duration::from_secs(600),
    }
}

/// What came of a request.
#[derive(Debug, Default)]
pub struct Outcome {
    pub text: String,
    pub prompt: PromptStats,
    pub logprobs: Vec<f32>,
    pub finish: Option<Finish>,
    pub reason: Option<FinishReason>,
    pub error: Option<EngineError>,
}

impl Outcome {
    /// Notes an event.
    pub fn add(&mut self, event: Result<Event, EngineError>) {
        match event {
            Ok(Event::Prompt(prompt)) => self.prompt = prompt,
            Ok(Event::Token { text, logprob }) => {
                self.text.push_str(&text);
                self.logprobs.push(logprob);
            }
            Ok(Event::Finished(finish)) => {
                self.reason = Some(finish.reason);
                self.finish = Some(finish);
            }
            Ok(other) => panic!("unexpected {other:?}"),
            Err(error) => self.error = Some(error),
        }
    }
}

/// Asks and listens to the end.
pub fn run(engine: &LlamaEngine, request: GenerateRequest, cancel: &CancellationToken) -> Outcome {
    let mut outcome = Outcome::default();
    let mut events = engine.generate(request, cancel);
    while let Some(event) = futures::executor::block_on(events.next()) {
        outcome.add(event);
    }
    outcome
}
