//! Detection from metadata and vocabulary. Must not test the templates.

use expect_test::expect;

use crate::{FimTokens, ModelFacts, detect};

const PIPED: &[&str] = &["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"];
const ANGLED: &[&str] = &["<fim_prefix>", "<fim_suffix>", "<fim_middle>"];

fn facts(tokens: &[&[&str]]) -> ModelFacts {
    ModelFacts {
        name: "model.gguf".to_owned(),
        special_tokens: tokens.concat().into_iter().map(str::to_owned).collect(),
        ..ModelFacts::default()
    }
}

fn with(facts: ModelFacts, architecture: &str, pre_tokenizer: &str, chat_template: &str) -> ModelFacts {
    ModelFacts {
        architecture: Some(architecture.to_owned()),
        pre_tokenizer: Some(pre_tokenizer.to_owned()),
        chat_template: Some(chat_template.to_owned()),
        ..facts
    }
}

fn family(facts: &ModelFacts) -> (&'static str, bool) {
    let format = detect(facts).unwrap();
    (format.family.id, format.files)
}

#[test]
fn families_by_their_vocabulary() {
    let chat = "{{ '<|im_start|>' }}";
    let cases = [
        (
            with(facts(&[PIPED, &["<|file_sep|>", "<|repo_name|>"]]), "qwen2", "qwen2", chat),
            ("qwen2.5-coder", true),
        ),
        (
            with(facts(&[PIPED, &["<|file_sep|>", "<think>"]]), "qwen3moe", "qwen2", chat),
            ("qwen3-coder", true),
        ),
        (
            with(facts(&[PIPED, &["<|file_sep|>", "<think>"]]), "qwen3moe", "qwen2", ""),
            ("qwen2.5-coder", true),
        ),
        (facts(&[PIPED, &["<|file_separator|>"]]), ("codegemma", true)),
        (facts(&[PIPED, &["<|end_of_text|>", "<|filename|>"]]), ("granite-4", true)),
        (facts(&[ANGLED, &["<file_sep>", "<repo_name>"]]), ("starcoder2", true)),
        (facts(&[ANGLED, &["<filename>", "<reponame>"]]), ("granite-code", true)),
        (facts(&[ANGLED]), ("granite-code", false)),
        (with(facts(&[ANGLED, &["<filename>", "<reponame>"]]), "llama", "mellum", ""), ("mellum", true)),
        (
            with(facts(&[ANGLED, &["<filename>", "<reponame>"]]), "llama", "refact", ""),
            ("granite-code", true),
        ),
        (facts(&[&["▁<PRE>", "▁<SUF>", "▁<MID>", "▁<EOT>"]]), ("codellama", true)),
        (facts(&[&["<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"]]), ("deepseek-coder", true)),
        (facts(&[&["[PREFIX]", "[SUFFIX]", "[INST]"]]), ("codestral", true)),
        (facts(&[&["<[fim-prefix]>", "<[fim-suffix]>", "<[fim-middle]>"]]), ("seed-coder", true)),
        (facts(&[&["<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>"]]), ("glm-4.5", true)),
    ];
    for (facts, expected) in cases {
        assert_eq!(family(&facts), expected, "{:?}", facts.special_tokens);
    }
}

#[test]
fn the_metadata_comes_before_the_vocabulary() {
    let mut facts = facts(&[ANGLED, &["<file_sep>"]]);
    facts.fim = FimTokens {
        pre: Some("<P>".into()),
        suf: Some("<S>".into()),
        mid: Some("<M>".into()),
        ..FimTokens::default()
    };
    let format = detect(&facts).unwrap();
    assert_eq!(format.family.id, "metadata");
    assert_eq!(
        (format.prefix, format.suffix, format.middle),
        ("<P>".into(), "<S>".into(), Some("<M>".into()))
    );
}

#[test]
fn the_metadata_alone_is_enough() {
    let fim = FimTokens {
        pre: Some("<|fim_prefix|>".into()),
        suf: Some("<|fim_suffix|>".into()),
        mid: Some("<|fim_middle|>".into()),
        sep: Some("<|file_sep|>".into()),
        ..FimTokens::default()
    };
    assert_eq!(family(&ModelFacts { fim, ..ModelFacts::default() }), ("qwen2.5-coder", true));
}

#[test]
fn metadata_without_all_tokens_is_not_believed() {
    let fim = FimTokens { pre: Some("<P>".into()), suf: Some("<S>".into()), ..FimTokens::default() };
    assert!(detect(&ModelFacts { fim: fim.clone(), ..ModelFacts::default() }).is_err());
    assert_eq!(family(&ModelFacts { fim, ..facts(&[ANGLED]) }).0, "granite-code");
}

#[test]
fn the_name_changes_nothing() {
    let named = ModelFacts { name: "qwen2.5-coder-7b".into(), ..facts(&[ANGLED, &["<file_sep>"]]) };
    assert_eq!(family(&named).0, "starcoder2");
}

#[test]
fn file_tokens_without_fim_tokens_are_not_fim() {
    // SmolLM2's vocabulary: StarCoder's file tokens, but it was never trained to fill in the middle.
    let mut facts = facts(&[&["<repo_name>", "<file_sep>", "<filename>", "<|im_start|>", "<|im_end|>"]]);
    facts.name = "smollm2-135m-instruct-q4_1".to_owned();
    expect!["smollm2-135m-instruct-q4_1 cannot complete code: its vocabulary has no fill-in-the-middle tokens, so it was not trained to write between the code before and after the cursor. Choose a model that was, such as qwen2.5-coder-0.5b or qwen2.5-coder-1.5b: `weft models pull qwen2.5-coder-1.5b`"].assert_eq(&detect(&facts).unwrap_err().to_string());
}
