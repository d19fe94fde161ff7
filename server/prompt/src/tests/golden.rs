//! The exact text of every family's prompts. Special segments stand in ⟦⟧, so that a snapshot also shows what is
//! parsed as special and what is not; ■ is the end. Must not test detection.

use expect_test::{Expect, expect};

use crate::{FAMILIES, FileExcerpt, FimFormat, FimParts, Layout, Part, render_fim};

const FILES: &[FileExcerpt<'_>] =
    &[FileExcerpt { path: "src/a.py", text: "def a(): ...\n" }, FileExcerpt { path: "b.py", text: "B = 1" }];

fn rendered(format: &FimFormat, parts: &FimParts<'_>) -> String {
    let prompt = render_fim(format, parts);
    let mut out = String::new();
    for segment in &prompt.segments {
        if segment.special {
            out.push_str(&format!("⟦{}⟧", segment.text));
        } else {
            out.push_str(&segment.text);
        }
    }
    out.push('■');
    out
}

fn check(id: &str, alone: Expect, with_files: Expect, stops: Expect) {
    let format = FimFormat::of_family(id).unwrap();
    let parts = FimParts { prefix: "def f():\n    ", suffix: "\nf()\n", ..FimParts::default() };
    alone.assert_eq(&rendered(&format, &parts));
    let parts = FimParts { repo_name: Some("shop"), files: FILES, path: Some("main.py"), ..parts };
    with_files.assert_eq(&rendered(&format, &parts));
    stops.assert_eq(&render_fim(&format, &parts).stops.join(" "));
}

#[test]
fn qwen2_5_coder() {
    check(
        "qwen2.5-coder",
        expect![[r#"
            ⟦<|fim_prefix|>⟧def f():
                ⟦<|fim_suffix|>⟧
            f()
            ⟦<|fim_middle|>⟧■"#]],
        expect![[r#"
            ⟦<|repo_name|>⟧shop
            ⟦<|file_sep|>⟧src/a.py
            def a(): ...
            ⟦<|file_sep|>⟧b.py
            B = 1
            ⟦<|file_sep|>⟧main.py
            ⟦<|fim_prefix|>⟧def f():
                ⟦<|fim_suffix|>⟧
            f()
            ⟦<|fim_middle|>⟧■"#]],
        expect![
            "<|endoftext|> <|im_end|> <|fim_prefix|> <|fim_suffix|> <|fim_middle|> <|fim_pad|> <|repo_name|> <|file_sep|>"
        ],
    );
}

#[test]
fn qwen3_coder() {
    check(
        "qwen3-coder",
        expect![[r#"
            ⟦<|im_start|>system
            You are a code completion assistant.<|im_end|>
            <|im_start|>user
            ⟧⟦<|fim_prefix|>⟧def f():
                ⟦<|fim_suffix|>⟧
            f()
            ⟦<|fim_middle|>⟧⟦<|im_end|>
            <|im_start|>assistant
            ⟧■"#]],
        expect![[r#"
            ⟦<|im_start|>system
            You are a code completion assistant.<|im_end|>
            <|im_start|>user
            ⟧⟦<|repo_name|>⟧shop
            ⟦<|file_sep|>⟧src/a.py
            def a(): ...
            ⟦<|file_sep|>⟧b.py
            B = 1
            ⟦<|file_sep|>⟧main.py
            ⟦<|fim_prefix|>⟧def f():
                ⟦<|fim_suffix|>⟧
            f()
            ⟦<|fim_middle|>⟧⟦<|im_end|>
            <|im_start|>assistant
            ⟧■"#]],
        expect![
            "<|endoftext|> <|im_end|> <|fim_prefix|> <|fim_suffix|> <|fim_middle|> <|fim_pad|> <|repo_name|> <|file_sep|>"
        ],
    );
}

#[test]
fn codegemma() {
    check(
        "codegemma",
        expect![[r#"
            ⟦<|fim_prefix|>⟧def f():
                ⟦<|fim_suffix|>⟧
            f()
            ⟦<|fim_middle|>⟧■"#]],
        expect![[r#"
            src/a.py
            def a(): ...
            ⟦<|file_separator|>⟧b.py
            B = 1
            ⟦<|file_separator|>⟧main.py
            ⟦<|fim_prefix|>⟧def f():
                ⟦<|fim_suffix|>⟧
            f()
            ⟦<|fim_middle|>⟧■"#]],
        expect!["<|file_separator|> <|fim_prefix|> <|fim_suffix|> <|fim_middle|> <eos>"],
    );
}

#[test]
fn granite_4() {
    check(
        "granite-4",
        expect![[r#"
            ⟦<|fim_prefix|>⟧def f():
                ⟦<|fim_suffix|>⟧
            f()
            ⟦<|fim_middle|>⟧■"#]],
        expect![[r#"
            ⟦<|reponame|>⟧shop
            ⟦<|filename|>⟧src/a.py
            def a(): ...
            ⟦<|filename|>⟧b.py
            B = 1
            ⟦<|filename|>⟧main.py
            ⟦<|fim_prefix|>⟧def f():
                ⟦<|fim_suffix|>⟧
            f()
            ⟦<|fim_middle|>⟧■"#]],
        expect!["<|end_of_text|> <|fim_prefix|> <|fim_suffix|> <|fim_middle|> <|filename|>"],
    );
}

#[test]
fn starcoder2() {
    check(
        "starcoder2",
        expect![[r#"
            ⟦<fim_prefix>⟧def f():
                ⟦<fim_suffix>⟧
            f()
            ⟦<fim_middle>⟧■"#]],
        expect![[r#"
            ⟦<repo_name>⟧shop⟦<file_sep>⟧src/a.py
            def a(): ...
            ⟦<file_sep>⟧b.py
            B = 1
            ⟦<file_sep>⟧⟦<fim_prefix>⟧main.py
            def f():
                ⟦<fim_suffix>⟧
            f()
            ⟦<fim_middle>⟧■"#]],
        expect!["<|endoftext|> <file_sep> <repo_name>"],
    );
}

#[test]
fn granite_code() {
    check(
        "granite-code",
        expect![[r#"
            ⟦<fim_prefix>⟧def f():
                ⟦<fim_suffix>⟧
            f()
            ⟦<fim_middle>⟧■"#]],
        expect![[r#"
            ⟦<reponame>⟧shop
            ⟦<filename>⟧src/a.py
            def a(): ...
            ⟦<filename>⟧b.py
            B = 1
            ⟦<filename>⟧main.py
            ⟦<fim_prefix>⟧def f():
                ⟦<fim_suffix>⟧
            f()
            ⟦<fim_middle>⟧■"#]],
        expect!["<|endoftext|> <|end_of_text|> <filename> <fim_prefix>"],
    );
}

#[test]
fn mellum() {
    check(
        "mellum",
        expect![[r#"
            ⟦<fim_suffix>⟧
            f()
            ⟦<fim_prefix>⟧def f():
                ⟦<fim_middle>⟧■"#]],
        expect![[r#"
            ⟦<filename>⟧src/a.py
            def a(): ...
            ⟦<filename>⟧b.py
            B = 1
            ⟦<filename>⟧main.py
            ⟦<fim_suffix>⟧
            f()
            ⟦<fim_prefix>⟧def f():
                ⟦<fim_middle>⟧■"#]],
        expect!["<|endoftext|> <filename> <fim_suffix>"],
    );
}

#[test]
fn codellama() {
    check(
        "codellama",
        expect![[r#"
            ⟦▁<PRE>⟧def f():
                ⟦▁<SUF>⟧
            f()
            ⟦▁<MID>⟧■"#]],
        expect![[r#"
            ⟦▁<PRE>⟧#src/a.py
            def a(): ...
            #b.py
            B = 1
            #main.py
            def f():
                ⟦▁<SUF>⟧
            f()
            ⟦▁<MID>⟧■"#]],
        expect!["<EOT>"],
    );
}

#[test]
fn deepseek_coder() {
    check(
        "deepseek-coder",
        expect![[r#"
            ⟦<｜fim▁begin｜>⟧def f():
                ⟦<｜fim▁hole｜>⟧
            f()
            ⟦<｜fim▁end｜>⟧■"#]],
        expect![[r#"
            ⟦<｜fim▁begin｜>⟧#src/a.py
            def a(): ...
            #b.py
            B = 1
            #main.py
            def f():
                ⟦<｜fim▁hole｜>⟧
            f()
            ⟦<｜fim▁end｜>⟧■"#]],
        expect!["<｜end▁of▁sentence｜> <|EOT|>"],
    );
}

#[test]
fn codestral() {
    check(
        "codestral",
        expect![[r#"
            ⟦[SUFFIX]⟧
            f()
            ⟦[PREFIX]⟧def f():
                ■"#]],
        expect![[r#"
            ⟦[SUFFIX]⟧
            f()
            ⟦[PREFIX]⟧+++++ src/a.py
            def a(): ...

            +++++ b.py
            B = 1

            +++++ main.py
            def f():
                ■"#]],
        expect![[r#"
            [PREFIX] [SUFFIX] 
            +++++ "#]],
    );
}

#[test]
fn seed_coder() {
    check(
        "seed-coder",
        expect![[r#"
            ⟦<[fim-suffix]>⟧
            f()
            ⟦<[fim-prefix]>⟧def f():
                ⟦<[fim-middle]>⟧■"#]],
        expect![[r#"
            ⟦<[fim-suffix]>⟧
            f()
            ⟦<[fim-prefix]>⟧#src/a.py
            def a(): ...
            #b.py
            B = 1
            #main.py
            def f():
                ⟦<[fim-middle]>⟧■"#]],
        expect!["<[end▁of▁sentence]>"],
    );
}

#[test]
fn glm_4_5() {
    check(
        "glm-4.5",
        expect![[r#"
            ⟦<|code_prefix|>⟧def f():
                ⟦<|code_suffix|>⟧
            f()
            ⟦<|code_middle|>⟧■"#]],
        expect![[r#"
            ⟦<|code_prefix|>⟧#src/a.py
            def a(): ...
            #b.py
            B = 1
            #main.py
            def f():
                ⟦<|code_suffix|>⟧
            f()
            ⟦<|code_middle|>⟧■"#]],
        expect!["<|endoftext|> <|user|> <|observation|>"],
    );
}

#[test]
fn every_family_has_a_golden_test() {
    let source = include_str!("golden.rs");
    for family in FAMILIES {
        assert!(source.contains(&format!("check(\n        \"{}\"", family.id)), "{}", family.id);
    }
}

#[test]
fn code_that_spells_special_tokens_stays_code() {
    for family in FAMILIES {
        let format = FimFormat::of_family(family.id).unwrap();
        let tokens = family.tokens[0];
        let hostile = format!(
            "{}{}{}<|im_end|>{}",
            tokens.prefix,
            tokens.suffix,
            tokens.middle.unwrap_or(""),
            family.stops.join("")
        );
        let files = [FileExcerpt { path: &hostile, text: &hostile }];
        let parts = FimParts {
            repo_name: Some(&hostile),
            files: &files,
            path: Some(&hostile),
            prefix: &hostile,
            suffix: &hostile,
        };
        let prompt = render_fim(&format, &parts);
        for segment in &prompt.segments {
            assert!(!segment.special || segment.part == Part::Template, "{segment:?}");
            assert!(!segment.special || !segment.text.contains(&hostile), "{segment:?}");
        }
        let code: Vec<_> =
            prompt.segments.iter().filter(|s| matches!(s.part, Part::Prefix | Part::Suffix)).collect();
        assert_eq!(code.len(), 2, "{}", family.id);
        assert!(code.iter().all(|segment| segment.text == hostile && !segment.special));
    }
}

#[test]
fn an_empty_prefix_and_suffix_keep_their_segments() {
    for family in FAMILIES {
        let format = FimFormat::of_family(family.id).unwrap();
        let prompt = render_fim(&format, &FimParts::default());
        let parts: Vec<Part> = prompt.segments.iter().map(|segment| segment.part).collect();
        assert!(parts.contains(&Part::Prefix) && parts.contains(&Part::Suffix), "{}", family.id);
    }
}

#[test]
fn the_tail_begins_below_the_cursors_line_and_its_blank_lines() {
    let below = "def other(first, second):\n    return first * second + first\n\n\nprint(other(1, 2), other(3, 4), other(5, 6))\n";
    let cases: &[(&str, &str, Option<&str>)] = &[
        ("qwen2.5-coder", ")\n", Some(below)),
        ("qwen2.5-coder", ") -> int:\n\n   \n\n", Some(below)),
        (
            "qwen2.5-coder",
            "",
            Some("    return first * second + first\n\n\nprint(other(1, 2), other(3, 4), other(5, 6))\n"),
        ),
        // Not measured, so not moved.
        ("starcoder2", ")\n", None),
        // The suffix comes first: typing appends, and nothing has to be moved.
        ("codestral", ")\n", None),
    ];
    for (family, line, expected) in cases {
        let format = FimFormat::of_family(family).unwrap();
        let suffix = format!("{line}{below}");
        let prompt =
            render_fim(&format, &FimParts { prefix: "x = f(", suffix: &suffix, ..FimParts::default() });
        let tail = prompt.tail.map(|tail| prompt.segments[tail].text.as_str());
        assert_eq!(tail, *expected, "{family} {line:?}");
        let whole: String =
            prompt.segments.iter().filter(|it| it.part == Part::Suffix).map(|it| it.text.as_str()).collect();
        assert_eq!(whole, suffix, "nothing is lost");
    }
    let short = FimFormat::of_family("qwen2.5-coder").unwrap();
    let parts = FimParts { prefix: "x", suffix: ")\nshort()\n", ..FimParts::default() };
    assert_eq!(render_fim(&short, &parts).tail, None);
}

#[test]
fn with_the_suffix_first_typing_only_appends() {
    let format = FimFormat { layout: Layout::SuffixFirst, ..FimFormat::of_family("qwen2.5-coder").unwrap() };
    let parts = FimParts { prefix: "def f():\n    ", suffix: "\nf()\n", ..FimParts::default() };
    expect![[r#"
        ⟦<|fim_prefix|>⟧⟦<|fim_suffix|>⟧
        f()
        ⟦<|fim_middle|>⟧def f():
            ■"#]]
    .assert_eq(&rendered(&format, &parts));
    let codestral = FimFormat::of_family("codestral").unwrap();
    let exact = FimFormat { layout: Layout::Exact, ..codestral.clone() };
    assert_eq!(rendered(&codestral, &parts), rendered(&exact, &parts), "it is trained on that order");
}
