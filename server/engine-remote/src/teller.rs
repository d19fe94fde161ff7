//! Tells an answer as it comes: text up to a stop, thoughts in the tags that models write themselves, counts at the end. It must not know
//! providers or connections.

use crate::ask::Usage;
use crate::stops::Stops;
use engine::{EngineError, Event, Finish, FinishReason, GenerateRequest, Priority, PromptStats};
use futures::channel::mpsc::UnboundedSender;
use std::time::Instant;

/// See the module's head.
#[derive(Debug)]
pub(crate) struct Teller {
    events: UnboundedSender<Result<Event, EngineError>>,
    stops: Stops,
    /// Whether thoughts are of interest.
    thoughts: bool,
    thinking: bool,
    asked: Instant,
    begun: Option<Instant>,
    pieces: u32,
    usage: Usage,
    reason: Option<FinishReason>,
}

impl Teller {
    pub(crate) fn new(
        request: &GenerateRequest,
        events: UnboundedSender<Result<Event, EngineError>>,
    ) -> Self {
        Self {
            events,
            stops: Stops::new(&request.stops),
            thoughts: request.priority == Priority::Chat,
            thinking: false,
            asked: Instant::now(),
            begun: None,
            pieces: 0,
            usage: Usage::default(),
            reason: None,
        }
    }

    /// Whether anything of the answer was told.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun.is_some()
    }

    /// Pieces so far, thoughts that were not told included.
    pub(crate) fn pieces(&self) -> u32 {
        self.pieces
    }

    /// Whether the provider has said that the answer is whole.
    pub(crate) fn has_reason(&self) -> bool {
        self.reason.is_some()
    }

    /// Whether a stop has come, so that the rest is of no interest.
    pub(crate) fn has_stopped(&self) -> bool {
        self.stops.stopped()
    }

    pub(crate) fn text(&mut self, text: &str, logprob: f32) {
        self.pieces += 1;
        let certain = self.stops.push(text);
        if certain.is_empty() {
            return;
        }
        self.begin();
        let closed = if std::mem::take(&mut self.thinking) { "</think>\n\n" } else { "" };
        self.tell(Event::Token { text: format!("{closed}{certain}"), logprob });
    }

    /// Thoughts come as providers send them: apart. The tags are those of models that write them into the answer.
    pub(crate) fn thinking(&mut self, text: &str) {
        self.pieces += 1;
        if !self.thoughts || text.is_empty() {
            return;
        }
        self.begin();
        let opened = if std::mem::replace(&mut self.thinking, true) { "" } else { "<think>\n" };
        self.tell(Event::Token { text: format!("{opened}{text}"), logprob: 0.0 });
    }

    pub(crate) fn usage(&mut self, usage: Usage) {
        self.usage = self.usage.merge(usage);
    }

    pub(crate) fn reason(&mut self, reason: FinishReason) {
        self.reason.get_or_insert(reason);
    }

    /// Tells the end.
    pub(crate) fn finish(&mut self) {
        let rest = self.stops.finish();
        if !rest.is_empty() {
            self.begin();
            let closed = if std::mem::take(&mut self.thinking) { "</think>\n\n" } else { "" };
            self.tell(Event::Token { text: format!("{closed}{rest}"), logprob: 0.0 });
        }
        let generate_ms = self.begun.map_or(0.0, |begun| begun.elapsed().as_secs_f64() * 1000.0);
        self.tell(Event::Prompt(self.stats()));
        let reason = if self.stops.stopped() {
            FinishReason::Stop
        } else {
            self.reason.unwrap_or(FinishReason::EndOfText)
        };
        let tokens = self.usage.answer.unwrap_or(self.pieces);
        self.tell(Event::Finished(Finish::new(reason, tokens, generate_ms)));
    }

    fn begin(&mut self) {
        if self.begun.is_none() {
            self.begun = Some(Instant::now());
            self.tell(Event::Prompt(self.stats()));
        }
    }

    fn stats(&self) -> PromptStats {
        // What the provider does in this time is unknown; evaluating the prompt is most of it.
        let waited = self.begun.map_or_else(|| self.asked.elapsed(), |begun| begun - self.asked);
        PromptStats {
            tokens: self.usage.prompt.unwrap_or(0),
            cached_tokens: self.usage.cached.unwrap_or(0),
            prompt_ms: waited.as_secs_f64() * 1000.0,
            ..PromptStats::default()
        }
    }

    /// Fails only when nobody reads any more, and then the work is dropped too.
    fn tell(&self, event: Event) {
        drop(self.events.unbounded_send(Ok(event)));
    }
}
