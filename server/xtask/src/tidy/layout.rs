//! What stands where: the top level, each crate's manifest, each language's folder.
//!
//! It looks at names and manifests only, never into code.

use std::collections::{BTreeMap, BTreeSet};

use super::Violation;
use super::checkout::Checkout;

/// What the top level may hold, as ARCHITECTURE.md lists it.
const TOP_LEVEL: &[&str] = &[
    ".cargo",
    ".ci",
    ".clippy.toml",
    ".editorconfig",
    ".gitattributes",
    ".gitignore",
    ".rustfmt.toml",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "docs",
    "editors",
    "fixtures",
    "grammars",
    "server",
    "tests",
];

/// The crate that may hold `unsafe`: cargo lets a crate take the workspace's lints whole or not at all, so
/// it lists them itself.
const UNSAFE_CRATE: &str = "engine-llama";

/// What each language's folder must hold itself.
const LANGUAGE_FILES: [&str; 4] = ["sample.expect", "sample.txt", "sites.expect", "sites.txt"];

/// The queries that a language has, in its own folder or in the one that it inherits from.
const QUERIES: [&str; 4] = ["definitions.scm", "literals.scm", "references.scm", "scopes.scm"];

pub(super) fn check(checkout: &Checkout) -> Vec<Violation> {
    let mut violations = top_level(checkout);
    violations.extend(manifests(checkout));
    violations.extend(languages(checkout));
    violations
}

fn top_level(checkout: &Checkout) -> Vec<Violation> {
    let mut first_paths = BTreeMap::new();
    for file in &checkout.files {
        let entry = file.path.split('/').next().unwrap_or(&file.path);
        first_paths.entry(entry).or_insert(&file.path);
    }
    let strangers = first_paths.into_iter().filter(|(entry, _)| !TOP_LEVEL.contains(entry));
    strangers
        .map(|(entry, path)| Violation {
            path: path.clone(),
            line: 1,
            what: format!("`{entry}` at the top level"),
            why: "ARCHITECTURE.md says what stands there, so that a newcomer finds everything at once",
            remedy: "Put it where it belongs, or list it in ARCHITECTURE.md and in server/xtask/src/tidy/layout.rs"
                .to_owned(),
        })
        .collect()
}

fn manifests(checkout: &Checkout) -> Vec<Violation> {
    let root = checkout.file("Cargo.toml").map(|file| table(&file.text)).unwrap_or_default();
    let workspace = lint_names(root.get("workspace").and_then(|workspace| workspace.get("lints")));
    let mut violations = Vec::new();
    for it in &checkout.crates {
        let Some(file) = checkout.file(&it.manifest) else { continue };
        let manifest = table(&file.text);
        let lints = manifest.get("lints");
        if lints.and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool) == Some(true) {
            continue;
        }
        let what = if it.name == UNSAFE_CRATE {
            let own = lint_names(lints);
            let lacking: Vec<_> = workspace.difference(&own).filter(|name| *name != "unsafe_code").collect();
            if lacking.is_empty() {
                continue;
            }
            format!("crate `{}` lacks the workspace's lints {lacking:?}", it.name)
        } else {
            format!("crate `{}` does not take the workspace's lints", it.name)
        };
        violations.push(Violation {
            path: it.manifest.clone(),
            line: file.line_with("[lints"),
            what,
            why: "the same lints hold everywhere",
            remedy: "Add `[lints]` with `workspace = true` (where `unsafe` is allowed: each lint by name)"
                .to_owned(),
        });
    }
    violations
}

/// The manifest as a table; empty if it is no TOML, which cargo reports better than we could.
fn table(text: &str) -> toml::Table {
    text.parse().unwrap_or_default()
}

/// The names in a `lints` table: those below `rust` and `clippy`.
fn lint_names(lints: Option<&toml::Value>) -> BTreeSet<String> {
    let tools = lints.and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::values);
    tools.filter_map(toml::Value::as_table).flat_map(toml::Table::keys).cloned().collect()
}

fn languages(checkout: &Checkout) -> Vec<Violation> {
    let mut folders = BTreeMap::<&str, BTreeMap<&str, &str>>::new();
    for file in checkout.files.iter().filter(|file| !file.text.trim().is_empty()) {
        if let Some((folder, name)) =
            file.path.strip_prefix("grammars/").and_then(|path| path.split_once('/'))
        {
            folders.entry(folder).or_default().insert(name, &file.text);
        }
    }
    let parents: BTreeMap<&str, String> = folders
        .iter()
        .filter_map(|(folder, files)| {
            let table = table(files.get("language.toml")?);
            Some((*folder, table.get("inherit_queries")?.as_str()?.to_owned()))
        })
        .collect();
    let mut violations = Vec::new();
    for (folder, files) in &folders {
        let missing: Vec<&str> = if files.contains_key("language.toml") {
            let own = LANGUAGE_FILES.iter().filter(|name| !files.contains_key(*name));
            let queries = QUERIES.iter().filter(|name| !has_query(&folders, &parents, folder, name));
            own.chain(queries).copied().collect()
        } else if parents.values().any(|parent| parent == folder) {
            Vec::new()
        } else {
            vec!["language.toml"]
        };
        violations.extend(missing.into_iter().map(|name| Violation {
            path: format!("grammars/{folder}/{name}"),
            line: 1,
            what: "missing or empty".to_owned(),
            why: "a language is a folder with all of its queries, and samples that show what they find",
            remedy: "Write it; CONTRIBUTING.md, \"Adding a language\", says how".to_owned(),
        }));
    }
    violations
}

/// Whether the language has the query, itself or through the folders that it inherits from.
fn has_query(
    folders: &BTreeMap<&str, BTreeMap<&str, &str>>,
    parents: &BTreeMap<&str, String>,
    folder: &str,
    query: &str,
) -> bool {
    let mut folder = folder;
    // No chain is longer than there are folders; a circle is the build's to refuse.
    for _ in 0..=folders.len() {
        if folders.get(folder).is_some_and(|files| files.contains_key(query)) {
            return true;
        }
        let Some(parent) = parents.get(folder) else { return false };
        folder = parent;
    }
    false
}
