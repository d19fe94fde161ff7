//! The line of one answer: prompt → engine → stream, told apart into thoughts and answer. Must not keep anything: [`super::record`] does.

use std::sync::Arc;
use std::time::Instant;

use ::prompt::chat::{ChatError, DateTime, Part, ThinkSplitter};
use engine::{
    CancellationToken, Engine, EngineError, Event, FinishReason, GenerateRequest, ModelInfo, Priority,
    PromptStats, Sampler,
};
use futures::channel::mpsc::{UnboundedSender, unbounded};
use futures::future::{Either, select};
use futures::stream::{self, BoxStream};
use futures::{FutureExt as _, StreamExt as _};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::measure::Measure;
use super::prompt::{self, BuiltPrompt, Compaction, Conversation, Header, PromptError, Room};
use super::rendered::Rendered;

/// A question to the model.
#[derive(Clone, Debug)]
pub struct ChatRequest {
    /// The model's name; `None` for the engine's default.
    pub model: Option<String>,
    /// All of the conversation.
    pub conversation: Conversation,
    /// The most tokens of the answer; they are kept free in the model's context. Never more than half of it.
    pub answer_tokens: u32,
    /// When the conversation began, in local time: some templates write the date, and one that moves would cost the KV cache.
    pub began: DateTime,
    /// Whether a model that can do either shall think first; `None` leaves it to its template.
    pub thinking: Option<bool>,
}

/// What is told of an answer, in this order: [`ChatEvent::Loading`] perhaps, [`ChatEvent::Started`], the text, and one of the last two.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "camelCase")]
pub enum ChatEvent {
    /// The model is being loaded.
    Loading {
        /// How much of it is loaded, 0 to 1.
        fraction: f32,
    },
    /// The prompt was evaluated; text follows.
    Started(Started),
    /// Of what the model thinks.
    Thinking {
        /// The text.
        text: String,
    },
    /// Of the answer.
    Text {
        /// The text.
        text: String,
    },
    /// The answer has ended, or was stopped: it is as long as it got.
    Finished(ChatStats),
    /// There is no answer, or no more of it.
    Failed(ChatFailure),
}

/// What an answer begins with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Started {
    /// What applied and what was left out.
    pub header: Header,
    /// What to hand in with the next question.
    pub compaction: Compaction,
    /// Tokens of the prompt.
    pub prompt_tokens: u32,
    /// How many of them came from the KV cache.
    pub cached_tokens: u32,
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ChatEnd {
    /// The model was done.
    Done,
    /// It had as many tokens as it may have.
    Length,
    /// The user stopped it.
    Stopped,
}

/// What an answer cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatStats {
    /// Tokens of the prompt.
    pub prompt_tokens: u32,
    /// How many of them came from the KV cache.
    pub cached_tokens: u32,
    /// Milliseconds from the question to the first token, loading the model included; none without a token.
    pub first_token_ms: Option<f64>,
    /// Tokens of thoughts and answer.
    pub tokens: u32,
    /// Tokens a second after the first one; none for fewer than two.
    pub tokens_per_second: Option<f64>,
    /// How it ended.
    pub end: ChatEnd,
    /// Whether the model was still thinking then, so that there is no answer.
    pub only_thoughts: bool,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Error)]
#[serde(tag = "category", content = "reason", rename_all = "camelCase")]
pub enum ChatFailure {
    /// The engine's failure.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The question does not fit, or there is none.
    #[error("{0}")]
    Prompt(String),
    /// The model's chat template cannot be used.
    #[error("{0}")]
    Template(String),
}

impl From<PromptError> for ChatFailure {
    fn from(error: PromptError) -> Self {
        Self::Prompt(error.to_string())
    }
}

impl From<ChatError> for ChatFailure {
    fn from(error: ChatError) -> Self {
        Self::Template(error.to_string())
    }
}

/// Asks the model. Tripping `cancel` ends the stream with what came so far; dropping the stream stops the work too.
///
/// `measure` is that of the model; it learns from each prompt.
pub fn ask(
    engine: Arc<dyn Engine>,
    measure: Arc<Measure>,
    request: ChatRequest,
    cancel: CancellationToken,
) -> BoxStream<'static, ChatEvent> {
    let (events, told) = unbounded();
    let work = async move {
        let mut answer = Answer::new(events);
        // Tripped before the prompt is evaluated, too.
        let stopped = Box::pin(cancel.cancelled());
        let asking = Box::pin(answer.run(&*engine, &measure, &request, &cancel));
        let outcome = match select(asking, stopped).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => Ok(ChatEnd::Stopped),
        };
        // What the engine was writing ends with the token, too, without saying so.
        let was_stopped = outcome.is_err() && cancel.is_cancelled();
        let outcome = if was_stopped { Ok(ChatEnd::Stopped) } else { outcome };
        answer.end(outcome);
    };
    // The work is driven by whoever reads the events, and goes with them.
    stream::select(told, work.into_stream().filter_map(|()| async { None })).boxed()
}

/// An answer on its way.
struct Answer {
    events: UnboundedSender<ChatEvent>,
    asked: Instant,
    first_token: Option<Instant>,
    last_token: Option<Instant>,
    tokens: u32,
    prompt: PromptStats,
    splitter: ThinkSplitter,
    /// Models that failed before this one.
    notices: Vec<String>,
}

impl Answer {
    fn new(events: UnboundedSender<ChatEvent>) -> Self {
        Self {
            events,
            asked: Instant::now(),
            first_token: None,
            last_token: None,
            tokens: 0,
            prompt: PromptStats::default(),
            splitter: ThinkSplitter::new(false),
            notices: Vec::new(),
        }
    }

    async fn run(
        &mut self,
        engine: &dyn Engine,
        measure: &Measure,
        request: &ChatRequest,
        cancel: &CancellationToken,
    ) -> Result<ChatEnd, ChatFailure> {
        let mut asked = vec![request.model.clone()];
        let mut request = request.clone();
        loop {
            let outcome = self.ask(engine, measure, &request, cancel).await;
            let next = engine.fallback(request.model.as_deref()).map(Some);
            match (outcome, next) {
                (Err(ChatFailure::Engine(error)), Some(next))
                    if self.tokens == 0 && error != EngineError::Cancelled && !asked.contains(&next) =>
                {
                    self.notices.push(format!(
                        "{error}. {} answers instead",
                        next.as_deref().unwrap_or("another model")
                    ));
                    asked.push(next.clone());
                    request.model = next;
                }
                (outcome, _) => return outcome,
            }
        }
    }

    /// Asks one model.
    async fn ask(
        &mut self,
        engine: &dyn Engine,
        measure: &Measure,
        request: &ChatRequest,
        cancel: &CancellationToken,
    ) -> Result<ChatEnd, ChatFailure> {
        let info = engine.model_info(request.model.as_deref()).await?;
        let first = self.attempt(engine, measure, request, info.clone(), cancel).await;
        match first {
            // The estimate was too low. The engine's count has been noted, so the next one is not.
            Err(ChatFailure::Engine(EngineError::ContextOverflow { .. })) if self.tokens == 0 => {
                self.attempt(engine, measure, request, info, cancel).await
            }
            outcome => outcome,
        }
    }

    async fn attempt(
        &mut self,
        engine: &dyn Engine,
        measure: &Measure,
        request: &ChatRequest,
        info: ModelInfo,
        cancel: &CancellationToken,
    ) -> Result<ChatEnd, ChatFailure> {
        let context_tokens = context_tokens(&info);
        let answer_tokens = (request.answer_tokens as usize).min(context_tokens / 2);
        let room = Room { context_tokens, answer_tokens };
        let built = prompt::build(&request.conversation, room, &|text| measure.tokens(text))?;
        let rendered = Rendered::new(info, &built.messages, request)?;
        let bytes: usize = rendered.segments.iter().map(|segment| segment.text.len()).sum();
        self.splitter = ThinkSplitter::new(rendered.opens_thinking);
        let generate = generate_request(
            request,
            &rendered,
            u32::try_from(answer_tokens).unwrap_or(request.answer_tokens),
        );
        let mut started = Some(started(built, &rendered, &self.notices));
        let mut events = engine.generate(generate, cancel.child_token());
        while let Some(event) = events.next().await {
            match event {
                Ok(Event::Loading { fraction, .. }) => self.tell(ChatEvent::Loading { fraction }),
                Ok(Event::Ready) => {}
                Ok(Event::Prompt(stats)) => {
                    measure.counted(bytes, stats.tokens);
                    self.start(started.take(), stats);
                }
                Ok(Event::Token { text, .. }) => self.token(&text),
                Ok(Event::Finished(finish)) => {
                    return Ok(match finish.reason {
                        FinishReason::Length => ChatEnd::Length,
                        FinishReason::EndOfText | FinishReason::Stop => ChatEnd::Done,
                    });
                }
                Err(error) => {
                    if let EngineError::ContextOverflow { tokens, .. } = &error {
                        measure.counted(bytes, *tokens);
                    }
                    return Err(error.into());
                }
            }
        }
        // A stream that ends without saying so.
        Err(EngineError::Stopped { reason: "its answer ended too early".into() }.into())
    }

    fn start(&mut self, started: Option<Started>, stats: PromptStats) {
        if let Some(mut started) = started {
            started.prompt_tokens = stats.tokens;
            started.cached_tokens = stats.cached_tokens;
            self.tell(ChatEvent::Started(started));
        }
        self.prompt = stats;
    }

    fn token(&mut self, text: &str) {
        let now = Instant::now();
        self.first_token.get_or_insert(now);
        self.last_token = Some(now);
        self.tokens += 1;
        let parts = self.splitter.push(text);
        self.tell_parts(parts);
    }

    fn end(&mut self, outcome: Result<ChatEnd, ChatFailure>) {
        let only_thoughts = self.splitter.is_thinking() && self.tokens > 0;
        let rest = self.splitter.finish();
        self.tell_parts(rest);
        let end = match outcome {
            Ok(end) => end,
            Err(ChatFailure::Engine(EngineError::Cancelled)) => ChatEnd::Stopped,
            Err(failure) => return self.tell(ChatEvent::Failed(failure)),
        };
        let milliseconds = |at: Instant| at.duration_since(self.asked).as_secs_f64() * 1000.0;
        let writing = self.first_token.zip(self.last_token).map(|(first, last)| (last - first).as_secs_f64());
        self.tell(ChatEvent::Finished(ChatStats {
            prompt_tokens: self.prompt.tokens,
            cached_tokens: self.prompt.cached_tokens,
            first_token_ms: self.first_token.map(milliseconds),
            tokens: self.tokens,
            tokens_per_second: writing
                .filter(|seconds| self.tokens > 1 && *seconds > 0.0)
                .map(|seconds| f64::from(self.tokens - 1) / seconds),
            end,
            only_thoughts,
        }));
    }

    fn tell_parts(&self, parts: Vec<Part>) {
        for part in parts {
            self.tell(match part {
                Part::Thinking(text) => ChatEvent::Thinking { text },
                Part::Text(text) => ChatEvent::Text { text },
            });
        }
    }

    /// Fails only when nobody reads any more, and then this is dropped too.
    fn tell(&self, event: ChatEvent) {
        drop(self.events.unbounded_send(event));
    }
}

fn started(built: BuiltPrompt, rendered: &Rendered, notices: &[String]) -> Started {
    let BuiltPrompt { mut header, compaction, .. } = built;
    header.notices.extend(notices.iter().cloned());
    header.notices.extend(rendered.notice.map(str::to_owned));
    Started { header, compaction, ..Started::default() }
}

fn generate_request(request: &ChatRequest, rendered: &Rendered, max_tokens: u32) -> GenerateRequest {
    let (sampler, priority) = sampling();
    rendered.request(request.model.clone(), max_tokens, sampler, priority)
}

/// Tokens of a conversation, prompt and answer together.
pub(super) fn context_tokens(info: &ModelInfo) -> usize {
    // An engine that does not tell them apart has one context for all.
    match info.chat_context_tokens {
        0 => info.context_tokens as usize,
        tokens => tokens as usize,
    }
}

/// How the tokens of an answer are chosen, and who waits for it.
fn sampling() -> (Sampler, Priority) {
    // Small models repeat themselves when the likeliest token always wins, and invent things when chance has much to say.
    let sampler =
        Sampler::Temperature { temperature: 0.2, top_p: 0.9, top_k: 40, repeat_penalty: 1.05, seed: None };
    (sampler, Priority::Chat)
}

#[cfg(test)]
#[path = "line_tests.rs"]
mod tests;
