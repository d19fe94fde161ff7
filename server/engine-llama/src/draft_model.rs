//! What probably comes next, written by a small model of the same vocabulary, so that the large one sees several tokens at once. It has
//! a context of its own and must not touch the large model's.
//!
//! After speculative decoding (Leviathan, Kalman, Matias 2023), greedily: a guess counts where the large model would have chosen it.

use crate::context::{BATCH_TOKENS, Context, DecodeError, Outputs, Sequence, StopWhen};
use crate::model::{self, Tokenizer};
use crate::sampler;
use crate::{LoadOptions, Threads};
use engine::EngineError;
use llama_cpp_2::token::LlamaToken;
use std::path::Path;
use std::sync::Arc;

/// Tokens of a guess. With the one before them they fill a batch of eight.
const MOST: usize = 7;
/// A token that the small model finds less likely than this ends the guess: the large one mostly disagrees.
const LEAST_PROBABILITY: f32 = 0.5;
/// Two vocabularies are compared by every so-many-th token, a prime so that no order of theirs hides a difference.
const COMPARED: usize = 97;

/// The small model, and what its context has seen.
pub(crate) struct DraftModel {
    context: Context,
    tokenizer: Tokenizer,
    seen: Vec<LlamaToken>,
}

impl DraftModel {
    /// Loads the model in the file at `path` beside the one of `options`, whose vocabulary is `large`. `None` where it has another vocabulary:
    /// what is said of drafts holds for all models, and one of another family goes without.
    ///
    /// # Errors
    /// Where llama.cpp does not accept it.
    pub(crate) fn load(
        path: &Path,
        options: &LoadOptions,
        large: &Tokenizer,
    ) -> Result<Option<Self>, EngineError> {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let unusable =
            |reason: &str| EngineError::ModelUnusable { model: name.clone(), reason: reason.to_owned() };
        if !path.is_file() {
            return Err(EngineError::ModelMissing { model: name });
        }
        let tokenizer = Tokenizer::load(path).map_err(unusable)?;
        if !same_vocabulary(&tokenizer, large) {
            tracing::warn!(
                draft = name,
                model = options.name,
                "no drafts: the models have different vocabularies"
            );
            return Ok(None);
        }
        // All of it, or none: it is loaded only where it fits.
        let small = model::weights(path, &name, options.gpu_layers.map(|_| u32::MAX), |_| true)?;
        let mut context = Context::new(Arc::new(small), options.context_tokens, options.kv)
            .ok_or_else(|| unusable("there is not enough memory for its context"))?;
        if !context.can_move() {
            return Err(unusable(
                "its memory cannot forget a wrong guess; choose a model that is not recurrent",
            ));
        }
        let cores =
            std::thread::available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(1));
        context.set_threads(match options.threads {
            Threads::Fixed(threads) => threads,
            Threads::Adaptive => cores.saturating_sub(1),
        });
        Ok(Some(Self { context, tokenizer, seen: Vec::new() }))
    }

    /// When its work from now on is to stop.
    pub(crate) fn stop_when(&self, stop: StopWhen) {
        self.context.stop_when(stop);
    }

    /// What probably follows `known`, at most `room` tokens. Nothing where the model is unsure, or fails: a guess is not
    /// worth an error.
    pub(crate) fn after(&mut self, known: &[LlamaToken], room: usize) -> Vec<LlamaToken> {
        self.guess(known, room.min(MOST)).unwrap_or_else(|_| {
            // A batch that was broken off is not in `seen`.
            self.forget_from(self.seen.len());
            Vec::new()
        })
    }

    fn guess(&mut self, known: &[LlamaToken], most: usize) -> Result<Vec<LlamaToken>, DecodeError> {
        let mut guess = Vec::new();
        if most == 0 || known.len() + most > self.context.capacity() {
            return Ok(guess);
        }
        self.see(known)?;
        while guess.len() < most {
            let best = sampler::top(self.context.logits(), 1).into_iter().next();
            let likely = |best: &sampler::Candidate| best.logprob >= LEAST_PROBABILITY.ln();
            let Some(best) = best.filter(likely).filter(|best| !self.tokenizer.is_end(best.token)) else {
                break;
            };
            guess.push(best.token);
            if guess.len() < most {
                self.append(&[best.token])?;
            }
        }
        Ok(guess)
    }

    /// Evaluates what is new of `known`, its last token in any case.
    fn see(&mut self, known: &[LlamaToken]) -> Result<(), DecodeError> {
        let same = self.seen.iter().zip(known).take_while(|(seen, known)| seen == known).count();
        let keep = same.min(known.len().saturating_sub(1));
        self.forget_from(keep);
        let new = known.get(self.seen.len()..).unwrap_or_default();
        new.chunks(BATCH_TOKENS as usize).try_for_each(|batch| self.append(batch))
    }

    fn forget_from(&mut self, position: usize) {
        if self.context.forget_from(Sequence::head(0), position) {
            self.seen.truncate(position);
        } else {
            self.context.clear();
            self.seen.clear();
        }
    }

    fn append(&mut self, tokens: &[LlamaToken]) -> Result<(), DecodeError> {
        self.context.decode(tokens, Sequence::head(0), self.seen.len(), Outputs::Last, None)?;
        self.seen.extend_from_slice(tokens);
        Ok(())
    }
}

/// Whether tokens mean the same in both. Models of one family differ in unused tokens at the end.
fn same_vocabulary(one: &Tokenizer, other: &Tokenizer) -> bool {
    let count = one.count().min(other.count());
    let token = |index: usize| i32::try_from(index).ok().map(LlamaToken);
    let spread = one.count().abs_diff(other.count());
    spread <= count / 100
        && (0..count).step_by(COMPARED).filter_map(token).all(|token| one.name(token) == other.name(token))
}
