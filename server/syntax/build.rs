//! Turns `grammars/*/language.toml` and the queries beside it into the table of languages that the crate is compiled
//! with, so that adding a language needs no Rust code, and hashes what decides what is found in a file. It must not read
//! anything outside `grammars/` and this crate.
#![allow(clippy::panic, clippy::expect_used, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde::Deserialize;

/// One `language.toml`. Every field is explained in grammars/README.md.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LanguageFile {
    name: String,
    grammar: String,
    language_ids: Vec<String>,
    extensions: Vec<String>,
    #[serde(default)]
    file_names: Vec<String>,
    line_comment: String,
    #[serde(default)]
    block_by_indentation: bool,
    #[serde(default)]
    inherit_queries: Option<String>,
}

const QUERIES: [&str; 6] = ["scopes", "definitions", "references", "imports", "bindings", "literals"];

/// The code that makes definitions, imports and identifiers of a tree.
const READERS: [&str; 6] =
    ["definitions.rs", "file_outline.rs", "imports.rs", "items.rs", "query.rs", "walk.rs"];

fn main() {
    let package = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let grammars = package.join("../../grammars");
    println!("cargo::rerun-if-changed={}", grammars.display());
    let languages = read_languages(&grammars);
    let mut code = table(&grammars, &languages);
    let readers = READERS.map(|file| package.join("src").join(file));
    for reader in &readers {
        println!("cargo::rerun-if-changed={}", reader.display());
    }
    let hash = hash_of(readers.into_iter().chain(sources_of_languages(&grammars)));
    let _ = writeln!(code, "const SOURCES_HASH: u64 = {hash};");
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it")).join("languages.rs");
    fs::write(out, code).expect("OUT_DIR can be written");
}

/// Every query and every language.toml, in the order of the paths.
fn sources_of_languages(grammars: &Path) -> Vec<PathBuf> {
    let entries =
        |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> = entries(grammars).flat_map(|folder| entries(&folder)).collect();
    files.retain(|file| file.extension().is_some_and(|it| it == "scm" || it == "toml"));
    files.sort();
    files
}

/// Of the names and the contents, wherever the files lie.
fn hash_of(files: impl Iterator<Item = PathBuf>) -> u64 {
    let mut hasher = DefaultHasher::new();
    for file in files {
        let folder = file.parent().and_then(Path::file_name);
        (folder, file.file_name(), fs::read(&file).expect("a file of the source can be read"))
            .hash(&mut hasher);
    }
    hasher.finish()
}

/// The languages by folder name, in the order of the names.
fn read_languages(grammars: &Path) -> BTreeMap<String, LanguageFile> {
    let mut languages = BTreeMap::new();
    for entry in fs::read_dir(grammars).expect("the folder grammars/ can be read") {
        let folder = entry.expect("the folder grammars/ can be read").path();
        let file = folder.join("language.toml");
        if !file.is_file() {
            continue;
        }
        let id = folder.file_name().and_then(|name| name.to_str()).expect("a UTF-8 folder name").to_owned();
        let content = fs::read_to_string(&file).expect("language.toml can be read");
        let language = toml::from_str(&content).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        languages.insert(id, language);
    }
    languages
}

fn table(grammars: &Path, languages: &BTreeMap<String, LanguageFile>) -> String {
    let mut code = format!("pub(crate) static TABLE: [Entry; {}] = [\n", languages.len());
    for (id, language) in languages {
        let LanguageFile { name, grammar, language_ids, extensions, file_names, line_comment, .. } = language;
        let indented = language.block_by_indentation;
        let _ = writeln!(
            code,
            "Entry {{ id: {id:?}, name: {name:?}, language_ids: &{language_ids:?}, extensions: &{extensions:?}, \
             file_names: &{file_names:?}, line_comment: {line_comment:?}, block_by_indentation: {indented}, \
             grammar: || {grammar}.into(),"
        );
        for query in QUERIES {
            let sources = query_files(grammars, languages, id, query);
            let _ = writeln!(code, "{query}: QuerySource::new(concat!({sources})),");
        }
        code.push_str("},\n");
    }
    code.push_str("];\n");
    code
}

/// The `include_str!`s of one query of one language: its own patterns first, because the first to match counts, then
/// those of the folder that it inherits from, which need not be a language itself.
fn query_files(grammars: &Path, languages: &BTreeMap<String, LanguageFile>, id: &str, query: &str) -> String {
    let mut sources = String::new();
    let mut folder = Some(id);
    for _ in 0..=languages.len() {
        let Some(id) = folder else { break };
        if grammars.join(id).join(query).with_extension("scm").is_file() {
            let _ = write!(
                sources,
                "include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/../../grammars/{id}/{query}.scm\")), \"\\n\", "
            );
        }
        folder = languages.get(id).and_then(|language| language.inherit_queries.as_deref());
    }
    assert!(folder.is_none(), "inherit_queries of {id} goes round in a circle");
    assert!(!sources.is_empty(), "grammars/{id}/{query}.scm is missing");
    sources
}
