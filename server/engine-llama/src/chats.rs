//! The conversations that are answered at the moment, and their part of the memory: a context of their own on the same weights.
//! It must not touch the completions' context.

use crate::KvPrecision;
use crate::chat::{Chat, Step};
use crate::context::Context;
use crate::model::Loaded;
use crate::pacer::Pacer;
use crate::waiting::Waiting;
use crate::worker::{Job, State};
use engine::EngineError;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// More answers at once would make each of them slow. The others wait for one to end.
const MOST_AT_ONCE: usize = 4;

/// The memory for conversations.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChatOptions {
    /// Tokens of all conversations together.
    pub(crate) context_tokens: NonZeroU32,
    pub(crate) kv: KvPrecision,
    /// It is given back when there was no conversation for so long.
    pub(crate) keep: Duration,
}

/// See the module's head.
pub(crate) struct Chats {
    options: ChatOptions,
    pacer: Rc<RefCell<Pacer>>,
    /// Made for the first conversation.
    state: Option<State>,
    /// At work; the first is the next to take a step.
    active: VecDeque<Chat>,
    /// Their turn comes when there is room, in this order.
    queued: VecDeque<Chat>,
    last: Instant,
}

impl Chats {
    pub(crate) fn new(options: ChatOptions, pacer: Rc<RefCell<Pacer>>) -> Self {
        let (active, queued) = (VecDeque::new(), VecDeque::new());
        Self { options, pacer, state: None, active, queued, last: Instant::now() }
    }

    /// Takes a request in. One that can never fit is refused at once.
    pub(crate) fn take(&mut self, job: Job, loaded: &Loaded) {
        self.queued.extend(Chat::read(job, &loaded.tokenizer, self.options.context_tokens.get() as usize));
    }

    /// Whether there is a step to take.
    pub(crate) fn are_at_work(&self) -> bool {
        !self.active.is_empty()
    }

    /// Ends what nobody wants any more, and begins what there is room for. `loaded` has the weights.
    pub(crate) fn admit(&mut self, loaded: &Loaded) {
        for _ in 0..self.active.len() {
            match self.active.pop_front() {
                Some(chat) if chat.job.cancel.is_cancelled() => self.end(&chat, Err(EngineError::Cancelled)),
                chat => self.active.extend(chat),
            }
        }
        let unwanted = |chat: &Chat| chat.job.cancel.is_cancelled();
        self.queued
            .iter()
            .filter(|chat| unwanted(chat))
            .for_each(|chat| chat.job.fail(EngineError::Cancelled));
        self.queued.retain(|chat| !unwanted(chat));
        while self.queued.front().is_some_and(|next| self.has_room_for(next)) {
            let Some(mut chat) = self.queued.pop_front() else { return };
            match self.state(loaded) {
                Ok(state) => {
                    chat.enter(state);
                    self.active.push_back(chat);
                }
                Err(error) => chat.job.fail(error),
            }
        }
    }

    /// One step of the conversation whose turn it is: all take turns.
    pub(crate) fn step(&mut self, waiting: &Arc<Waiting>) {
        let (Some(state), Some(mut chat)) = (&mut self.state, self.active.pop_front()) else { return };
        match chat.step(state, waiting) {
            Ok(Step::GoesOn) => self.active.push_back(chat),
            Ok(Step::Ended) => self.end(&chat, Ok(())),
            Err(error) => self.end(&chat, Err(error)),
        }
    }

    /// How long until the memory can be given back; none where there is none, or it is in use.
    pub(crate) fn kept_for(&self) -> Option<Duration> {
        let idle = self.state.is_some() && self.active.is_empty() && self.queued.is_empty();
        idle.then(|| self.options.keep.saturating_sub(self.last.elapsed()))
    }

    /// Gives the memory back if it is time.
    pub(crate) fn forget_if_idle(&mut self) {
        if self.kept_for().is_some_and(|left| left.is_zero()) {
            tracing::info!("no conversation for a while: its memory is given back");
            self.state = None;
        }
    }

    /// Whether a conversation can be evaluated to its end beside those at work: whatever else is in the cache can be given up.
    fn has_room_for(&self, next: &Chat) -> bool {
        if self.active.is_empty() {
            return true;
        }
        let shares = self.state.as_ref().is_some_and(|state| state.loaded.context.can_move());
        let needed: usize = self.active.iter().chain([next]).map(Chat::most_tokens).sum();
        shares && self.active.len() < MOST_AT_ONCE && needed <= self.options.context_tokens.get() as usize
    }

    fn end(&mut self, chat: &Chat, outcome: Result<(), EngineError>) {
        if let Some(state) = &mut self.state {
            chat.leave(state);
        }
        self.last = Instant::now();
        if let Err(error) = outcome {
            chat.job.fail(error);
        }
    }

    fn state(&mut self, loaded: &Loaded) -> Result<&mut State, EngineError> {
        if self.state.is_none() {
            let tokens = self.options.context_tokens;
            let context = Context::new(loaded.context.model(), tokens, self.options.kv).ok_or_else(|| EngineError::Failed {
                reason: format!(
                    "there is not enough memory for a chat of {tokens} tokens; set chat_context_tokens lower"
                ),
            })?;
            let loaded =
                Loaded { context, tokenizer: loaded.tokenizer.clone(), copies: false, draft_model: None };
            self.state = Some(State::new(loaded, self.pacer.clone()));
        }
        self.state.as_mut().ok_or_else(|| EngineError::Failed { reason: "there is no chat context".into() })
    }
}
