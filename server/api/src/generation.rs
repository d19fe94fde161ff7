//! One generation of the engine: begun once its prompt is evaluated, so that a failure before that still has a status of its own.
//! It must not know a dialect. Dropping it stops the engine.

use crate::Api;
use crate::metrics::{Metrics, Processing};
use crate::problem::Problem;
use engine::{
    CancellationToken, EngineError, Event, EventStream, Finish, GenerateRequest, PromptStats, Segment,
};
use futures::StreamExt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// See the module's head.
pub(crate) struct Generation {
    /// What the prompt cost.
    pub(crate) prompt: PromptStats,
    events: EventStream,
    metrics: Arc<Metrics>,
    begun: Instant,
    _processing: Processing,
}

/// What comes of a generation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Piece {
    Text(String),
    /// The last one.
    End(Finish),
}

impl Generation {
    /// Asks the engine, and waits until the prompt is evaluated.
    pub(crate) async fn begin(api: &Api, request: GenerateRequest) -> Result<Self, Problem> {
        let processing = api.metrics.begin();
        let begun = Instant::now();
        let mut events = api.engine.generate(request, CancellationToken::new());
        loop {
            match events.next().await {
                Some(Ok(Event::Loading { .. } | Event::Ready)) => {}
                Some(Ok(Event::Prompt(prompt))) => {
                    api.metrics.prompt(&prompt);
                    let metrics = api.metrics.clone();
                    return Ok(Self { prompt, events, metrics, begun, _processing: processing });
                }
                Some(Err(error)) => return Err(error.into()),
                Some(Ok(Event::Token { .. } | Event::Finished(_))) | None => return Err(ended_early()),
            }
        }
    }

    /// What comes next; nothing after the end or the first error.
    pub(crate) async fn next(&mut self) -> Result<Piece, Problem> {
        loop {
            match self.events.next().await {
                Some(Ok(Event::Token { text, .. })) if text.is_empty() => {}
                Some(Ok(Event::Token { text, .. })) => return Ok(Piece::Text(text)),
                Some(Ok(Event::Finished(finish))) => {
                    self.metrics.finish(&finish);
                    return Ok(Piece::End(finish));
                }
                Some(Ok(Event::Loading { .. } | Event::Ready | Event::Prompt(_))) => {}
                Some(Err(error)) => return Err(error.into()),
                None => return Err(ended_early()),
            }
        }
    }

    /// Since it was asked for, loading the model included.
    pub(crate) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }
}

fn ended_early() -> Problem {
    EngineError::Stopped { reason: "it ended without an answer".into() }.into()
}

/// The most tokens of an answer behind this prompt: as many as are asked for, as far as the context has room for them.
pub(crate) async fn most_tokens(
    api: &Api,
    model: &str,
    segments: &[Segment],
    asked: Option<u32>,
    context: u32,
) -> Result<u32, Problem> {
    let tokens = api.host.count_tokens(model, segments.to_vec()).await?;
    let room = context.saturating_sub(tokens);
    if room == 0 {
        return Err(EngineError::ContextOverflow { tokens, limit: context.saturating_sub(1) }.into());
    }
    Ok(asked.map_or(room, |asked| asked.min(room)))
}
