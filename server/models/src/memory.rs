//! How much memory a model takes, estimated from its metadata before anything is loaded.
//!
//! Must not do: look at the machine. Comparing the need with what is free is the caller's work.

use crate::gguf::GgufMetadata;

/// An estimate of the memory that llama.cpp takes for one loaded model, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryNeed {
    /// The weights: the size of the file, which llama.cpp maps into memory as it is.
    pub weights_bytes: u64,
    /// The keys and values of the context, in half precision.
    pub kv_cache_bytes: u64,
    /// The scratch buffer for one batch.
    pub compute_bytes: u64,
}

impl MemoryNeed {
    /// The sum of the three.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.weights_bytes.saturating_add(self.kv_cache_bytes).saturating_add(self.compute_bytes)
    }
}

/// Estimates the memory for `context_tokens` tokens of context in all sequences together.
///
/// `None` when the file does not say how many layers or heads it has.
///
/// - weights = the file's size.
/// - KV cache = context × Σ over layers of `kv_heads` × (`key_length` + `value_length`) × 2 bytes, which is
///   the well-known 2 × layers × kv heads × head size × 2 bytes × context where all layers are alike.
///   Models that keep only a window of the context in some layers take less.
/// - compute = 4 bytes × 512 × (vocabulary + embedding): the logits and the last hidden state of one batch
///   of llama.cpp's default `n_ubatch`, in single precision, which is its largest graph node for models
///   with a large vocabulary. Without flash attention, long contexts take more.
#[must_use]
pub fn estimate(metadata: &GgufMetadata, context_tokens: u64) -> Option<MemoryNeed> {
    let layers = metadata.block_count?;
    let embedding = metadata.embedding_length?;
    let heads = metadata.head_count.as_ref()?;
    let head_length = embedding.checked_div(heads.largest());
    let key = metadata.key_length.or(head_length)?;
    let value = metadata.value_length.or(head_length)?;
    let kv_heads = metadata.head_count_kv.as_ref().unwrap_or(heads).total(layers);
    Some(MemoryNeed {
        weights_bytes: metadata.file_bytes,
        kv_cache_bytes: kv_heads
            .saturating_mul(key.saturating_add(value))
            .saturating_mul(HALF_PRECISION_BYTES)
            .saturating_mul(context_tokens),
        compute_bytes: metadata
            .vocabulary
            .saturating_add(embedding)
            .saturating_mul(BATCH_TOKENS)
            .saturating_mul(SINGLE_PRECISION_BYTES),
    })
}

const HALF_PRECISION_BYTES: u64 = 2;
const SINGLE_PRECISION_BYTES: u64 = 4;
/// llama.cpp's default `n_ubatch`.
const BATCH_TOKENS: u64 = 512;

#[cfg(test)]
mod tests {
    use super::{MemoryNeed, estimate};
    use crate::gguf::{GgufMetadata, PerLayer};

    /// The shape of Qwen2.5-Coder-0.5B.
    fn small() -> GgufMetadata {
        GgufMetadata {
            file_bytes: 491_400_064,
            block_count: Some(24),
            embedding_length: Some(896),
            head_count: Some(PerLayer::Same(14)),
            head_count_kv: Some(PerLayer::Same(2)),
            vocabulary: 151_936,
            ..GgufMetadata::default()
        }
    }

    #[test]
    fn follows_the_formula() {
        let expected = MemoryNeed {
            weights_bytes: 491_400_064,
            // 2 × 24 layers × 2 heads × 64 × 2 bytes = 12,288 bytes for each token.
            kv_cache_bytes: 12_288 * 4096,
            compute_bytes: 4 * 512 * (151_936 + 896),
        };
        assert_eq!(estimate(&small(), 4096), Some(expected));
        assert_eq!(expected.total_bytes(), 491_400_064 + 50_331_648 + 312_999_936);
    }

    #[test]
    fn uses_what_the_file_says_of_its_heads() {
        let wide = GgufMetadata { key_length: Some(128), value_length: Some(192), ..small() };
        assert_eq!(estimate(&wide, 10).map(|need| need.kv_cache_bytes), Some(48 * (128 + 192) * 2 * 10));
        let mixed = GgufMetadata { head_count_kv: Some(PerLayer::Each(vec![4, 0, 1])), ..small() };
        assert_eq!(estimate(&mixed, 10).map(|need| need.kv_cache_bytes), Some(5 * 128 * 2 * 10));
        let no_grouping = GgufMetadata { head_count_kv: None, ..small() };
        assert_eq!(estimate(&no_grouping, 10).map(|need| need.kv_cache_bytes), Some(24 * 14 * 128 * 2 * 10));
    }

    #[test]
    fn unknown_shapes_have_no_estimate() {
        assert_eq!(estimate(&GgufMetadata { block_count: None, ..small() }, 10), None);
        assert_eq!(estimate(&GgufMetadata { head_count: None, ..small() }, 10), None);
        assert_eq!(estimate(&GgufMetadata { head_count: Some(PerLayer::Same(0)), ..small() }, 10), None);
    }
}
