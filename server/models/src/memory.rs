//! How much memory a model takes, computed from its header before anything is loaded, and what of it a machine can hold.
//!
//! Must not do: look at the machine. What is free is the caller's to say.

mod fit;

use crate::gguf::GgufMetadata;
pub use fit::{Fit, LeastContext, MemoryOf, Reduction, TooLarge, Wanted, fit};

/// What of a model's make decides how much memory it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// The weights in bytes: the file's size, all parts together.
    pub weights_bytes: u64,
    /// The bytes of weights that are read for each token: all but the experts that it does not use and the rows of the table of tokens.
    pub read_per_token_bytes: u64,
    /// Layers.
    pub layers: u64,
    /// Numbers that the KV cache keeps for each token, in all layers together.
    pub kv_width: u64,
    /// The width of a layer's input.
    pub embedding: u64,
    /// Tokens of the vocabulary.
    pub vocabulary: u64,
    /// The tokens that it was trained with, where that is known: more are of no use to it.
    pub trained_tokens: Option<u64>,
}

/// How the numbers of the KV cache are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KvType {
    /// In half precision.
    F16,
    /// In eight bits, with a scale for each 32: half the memory, and answers that hardly differ.
    Q8,
}

/// An estimate of the memory that llama.cpp takes for one loaded model, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryNeed {
    /// The weights.
    pub weights_bytes: u64,
    /// The keys and values of the contexts.
    pub kv_cache_bytes: u64,
    /// The scratch buffers of the contexts, and the vocabulary.
    pub compute_bytes: u64,
}

impl MemoryNeed {
    /// The sum of the three.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.weights_bytes.saturating_add(self.kv_cache_bytes).saturating_add(self.compute_bytes)
    }
}

impl Shape {
    /// The shape of a model by its header; `bytes` are those of all its files. `None` when the header does not say how many layers or
    /// heads it has.
    #[must_use]
    pub fn of(metadata: &GgufMetadata, bytes: u64) -> Option<Shape> {
        let layers = metadata.block_count?;
        let embedding = metadata.embedding_length?;
        let heads = metadata.head_count.as_ref()?;
        let head_length = embedding.checked_div(heads.largest());
        let key = metadata.key_length.or(head_length)?;
        let value = metadata.value_length.or(head_length)?;
        let kv_heads = metadata.head_count_kv.as_ref().unwrap_or(heads).total(layers);
        let experts = metadata.experts.map_or(0, |(all, used)| {
            let unused = u128::from(all.saturating_sub(used)) * u128::from(metadata.expert_bytes);
            u64::try_from(unused / u128::from(all.max(1))).unwrap_or(u64::MAX)
        });
        Some(Shape {
            weights_bytes: bytes,
            read_per_token_bytes: bytes.saturating_sub(experts).saturating_sub(metadata.lookup_bytes),
            layers,
            kv_width: kv_heads.saturating_mul(key.saturating_add(value)),
            embedding,
            vocabulary: metadata.vocabulary,
            trained_tokens: metadata.context_length,
        })
    }

    /// The memory for `tokens` tokens of context, in `contexts` contexts together.
    ///
    /// - weights = the files' size; llama.cpp keeps them as they are.
    /// - KV cache = tokens × numbers for each token × their size, which is the well-known 2 × layers × kv heads × head size × 2 bytes
    ///   × context where all layers are alike. Models that keep only a window of the context in some layers take less.
    /// - compute = for each context the hidden states and the logits of one batch in single precision; once the vocabulary with all its
    ///   tables, which Weft reads twice; once the process itself. The constants are measured: the resident memory of the engine with
    ///   SmolLM2-135M, Qwen2.5-Coder 0.5B and 1.5B, after a completion and a chat, is at most this, and not much less.
    #[must_use]
    pub fn need(&self, tokens: u64, contexts: u64, kv: KvType) -> MemoryNeed {
        let numbers = self.kv_width.saturating_mul(tokens);
        let states = self.embedding.saturating_mul(STATES).saturating_mul(BATCH_TOKENS);
        let logits = self.vocabulary.saturating_mul(LOGITS);
        let context = states.saturating_add(logits).saturating_mul(SINGLE_PRECISION_BYTES);
        MemoryNeed {
            weights_bytes: self.weights_bytes,
            kv_cache_bytes: match kv {
                KvType::F16 => numbers.saturating_mul(2),
                // 34 bytes for 32 numbers.
                KvType::Q8 => numbers.saturating_add(numbers / 16),
            },
            compute_bytes: context
                .saturating_mul(contexts)
                .saturating_add(self.vocabulary.saturating_mul(VOCABULARY_BYTES))
                .saturating_add(PROCESS_BYTES),
        }
    }
}

/// Tokens a second that a model writes when `bytes_per_second` of its weights are read: each token reads all of them once.
#[must_use]
pub fn tokens_per_second(shape: &Shape, bytes_per_second: f64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^53")]
    let bytes = shape.read_per_token_bytes as f64;
    (bytes > 0.0 && bytes_per_second > 0.0).then(|| bytes_per_second / bytes)
}

const SINGLE_PRECISION_BYTES: u64 = 4;
/// Tokens of a batch, as `engine-llama` makes its contexts.
const BATCH_TOKENS: u64 = 64;
/// Hidden states of a batch that are kept at once, in widths of a layer's input.
const STATES: u64 = 8;
/// Tokens of a context that may have logits: all of a batch.
const LOGITS: u64 = BATCH_TOKENS;
/// A token of the vocabulary in both copies.
const VOCABULARY_BYTES: u64 = 450;
/// The program, and llama.cpp's own tables.
const PROCESS_BYTES: u64 = 40_000_000;

#[cfg(test)]
mod tests;
