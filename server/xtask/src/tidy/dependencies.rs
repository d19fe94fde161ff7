//! Which crate may know which: the table of ARCHITECTURE.md, and the libraries that belong to one crate.
//!
//! A change here without the same change in ARCHITECTURE.md is a mistake.

use super::Violation;
use super::checkout::{Checkout, Crate, Dependency};

/// Each crate of the workspace and the crates of the workspace that it may depend on: the arrows of
/// ARCHITECTURE.md and what they reach.
const ARROWS: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("syntax", &["text"]),
    ("documents", &["syntax", "text"]),
    ("index", &["syntax", "text"]),
    ("context", &["documents", "index", "syntax", "text"]),
    ("prompt", &["text"]),
    ("engine", &[]),
    ("engine-llama", &["engine"]),
    ("engine-remote", &["engine"]),
    ("models", &[]),
    ("api", &["engine", "prompt"]),
    ("assist", &["context", "documents", "engine", "index", "prompt", "syntax", "text"]),
    ("lsp", &["assist", "context", "documents", "engine", "index", "prompt", "syntax", "text"]),
    (
        "weft",
        &[
            "api",
            "assist",
            "context",
            "documents",
            "engine",
            "engine-llama",
            "engine-remote",
            "index",
            "lsp",
            "models",
            "prompt",
            "syntax",
            "text",
        ],
    ),
    ("test-fixture", &[]),
    ("xtask", &[]),
];

/// Libraries that only some crates may use. A pattern ending in `*` stands for every name that begins so.
struct Owned {
    libraries: &'static [&'static str],
    owners: &'static [&'static str],
    why: &'static str,
}

const OWNED: &[Owned] = &[
    Owned {
        libraries: &["tower-lsp*", "lsp-types", "ls-types", "lsp-server"],
        owners: &["lsp", "weft"],
        why: "only `lsp` knows the protocol, so that everything else works without an editor",
    },
    Owned {
        libraries: &["llama-cpp*"],
        owners: &["engine-llama"],
        why: "only `engine-llama` knows llama.cpp, so that an engine can be replaced and `unsafe` stays there",
    },
    Owned {
        libraries: &["reqwest", "hyper*", "ureq", "isahc"],
        owners: &["engine-remote", "models", "weft"],
        why: "nothing may reach the network but downloads and the engines that the user chose",
    },
    Owned { libraries: &["axum*"], owners: &["api", "weft"], why: "only `weft serve` answers HTTP" },
    Owned {
        libraries: &["tokio*", "async-std", "smol", "futures*"],
        owners: &["api", "engine", "engine-llama", "engine-remote", "models", "assist", "lsp", "weft"],
        why: "text, syntax, documents, context and prompt are plain functions: no async, no IO, easy to test",
    },
    Owned {
        libraries: &["tree-sitter*"],
        owners: &["syntax"],
        why: "`syntax` is the façade of tree-sitter; others ask it for definitions, scopes and blocks",
    },
    Owned {
        libraries: &["ropey"],
        owners: &["text"],
        why: "`text` is the façade of the rope; others use `Text` and byte offsets",
    },
    Owned {
        libraries: &["anyhow", "clap*"],
        owners: &["weft", "xtask"],
        why: "a library's errors are types that its callers can tell apart",
    },
];

/// Libraries whose exact version matters.
const PINNED: &[&str] = &["llama-cpp-2", "llama-cpp-sys-2", "tower-lsp-server"];

pub(super) fn check(checkout: &Checkout) -> Vec<Violation> {
    let mut violations = Vec::new();
    for it in &checkout.crates {
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == it.name) else {
            violations.push(at(
                checkout,
                it,
                "name",
                Violation {
                    what: format!("crate `{}` has no row in the table of crates", it.name),
                    why: "each crate says what it owns and what it must not know",
                    remedy: "Add a row in ARCHITECTURE.md and in server/xtask/src/tidy/dependencies.rs"
                        .to_owned(),
                    ..Violation::nowhere()
                },
            ));
            continue;
        };
        for dependency in &it.dependencies {
            if dependency.source.is_none() {
                violations.extend(arrow(checkout, it, dependency, allowed));
            } else {
                violations.extend(library(checkout, it, dependency));
            }
            violations.extend(pin(checkout, it, dependency));
        }
    }
    violations
}

fn arrow(checkout: &Checkout, it: &Crate, dependency: &Dependency, allowed: &[&str]) -> Option<Violation> {
    let for_tests = dependency.kind.as_deref() == Some("dev") && dependency.name == "test-fixture";
    if allowed.contains(&dependency.name.as_str()) || for_tests {
        return None;
    }
    Some(at(
        checkout,
        it,
        &dependency.name,
        Violation {
            what: format!("`{}` depends on `{}`", it.name, dependency.name),
            why: "ARCHITECTURE.md has no such arrow",
            remedy:
                "Move the code to where the arrow exists, or pass what is needed as a trait or a function"
                    .to_owned(),
            ..Violation::nowhere()
        },
    ))
}

fn library(checkout: &Checkout, it: &Crate, dependency: &Dependency) -> Option<Violation> {
    let owned = OWNED.iter().find(|owned| owned.libraries.iter().any(|it| matches(it, &dependency.name)))?;
    if owned.owners.contains(&it.name.as_str()) {
        return None;
    }
    Some(at(
        checkout,
        it,
        &dependency.name,
        Violation {
            what: format!("`{}` uses the library `{}`", it.name, dependency.name),
            why: owned.why,
            remedy: format!("Only these may use it: {}", owned.owners.join(", ")),
            ..Violation::nowhere()
        },
    ))
}

fn pin(checkout: &Checkout, it: &Crate, dependency: &Dependency) -> Option<Violation> {
    if !PINNED.contains(&dependency.name.as_str()) || dependency.req.starts_with('=') {
        return None;
    }
    Some(at(
        checkout,
        it,
        &dependency.name,
        Violation {
            what: format!("`{}` is not pinned (`{}`)", dependency.name, dependency.req),
            why: "its behaviour was measured at one version, and patch releases change it",
            remedy: "Write the version with `=` in the root Cargo.toml".to_owned(),
            ..Violation::nowhere()
        },
    ))
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    }
}

/// The violation, at the line of the crate's manifest that has `needle`.
fn at(checkout: &Checkout, it: &Crate, needle: &str, violation: Violation) -> Violation {
    // A renamed dependency stands under its other name; then the violation is at line 1.
    let line = checkout.file(&it.manifest).map_or(1, |file| file.line_with(needle));
    Violation { path: it.manifest.clone(), line, ..violation }
}
