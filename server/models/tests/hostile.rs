//! 10,000 broken headers, the same each time: the reader answers each with a message or the header, quickly and with little memory.
//! Must not write files larger than the header that it breaks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};

use models::{GgufError, Shape, read_metadata};

const MUTATIONS: usize = 10_000;
/// Address space that the reader may take beside what the test has: an allocation that a length field claims ends the process.
const MORE_BYTES: u64 = 256 << 20;

/// A header as llama.cpp's converter writes it for a model of the Qwen2 family, smaller: 3,000 tokens, 40 tensors with their data.
fn header() -> Vec<u8> {
    let mut keys: Vec<Vec<u8>> = Vec::new();
    let mut key = |name: &str, kind: u32, value: &[u8]| {
        keys.push([&text(name)[..], &kind.to_le_bytes(), value].concat());
    };
    key("general.architecture", 8, &text("qwen2"));
    key("general.name", 8, &text("Made up"));
    key("general.file_type", 4, &15_u32.to_le_bytes());
    key("general.alignment", 4, &32_u32.to_le_bytes());
    let numbers = [
        ("block_count", 24),
        ("context_length", 32_768),
        ("embedding_length", 896),
        ("attention.head_count", 14),
    ];
    for (name, number) in numbers {
        key(&format!("qwen2.{name}"), 4, &u32::to_le_bytes(number));
    }
    key("qwen2.attention.head_count_kv", 9, &array(4, 24, &2_u32.to_le_bytes().repeat(24)));
    key("qwen2.rope.freq_base", 6, &1e6_f32.to_le_bytes());
    let tokens: Vec<u8> = (0..3000).flat_map(|number| text(&format!("token{number}"))).collect();
    key("tokenizer.ggml.tokens", 9, &array(8, 3000, &tokens));
    let kinds: Vec<u8> =
        (0..3000_i32).flat_map(|number| (1 + i32::from(number % 100 == 0) * 2).to_le_bytes()).collect();
    key("tokenizer.ggml.token_type", 9, &array(5, 3000, &kinds));
    key("tokenizer.ggml.eos_token_id", 4, &100_u32.to_le_bytes());
    key("tokenizer.ggml.fim_pre_token_id", 4, &200_u32.to_le_bytes());
    key("tokenizer.chat_template", 8, &text("{{ messages }}"));
    let mut tensors = Vec::new();
    for number in 0..40_u64 {
        // 8 × 256 weights in Q4_K: 8 blocks of 144 bytes.
        let head = [&text(&format!("blk.{number}.ffn_up.weight"))[..], &2_u32.to_le_bytes()].concat();
        tensors.extend(head);
        tensors.extend([256_u64.to_le_bytes(), 8_u64.to_le_bytes()].concat());
        tensors.extend(12_u32.to_le_bytes());
        tensors.extend((number * 8 * 144).to_le_bytes());
    }
    let mut bytes = b"GGUF\x03\0\0\0".to_vec();
    bytes.extend(40_u64.to_le_bytes());
    bytes.extend((keys.len() as u64).to_le_bytes());
    bytes.extend(keys.concat());
    bytes.extend(tensors);
    bytes.resize(bytes.len().next_multiple_of(32) + 40 * 8 * 144, 7);
    bytes
}

fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat()
}

fn array(kind: u32, count: u64, items: &[u8]) -> Vec<u8> {
    [&kind.to_le_bytes()[..], &count.to_le_bytes(), items].concat()
}

/// Breaks a header in one of the ways in which files are broken, by chance or on purpose.
fn mutate(random: &mut fastrand::Rng, good: &[u8]) -> Vec<u8> {
    let mut bytes = good.to_vec();
    // Most of what matters lies in front of the data, and much of it at the very front.
    let ends = [32, 600, bytes.len() - 40 * 8 * 144];
    let place = |random: &mut fastrand::Rng| {
        let end = ends[random.usize(..ends.len())];
        random.usize(..end)
    };
    let huge = [u64::MAX, u64::MAX / 8, u64::from(u32::MAX), 1 << 40, 1 << 24, i64::MAX as u64, 0];
    for _ in 0..=random.usize(..4) {
        match random.u8(..8) {
            0 => bytes.truncate(random.usize(..=bytes.len())),
            1 => {
                let at = place(random);
                flip(&mut bytes, at, 1 << random.u8(..8));
            }
            // A count, a length, an offset or a dimension.
            2 | 3 => {
                let at = place(random) & !3;
                put(&mut bytes, at, &huge[random.usize(..huge.len())].to_le_bytes());
            }
            // A type, or a number of dimensions.
            4 => {
                let at = place(random) & !3;
                put(&mut bytes, at, &random.u32(..64).to_le_bytes());
            }
            // Something twice: a key, a name, a part of a list.
            5 => {
                let (from, length) = (place(random), random.usize(8..200));
                let piece: Vec<u8> = bytes.iter().skip(from).take(length).copied().collect();
                put(&mut bytes, place(random), &piece);
            }
            6 => {
                let (at, length) = (place(random), random.usize(1..40));
                let end = (at + length).min(bytes.len());
                if at < end {
                    bytes.drain(at..end);
                }
            }
            _ => {
                let noise: Vec<u8> = (0..random.usize(1..64)).map(|_| random.u8(..)).collect();
                put(&mut bytes, place(random), &noise);
            }
        }
    }
    bytes
}

fn flip(bytes: &mut [u8], at: usize, bit: u8) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= bit;
    }
}

fn put(bytes: &mut [u8], at: usize, piece: &[u8]) {
    bytes.iter_mut().skip(at).zip(piece).for_each(|(byte, new)| *byte = *new);
}

/// No allocation beyond a bound succeeds from here on.
#[cfg(unix)]
fn bound_memory() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    // In pages of at least 4 KiB; a system without this file is bounded more loosely.
    let pages: u64 = status.split(' ').next().and_then(|pages| pages.parse().ok()).unwrap_or(1 << 20);
    let limit = Some(pages * 4096 + MORE_BYTES);
    setrlimit(Resource::As, Rlimit { current: limit, maximum: limit }).unwrap();
}

#[cfg(not(unix))]
fn bound_memory() {}

#[test]
fn ten_thousand_broken_headers_are_answered() {
    let good = header();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    let write = |bytes: &[u8]| File::create(&path).unwrap().write_all(bytes).unwrap();
    write(&good);
    let metadata = read_metadata(&path).unwrap();
    assert_eq!(
        (metadata.vocabulary, metadata.special_tokens.len(), metadata.parameters),
        (3000, 30, 40 * 2048)
    );
    assert!(Shape::of(&metadata, good.len() as u64).is_some());

    bound_memory();
    let mut random = fastrand::Rng::with_seed(6);
    let (mut refused, mut read, mut slowest) = (0, 0, Duration::ZERO);
    for number in 0..MUTATIONS {
        let bytes = mutate(&mut random, &good);
        write(&bytes);
        let started = Instant::now();
        match read_metadata(&path) {
            Ok(metadata) => {
                read += 1;
                let _ = Shape::of(&metadata, metadata.file_bytes)
                    .map(|shape| shape.need(4096, 2, models::KvType::F16));
            }
            Err(GgufError::Io { error, .. }) => panic!("{number}: {error}"),
            Err(error) => {
                refused += 1;
                assert!(error.to_string().len() < 1000, "{number}: {error}");
            }
        }
        slowest = slowest.max(started.elapsed());
    }
    assert_eq!(refused + read, MUTATIONS);
    assert!(refused > MUTATIONS / 2, "{refused} refused: the headers are hardly broken");
    assert!(read > MUTATIONS / 100, "{read} read: the headers are broken before anything is looked at");
    // A thousand times what one takes, so that a busy machine does not count.
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
}
