//! One generation: keep what the KV cache has of the prompt, evaluate the rest, then token by token.
//! It must not know what the prompt is about.

use crate::beginning::Next;
use crate::chain::{self, Chain};
use crate::context::BATCH_TOKENS;
use crate::draft_model::DraftModel;
use crate::drafts::Drafts;
use crate::evaluate::{self, append, append_draft, take_back};
use crate::grammar::{self, Constraint};
use crate::guide;
use crate::model::PromptTokens;
use crate::sampler::{self, Candidate};
use crate::text::{Released, TextBuffer};
use crate::worker::{Job, State};
use engine::{EngineError, Event, Finish, FinishReason, PromptStats, Sampler};
use llama_cpp_2::token::LlamaToken;
use std::time::Instant;

/// llama-server's infill keeps as many candidates before the rule.
const INFILL_CANDIDATES: usize = 40;
/// How many candidates are looked at for a further suggestion: many begin like one that is there already.
const FIRST_CANDIDATES: usize = 40;
/// How many are looked at where names are expected: the bonus lifts none that is less likely than the last of these.
const GUIDED_CANDIDATES: usize = 256;
/// What the answer must begin with is a word or a few; of anything longer the rest is evaluated as it stands, many tokens
/// at a time.
const MOST_GUIDED_TOKENS: u32 = 16;
/// A further suggestion begins with another first token; below this probability it is not worth showing.
const LEAST_FIRST_PROBABILITY: f32 = 0.02;

/// A token to write.
pub(crate) struct Chosen {
    pub(crate) token: LlamaToken,
    logprob: f32,
    /// Its bytes, without those that the answer had to begin with.
    bytes: Vec<u8>,
}

/// Runs a job to its end. [`evaluate::settle`] must follow, whatever comes of it.
pub(crate) fn run(state: &mut State, job: &Job) -> Result<(), EngineError> {
    chain::check(&job.request.sampler)?;
    let constraint = grammar::constraint(&job.request, &state.loaded.tokenizer)?;
    let tail = job.request.tail.filter(|_| state.loaded.context.can_move());
    let prompt = state.loaded.tokenizer.prompt(&job.request.segments, tail);
    let count = |tokens: usize| u32::try_from(tokens).unwrap_or(u32::MAX);
    // A token holds a byte or more.
    let answer = (job.request.max_tokens as usize).saturating_add(job.request.begins_with.len());
    let room = state.loaded.context.capacity().saturating_sub(answer);
    if prompt.len() == 0 {
        return Err(EngineError::Refused { reason: "the prompt is empty".into() });
    }
    if prompt.len() > room {
        return Err(EngineError::ContextOverflow { tokens: count(prompt.len()), limit: count(room) });
    }
    let queue_ms = milliseconds(job.queued);
    let started = Instant::now();
    let kept = evaluate::evaluate(state, &prompt)?;
    job.send(Event::Prompt(PromptStats {
        tokens: count(prompt.len()),
        cached_tokens: count(kept.cached),
        moved_tokens: count(kept.moved),
        segment_tokens: prompt.segment_tokens.clone(),
        queue_ms,
        prompt_ms: milliseconds(started),
        yielded_ms: 0.0,
        load_ms: 0.0,
    }))?;

    let started = Instant::now();
    if job.request.max_tokens == 0 {
        return job.send(Event::Finished(Finish::new(FinishReason::Length, 0, milliseconds(started))));
    }
    let mut answer = Answer::new(state, job, constraint);
    let first = begin(state, job, &mut answer)?;
    let mut guesses = guesses(state, job, &prompt, &answer.begun);
    let reason = continue_from(state, job, &mut answer, guesses.as_mut(), first);
    let counts = guesses.map(|guesses| guesses.end(state));
    let mut finish = Finish::new(reason?, answer.tokens, milliseconds(started));
    if let Some((guessed, right)) = counts {
        (finish.drafted_tokens, finish.accepted_tokens) = (guessed, right);
    }
    job.send(Event::Finished(finish))
}

/// The guesses of what comes next in one answer.
enum Guesses {
    Copied(Drafts),
    /// The model is lent from the state. What came before the answer and what it has, and how many guesses there were and were right.
    Written {
        model: Box<DraftModel>,
        known: Vec<LlamaToken>,
        guessed: u32,
        right: u32,
    },
}

impl Guesses {
    /// A token was written. What probably follows it.
    fn after(&mut self, token: LlamaToken, room: usize) -> Vec<LlamaToken> {
        match self {
            Self::Copied(drafts) => drafts.after(token, room),
            Self::Written { model, known, .. } => {
                known.push(token);
                model.after(known, room)
            }
        }
    }

    /// A guessed token was right, and is written.
    fn took(&mut self, token: LlamaToken) {
        match self {
            Self::Copied(drafts) => drafts.took(token),
            Self::Written { known, .. } => known.push(token),
        }
    }

    /// Of a guess of so many tokens, so many were right.
    fn judged(&mut self, tokens: usize, good: usize) {
        match self {
            Self::Copied(drafts) => drafts.judged(tokens, good),
            Self::Written { guessed, right, .. } => {
                *guessed += u32::try_from(tokens).unwrap_or(u32::MAX);
                *right += u32::try_from(good).unwrap_or(u32::MAX);
            }
        }
    }

    /// Gives back what is lent. Returns how many tokens were guessed and how many were right.
    fn end(self, state: &mut State) -> (u32, u32) {
        match self {
            Self::Copied(drafts) => (drafts.guessed, drafts.right),
            Self::Written { model, guessed, right, .. } => {
                state.loaded.draft_model = Some(model);
                (guessed, right)
            }
        }
    }
}

/// The guesses of what comes next, where the request can have some: those of a sampler by chance or a grammar are mostly wrong, and a model whose
/// memory cannot forget a part would have to begin anew after each. `begun` is what the answer had to begin with.
fn guesses(state: &mut State, job: &Job, prompt: &PromptTokens, begun: &[LlamaToken]) -> Option<Guesses> {
    let by_chance = matches!(job.request.sampler, Sampler::Temperature { .. });
    if by_chance || job.request.grammar.is_some() || !state.loaded.context.can_move() {
        return None;
    }
    let PromptTokens { head, tail, end, .. } = prompt;
    if let Some(model) = state.loaded.draft_model.take() {
        model.stop_when(state.stop.clone());
        let known = [head, tail, end, begun].concat();
        return Some(Guesses::Written { model, known, guessed: 0, right: 0 });
    }
    // The answer continues the code before the cursor, whose end the tokens of the format follow.
    let code =
        head.iter().rposition(|&token| !state.loaded.tokenizer.is_end(token)).map_or(0, |last| last + 1);
    let before = [head.get(..code).unwrap_or_default(), begun].concat();
    state.loaded.copies.then(|| Guesses::Copied(Drafts::new(&[head, tail], &before)))
}

/// Writes the text that the answer must begin with. Returns the first token of what comes after, or `None` to end.
fn begin(state: &mut State, job: &Job, answer: &mut Answer) -> Result<Option<Chosen>, EngineError> {
    let wanted = job.request.begins_with.as_str();
    let mut written = 0;
    for step in 0.. {
        let rest = wanted.as_bytes().get(written..).unwrap_or_default();
        if rest.is_empty() {
            break;
        }
        let logits = state.loaded.context.logits();
        let next = match wanted.get(written..) {
            Some(_) if step >= MOST_GUIDED_TOKENS => Next::Nothing,
            _ => state.loaded.tokenizer.table().next(rest, logits, FIRST_CANDIDATES),
        };
        match next {
            Next::Over(candidates) => {
                let candidates = guided(state, job, candidates, wanted.get(..written).unwrap_or(""));
                let Some(chosen) = first_of(state, job, candidates, rest.len()) else { return Ok(None) };
                if !chosen.bytes.is_empty() {
                    return Ok(Some(chosen));
                }
                append(state, &[chosen.token])?;
                answer.begun.push(chosen.token);
                break;
            }
            Next::Within(token) => {
                written += state.loaded.tokenizer.bytes(token).len();
                append(state, &[token])?;
                answer.begun.push(token);
            }
            Next::Nothing => {
                let Some(rest) = wanted.get(written..) else { return Ok(None) };
                for batch in state.loaded.tokenizer.text(rest).chunks(BATCH_TOKENS as usize) {
                    append(state, batch)?;
                    answer.begun.extend_from_slice(batch);
                }
                break;
            }
        }
    }
    Ok(first(state, job, answer))
}

/// The first token after the text that the answer must begin with, from the logits at hand, or `None` to end.
pub(crate) fn first(state: &State, job: &Job, answer: &mut Answer) -> Option<Chosen> {
    if job.request.avoid.is_empty() {
        return answer.choose(state, job);
    }
    let tokenizer = &state.loaded.tokenizer;
    let mut candidates = sampler::top(state.loaded.context.logits(), FIRST_CANDIDATES);
    candidates.retain(|candidate| !tokenizer.is_end(candidate.token));
    first_of(state, job, guided(state, job, candidates, &answer.written), 0)
}

/// The likeliest of `candidates` that does not lead to a suggestion that is there already. The first `skip` bytes of each
/// are in the document.
fn first_of(state: &State, job: &Job, candidates: Vec<Candidate>, skip: usize) -> Option<Chosen> {
    let avoid: Vec<&[u8]> =
        job.request.avoid.iter().map(String::as_bytes).filter(|other| !other.is_empty()).collect();
    candidates
        .into_iter()
        .take_while(|candidate| avoid.is_empty() || candidate.logprob >= LEAST_FIRST_PROBABILITY.ln())
        .map(|candidate| Chosen {
            token: candidate.token,
            logprob: candidate.logprob,
            bytes: state.loaded.tokenizer.bytes(candidate.token).split_off(skip),
        })
        // `gre` and `green` lead to the same suggestion. A token that adds nothing says nothing yet.
        .find(|Chosen { bytes, .. }| {
            let alike = |other: &&[u8]| other.starts_with(bytes) || bytes.starts_with(other);
            (skip > 0 && bytes.is_empty()) || !avoid.iter().any(alike)
        })
}

/// Generates from the first token on.
fn continue_from(
    state: &mut State,
    job: &Job,
    answer: &mut Answer,
    mut guesses: Option<&mut Guesses>,
    first: Option<Chosen>,
) -> Result<FinishReason, EngineError> {
    let mut next = first;
    while let Some(chosen) = next {
        if job.cancel.is_cancelled() {
            return Err(EngineError::Cancelled);
        }
        if let Some(reason) = answer.write(job, &chosen)? {
            return Ok(reason);
        }
        let room = job.request.max_tokens.saturating_sub(answer.tokens) as usize;
        let draft = guesses.as_mut().map_or_else(Vec::new, |guesses| guesses.after(chosen.token, room));
        let Some(guesses) = guesses.as_mut().filter(|_| !draft.is_empty()) else {
            append(state, &[chosen.token])?;
            next = answer.choose(state, job);
            continue;
        };
        let batch: Vec<LlamaToken> = std::iter::once(chosen.token).chain(draft.iter().copied()).collect();
        append_draft(state, &batch)?;
        let mut right = 0;
        loop {
            state.loaded.context.read_output(right);
            next = answer.choose(state, job);
            let Some(chosen) = next.as_ref().filter(|chosen| draft.get(right) == Some(&chosen.token)) else {
                break;
            };
            if let Some(reason) = answer.write(job, chosen)? {
                guesses.judged(draft.len(), right + 1);
                return Ok(reason);
            }
            guesses.took(chosen.token);
            right += 1;
        }
        guesses.judged(draft.len(), right);
        take_back(state, draft.len() - right);
    }
    answer.flush(job)?;
    Ok(FinishReason::EndOfText)
}

/// An answer that is being written.
pub(crate) struct Answer {
    /// Tokens so far.
    pub(crate) tokens: u32,
    /// The tokens of what it had to begin with.
    begun: Vec<LlamaToken>,
    /// What it has so far, with what it had to begin with.
    written: String,
    text: TextBuffer,
    chain: Option<Chain>,
    constraint: Option<Constraint>,
}

impl Answer {
    /// One without a token yet.
    pub(crate) fn new(state: &State, job: &Job, constraint: Option<Constraint>) -> Self {
        Self {
            tokens: 0,
            begun: Vec::new(),
            written: job.request.begins_with.clone(),
            text: TextBuffer::new(job.request.stops.clone()),
            chain: Chain::new(&job.request.sampler, state.loaded.context.vocab_size()),
            constraint,
        }
    }

    /// The next token by the request's sampler, from the logits at hand, or `None` to end.
    pub(crate) fn choose(&mut self, state: &State, job: &Job) -> Option<Chosen> {
        let tokenizer = &state.loaded.tokenizer;
        let logits = match &mut self.constraint {
            Some(constraint) => constraint.admitted(state.loaded.context.logits())?,
            None => state.loaded.context.logits(),
        };
        let best = match (job.request.sampler, &mut self.chain) {
            (Sampler::Infill, _) => sampler::infill(
                &sampler::top(logits, INFILL_CANDIDATES),
                |token| tokenizer.is_end(token),
                |token| tokenizer.bytes(token),
            ),
            (Sampler::Temperature { .. }, Some(chain)) => chain.draw(logits),
            _ if guide::expected(&job.request.guidance, &self.written).is_some() => {
                let candidates = sampler::top(logits, GUIDED_CANDIDATES);
                guided(state, job, candidates, &self.written).into_iter().next()
            }
            _ => sampler::top(logits, 1).into_iter().next(),
        };
        let best = best.filter(|best| !tokenizer.is_end(best.token))?;
        if let Some(constraint) = &mut self.constraint {
            constraint.accept(best.token);
        }
        Some(Chosen { token: best.token, logprob: best.logprob, bytes: tokenizer.bytes(best.token) })
    }

    /// Sends a token. Says why the answer ends with it, if it does; then nothing is left to flush.
    pub(crate) fn write(&mut self, job: &Job, chosen: &Chosen) -> Result<Option<FinishReason>, EngineError> {
        let &Chosen { logprob, ref bytes, .. } = chosen;
        self.tokens += 1;
        self.written.push_str(&String::from_utf8_lossy(bytes));
        match self.text.push(bytes) {
            Released::Text(text) => job.send(Event::Token { text, logprob })?,
            Released::Stop(text) => {
                job.send(Event::Token { text, logprob })?;
                return Ok(Some(FinishReason::Stop));
            }
        }
        if self.tokens < job.request.max_tokens {
            return Ok(None);
        }
        self.flush(job)?;
        Ok(Some(FinishReason::Length))
    }

    /// Sends what was held back because a stop text could have begun with it.
    pub(crate) fn flush(&mut self, job: &Job) -> Result<(), EngineError> {
        let rest = self.text.finish();
        if rest.is_empty() { Ok(()) } else { job.send(Event::Token { text: rest, logprob: 0.0 }) }
    }
}

/// The candidates with those first that lead to names which are expected after `written`, as far as their bonus carries
/// them. Their probabilities are then those with the bonus: what is known of the names is no guess of the model's.
fn guided(state: &State, job: &Job, mut candidates: Vec<Candidate>, written: &str) -> Vec<Candidate> {
    let Some(expected) = guide::expected(&job.request.guidance, written) else { return candidates };
    let tokenizer = &state.loaded.tokenizer;
    // Of all tokens that are no candidates it is known how likely they are together: they keep that.
    let mut total = 1.0;
    for candidate in &mut candidates {
        if !tokenizer.is_end(candidate.token) && expected.admits(&tokenizer.bytes(candidate.token)) {
            let before = candidate.logprob.exp();
            candidate.logprob += expected.bonus;
            total += candidate.logprob.exp() - before;
        }
    }
    for candidate in &mut candidates {
        candidate.logprob -= total.max(f32::MIN_POSITIVE).ln();
    }
    candidates.sort_by(|one, other| other.logprob.total_cmp(&one.logprob));
    candidates
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}
