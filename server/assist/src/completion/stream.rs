//! One generation: tokens come in until the model ends or post-processing would cut the rest anyway.
//! It must not change the text: that is post-processing's part.

use super::Silence;
use super::chat_answer::ChatAnswer;
use crate::post::{Site, StopCheck};
use engine::{CancellationToken, Engine, EngineError, Event, FinishReason, GenerateRequest, PromptStats};
use futures::StreamExt;
use std::time::Instant;

/// What a model wrote.
#[derive(Clone, Debug, Default)]
pub(super) struct Generated {
    pub(super) text: String,
    pub(super) tokens: u32,
    pub(super) logprobs: f32,
    /// Those of the first line that says something.
    pub(super) first_line: f32,
    /// Why the model ended; `None` when it was stopped because the rest would be cut, or would not be shown.
    pub(super) reason: Option<FinishReason>,
}

impl Generated {
    /// How likely the model finds it that its first line is right to the last token, 0 to 1.
    pub(super) fn first_line_probability(&self) -> f32 {
        self.first_line.exp()
    }

    fn add(&mut self, text: &str, logprob: f32) {
        if !self.text.trim_start().contains('\n') {
            self.first_line += logprob;
        }
        self.tokens += 1;
        self.logprobs += logprob;
        self.text.push_str(text);
    }

    /// Mean natural logarithm of the tokens' probabilities; 0 for no token.
    #[allow(clippy::cast_precision_loss)] // A suggestion has at most some hundred tokens.
    pub(super) fn mean_logprob(&self) -> f32 {
        if self.tokens == 0 { 0.0 } else { self.logprobs / self.tokens as f32 }
    }
}

/// What the engine said that it cost, over all suggestions of a request.
#[derive(Clone, Debug, Default)]
pub(super) struct Stats {
    /// The first suggestion's prompt: the further ones have it in the cache.
    pub(super) prompt: PromptStats,
    pub(super) tokens: u32,
    pub(super) first_token_ms: f64,
    pub(super) generate_ms: f64,
}

impl Stats {
    /// What came after `before`, which were of the same prompt.
    pub(super) fn since(&self, before: &Self) -> Self {
        Self {
            prompt: PromptStats::default(),
            tokens: self.tokens.saturating_sub(before.tokens),
            first_token_ms: 0.0,
            generate_ms: (self.generate_ms - before.generate_ms).max(0.0),
        }
    }
}

/// Runs one generation, and tells of each piece of text and what it has cost so far. It is stopped where its first line gets less likely than
/// `least_probability`. Dropping the returned future stops the engine.
pub(super) async fn run(
    engine: &dyn Engine,
    request: GenerateRequest,
    cancel: &CancellationToken,
    site: &Site<'_>,
    least_probability: f32,
    stats: &mut Stats,
    tell: &mut (dyn FnMut(&Generated, &Stats) + Send),
) -> Result<Generated, Silence> {
    let mut check = StopCheck::new(site);
    let mut generated = Generated::default();
    let first = request.avoid.is_empty();
    let mut answer = (!request.messages.is_empty()).then(|| ChatAnswer::new(&line_before(site)));
    let started = Instant::now();
    let mut first_token = None;
    let (tokens_before, ms_before) = (stats.tokens, stats.generate_ms);
    let mut events = engine.generate(request, cancel.child_token());
    while let Some(event) = events.next().await {
        match event.map_err(failure)? {
            Event::Loading { .. } | Event::Ready => {}
            Event::Prompt(prompt) => {
                if first {
                    stats.prompt = prompt;
                }
            }
            Event::Token { text, logprob } => {
                let at = *first_token.get_or_insert_with(Instant::now);
                if first {
                    stats.first_token_ms = (at - started).as_secs_f64() * 1000.0;
                }
                let text = match &mut answer {
                    Some(answer) => answer.push(&text),
                    None => text,
                };
                generated.add(&text, logprob);
                stats.tokens = tokens_before + generated.tokens;
                stats.generate_ms = ms_before + at.elapsed().as_secs_f64() * 1000.0;
                // It can only fall: nothing that follows would be shown.
                if generated.first_line_probability() < least_probability {
                    break;
                }
                if text.is_empty() {
                    continue;
                }
                tell(&generated, stats);
                if check.should_stop(&generated.text) {
                    break;
                }
            }
            Event::Finished(finish) => generated.reason = Some(finish.reason),
        }
    }
    if let Some(mut answer) = answer.filter(|_| generated.reason.is_some()) {
        generated.text.push_str(&answer.finish());
        tell(&generated, stats);
    }
    Ok(generated)
}

/// The cursor's line up to the cursor.
fn line_before(site: &Site<'_>) -> String {
    site.text.slice(site.text.line_start(site.text.line_of(site.cursor))..site.cursor)
}

/// Evaluates a prompt, to no other end than that the engine has it in its cache. Says whether it was evaluated to its end.
pub(super) async fn evaluate(engine: &dyn Engine, request: GenerateRequest) -> bool {
    let mut events = engine.generate(request, CancellationToken::new());
    while let Some(event) = events.next().await {
        match event {
            Ok(Event::Finished(_)) => return true,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
    false
}

fn failure(error: EngineError) -> Silence {
    if error == EngineError::Cancelled { Silence::Cancelled } else { Silence::Engine(error) }
}
