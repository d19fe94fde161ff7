//! GGUF headers written byte by byte: what is read from them, and that broken ones are refused.

use std::path::Path;

use expect_test::expect;
use proptest::prelude::*;

use super::{FimTokens, GgufError, GgufMetadata, PerLayer, read_metadata};
use crate::memory::{KvType, Shape};

/// A value of a header, with its type in the file.
enum V<'a> {
    U32(u32),
    I32(i32),
    F32(f32),
    Bool(bool),
    U64(u64),
    Text(&'a str),
    Texts(&'a [&'a str]),
    I32s(&'a [i32]),
    U32s(&'a [u32]),
    /// Any type number with any bytes.
    Raw(u32, Vec<u8>),
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}

fn array_head(out: &mut Vec<u8>, kind: u32, count: usize) {
    out.extend(9_u32.to_le_bytes());
    out.extend(kind.to_le_bytes());
    out.extend((count as u64).to_le_bytes());
}

fn value(out: &mut Vec<u8>, value: &V<'_>) {
    let mut scalar = |kind: u32, bytes: &[u8]| {
        out.extend(kind.to_le_bytes());
        out.extend(bytes);
    };
    match value {
        V::U32(v) => scalar(4, &v.to_le_bytes()),
        V::I32(v) => scalar(5, &v.to_le_bytes()),
        V::F32(v) => scalar(6, &v.to_le_bytes()),
        V::Bool(v) => scalar(7, &[u8::from(*v)]),
        V::U64(v) => scalar(10, &v.to_le_bytes()),
        V::Raw(kind, bytes) => scalar(*kind, bytes),
        V::Text(v) => {
            out.extend(8_u32.to_le_bytes());
            text(out, v);
        }
        V::Texts(v) => {
            array_head(out, 8, v.len());
            v.iter().for_each(|item| text(out, item));
        }
        V::I32s(v) => {
            array_head(out, 5, v.len());
            v.iter().for_each(|item| out.extend(item.to_le_bytes()));
        }
        V::U32s(v) => {
            array_head(out, 4, v.len());
            v.iter().for_each(|item| out.extend(item.to_le_bytes()));
        }
    }
}

fn gguf(version: u32, tensors: &[(&str, &[u64])], keys: &[(&str, V<'_>)]) -> Vec<u8> {
    let mut out = b"GGUF".to_vec();
    out.extend(version.to_le_bytes());
    out.extend((tensors.len() as u64).to_le_bytes());
    out.extend((keys.len() as u64).to_le_bytes());
    for (key, v) in keys {
        text(&mut out, key);
        value(&mut out, v);
    }
    let mut data: u64 = 0;
    for (name, dimensions) in tensors {
        text(&mut out, name);
        out.extend((dimensions.len() as u32).to_le_bytes());
        dimensions.iter().for_each(|d| out.extend(d.to_le_bytes()));
        // F32, one behind the other.
        out.extend(0_u32.to_le_bytes());
        out.extend(data.to_le_bytes());
        data += (dimensions.iter().product::<u64>() * 4).next_multiple_of(32);
    }
    if data > 0 {
        out.resize(out.len().next_multiple_of(32) + data as usize, 0);
    }
    out
}

/// A good tensor of 256 bytes, and a second one as it is told.
fn tensor_at(kind: u32, dimensions: &[u64], offset: u64) -> Vec<u8> {
    let mut bytes = gguf(3, &[("good", &[64])], &[]);
    let data = bytes.split_off(bytes.len() - 256);
    // Behind the good one, in place of what fills up to the alignment.
    bytes.truncate(24 + 8 + 4 + 4 + 8 + 4 + 8);
    bytes[8] = 2;
    text(&mut bytes, "other");
    bytes.extend((dimensions.len() as u32).to_le_bytes());
    dimensions.iter().for_each(|d| bytes.extend(d.to_le_bytes()));
    bytes.extend(kind.to_le_bytes());
    bytes.extend(offset.to_le_bytes());
    bytes.resize(bytes.len().next_multiple_of(32), 0);
    bytes.extend(data);
    bytes
}

fn tiny_qwen() -> Vec<u8> {
    gguf(
        3,
        &[("token_embd.weight", &[8, 6]), ("output_norm.weight", &[8])],
        &[
            ("general.architecture", V::Text("qwen2")),
            ("general.name", V::Text("Tiny Coder")),
            ("general.size_label", V::Text("56")),
            ("general.file_type", V::U32(15)),
            ("qwen2.block_count", V::U32(24)),
            ("qwen2.context_length", V::U32(32768)),
            ("qwen2.embedding_length", V::U64(896)),
            ("qwen2.attention.head_count", V::U32(14)),
            ("qwen2.attention.head_count_kv", V::I32(2)),
            ("qwen2.attention.layer_norm_rms_epsilon", V::F32(1e-6)),
            ("tokenizer.ggml.model", V::Text("gpt2")),
            ("tokenizer.ggml.pre", V::Text("qwen2")),
            ("tokenizer.ggml.tokens", V::Texts(&["a", "<|end|>", "<|pre|>", "<|suf|>", "<|mid|>", "<tool>"])),
            ("tokenizer.ggml.token_type", V::I32s(&[1, 3, 3, 3, 3, 4])),
            ("tokenizer.ggml.merges", V::Texts(&["a b", "b c"])),
            ("tokenizer.ggml.eos_token_id", V::U32(1)),
            ("tokenizer.ggml.bos_token_id", V::U32(1)),
            ("tokenizer.ggml.add_bos_token", V::Bool(false)),
            ("tokenizer.ggml.fim_pre_token_id", V::U32(2)),
            ("tokenizer.ggml.fim_suf_token_id", V::U32(3)),
            ("tokenizer.ggml.middle_token_id", V::U32(4)),
            ("tokenizer.ggml.fim_pad_token_id", V::U32(99)),
            ("tokenizer.chat_template", V::Text("{{ messages }}")),
        ],
    )
}

fn read(bytes: &[u8]) -> Result<GgufMetadata, GgufError> {
    let file = tempfile::NamedTempFile::new().expect("temporary file");
    std::fs::write(file.path(), bytes).expect("written");
    read_metadata(file.path())
}

/// The message without the temporary file's name, up to the advice.
fn refusal(bytes: &[u8]) -> String {
    let file = tempfile::NamedTempFile::new().expect("temporary file");
    std::fs::write(file.path(), bytes).expect("written");
    match read_metadata(file.path()) {
        Ok(_) => "read".to_owned(),
        Err(error) => error.to_string().replace(&file.path().display().to_string(), "FILE"),
    }
}

#[test]
fn reads_what_weft_needs() {
    let metadata = read(&tiny_qwen()).expect("a good file");
    expect![[r#"
        GgufMetadata {
            file_bytes: 1504,
            architecture: Some(
                "qwen2",
            ),
            name: Some(
                "Tiny Coder",
            ),
            size_label: Some(
                "56",
            ),
            quantisation: Some(
                "Q4_K_M",
            ),
            parameters: 56,
            expert_bytes: 0,
            lookup_bytes: 0,
            experts: None,
            context_length: Some(
                32768,
            ),
            block_count: Some(
                24,
            ),
            embedding_length: Some(
                896,
            ),
            head_count: Some(
                Same(
                    14,
                ),
            ),
            head_count_kv: Some(
                Same(
                    2,
                ),
            ),
            key_length: None,
            value_length: None,
            vocabulary: 6,
            tokenizer: Some(
                "gpt2",
            ),
            pre_tokenizer: Some(
                "qwen2",
            ),
            fim: FimTokens {
                prefix: Some(
                    "<|pre|>",
                ),
                suffix: Some(
                    "<|suf|>",
                ),
                middle: Some(
                    "<|mid|>",
                ),
                pad: None,
                repository: None,
                separator: None,
            },
            special_tokens: {
                "<tool>",
                "<|end|>",
                "<|mid|>",
                "<|pre|>",
                "<|suf|>",
            },
            bos_token_id: Some(
                1,
            ),
            eos_token_id: Some(
                1,
            ),
            bos_token: Some(
                "<|end|>",
            ),
            eos_token: Some(
                "<|end|>",
            ),
            add_bos: Some(
                false,
            ),
            chat_template: Some(
                "{{ messages }}",
            ),
        }
    "#]]
    .assert_debug_eq(&metadata);
}

#[test]
fn version_2_is_the_same_format() {
    let version_2 = gguf(2, &[], &[("general.architecture", V::Text("llama"))]);
    assert_eq!(read(&version_2).expect("a good file").architecture.as_deref(), Some("llama"));
}

#[test]
fn a_file_without_keys_is_read_as_knowing_nothing() {
    let empty = gguf(3, &[], &[]);
    let nothing = GgufMetadata { file_bytes: empty.len() as u64, ..GgufMetadata::default() };
    assert_eq!(read(&empty).expect("a good file"), nothing);
    assert_eq!(nothing.fim, FimTokens::default());
    assert_eq!(Shape::of(&nothing, 0), None);
}

#[test]
fn heads_may_differ_between_layers() {
    let bytes = gguf(
        3,
        &[],
        &[("general.architecture", V::Text("x")), ("x.attention.head_count_kv", V::U32s(&[4, 0, 2]))],
    );
    let heads = read(&bytes).expect("a good file").head_count_kv.expect("an array");
    assert_eq!((&heads, heads.total(3), heads.largest()), (&PerLayer::Each(vec![4, 0, 2]), 6, 4));
}

#[test]
fn values_of_the_wrong_type_are_ignored() {
    let bytes = gguf(
        3,
        &[],
        &[
            ("general.architecture", V::U32(3)),
            ("general.file_type", V::Text("Q4")),
            ("tokenizer.ggml.tokens", V::I32s(&[1, 2])),
            ("tokenizer.ggml.token_type", V::Texts(&["3"])),
            ("tokenizer.ggml.fim_pre_token_id", V::I32(-1)),
        ],
    );
    let expected = GgufMetadata { file_bytes: bytes.len() as u64, ..GgufMetadata::default() };
    assert_eq!(read(&bytes).expect("a good file"), expected);
}

#[test]
fn refusals_say_what_is_wrong() {
    let with_counts = |tensors: u64, keys: u64| {
        let mut bytes = b"GGUF\x03\0\0\0".to_vec();
        bytes.extend(tensors.to_le_bytes());
        bytes.extend(keys.to_le_bytes());
        bytes.extend([0; 64]);
        bytes
    };
    let one = |v: V<'_>| gguf(3, &[], &[("k", v)]);
    let array = |kind: u32, count: u64| {
        let mut bytes = kind.to_le_bytes().to_vec();
        bytes.extend(count.to_le_bytes());
        one(V::Raw(9, bytes))
    };
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("empty file", Vec::new()),
        ("short file", b"GG".to_vec()),
        ("a web page", b"<!DOCTYPE html><html>".to_vec()),
        ("magic only", b"GGUF".to_vec()),
        ("version 1", gguf(1, &[], &[])),
        ("version 4", gguf(4, &[], &[])),
        ("big-endian", b"GGUF\0\0\0\x03\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec()),
        ("huge tensor count", with_counts(u64::MAX, 0)),
        ("huge key count", with_counts(0, u64::MAX)),
        ("more keys than bytes", with_counts(0, 1000)),
        ("unknown type", one(V::Raw(77, vec![0; 8]))),
        ("array of arrays", array(9, 1)),
        ("huge array", array(4, u64::MAX)),
        ("huge array of texts", array(8, u64::MAX / 8)),
        ("huge text", one(V::Raw(8, u64::MAX.to_le_bytes().to_vec()))),
        ("text of half the file's claim", one(V::Raw(8, 64_u64.to_le_bytes().to_vec()))),
        ("tensor of 5 dimensions", gguf(3, &[("t", &[1, 1, 1, 1, 1])], &[])),
        ("two tensors of one name", gguf(3, &[("t", &[8]), ("t", &[8])], &[])),
        ("two keys of one name", gguf(3, &[], &[("k", V::U32(1)), ("k", V::U32(1))])),
        ("alignment", gguf(3, &[], &[("general.alignment", V::U32(3))])),
        ("weights that overlap", tensor_at(0, &[8, 8], 0)),
        ("a row that its type cannot have", tensor_at(2, &[8], 256)),
        ("weights without end", tensor_at(0, &[u64::MAX, u64::MAX], 256)),
        ("weights beyond the file", tensor_at(0, &[1 << 40], 256)),
    ];
    let mut table = String::new();
    for (name, bytes) in &cases {
        table += &format!("{name}: {}\n", refusal(bytes));
    }
    expect![[r#"
        empty file: FILE is not a GGUF file. Weft runs models in llama.cpp's GGUF format; get one with `weft models pull`
        short file: FILE is not a GGUF file. Weft runs models in llama.cpp's GGUF format; get one with `weft models pull`
        a web page: FILE is not a GGUF file. Weft runs models in llama.cpp's GGUF format; get one with `weft models pull`
        magic only: FILE is a damaged GGUF file: it ends inside its header, after 4 bytes. Delete it and download it again
        version 1: FILE is a GGUF file of an unsupported kind (version 1). Get a newer conversion of the model
        version 4: FILE is a GGUF file of an unsupported kind (version 4). Get a newer conversion of the model
        big-endian: FILE is a GGUF file of an unsupported kind (written for big-endian machines). Get a newer conversion of the model
        huge tensor count: FILE is a damaged GGUF file: it claims to have 18446744073709551615 tensors. Delete it and download it again
        huge key count: FILE is a damaged GGUF file: it claims to have 18446744073709551615 keys. Delete it and download it again
        more keys than bytes: FILE is a damaged GGUF file: it claims to have 1000 keys. Delete it and download it again
        unknown type: FILE is a damaged GGUF file: a value of the unknown type 77. Delete it and download it again
        array of arrays: FILE is a damaged GGUF file: a value of the unknown type 9. Delete it and download it again
        huge array: FILE is a damaged GGUF file: it claims to have 18446744073709551615 entries in an array. Delete it and download it again
        huge array of texts: FILE is a damaged GGUF file: it claims to have 2305843009213693951 entries in an array. Delete it and download it again
        huge text: FILE is a damaged GGUF file: it ends inside its header, after 45 bytes. Delete it and download it again
        text of half the file's claim: FILE is a damaged GGUF file: it ends inside its header, after 45 bytes. Delete it and download it again
        tensor of 5 dimensions: FILE is a damaged GGUF file: a tensor of 5 dimensions. Delete it and download it again
        two tensors of one name: FILE is a damaged GGUF file: two tensors have the same name. Delete it and download it again
        two keys of one name: FILE is a damaged GGUF file: a key appears twice. Delete it and download it again
        alignment: FILE is a damaged GGUF file: an alignment of 3 bytes. Delete it and download it again
        weights that overlap: FILE is a damaged GGUF file: the weights of its tensors overlap, or have gaps between them. Delete it and download it again
        a row that its type cannot have: FILE is a damaged GGUF file: a tensor's rows do not fit its type. Delete it and download it again
        weights without end: FILE is a damaged GGUF file: a tensor with more weights than any machine has room for. Delete it and download it again
        weights beyond the file: FILE is a damaged GGUF file: it has 384 bytes and its weights would end behind them. Delete it and download it again
    "#]].assert_eq(&table);
}

#[test]
fn a_folder_and_a_missing_file_are_refused() {
    let folder = tempfile::tempdir().expect("temporary folder");
    assert!(read_metadata(folder.path()).is_err());
    assert!(matches!(read_metadata(&folder.path().join("none.gguf")), Err(GgufError::Io { .. })));
    assert!(matches!(read_metadata(Path::new("")), Err(GgufError::Io { .. })));
}

/// A file cut anywhere is refused, never read as a whole one.
#[test]
fn every_truncation_is_refused() {
    let whole = tiny_qwen();
    for length in 0..whole.len() {
        let refused = matches!(
            read(whole.get(..length).expect("in range")),
            Err(GgufError::Damaged { .. } | GgufError::NotGguf { .. })
        );
        assert!(refused, "cut after {length} of {} bytes", whole.len());
    }
}

#[test]
fn absurd_numbers_do_not_overflow() {
    let bytes = gguf(
        3,
        &[],
        &[
            ("general.architecture", V::Text("x")),
            ("x.block_count", V::U64(u64::MAX)),
            ("x.embedding_length", V::U64(u64::MAX)),
            ("x.attention.head_count", V::U64(1)),
        ],
    );
    let shape = Shape::of(&read(&bytes).expect("well-formed"), u64::MAX).expect("all keys are there");
    let need = shape.need(u64::MAX, 1, KvType::F16);
    assert_eq!((need.kv_cache_bytes, need.total_bytes()), (u64::MAX, u64::MAX));
}

proptest! {
    /// Whatever bytes are changed, reading ends with an answer.
    #[test]
    fn damaged_bytes_never_panic(changes in prop::collection::vec((0_usize..1200, any::<u8>()), 1..8)) {
        let mut bytes = tiny_qwen();
        for (at, byte) in changes {
            if let Some(old) = bytes.get_mut(at) {
                *old = byte;
            }
        }
        if let Ok(metadata) = read(&bytes) {
            let _ = Shape::of(&metadata, 1);
        }
    }

    #[test]
    fn random_bytes_after_the_magic_never_panic(tail in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut bytes = b"GGUF\x03\0\0\0\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0".to_vec();
        bytes.extend(tail);
        let _ = read(&bytes);
    }
}
