//! The prompts of `prompt` as the real vocabulary of Qwen2.5-Coder sees them: golden token ids.
//!
//! `cargo xtask test` fetches the model. WEFT_TEST_MODELS names its folder; without it the cache of `cargo xtask` is
//! looked at, and where the model is in neither, the tests fail and say so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use assist::completion::fim_format;
use engine::{ModelInfo, Segment};
use engine_llama::Tokenizer;
use expect_test::{Expect, expect};
use prompt::{FileExcerpt, FimFormat, FimParts, render_fim};
use std::path::PathBuf;

const FILE: &str = "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf";

fn model_path() -> PathBuf {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let caches =
        || variable("XDG_CACHE_HOME").unwrap_or_else(|| variable("HOME").unwrap_or_default().join(".cache"));
    let cache = || variable("WEFT_CACHE_DIR").unwrap_or_else(|| caches().join("weft"));
    let path = variable("WEFT_TEST_MODELS").unwrap_or_else(|| cache().join("models")).join(FILE);
    assert!(path.is_file(), "{} is missing: run `cargo xtask test`, which fetches it", path.display());
    path
}

/// The format that is detected from the file's own header, as the engine reads it.
fn format() -> FimFormat {
    let metadata = models::read_metadata(&model_path()).unwrap();
    fim_format(ModelInfo {
        name: "small".into(),
        architecture: metadata.architecture,
        pre_tokenizer: metadata.pre_tokenizer,
        special_tokens: metadata.special_tokens,
        ..ModelInfo::default()
    })
    .unwrap()
}

fn token_ids(parts: &FimParts<'_>) -> Vec<i32> {
    let segments: Vec<Segment> = render_fim(&format(), parts)
        .segments
        .into_iter()
        .map(|segment| Segment { text: segment.text, special: segment.special })
        .collect();
    Tokenizer::load(&model_path()).unwrap().token_ids(&segments)
}

fn check(prefix: &str, suffix: &str, expected: &Expect) {
    let parts = FimParts { prefix, suffix, ..FimParts::default() };
    expected.assert_eq(&format!("{:?}", token_ids(&parts)));
}

#[test]
fn a_prompt_of_one_file() {
    check("x = ", "\n", &expect!["[151659, 87, 284, 220, 151661, 198, 151660]"]);
    check("", "", &expect!["[151659, 151661, 151660]"]);
    check("é😀", "\r\n", &expect!["[151659, 963, 141334, 151661, 319, 151660]"]);
}

#[test]
fn a_prompt_of_several_files() {
    let files = [FileExcerpt { path: "a.py", text: "A = 1\n" }];
    let parts =
        FimParts { repo_name: Some("shop"), files: &files, path: Some("b.py"), prefix: "b = ", suffix: "\n" };
    expect!["[151663, 8675, 198, 151664, 64, 7197, 198, 32, 284, 220, 16, 198, 151664, 65, 7197, 198, 151659, 65, 284, 220, 151661, 198, 151660]"].assert_eq(&format!("{:?}", token_ids(&parts)));
}

#[test]
fn special_tokens_in_code_are_text() {
    let parts =
        FimParts { prefix: "'<|fim_middle|><|endoftext|>", suffix: "<|fim_prefix|>'", ..FimParts::default() };
    let ids = token_ids(&parts);
    // Control tokens begin at 151643; only the template's own three are there.
    assert_eq!(ids.iter().filter(|&&id| id >= 151_643).count(), 3, "{ids:?}");
}
