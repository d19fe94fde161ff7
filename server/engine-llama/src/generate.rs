//! One generation: keep what the KV cache has of the prompt, evaluate the rest, then token by token.
//! It must not know what the prompt is about.

use crate::cache;
use crate::context::{BATCH_TOKENS, DecodeError};
use crate::sampler::{self, Candidate};
use crate::text::{Released, TextBuffer};
use crate::worker::{Job, State};
use engine::{EngineError, Event, Finish, FinishReason, PromptStats, Sampler};
use llama_cpp_2::token::LlamaToken;
use std::time::Instant;

/// llama-server's infill keeps as many candidates before the rule.
const INFILL_CANDIDATES: usize = 40;
/// How many candidates are looked at for a further suggestion: many begin like one that is there already.
const OTHER_FIRST_TOKENS: usize = 40;
/// A further suggestion begins with another first token; below this probability it is not worth showing.
const LEAST_FIRST_PROBABILITY: f32 = 0.02;

/// Runs a job to its end. The KV cache and `state.cached` agree afterwards, whatever happened.
pub(crate) fn run(state: &mut State, job: &Job) -> Result<(), EngineError> {
    let (prompt, segment_tokens) = state.loaded.tokenizer.prompt(&job.request.segments);
    let count = |tokens: usize| u32::try_from(tokens).unwrap_or(u32::MAX);
    let room = state.loaded.context.capacity().saturating_sub(job.request.max_tokens as usize);
    if prompt.is_empty() {
        return Err(EngineError::Refused { reason: "the prompt is empty".into() });
    }
    if prompt.len() > room {
        return Err(EngineError::ContextOverflow { tokens: count(prompt.len()), limit: count(room) });
    }
    let queue_ms = milliseconds(job.queued);
    let started = Instant::now();
    let kept = evaluate_prompt(state, &prompt, job)?;
    job.send(Event::Prompt(PromptStats {
        tokens: count(prompt.len()),
        cached_tokens: count(kept),
        segment_tokens,
        queue_ms,
        prompt_ms: milliseconds(started),
        load_ms: 0.0,
    }))?;

    let started = Instant::now();
    let first = first_token(state, job);
    let (reason, tokens) = continue_from(state, job, first)?;
    job.send(Event::Finished(Finish { reason, tokens, generate_ms: milliseconds(started) }))
}

/// Brings the KV cache to exactly `prompt`; returns how many tokens were there already.
fn evaluate_prompt(state: &mut State, prompt: &[LlamaToken], job: &Job) -> Result<usize, EngineError> {
    let kept = forget_from(state, cache::reusable(&state.cached, prompt));
    let Some(rest) = prompt.get(kept..) else { return Ok(kept) };
    for batch in rest.chunks(BATCH_TOKENS as usize) {
        decode(state, batch, job)?;
    }
    Ok(kept)
}

/// The first token, or `None` to end at once.
fn first_token(state: &State, job: &Job) -> Option<Candidate> {
    let logits = state.loaded.context.logits();
    if job.request.avoid.is_empty() {
        return choose(state, job, logits);
    }
    let tokenizer = &state.loaded.tokenizer;
    sampler::top(logits, OTHER_FIRST_TOKENS)
        .into_iter()
        .filter(|candidate| !tokenizer.is_end(candidate.token))
        .take_while(|candidate| candidate.logprob >= LEAST_FIRST_PROBABILITY.ln())
        .find(|candidate| {
            let bytes = tokenizer.bytes(candidate.token);
            // `gre` and `green` lead to the same suggestion.
            let alike =
                |other: &[u8]| !other.is_empty() && (other.starts_with(&bytes) || bytes.starts_with(other));
            !job.request.avoid.iter().any(|other| alike(other.as_bytes()))
        })
}

/// Generates from the first token on.
fn continue_from(
    state: &mut State,
    job: &Job,
    first: Option<Candidate>,
) -> Result<(FinishReason, u32), EngineError> {
    let mut text = TextBuffer::new(job.request.stops.clone());
    let mut next = first;
    let mut tokens = 0;
    let mut reason = FinishReason::EndOfText;
    while let Some(Candidate { token, logprob }) = next {
        if job.cancel.is_cancelled() {
            return Err(EngineError::Cancelled);
        }
        tokens += 1;
        match text.push(&state.loaded.tokenizer.bytes(token)) {
            Released::Text(text) => job.send(Event::Token { text, logprob })?,
            Released::Stop(text) => {
                job.send(Event::Token { text, logprob })?;
                return Ok((FinishReason::Stop, tokens));
            }
        }
        if tokens >= job.request.max_tokens {
            reason = FinishReason::Length;
            break;
        }
        decode(state, &[token], job)?;
        next = choose(state, job, state.loaded.context.logits());
    }
    let rest = text.finish();
    if !rest.is_empty() {
        job.send(Event::Token { text: rest, logprob: 0.0 })?;
    }
    Ok((reason, tokens))
}

/// The next token by the request's sampler, or `None` to end.
fn choose(state: &State, job: &Job, logits: &[f32]) -> Option<Candidate> {
    let tokenizer = &state.loaded.tokenizer;
    match job.request.sampler {
        Sampler::Greedy => {
            let best = sampler::top(logits, 1).into_iter().next()?;
            (!tokenizer.is_end(best.token)).then_some(best)
        }
        Sampler::Infill => sampler::infill(
            &sampler::top(logits, INFILL_CANDIDATES),
            |token| tokenizer.is_end(token),
            |token| tokenizer.bytes(token),
        ),
    }
}

/// Appends tokens to sequence 0. After a failure the cache is as before.
fn decode(state: &mut State, tokens: &[LlamaToken], job: &Job) -> Result<(), EngineError> {
    let start = state.cached.len();
    let failed = match state.loaded.context.decode(tokens, start) {
        Ok(()) => {
            state.cached.extend_from_slice(tokens);
            if !job.cancel.is_cancelled() {
                return Ok(());
            }
            return Err(EngineError::Cancelled);
        }
        Err(DecodeError::Aborted) => EngineError::Cancelled,
        Err(DecodeError::Code(1)) => EngineError::Failed { reason: "the KV cache is full".into() },
        Err(DecodeError::Code(code)) => {
            EngineError::Failed { reason: format!("llama.cpp could not evaluate a batch (code {code})") }
        }
    };
    forget_from(state, start);
    Err(failed)
}

/// Shortens sequence 0 to `keep` tokens, or to none where the model's memory cannot forget a part.
/// Returns how many are left.
fn forget_from(state: &mut State, keep: usize) -> usize {
    if state.loaded.context.forget_from(keep) {
        state.cached.truncate(keep);
    } else {
        state.loaded.context.clear();
        state.cached.clear();
    }
    state.cached.len()
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}
