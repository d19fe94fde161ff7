//! Embeddings: a vector for a text, on the weights of a loaded model, in a context of its own that lives for one call.
//! It must not touch the contexts of completions and conversations.
//!
//! The vectors are pooled as the model's file says. Models that say nothing are not made for this; then the mean over a text's
//! tokens is taken, as llama-server does with `--pooling mean`.

use crate::model::Tokenizer;
use engine::EngineError;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_sys_2 as sys;
use std::num::NonZeroU32;
use std::ptr::NonNull;
use std::sync::Arc;

/// The vectors of some texts.
#[derive(Clone, Debug, PartialEq)]
pub struct Embeddings {
    /// One for each text, of length 1.
    pub vectors: Vec<Vec<f32>>,
    /// Tokens of all texts together.
    pub tokens: u32,
}

/// Tokens of a text at most.
const MOST_TOKENS: u32 = 2048;
/// The same where all tokens of a text must be evaluated at once: each takes memory for a row of logits.
const MOST_AT_ONCE: u32 = 512;

/// A context whose output is vectors.
struct EmbeddingContext {
    raw: NonNull<sys::llama_context>,
    batch: sys::llama_batch,
    pooled: bool,
    width: usize,
    /// Tokens of a text, and of one evaluation.
    most: usize,
    at_once: usize,
    // Freed after the context.
    _model: Arc<LlamaModel>,
}

/// The vectors of texts, one after the other. `wanted` is asked before each.
pub(crate) fn embed(
    model: Arc<LlamaModel>,
    tokenizer: &Tokenizer,
    texts: &[String],
    threads: NonZeroU32,
    wanted: impl Fn() -> bool,
) -> Result<Embeddings, EngineError> {
    let mut context = EmbeddingContext::new(model, threads)?;
    let mut embeddings = Embeddings { vectors: Vec::with_capacity(texts.len()), tokens: 0 };
    for text in texts {
        if !wanted() {
            return Err(EngineError::Cancelled);
        }
        let tokens = tokenizer.whole_text(text);
        let count = |tokens: usize| u32::try_from(tokens).unwrap_or(u32::MAX);
        if tokens.is_empty() {
            return Err(EngineError::Refused { reason: "a text is empty: it has no vector".into() });
        }
        if tokens.len() > context.most {
            return Err(EngineError::ContextOverflow {
                tokens: count(tokens.len()),
                limit: count(context.most),
            });
        }
        embeddings.vectors.push(of_length_one(context.vector(&tokens)?));
        embeddings.tokens = embeddings.tokens.saturating_add(count(tokens.len()));
    }
    Ok(embeddings)
}

impl EmbeddingContext {
    fn new(model: Arc<LlamaModel>, threads: NonZeroU32) -> Result<Self, EngineError> {
        let raw_model = crate::context::raw_model(&model);
        let threads = threads.get().cast_signed();
        let make = |most: u32, at_once: u32| {
            // SAFETY: fills a plain struct.
            let mut params = unsafe { sys::llama_context_default_params() };
            params.n_ctx = most;
            params.n_batch = at_once;
            params.n_ubatch = at_once;
            params.n_seq_max = 1;
            params.n_threads = threads;
            params.n_threads_batch = threads;
            params.embeddings = true;
            // SAFETY: the model lives as long as the context, which is freed before it.
            let raw = NonNull::new(unsafe { sys::llama_init_from_model(raw_model, params) });
            raw.ok_or_else(|| EngineError::Failed {
                reason: "there is not enough memory for embeddings".into(),
            })
        };
        let trained = model.n_ctx_train().max(1);
        // A mean can be taken piece by piece.
        let (most, at_once) = if says_pooling(&model) {
            (MOST_AT_ONCE.min(trained), MOST_AT_ONCE.min(trained))
        } else {
            (MOST_TOKENS.min(trained), crate::context::BATCH_TOKENS.min(trained))
        };
        let raw = make(most, at_once)?;
        // SAFETY: plain call on a live context.
        let pooling = unsafe { sys::llama_pooling_type(raw.as_ptr()) };
        let pooled = pooling != sys::LLAMA_POOLING_TYPE_NONE;
        if pooling == sys::LLAMA_POOLING_TYPE_RANK {
            // Its output is a score, not a vector.
            // SAFETY: made above, freed once.
            unsafe { sys::llama_free(raw.as_ptr()) };
            return Err(EngineError::Refused {
                reason: "this model ranks texts; it gives no embeddings".into(),
            });
        }
        // SAFETY: plain call on a live model; and allocates arrays of `at_once` entries with room for one sequence each.
        let (width, batch) = unsafe {
            (sys::llama_model_n_embd_out(raw_model), sys::llama_batch_init(at_once.cast_signed(), 0, 1))
        };
        let (width, most, at_once) = (usize::try_from(width).unwrap_or(0), most as usize, at_once as usize);
        Ok(Self { raw, batch, pooled, width, most, at_once, _model: model })
    }

    fn vector(&mut self, tokens: &[LlamaToken]) -> Result<Vec<f32>, EngineError> {
        // SAFETY: plain calls on a live context; models without a cache have none to empty, which llama.cpp looks after.
        unsafe { sys::llama_memory_clear(sys::llama_get_memory(self.raw.as_ptr()), true) };
        let mut sum = vec![0.0; self.width];
        for (index, piece) in tokens.chunks(self.at_once).enumerate() {
            self.evaluate(piece, index * self.at_once)?;
            if self.pooled {
                // SAFETY: the one sequence of the batch.
                let vector = unsafe { sys::llama_get_embeddings_seq(self.raw.as_ptr(), 0) };
                return self.read(vector).map(<[f32]>::to_vec);
            }
            for at in 0..piece.len() {
                let at = i32::try_from(at).unwrap_or(0);
                // SAFETY: a token of the batch that was just evaluated.
                let vector = unsafe { sys::llama_get_embeddings_ith(self.raw.as_ptr(), at) };
                let vector = self.read(vector)?;
                sum.iter_mut().zip(vector).for_each(|(sum, number)| *sum += number);
            }
        }
        Ok(sum)
    }

    fn evaluate(&mut self, tokens: &[LlamaToken], start: usize) -> Result<(), EngineError> {
        let tokens = tokens.get(..self.at_once).unwrap_or(tokens);
        for (index, token) in tokens.iter().enumerate() {
            let position = i32::try_from(start + index).unwrap_or(i32::MAX);
            // SAFETY: `index` is below `at_once`, the size of every array.
            unsafe {
                *self.batch.token.add(index) = token.0;
                *self.batch.pos.add(index) = position;
                *self.batch.n_seq_id.add(index) = 1;
                **self.batch.seq_id.add(index) = 0;
                *self.batch.logits.add(index) = 1;
            }
        }
        self.batch.n_tokens = i32::try_from(tokens.len()).unwrap_or(0);
        // SAFETY: the batch's arrays hold `n_tokens` entries.
        match unsafe { sys::llama_decode(self.raw.as_ptr(), self.batch) } {
            0 => Ok(()),
            code => {
                Err(EngineError::Failed { reason: format!("llama.cpp could not embed a text (code {code})") })
            }
        }
    }

    fn read(&self, vector: *const f32) -> Result<&[f32], EngineError> {
        if vector.is_null() {
            return Err(EngineError::Refused { reason: "this model gives no embeddings".into() });
        }
        // SAFETY: llama.cpp keeps as many numbers as the model is wide until the next evaluation, which needs `&mut`.
        Ok(unsafe { std::slice::from_raw_parts(vector, self.width) })
    }
}

impl Drop for EmbeddingContext {
    fn drop(&mut self) {
        // SAFETY: both made in `new`, freed once.
        unsafe {
            sys::llama_batch_free(self.batch);
            sys::llama_free(self.raw.as_ptr());
        }
    }
}

/// Whether the model's file says how its vectors are pooled, as the files of embedding models do.
fn says_pooling(model: &LlamaModel) -> bool {
    let architecture = model.meta_val_str("general.architecture").unwrap_or_default();
    model.meta_val_str(&format!("{architecture}.pooling_type")).is_ok()
}

fn of_length_one(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|number| *number /= length);
    }
    vector
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_of_length_one() {
        assert_eq!(of_length_one(vec![3.0, 4.0]), [0.6, 0.8]);
        assert_eq!(of_length_one(vec![0.0, 0.0]), [0.0, 0.0]);
    }
}
