//! Brings the KV cache to a prompt: keeps what a slot has of it, moves the tail to where it belongs now, evaluates the rest.
//! It must not choose tokens.

use crate::context::{BATCH_TOKENS, DecodeError, Outputs, Sequence};
use crate::model::PromptTokens;
use crate::slots::{Choice, KeptTail, Tail};
use crate::worker::State;
use engine::EngineError;
use llama_cpp_2::token::LlamaToken;

/// What of a prompt did not have to be evaluated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Tokens that were in the cache, moved ones among them.
    pub(crate) cached: usize,
    /// Tokens of the tail that were evaluated behind another head.
    pub(crate) moved: usize,
}

/// Evaluates a prompt for an answer that follows it. [`settle`] must follow, whatever comes of it.
pub(crate) fn evaluate(state: &mut State, prompt: &PromptTokens) -> Result<Kept, EngineError> {
    let (slot, cached) = place(state, &prompt.head, &prompt.tail);
    state.active = slot;
    state.position = cached;
    let head = prompt.head.get(cached..).unwrap_or_default();
    for batch in head.chunks(BATCH_TOKENS as usize) {
        decode(state, batch)?;
        if let Some(slot) = state.slots.touch(state.active) {
            slot.head.extend_from_slice(batch);
        }
        // What was evaluated is held already.
        go_on(state)?;
    }
    let tail = attach_tail(state, prompt)?;
    for batch in prompt.end.chunks(BATCH_TOKENS as usize) {
        append(state, batch)?;
    }
    Ok(Kept { cached: cached + tail.cached, ..tail })
}

/// Takes everything out of the active slot's sequence that is not its head: the answer, the tail, what an interrupted batch
/// left. Between two requests this is how it has to be.
pub(crate) fn settle(state: &mut State) {
    let keep = state.slots.get(state.active).map_or(0, |slot| slot.head.len());
    forget_from(state, keep);
    state.position = keep;
}

/// Evaluates the tail that was moved last where it stands now. It must not be moved any more before that has ended.
pub(crate) fn refresh(state: &mut State) -> Result<(), EngineError> {
    let Some(index) = state.slots.inexact() else { return Ok(()) };
    state.active = index;
    settle(state);
    let Some(slot) = state.slots.get(index) else { return Ok(()) };
    let (head, tokens) = (slot.head.clone(), slot.tail.tokens.clone());
    let outcome = tokens.chunks(BATCH_TOKENS as usize).try_for_each(|batch| append(state, batch));
    if outcome.is_ok() {
        let start = head.len();
        hold_tail(state, Tail { tokens, start, behind: head });
    }
    settle(state);
    outcome
}

/// Appends tokens to the active slot's sequence, and ends where the work is not wanted any more. After a failure of llama.cpp
/// the cache is as before.
pub(crate) fn append(state: &mut State, tokens: &[LlamaToken]) -> Result<(), EngineError> {
    decode(state, tokens)?;
    go_on(state)
}

/// Ends work that is not wanted any more.
fn go_on(state: &State) -> Result<(), EngineError> {
    if state.stop.is_now() { Err(EngineError::Cancelled) } else { Ok(()) }
}

/// Appends tokens to the active slot's sequence; whether the work is still wanted is not asked at its end. After a failure of
/// llama.cpp the cache is as before.
pub(crate) fn decode(state: &mut State, tokens: &[LlamaToken]) -> Result<(), EngineError> {
    decode_with(state, tokens, Outputs::Last)
}

/// Appends a token and what probably follows it, to see for each of them what the model would write behind it.
/// [`take_back`] takes out what was not right.
pub(crate) fn append_draft(state: &mut State, tokens: &[LlamaToken]) -> Result<(), EngineError> {
    decode_with(state, tokens, Outputs::All)?;
    go_on(state)
}

/// Takes the last tokens out of the active slot's sequence.
pub(crate) fn take_back(state: &mut State, tokens: usize) {
    let keep = state.position.saturating_sub(tokens);
    forget_from(state, keep);
    state.position = keep;
}

fn decode_with(state: &mut State, tokens: &[LlamaToken], outputs: Outputs) -> Result<(), EngineError> {
    match &mut state.batches_left {
        Some(0) => return Err(EngineError::Cancelled),
        Some(left) => *left -= 1,
        None => {}
    }
    loop {
        let start = state.position;
        let sequence = Sequence::head(state.active);
        let context = &mut state.loaded.context;
        let decoded = state.pacer.borrow_mut().decode(context, tokens, sequence, start, outputs);
        let failed = match decoded {
            Ok(()) => {
                state.position += tokens.len();
                return Ok(());
            }
            Err(DecodeError::Code(1)) if give_up_oldest(state) => continue,
            Err(DecodeError::Code(1)) => EngineError::Failed { reason: "the KV cache is full".into() },
            Err(DecodeError::Code(code)) => {
                EngineError::Failed { reason: format!("llama.cpp could not evaluate a batch (code {code})") }
            }
            Err(DecodeError::Aborted | DecodeError::TooSlow) => EngineError::Cancelled,
        };
        forget_from(state, start);
        return Err(failed);
    }
}

/// Finds the slot for a prompt and shortens its head to what they have in common. Returns how many tokens that is.
pub(crate) fn place(state: &mut State, head: &[LlamaToken], tail: &[LlamaToken]) -> (usize, usize) {
    match state.slots.choose(head, tail) {
        Choice::Continue { slot, keep } => {
            state.active = slot;
            (slot, forget_from(state, keep))
        }
        Choice::Branch { slot, from, keep } => {
            // One state for all of a sequence cannot be shared in part.
            let shares = state.loaded.context.can_move();
            let shared = state.slots.get(from).filter(|_| shares).and_then(|from| from.head.get(..keep));
            let shared = shared.map(<[LlamaToken]>::to_vec).unwrap_or_default();
            empty(state, slot);
            let context = &mut state.loaded.context;
            context.share(Sequence::head(from), Sequence::head(slot), &(0..shared.len()));
            let kept = shared.len();
            if let Some(slot) = state.slots.touch(slot) {
                slot.head = shared;
            }
            (slot, kept)
        }
    }
}

/// Puts the prompt's tail behind the head, from what is held of it as far as that will do.
fn attach_tail(state: &mut State, prompt: &PromptTokens) -> Result<Kept, EngineError> {
    let (index, start) = (state.active, prompt.head.len());
    let Some(slot) = state.slots.get(index) else { return Ok(Kept::default()) };
    let behind = slot.tail.behind.clone();
    let kept = slot.kept_tail(&prompt.head, &prompt.tail);
    let exact = behind == prompt.head;
    keep_tail(state, kept, start, &prompt.head);
    let context = &mut state.loaded.context;
    let (head, tail) = (Sequence::head(index), Sequence::tail(index));
    context.share(tail, head, &(start..start + kept.count));
    state.position = start + kept.count;
    // The new part is held as it comes, so that a request that is cut short has not been for nothing.
    for batch in prompt.tail.get(kept.count..).unwrap_or_default().chunks(BATCH_TOKENS as usize) {
        let begin = state.position;
        decode(state, batch)?;
        state.loaded.context.share(head, tail, &(begin..begin + batch.len()));
        if let Some(slot) = state.slots.touch(index) {
            slot.tail.tokens.extend_from_slice(batch);
        }
        go_on(state)?;
    }
    Ok(Kept { cached: kept.count, moved: if exact { 0 } else { kept.count } })
}

/// Takes from the tail's sequence what is not kept, and moves the rest to `start`. Without anything kept, the tail is to be
/// evaluated behind `head`.
fn keep_tail(state: &mut State, kept: KeptTail, start: usize, head: &[LlamaToken]) {
    let index = state.active;
    let sequence = Sequence::tail(index);
    let context = &mut state.loaded.context;
    let Some(slot) = state.slots.touch(index) else { return };
    let held = &mut slot.tail;
    let first = held.start + kept.skip;
    context.forget_from(sequence, if kept.count == 0 { 0 } else { first + kept.count });
    if kept.count == 0 {
        *held = Tail { tokens: Vec::new(), start, behind: head.to_vec() };
        return;
    }
    context.forget_before(sequence, first);
    context.shift(sequence, first, start);
    held.tokens.truncate(kept.skip + kept.count);
    held.tokens.drain(..kept.skip);
    held.start = start;
}

/// What stands behind the head in the active slot's sequence becomes its tail.
fn hold_tail(state: &mut State, held: Tail) {
    let index = state.active;
    let positions = held.start..held.start + held.tokens.len();
    let context = &mut state.loaded.context;
    context.forget_from(Sequence::tail(index), 0);
    context.share(Sequence::head(index), Sequence::tail(index), &positions);
    if let Some(slot) = state.slots.touch(index) {
        slot.tail = held;
    }
}

/// Makes room: the slot that was not used for longest is emptied. False when there is no other.
fn give_up_oldest(state: &mut State) -> bool {
    let Some(oldest) = state.slots.oldest_but(state.active) else { return false };
    empty(state, oldest);
    true
}

fn empty(state: &mut State, index: usize) {
    let context = &mut state.loaded.context;
    // A whole sequence can be taken out of every kind of memory.
    context.forget_from(Sequence::head(index), 0);
    context.forget_from(Sequence::tail(index), 0);
    state.slots.empty(index);
}

/// Shortens the active slot's sequence to `keep` tokens; where the model's memory cannot forget a part, nothing is left of any
/// slot. Returns how many tokens are left.
fn forget_from(state: &mut State, keep: usize) -> usize {
    let context = &mut state.loaded.context;
    if !context.forget_from(Sequence::head(state.active), keep) {
        context.clear();
        state.slots.clear();
        return 0;
    }
    let Some(slot) = state.slots.touch(state.active) else { return 0 };
    slot.head.truncate(keep);
    keep
}
