//! Each rule of tidy shown on a sample that breaks it, and on one that keeps it.

use super::checkout::{Checkout, Crate, Dependency, File};
use super::violations;

const MANIFEST: &str = "[package]\n[lints]\nworkspace = true\n";

/// A checkout with one file.
fn one_file(path: &str, text: &str) -> Checkout {
    Checkout { crates: Vec::new(), files: vec![File { path: path.to_owned(), text: text.to_owned() }] }
}

/// A checkout with one crate, and that crate's one dependency.
fn one_crate(name: &str, dependency: Dependency) -> Checkout {
    let manifest = format!("server/{name}/Cargo.toml");
    let text = format!("{MANIFEST}[dependencies]\n{}.workspace = true\n", dependency.name);
    Checkout {
        crates: vec![Crate {
            name: name.to_owned(),
            manifest: manifest.clone(),
            dependencies: vec![dependency],
        }],
        files: vec![File { path: manifest, text }],
    }
}

fn own(name: &str) -> Dependency {
    Dependency { name: name.to_owned(), req: "*".to_owned(), kind: None, source: None }
}

fn library(name: &str, req: &str) -> Dependency {
    Dependency { name: name.to_owned(), req: req.to_owned(), kind: None, source: Some("registry".to_owned()) }
}

/// What tidy says, without the reasons: `path:line: what`.
fn found(checkout: &Checkout) -> Vec<String> {
    violations(checkout).into_iter().map(|it| format!("{}:{}: {}", it.path, it.line, it.what)).collect()
}

#[track_caller]
fn breaks(checkout: &Checkout, expected: &str) {
    assert_eq!(found(checkout), [expected]);
}

#[track_caller]
fn keeps(checkout: &Checkout) {
    assert_eq!(found(checkout), [""; 0]);
}

fn rust(body: &str) -> Checkout {
    one_file("server/assist/src/lib.rs", &format!("//! Purpose.\n{body}\n"))
}

#[test]
fn arrows_between_crates() {
    breaks(&one_crate("text", own("syntax")), "server/text/Cargo.toml:5: `text` depends on `syntax`");
    breaks(
        &one_crate("prompt", own("documents")),
        "server/prompt/Cargo.toml:5: `prompt` depends on `documents`",
    );
    breaks(
        &one_crate("assist", own("engine-llama")),
        "server/assist/Cargo.toml:5: `assist` depends on `engine-llama`",
    );
    breaks(
        &one_crate("syntax", own("test-fixture")),
        "server/syntax/Cargo.toml:5: `syntax` depends on `test-fixture`",
    );
    keeps(&one_crate("syntax", own("text")));
    keeps(&one_crate("syntax", Dependency { kind: Some("dev".to_owned()), ..own("test-fixture") }));
    breaks(
        &one_crate("helpers", own("text")),
        "server/helpers/Cargo.toml:1: crate `helpers` has no row in the table of crates",
    );
}

#[test]
fn libraries_have_owners() {
    for (name, dependency) in [
        ("assist", "tower-lsp-server"),
        ("assist", "lsp-types"),
        ("weft", "llama-cpp-2"),
        ("lsp", "llama-cpp-sys-2"),
        ("lsp", "reqwest"),
        ("engine", "hyper-util"),
        ("lsp", "axum"),
        ("text", "tokio"),
        ("syntax", "tokio"),
        ("documents", "tokio-util"),
        ("context", "futures"),
        ("prompt", "tokio"),
        ("context", "tree-sitter"),
        ("assist", "tree-sitter-rust"),
        ("documents", "ropey"),
        ("models", "anyhow"),
        ("lsp", "clap"),
    ] {
        breaks(
            &one_crate(name, library(dependency, "=1")),
            &format!("server/{name}/Cargo.toml:5: `{name}` uses the library `{dependency}`"),
        );
    }
    keeps(&one_crate("lsp", library("tower-lsp-server", "=0.23.0")));
    keeps(&one_crate("assist", library("tokio", "^1")));
}

#[test]
fn measured_libraries_are_pinned() {
    breaks(
        &one_crate("engine-llama", library("llama-cpp-2", "^0.1")),
        "server/engine-llama/Cargo.toml:5: `llama-cpp-2` is not pinned (`^0.1`)",
    );
    keeps(&one_crate("engine-llama", library("llama-cpp-2", "=0.1.160")));
}

#[test]
fn crates_take_the_workspace_lints() {
    let mut checkout = one_crate("text", library("memchr", "^2"));
    for text in ["[package]\n", "[package]\n\n[lints]\nworkspace = false\n", "not toml"] {
        checkout.files[0].text = text.to_owned();
        assert!(found(&checkout)[0].ends_with("crate `text` does not take the workspace's lints"), "{text}");
    }
}

#[test]
fn the_crate_with_unsafe_lists_every_other_lint_itself() {
    let mut checkout = one_crate("engine-llama", library("llama-cpp-2", "=0.1.160"));
    let root = "[workspace.lints.rust]\nunsafe_code = \"deny\"\n[workspace.lints.clippy]\npanic = \"warn\"\n";
    checkout.files.push(File { path: "Cargo.toml".to_owned(), text: root.to_owned() });
    checkout.files[0].text = "[package]\n[lints.clippy]\npanic = \"warn\"\n".to_owned();
    keeps(&checkout);
    checkout.files[0].text = "[package]\n[lints.clippy]\ntodo = \"warn\"\n".to_owned();
    breaks(
        &checkout,
        "server/engine-llama/Cargo.toml:2: crate `engine-llama` lacks the workspace's lints [\"panic\"]",
    );
}

#[test]
fn a_file_opens_with_its_purpose() {
    breaks(
        &one_file("server/text/src/lib.rs", "pub fn f() {}\n"),
        "server/text/src/lib.rs:1: the file does not open with `//!`",
    );
}

#[test]
fn a_file_has_at_most_600_lines() {
    let lines = |count: usize| format!("//! Purpose.\n{}", "//\n".repeat(count - 1));
    breaks(&one_file("server/text/src/lib.rs", &lines(601)), "server/text/src/lib.rs:601: 601 lines");
    breaks(&one_file("tests/test_a.py", &lines(700)), "tests/test_a.py:601: 700 lines");
    keeps(&one_file("server/text/src/lib.rs", &lines(600)));
}

#[test]
fn unsafe_stays_in_engine_llama() {
    let text = "//! Purpose.\nfn f() { unsafe { g() } }\n";
    breaks(&one_file("server/text/src/lib.rs", text), "server/text/src/lib.rs:2: `unsafe`");
    keeps(&one_file("server/engine-llama/src/lib.rs", text));
    keeps(&rust("#![deny(unsafe_code)]"));
}

#[test]
fn nothing_panics_outside_tests() {
    for (code, word) in [
        ("fn f() { g().unwrap(); }", ".unwrap()"),
        ("#[allow(clippy::expect_used)]\nfn f() { g().expect(\"why\"); }", ".expect("),
        ("fn f() { panic!(\"no\"); }", "panic!"),
        ("#[cfg(test)]\nmod tests {}\nfn f() { g().unwrap(); }", ".unwrap()"),
        ("#[cfg(test)]\nmod tests;\nfn f() { g().unwrap(); }", ".unwrap()"),
        ("fn f() { let c = '\"'; g().unwrap(); }", ".unwrap()"),
        ("fn f<'a>() { let c = '\\''; g::<'a>().unwrap(); }", ".unwrap()"),
        ("fn f() { let s = br#\"\\\"#; g().unwrap(); }", ".unwrap()"),
    ] {
        let line = code.lines().count() + 1;
        breaks(&rust(code), &format!("server/assist/src/lib.rs:{line}: `{word}`"));
    }
    for code in [
        "#[cfg(test)]\nmod tests {\n    fn f() { if x { g().unwrap(); } panic!() }\n}",
        "// g().unwrap()",
        "/* /* nested */ panic!(); */",
        "const S: &str = \".unwrap() \\\" panic!\";",
        "const S: &str = r#\"a \" panic!(\"#;",
        "fn f() { g().unwrap_or_default(); }",
    ] {
        keeps(&rust(code));
    }
    keeps(&one_file("server/assist/src/post/tests.rs", "//! Tests.\nfn f() { g().unwrap(); }\n"));
    keeps(&one_file("server/text/tests/random.rs", "//! Tests.\nfn f() { g().unwrap(); }\n"));
}

#[test]
fn nothing_is_unfinished_or_switched_off() {
    for (code, word) in [
        ("fn f() { todo!() }", "todo!"),
        ("fn f() { unimplemented!(\"later\") }", "unimplemented!"),
        ("#[cfg(test)]\nmod tests {\n#[test]\n#[ignore = \"slow\"]\nfn f() {}\n}", "#[ignore"),
        (concat!("// FIX", "ME: later"), concat!("FIX", "ME")),
        (concat!("// TO", "DO: later"), concat!("TO", "DO")),
    ] {
        let text = found(&rust(code));
        assert!(text.len() == 1 && text[0].ends_with(&format!(" `{word}`")), "{code}: {text:?}");
    }
    breaks(
        &one_file("tests/test_a.py", concat!("import pytest\n@pytest.mark.", "skip\ndef test_a(): ...\n")),
        concat!("tests/test_a.py:2: `pytest.mark.", "skip`"),
    );
}

#[test]
fn standard_output_belongs_to_the_binary() {
    let text = "//! Purpose.\nfn f() { println!(\"x\"); }\n";
    breaks(&one_file("server/lsp/src/lib.rs", text), "server/lsp/src/lib.rs:2: `println!`");
    breaks(
        &rust("fn f() { std::io::stdout().write_all(b\"x\"); }"),
        "server/assist/src/lib.rs:2: `io::stdout`",
    );
    for path in ["server/weft/src/main.rs", "server/syntax/build.rs", "server/lsp/src/tests.rs"] {
        keeps(&one_file(path, text));
    }
}

#[test]
fn the_top_level_is_a_fixed_list() {
    breaks(&one_file("notes.md", "x"), "notes.md:1: `notes.md` at the top level");
    breaks(&one_file("scripts/build.sh", "x"), "scripts/build.sh:1: `scripts` at the top level");
    keeps(&one_file("docs/models.md", "x"));
}

/// The files of grammars/, each with something in it.
fn grammars(files: &[(&str, &str)]) -> Checkout {
    let file =
        |(path, text): &(&str, &str)| File { path: format!("grammars/{path}"), text: (*text).to_owned() };
    Checkout { crates: Vec::new(), files: files.iter().map(file).collect() }
}

#[test]
fn a_language_is_a_whole_folder() {
    let whole = [
        ("go/language.toml", "name = 'Go'"),
        ("go/definitions.scm", "(a)"),
        ("go/literals.scm", "(a)"),
        ("go/references.scm", "(a)"),
        ("go/scopes.scm", "(a)"),
        ("go/sample.txt", "a"),
        ("go/sample.expect", "a"),
        ("go/sites.txt", "a"),
        ("go/sites.expect", "a"),
    ];
    keeps(&grammars(&whole));
    for (index, (path, _)) in whole.iter().enumerate() {
        let mut lacking = whole.to_vec();
        lacking[index].1 = " \n";
        breaks(&grammars(&lacking), &format!("grammars/{path}:1: missing or empty"));
    }
}

#[test]
fn a_language_may_inherit_queries() {
    let mut files = vec![
        ("tsx/language.toml", "inherit_queries = 'typescript'"),
        ("tsx/sample.txt", "a"),
        ("tsx/sample.expect", "a"),
        ("tsx/sites.txt", "a"),
        ("tsx/sites.expect", "a"),
        ("typescript/definitions.scm", "(a)"),
        ("typescript/literals.scm", "(a)"),
        ("typescript/scopes.scm", "(a)"),
    ];
    breaks(&grammars(&files), "grammars/tsx/references.scm:1: missing or empty");
    files.push(("typescript/references.scm", "(a)"));
    keeps(&grammars(&files));
    files[0].1 = "inherit_queries = 'other'";
    assert_eq!(found(&grammars(&files)).len(), 5, "four queries, and a folder that nobody inherits from");
}

#[test]
fn a_violation_says_what_why_and_what_to_do() {
    let violations = violations(&one_file("server/text/src/lib.rs", "fn f() {}\n"));
    assert_eq!(
        violations[0].to_string(),
        "server/text/src/lib.rs:1: the file does not open with `//!`: each file says first what it is for and \
         what it must not do. Add that sentence as the first line"
    );
}

#[test]
fn the_protocol_page_has_what_the_code_has() {
    let both = |page: &str, code: &str| {
        let file = |path: &str, text: &str| File { path: path.to_owned(), text: text.to_owned() };
        let code = format!("//! Shapes.\n{code}\n");
        Checkout {
            crates: Vec::new(),
            files: vec![file("docs/protocol.md", page), file("server/lsp/src/ext/mod.rs", &code)],
        }
    };
    let page = "| method | kind |\n| --- | --- |\n| `weft/why` | request |\n| `weft.toggle` | none |\n";
    let why = "pub(crate) const WHY: &str = \"weft/why\";\nconst FOCUS: &str = \"textDocument/didFocus\";";
    let toggle = "const TOGGLE: &'static str = \"weft.toggle\";";
    keeps(&both(page, &format!("{why}\n{toggle}")));
    breaks(&both(page, why), "docs/protocol.md:4: `weft.toggle` is not in the code");
    breaks(
        &both(page, &format!("{why}\n{toggle}\nconst NEW: &str = \"weft/new\";")),
        "server/lsp/src/ext/mod.rs:5: `weft/new` is in no table of docs/protocol.md",
    );
}
