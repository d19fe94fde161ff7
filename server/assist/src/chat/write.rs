//! One answer outside of any conversation, such as the code of an edit: the likeliest text, whole. Must not keep anything.

use ::prompt::chat::{DateTime, Message, Part, ThinkSplitter};
use engine::{CancellationToken, Engine, EngineError, Event, FinishReason, Priority, Sampler};
use futures::StreamExt as _;

use super::line::{ChatEnd, ChatFailure};
use super::measure::Measure;
use super::rendered::Rendered;

/// What a model wrote.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// The text, without what the model thought.
    pub text: String,
    /// Why it ended.
    pub end: ChatEnd,
}

/// Asks a model with a system's text and a user's. `tell` gets the pieces as they come. Tripping `cancel` ends it with
/// what came so far.
///
/// # Errors
/// [`ChatFailure`] when the engine fails, or the model's chat template cannot be used.
pub async fn write(
    engine: &dyn Engine,
    measure: &Measure,
    model: Option<&str>,
    (system, user): (&str, &str),
    answer_tokens: u32,
    cancel: &CancellationToken,
    tell: &mut (dyn FnMut(&str) + Send),
) -> Result<Written, ChatFailure> {
    let mut asked = vec![model.map(str::to_owned)];
    loop {
        let model = asked.last().cloned().flatten();
        let mut said = false;
        let mut telling = |text: &str| {
            said = true;
            tell(text);
        };
        let outcome = write_with(
            engine,
            measure,
            model.as_deref(),
            (system, user),
            answer_tokens,
            cancel,
            &mut telling,
        )
        .await;
        let next = engine.fallback(model.as_deref()).map(Some);
        match (outcome, next) {
            (Err(ChatFailure::Engine(_)), Some(next)) if !said && !asked.contains(&next) => asked.push(next),
            (outcome, _) => return outcome,
        }
    }
}

async fn write_with(
    engine: &dyn Engine,
    measure: &Measure,
    model: Option<&str>,
    (system, user): (&str, &str),
    answer_tokens: u32,
    cancel: &CancellationToken,
    tell: &mut (dyn FnMut(&str) + Send),
) -> Result<Written, ChatFailure> {
    let info = engine.model_info(model).await?;
    let messages = [Message::system(system), Message::user(user)];
    // No date: the prompt of the same edit is the same tomorrow.
    let rendered = Rendered::with(info, &messages, DateTime::default(), Some(false))?;
    let bytes: usize = rendered.segments.iter().map(|segment| segment.text.len()).sum();
    let mut splitter = ThinkSplitter::new(rendered.opens_thinking);
    let request = rendered.request(model.map(str::to_owned), answer_tokens, Sampler::Greedy, Priority::Chat);
    let mut events = engine.generate(request, cancel.child_token());
    let mut text = String::new();
    let mut add = |parts: Vec<Part>, text: &mut String| {
        for part in parts {
            if let Part::Text(piece) = part {
                tell(&piece);
                text.push_str(&piece);
            }
        }
    };
    let mut end = None;
    while let Some(event) = events.next().await {
        match event {
            Ok(Event::Prompt(stats)) => measure.counted(bytes, stats.tokens),
            Ok(Event::Token { text: piece, .. }) => add(splitter.push(&piece), &mut text),
            Ok(Event::Finished(finish)) => {
                end = Some(match finish.reason {
                    FinishReason::Length => ChatEnd::Length,
                    FinishReason::EndOfText | FinishReason::Stop => ChatEnd::Done,
                });
            }
            Ok(Event::Loading { .. } | Event::Ready) => {}
            Err(EngineError::Cancelled) => end = Some(ChatEnd::Stopped),
            Err(error) => return Err(error.into()),
        }
    }
    add(splitter.finish(), &mut text);
    let ended = EngineError::Stopped { reason: "its answer ended too early".into() };
    Ok(Written { text, end: end.ok_or(ended)? })
}
