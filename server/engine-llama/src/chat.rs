//! One conversation's answer, step by step: a batch of its prompt, or a token. Between two steps the engine is free for others.
//! It must not decide whose turn it is.

use crate::chain;
use crate::context::{BATCH_TOKENS, StopWhen};
use crate::evaluate::{self, decode};
use crate::generate::{Answer, first};
use crate::grammar::{self, Constraint};
use crate::model::Tokenizer;
use crate::waiting::Waiting;
use crate::worker::{Job, State, stop_when};
use engine::{EngineError, Event, Finish, FinishReason, Priority, PromptStats};
use llama_cpp_2::token::LlamaToken;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A batch of the prompt that was broken off is begun again with half of its tokens, down to this: who types all the time
/// must not keep it from ever getting on.
const LEAST_BATCH: usize = 8;

/// See the module's head.
pub(crate) struct Chat {
    pub(crate) job: Job,
    /// The whole prompt, with what the answer must begin with.
    tokens: Vec<LlamaToken>,
    segment_tokens: Vec<u32>,
    /// None while the prompt is evaluated.
    answer: Option<Answer>,
    /// What the answer must be, until it begins.
    constraint: Option<Constraint>,
    /// The answer's last token, which has been told, but not evaluated.
    last: LlamaToken,
    slot: usize,
    cached: usize,
    /// Tokens in the next batch of the prompt.
    batch: usize,
    queue_ms: f64,
    /// When the phase began, and how long of that was worked on it.
    began: Instant,
    worked: Duration,
}

/// Whether an answer goes on after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    GoesOn,
    Ended,
}

impl Chat {
    /// Reads a request, before anything is evaluated. One that does not fit into `limit` tokens with its answer, or makes no
    /// sense, is told so, and there is no chat.
    pub(crate) fn read(job: Job, tokenizer: &Tokenizer, limit: usize) -> Option<Self> {
        if let Err(error) = chain::check(&job.request.sampler) {
            job.fail(error);
            return None;
        }
        let constraint = match grammar::constraint(&job.request, tokenizer) {
            Ok(constraint) => constraint,
            Err(error) => {
                job.fail(error);
                return None;
            }
        };
        let prompt = tokenizer.prompt(&job.request.segments, None);
        let mut tokens = [prompt.head, prompt.tail, prompt.end].concat();
        // Nobody is in the middle of a word here, so it is text like any other.
        tokens.extend(tokenizer.text(&job.request.begins_with));
        let count = |tokens: usize| u32::try_from(tokens).unwrap_or(u32::MAX);
        let room = limit.saturating_sub(job.request.max_tokens as usize);
        if tokens.is_empty() {
            job.fail(EngineError::Refused { reason: "the prompt is empty".into() });
            return None;
        }
        if tokens.len() > room {
            job.fail(EngineError::ContextOverflow { tokens: count(tokens.len()), limit: count(room) });
            return None;
        }
        Some(Self {
            job,
            tokens,
            segment_tokens: prompt.segment_tokens,
            answer: None,
            constraint,
            last: LlamaToken(0),
            slot: 0,
            cached: 0,
            batch: BATCH_TOKENS as usize,
            queue_ms: 0.0,
            began: Instant::now(),
            worked: Duration::ZERO,
        })
    }

    /// Cells of the KV cache that it needs at most.
    pub(crate) fn most_tokens(&self) -> usize {
        self.tokens.len() + self.job.request.max_tokens as usize
    }

    /// Finds its place in the KV cache. [`Self::leave`] must follow, whatever comes of it.
    pub(crate) fn enter(&mut self, state: &mut State) {
        self.queue_ms = milliseconds(self.job.queued.elapsed());
        let (_, head) = self.tokens.split_last().unwrap_or((&LlamaToken(0), &[]));
        (self.slot, self.cached) = evaluate::place(state, head, &[]);
        if let Some(slot) = state.slots.touch(self.slot) {
            slot.busy = true;
        }
        self.began = Instant::now();
    }

    /// Its cells stay, for the next turn of the conversation, until others need the room.
    pub(crate) fn leave(&self, state: &mut State) {
        if let Some(slot) = state.slots.touch(self.slot) {
            slot.busy = false;
        }
    }

    /// Evaluates one batch and tells what came of it. A batch of the prompt makes way for who types.
    pub(crate) fn step(&mut self, state: &mut State, waiting: &Arc<Waiting>) -> Result<Step, EngineError> {
        let begun = Instant::now();
        state.active = self.slot;
        // Everything that is evaluated is in the slot: also the answer, which is a part of the next turn's prompt.
        state.position = state.slots.get(self.slot).map_or(0, |slot| slot.head.len());
        let batch = if self.answer.is_some() {
            vec![self.last]
        } else {
            let rest = self.tokens.get(state.position..).unwrap_or_default();
            rest.get(..self.batch).unwrap_or(rest).to_vec()
        };
        // A single token is soon done. Where a part cannot be forgotten, a broken-off batch would cost everything before it.
        let makes_way = batch.len() > 1 && state.loaded.context.can_move();
        let waited_for = makes_way.then(|| (waiting.clone(), Priority::Chat));
        stop_when(state, StopWhen { cancelled: Some(self.job.cancel.clone()), waited_for });
        let decoded = decode(state, &batch);
        stop_when(state, StopWhen::default());
        match decoded {
            Err(EngineError::Cancelled) if !self.job.cancel.is_cancelled() => {
                self.batch = (self.batch / 2).max(LEAST_BATCH);
                return Ok(Step::GoesOn);
            }
            other => other?,
        }
        if let Some(slot) = state.slots.touch(self.slot) {
            slot.head.extend_from_slice(&batch);
        }
        self.batch = (self.batch * 2).min(BATCH_TOKENS as usize);
        self.tell(state, begun)
    }

    /// What follows from the logits at hand.
    fn tell(&mut self, state: &State, mut begun: Instant) -> Result<Step, EngineError> {
        if self.answer.is_none() {
            self.worked += begun.elapsed();
            if state.position < self.tokens.len() {
                return Ok(Step::GoesOn);
            }
            self.tell_prompt()?;
            begun = Instant::now();
            (self.began, self.worked) = (begun, Duration::ZERO);
            if self.job.request.max_tokens == 0 {
                return self.finish(FinishReason::Length);
            }
        }
        let chosen = match &mut self.answer {
            Some(answer) => answer.choose(state, &self.job),
            None => first(
                state,
                &self.job,
                self.answer.insert(Answer::new(state, &self.job, self.constraint.take())),
            ),
        };
        self.worked += begun.elapsed();
        let Some(answer) = &mut self.answer else { return Ok(Step::Ended) };
        let ends = match chosen {
            None => {
                answer.flush(&self.job)?;
                Some(FinishReason::EndOfText)
            }
            Some(chosen) => {
                self.last = chosen.token;
                answer.write(&self.job, &chosen)?
            }
        };
        ends.map_or(Ok(Step::GoesOn), |reason| self.finish(reason))
    }

    fn tell_prompt(&mut self) -> Result<(), EngineError> {
        let count = |tokens: usize| u32::try_from(tokens).unwrap_or(u32::MAX);
        self.job.send(Event::Prompt(PromptStats {
            tokens: count(self.tokens.len()),
            cached_tokens: count(self.cached),
            moved_tokens: 0,
            segment_tokens: std::mem::take(&mut self.segment_tokens),
            queue_ms: self.queue_ms,
            prompt_ms: milliseconds(self.worked),
            yielded_ms: self.yielded_ms(),
            load_ms: 0.0,
        }))
    }

    fn finish(&self, reason: FinishReason) -> Result<Step, EngineError> {
        let tokens = self.answer.as_ref().map_or(0, |answer| answer.tokens);
        let (generate_ms, yielded_ms) = (milliseconds(self.worked), self.yielded_ms());
        self.job.send(Event::Finished(Finish { yielded_ms, ..Finish::new(reason, tokens, generate_ms) }))?;
        Ok(Step::Ended)
    }

    fn yielded_ms(&self) -> f64 {
        milliseconds(self.began.elapsed().saturating_sub(self.worked))
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
