//! The formulas, and the order in which what does not fit is reduced.

use super::*;
use crate::gguf::PerLayer;

const MB: u64 = 1_000_000;

/// The header of Qwen2.5-Coder-0.5B, as far as its shape goes.
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

fn width(metadata: GgufMetadata) -> Option<u64> {
    Shape::of(&metadata, 1).map(|shape| shape.kv_width)
}

#[test]
fn follows_the_formula() {
    let need = Shape::of(&small(), 491_400_064).unwrap().need(4096, 1, KvType::F16);
    assert_eq!(need.weights_bytes, 491_400_064);
    // 2 × 24 layers × 2 heads × 64 × 2 bytes = 12,288 bytes for each token.
    assert_eq!(need.kv_cache_bytes, 12_288 * 4096);
    let half = Shape::of(&small(), 0).unwrap().need(4096, 1, KvType::Q8).kv_cache_bytes;
    assert_eq!(half, 12_288 / 2 * 4096 / 32 * 34);
}

#[test]
fn uses_what_the_file_says_of_its_heads() {
    assert_eq!(
        width(GgufMetadata { key_length: Some(128), value_length: Some(192), ..small() }),
        Some(48 * (128 + 192))
    );
    let mixed = GgufMetadata { head_count_kv: Some(PerLayer::Each(vec![4, 0, 1])), ..small() };
    assert_eq!(width(mixed), Some(5 * 128));
    assert_eq!(width(GgufMetadata { head_count_kv: None, ..small() }), Some(24 * 14 * 128));
    assert_eq!(width(GgufMetadata { block_count: None, ..small() }), None);
    assert_eq!(width(GgufMetadata { head_count: None, ..small() }), None);
    assert_eq!(width(GgufMetadata { head_count: Some(PerLayer::Same(0)), ..small() }), None);
}

#[test]
fn a_token_reads_the_experts_that_it_uses() {
    let mixture = GgufMetadata { expert_bytes: 800, lookup_bytes: 50, experts: Some((8, 2)), ..small() };
    let shape = Shape::of(&mixture, 1000).unwrap();
    assert_eq!(shape.read_per_token_bytes, 1000 - 600 - 50);
    assert_eq!(tokens_per_second(&shape, 3500.0), Some(10.0));
    assert_eq!(tokens_per_second(&shape, 0.0), None);
}

/// A model of 4 GB with 100 KB of cache for each token.
fn large() -> Shape {
    Shape {
        weights_bytes: 4000 * MB,
        read_per_token_bytes: 4000 * MB,
        layers: 39,
        kv_width: 50_000,
        embedding: 0,
        vocabulary: 0,
        trained_tokens: Some(32_768),
    }
}

/// How it fits, with what was reduced.
fn shown(ram: Option<u64>, gpu: Option<u64>) -> String {
    let wanted = Wanted { completion_tokens: 4096, chat_tokens: 8192 };
    let memory = MemoryOf { ram: ram.map(|mb| mb * MB), gpu: gpu.map(|mb| mb * MB) };
    match fit(&large(), wanted, memory) {
        Ok(fit) => {
            let limit = memory.gpu.or(memory.ram).unwrap_or(u64::MAX);
            let taken = if memory.gpu.is_some() { fit.gpu_bytes } else { fit.need.total_bytes() };
            assert!(taken <= limit, "{fit:?}");
            let reduced: Vec<String> = fit.reduced.iter().map(ToString::to_string).collect();
            format!("{} MB: {}", fit.need.total_bytes() / MB, reduced.join("; "))
        }
        Err(error) => format!("{} of {} MB", error.needed / MB, error.available / MB),
    }
}

#[test]
fn what_does_not_fit_is_reduced_in_a_stated_order() {
    let table: String = [
        (None, None),
        (Some(6000), None),
        (Some(5000), None),
        (Some(4600), None),
        (Some(4400), None),
        (Some(4340), None),
        (Some(4200), None),
        (Some(4100), None),
        (Some(16_000), Some(6000)),
        (Some(16_000), Some(4400)),
        (Some(16_000), Some(2000)),
        (Some(16_000), Some(10)),
        (Some(1000), Some(2000)),
    ]
    .iter()
    .map(|(ram, gpu)| format!("{ram:?} {gpu:?} → {}\n", shown(*ram, *gpu)))
    .collect();
    expect_test::expect![[r#"
        None None → 5268 MB: 
        Some(6000) None → 5268 MB: 
        Some(5000) None → 4859 MB: chats have 4096 tokens of context, not 8192
        Some(4600) None → 4449 MB: chats have 2048 tokens of context, not 8192; completions have 2048 tokens of context, not 4096
        Some(4400) None → 4347 MB: chats have 2048 tokens of context, not 8192; completions have 1024 tokens of context, not 4096
        Some(4340) None → 4257 MB: chats have 2048 tokens of context, not 8192; completions have 2048 tokens of context, not 4096; the KV cache is kept in eight bits
        Some(4200) None → 4203 of 4200 MB
        Some(4100) None → 4203 of 4100 MB
        Some(16000) Some(6000) → 5268 MB: 
        Some(16000) Some(4400) → 4347 MB: chats have 2048 tokens of context, not 8192; completions have 1024 tokens of context, not 4096
        Some(16000) Some(2000) → 4203 MB: chats have 2048 tokens of context, not 8192; completions have 1024 tokens of context, not 4096; the KV cache is kept in eight bits; 18 of 40 layers are on the graphics card, the others on the processor
        Some(16000) Some(10) → 5268 MB: the processor computes, not the graphics card
        Some(1000) Some(2000) → 4203 of 3000 MB
    "#]].assert_eq(&table);
}

#[test]
fn no_more_context_than_it_was_trained_with() {
    let shape = Shape { trained_tokens: Some(512), ..large() };
    let fitted =
        fit(&shape, Wanted { completion_tokens: 4096, chat_tokens: 8192 }, MemoryOf::default()).unwrap();
    assert_eq!((fitted.completion_tokens, fitted.chat_tokens, fitted.reduced), (512, 512, Vec::new()));
}
