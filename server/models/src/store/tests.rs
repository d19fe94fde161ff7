//! The store against real folders, with sparse files as large as the models are. Must not hash or fetch.

use std::fs::File;

use expect_test::expect;

use super::{ModelStatus, Store};
use crate::catalogue::{CatalogueEntry, catalogue};

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().expect("temporary folder");
    let store = Store::new(folder.path().join("models"));
    store.create().expect("folder");
    (folder, store)
}

/// A file of that size which takes no room on the disk.
fn sparse(store: &Store, name: &str, bytes: u64) {
    File::create(store.folder().join(name)).and_then(|file| file.set_len(bytes)).expect("sparse file");
}

fn small() -> &'static CatalogueEntry {
    catalogue().find("small").expect("in the catalogue")
}

fn names(store: &Store) -> Vec<String> {
    store.list().expect("list").into_iter().map(|model| model.name).collect()
}

#[test]
fn a_missing_folder_is_an_empty_store() {
    let (_folder, store) = store();
    let store = Store::new(store.folder().join("nowhere"));
    assert_eq!(names(&store), Vec::<String>::new());
    assert_eq!(store.status(small()), ModelStatus::Missing);
    assert_eq!(store.remove("small").expect("nothing to do"), None);
}

#[test]
fn lists_only_finished_files() {
    let (_folder, store) = store();
    let small = small();
    sparse(&store, "mine.GGUF", 7);
    sparse(&store, "notes.txt", 7);
    sparse(&store, &format!("{}.partial", small.file), 10);
    std::fs::create_dir(store.folder().join("folder.gguf")).expect("folder");
    assert_eq!(names(&store), ["mine"]);
    assert_eq!(store.status(small), ModelStatus::Partial { done: 10 });

    sparse(&store, &small.file, 11);
    assert_eq!(names(&store), ["mine"], "the right name with the wrong size is not installed");
    assert_eq!(store.status(small), ModelStatus::WrongSize { found: 11 });
    assert_eq!(store.find("small").expect("find"), None);

    sparse(&store, &small.file, small.bytes);
    assert_eq!(names(&store), ["mine", "qwen2.5-coder-0.5b"]);
    assert_eq!(store.status(small), ModelStatus::Installed);
}

#[test]
fn finds_by_every_name() {
    let (_folder, store) = store();
    sparse(&store, &small().file, small().bytes);
    sparse(&store, "My-Model.gguf", 3);
    for name in ["small", "0.5B", "qwen2.5-coder-0.5b", "qwen2.5-coder-0.5b-instruct-q4_k_m"] {
        let found = store.find(name).expect("find").expect(name);
        assert_eq!((found.name.as_str(), found.entry), ("qwen2.5-coder-0.5b", Some(small())));
        assert_eq!(found.path, store.path_of(small()));
    }
    for name in ["my-model", "my-model.gguf"] {
        assert_eq!(store.find(name).expect("find").map(|model| model.bytes), Some(3), "{name}");
    }
    assert_eq!(store.find("default").expect("find"), None);
    assert_eq!(store.find("../My-Model").expect("find"), None);
}

#[test]
fn removes_a_model_with_its_unfinished_download() {
    let (_folder, store) = store();
    sparse(&store, &small().file, small().bytes);
    sparse(&store, &format!("{}.partial", small().file), 5);
    std::fs::create_dir(store.parts_folder(small())).expect("folder");
    sparse(&store, "mine.gguf", 3);
    assert_eq!(store.remove("small").expect("removed"), Some(small().bytes + 5));
    assert_eq!(store.status(small()), ModelStatus::Missing);
    assert!(!store.parts_folder(small()).exists());
    assert_eq!(store.remove("small").expect("again"), None);
    assert_eq!(store.remove("mine").expect("the user's own"), Some(3));
    assert_eq!(store.remove("../models/mine").expect("no such name"), None);
}

#[test]
fn a_copy_is_a_model_of_its_own_under_a_plain_name() {
    let (_folder, store) = store();
    sparse(&store, "mine.gguf", 7);
    assert_eq!(store.copy("mine", "yours.gguf").expect("copied").name, "yours");
    assert_eq!(names(&store), ["mine", "yours"]);
    // Where a file can have two names, its bytes are freed with the last.
    let freed = if cfg!(unix) { 0 } else { 7 };
    assert_eq!(store.remove("mine").expect("removed"), Some(freed));
    assert_eq!(names(&store), ["yours"]);
    let refused = |from, to| store.copy(from, to).expect_err(to).to_string();
    assert!(refused("mine", "other").contains("no model called mine"));
    for name in ["../up", "", ".hidden", "a/b", "a b"] {
        assert!(refused("yours", name).contains("cannot be a model's name"), "{name}");
    }
    for name in ["yours", "small", "qwen2.5-coder-0.5b"] {
        assert!(refused("yours", name).contains("already"), "{name}");
    }
}

#[test]
fn does_not_remove_what_is_being_downloaded() {
    let (_folder, store) = store();
    let lock = File::create(store.lock_path(small())).expect("lock file");
    lock.lock().expect("locked");
    let error = store.remove("small").expect_err("busy");
    expect![
        "qwen2.5-coder-0.5b is being downloaded by another process. Wait for it or stop it, then try again"
    ]
    .assert_eq(&error.to_string());
}

#[test]
fn says_which_path_it_could_not_use() {
    let (_folder, store) = store();
    sparse(&store, "file", 1);
    let inside_a_file = Store::new(store.folder().join("file").join("models"));
    let shown = |error: super::StoreError| {
        error.to_string().replace(&store.folder().display().to_string(), "<store>")
    };
    let create = shown(inside_a_file.create().expect_err("a file is in the way"));
    let list = shown(inside_a_file.list().expect_err("a file is in the way"));
    assert!(create.starts_with("could not create <store>/file/models: "), "{create}");
    assert!(list.starts_with("could not read <store>/file/models: "), "{list}");
}
