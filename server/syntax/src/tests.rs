//! Every query of every language compiles, and what the façade answers on small samples. It must not test tree-sitter.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::Language;

#[test]
fn every_query_of_every_language_compiles() {
    assert!(Language::all().len() >= 2);
    for language in Language::all() {
        let entry = language.entry();
        let queries = [&entry.scopes, &entry.definitions, &entry.references, &entry.literals];
        for (query, name) in queries.into_iter().zip(["scopes", "definitions", "references", "literals"]) {
            if let Err(error) = query.compile(language) {
                panic!("grammars/{}/{name}.scm: {error}", language.id());
            }
        }
    }
}
