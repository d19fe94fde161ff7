//! Listings as the hub writes them: which models they hold, and which of them is taken.

use super::*;

fn listing(files: &[(&str, u64)]) -> Vec<HubModel> {
    let siblings: Vec<Sibling> = files
        .iter()
        .map(|(path, size)| Sibling {
            path: (*path).to_owned(),
            lfs: Some(Lfs { sha256: "a".repeat(64), size: *size }),
        })
        .collect();
    models(&siblings)
}

fn repository_of(models: Vec<HubModel>) -> HubRepository {
    let name = HubName { owner: "o".into(), repo: "r".into(), tag: None };
    HubRepository { name, revision: "c0ffee".into(), gated: false, licence: None, models }
}

const GB: u64 = 1_000_000_000;

#[test]
fn models_are_found_with_their_parts_and_nothing_else_is() {
    let models = listing(&[
        ("m-Q8_0.gguf", 8 * GB),
        ("m-Q4_K_M-00002-of-00002.gguf", GB),
        ("m-Q4_K_M-00001-of-00002.gguf", 4 * GB),
        ("m-Q6_K-00001-of-00002.gguf", 4 * GB),
        ("Q2_K/m-Q2_K.gguf", 3 * GB),
        ("mmproj-F16.gguf", GB),
        ("../evil-Q4_0.gguf", GB),
        ("a:b-Q4_0.gguf", GB),
        ("named-otherwise.gguf", 2 * GB),
    ]);
    let shown: Vec<(&str, usize, u64)> =
        models.iter().map(|model| (model.tag.as_str(), model.files.len(), model.bytes() / GB)).collect();
    assert_eq!(
        shown,
        [("Q4_K_M", 2, 5), ("Q8_0", 1, 8), ("Q2_K", 1, 3), ("named-otherwise.gguf", 1, 2)],
        "a model that lacks a part is none"
    );
    assert_eq!(models[0].files[0].path, "m-Q4_K_M-00001-of-00002.gguf", "it is loaded by its first part");
    let unchecked = Sibling { path: "m-Q4_0.gguf".into(), lfs: None };
    assert!(super::models(&[unchecked]).is_empty(), "a file without a checksum is not taken");
    let huge = listing(&[("m-00001-of-99999.gguf", 1)]);
    assert!(huge.is_empty());
}

#[test]
fn the_first_that_fits_is_taken_and_what_was_named_is_taken_anyway() {
    let repository = repository_of(listing(&[
        ("m-Q8_0.gguf", 8 * GB),
        ("m-Q4_K_M.gguf", 5 * GB),
        ("m-Q2_K.gguf", 3 * GB),
    ]));
    let chosen = |tag, memory: Option<u64>| match choose(&repository, tag, memory) {
        Ok(model) => model.tag.clone(),
        Err(error) => error.to_string(),
    };
    assert_eq!(chosen(None, None), "Q4_K_M");
    assert_eq!(chosen(None, Some(100 * GB)), "Q4_K_M");
    assert_eq!(chosen(None, Some(5 * GB)), "Q2_K");
    assert_eq!(chosen(Some("q8_0"), Some(GB)), "Q8_0");
    assert_eq!(chosen(Some("m-Q2_K.gguf"), None), "Q2_K");
    let none = chosen(None, Some(GB));
    assert!(none.contains("the smallest, Q2_K, needs about 3700 MB") && none.contains("1000 MB"), "{none}");
    assert_eq!(chosen(Some("Q5_0"), None), "o/r has no Q5_0. It has: Q4_K_M, Q8_0, Q2_K");
}
