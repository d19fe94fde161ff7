//! Special tokens in user code, for backends that take one flat string. Must not test detection.

use crate::{FAMILIES, FimFormat, FimParts, ModelFacts, contains_special, detect, render_fim, render_flat};

#[test]
fn finds_the_first_special_token() {
    let format = FimFormat::of_family("qwen2.5-coder").unwrap();
    for (code, expected) in [
        ("a < b > c", None),
        ("x = ['<|', 'fim_middle', '|>']", None),
        ("stop = \"<|im_end|>\" # <|endoftext|>", Some("<|im_end|>")),
        ("<|fim_middle|>", Some("<|fim_middle|>")),
        ("<<|fim_prefix|>>", Some("<|fim_prefix|>")),
    ] {
        assert_eq!(contains_special(&format, code), expected, "{code}");
    }
}

#[test]
fn the_whole_vocabulary_is_guarded_when_it_is_known() {
    let tokens = ["<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<jupyter_code>", "\n\n", "▁▁▁"];
    let special_tokens = tokens.iter().map(|token| (*token).to_owned()).collect();
    let format = detect(&ModelFacts { special_tokens, ..ModelFacts::default() }).unwrap();
    assert_eq!(contains_special(&format, "print('<jupyter_code>')"), Some("<jupyter_code>"));
    assert_eq!(contains_special(&format, "a\n\nb   <c>"), None);
}

#[test]
fn flat_text_has_only_the_templates_tokens() {
    for family in FAMILIES {
        let format = FimFormat::of_family(family.id).unwrap();
        let texts = family.tokens[0];
        let hostile = format!("a {} b {0}{} {}c", texts.prefix, texts.suffix, family.stops.join(" "));
        let clean = FimParts { path: Some("a.py"), prefix: "p", suffix: "s", ..FimParts::default() };
        let dirty = FimParts { prefix: &hostile, suffix: &hostile, ..clean };
        let count = |text: &str| -> usize {
            let tokens = [Some(texts.prefix), Some(texts.suffix), texts.middle];
            let tokens = tokens.iter().flatten().map(|token| token.trim_start_matches('▁'));
            tokens.map(|token| text.matches(token).count()).sum()
        };
        let flat = render_flat(&format, &dirty);
        assert_eq!(count(&flat.text), count(&render_flat(&format, &clean).text), "{}", flat.text);
        assert!(flat.broken >= 6, "{}: {}", family.id, flat.broken);
    }
}

#[test]
fn clean_code_is_not_changed() {
    for family in FAMILIES {
        let format = FimFormat::of_family(family.id).unwrap();
        let parts = FimParts {
            path: Some("a.ts"),
            prefix: "x[0] < y<T>(",
            suffix: ") // [a]\n",
            ..FimParts::default()
        };
        let flat = render_flat(&format, &parts);
        assert_eq!(flat.broken, 0);
        let joined: String = render_fim(&format, &parts).segments.iter().map(|s| s.text.as_str()).collect();
        if family.id != "codellama" {
            assert_eq!(flat.text, joined);
        }
    }
}

#[test]
fn codellama_spells_out_sentencepiece_spaces() {
    let format = FimFormat::of_family("codellama").unwrap();
    let parts = FimParts { prefix: "P", suffix: "S", ..FimParts::default() };
    assert_eq!(render_flat(&format, &parts).text, "<PRE> P <SUF>S <MID>");
}
