//! What a pull does to the store: files that the user put there, two pulls at once, full and closed folders.

use expect_test::expect;
use models::{CatalogueEntry, Progress, PullError, Pulled, Store, pull, verify};

use super::server::{Answer, Server};
use super::support::{TestStore, bytes, entry, hugging_face, options, pull_noting};

#[tokio::test]
async fn a_file_put_there_by_hand_is_checked_and_used() {
    let server = Server::start([]).await;
    let test = TestStore::new();
    test.write("tiny.gguf", &bytes());
    let entry = entry(vec![hugging_face()]);
    let (outcome, noted) = pull_noting(&entry, &test.store, &options(&server.endpoint)).await;
    assert_eq!(outcome.expect("there"), Pulled::AlreadyThere(test.path("tiny.gguf")));
    assert_eq!(noted, [Progress::Verifying { done: 1000, total: 1000 }]);
    assert_eq!(server.requests(), []);
}

#[tokio::test]
async fn a_wrong_file_put_there_by_hand_is_replaced_or_named() {
    for wrong in [vec![b'x'; 1000], vec![b'x'; 10]] {
        let server = Server::start([Answer::Status(404), Answer::File]).await;
        let test = TestStore::new();
        test.write("tiny.gguf", &wrong);
        let entry = entry(vec![hugging_face()]);
        let (outcome, _) = pull_noting(&entry, &test.store, &options(&server.endpoint)).await;
        let message = outcome.expect_err("404").to_string();
        let first = message.lines().nth(1).expect("a list of what was tried");
        assert!(first.starts_with(&format!("- {}: the file", test.path("tiny.gguf").display())), "{message}");
        assert_eq!(std::fs::read(test.path("tiny.gguf")).expect("kept"), wrong);

        let (outcome, _) = pull_noting(&entry, &test.store, &options(&server.endpoint)).await;
        outcome.expect("replaced");
        test.assert_installed();
    }
}

#[tokio::test]
async fn verify_finds_damage() {
    let test = TestStore::new();
    let entry = entry(Vec::new());
    test.write("tiny.gguf", &bytes());
    let mut ignore = |_| {};
    assert!(verify(&entry, &test.store, &mut ignore).await.expect("readable").is_none());
    test.write("tiny.gguf", &[0; 1000]);
    let problem =
        verify(&entry, &test.store, &mut ignore).await.expect("readable").expect("damaged").to_string();
    assert!(problem.starts_with("the file's sha256 is 541b3e9daa09b20b"), "{problem}");
    assert!(test.path("tiny.gguf").exists(), "verifying deletes nothing");
    std::fs::remove_file(test.path("tiny.gguf")).expect("deleted");
    assert!(matches!(verify(&entry, &test.store, &mut ignore).await, Err(PullError::Store(_))));
}

#[tokio::test]
async fn two_pulls_at_once_download_once() {
    let server = Server::start([Answer::File]).await;
    let test = TestStore::new();
    let entry = entry(vec![hugging_face()]);
    let options = options(&server.endpoint);
    let (first, second) =
        tokio::join!(pull_noting(&entry, &test.store, &options), pull_noting(&entry, &test.store, &options));
    assert_eq!(first.0.expect("pulled"), Pulled::Fetched(test.path("tiny.gguf")));
    assert_eq!(second.0.expect("found"), Pulled::AlreadyThere(test.path("tiny.gguf")));
    assert!(matches!(second.1[0], Progress::WaitingForOther { total: 1000, .. }), "{:?}", second.1);
    assert_eq!(server.requests().len(), 1);
    test.assert_installed();
}

#[tokio::test]
async fn a_pull_that_is_dropped_lets_the_next_one_in() {
    let server = Server::start([Answer::StallAfter(200), Answer::File]).await;
    let test = TestStore::new();
    let entry = entry(vec![hugging_face()]);
    let options = options(&server.endpoint);
    let (send, mut received) = tokio::sync::mpsc::unbounded_channel();
    let mut note = |progress: Progress| {
        if matches!(progress, Progress::Downloading { done: 200, .. }) {
            let _ = send.send(());
        }
    };
    tokio::select! {
        outcome = pull(&entry, &test.store, &options, &mut note) => panic!("it ended: {outcome:?}"),
        _ = received.recv() => {}
    }
    let (outcome, _) = pull_noting(&entry, &test.store, &options).await;
    outcome.expect("pulled");
    test.assert_installed();
}

#[tokio::test]
async fn a_model_larger_than_the_free_space_is_refused_before_the_download() {
    let server = Server::start([]).await;
    let test = TestStore::new();
    let entry = CatalogueEntry { bytes: 1 << 60, ..entry(vec![hugging_face()]) };
    let (outcome, _) = pull_noting(&entry, &test.store, &options(&server.endpoint)).await;
    let error = outcome.expect_err("no disk is that large");
    let PullError::DiskFull { needed, available: Some(available), .. } = &error else { panic!("{error:?}") };
    assert!(*needed == 1 << 60 && available < needed, "{error:?}");
    let message =
        test.shown(&error.to_string(), "-").replace(&available.div_ceil(1_000_000).to_string(), "<free>");
    expect!["not enough room for the model in <folder>/models: it needs 1152921504607 MB, <free> MB are free. Free some space (`weft models list` shows what each model takes) or choose another folder for models, then pull again: what has arrived is kept"].assert_eq(&message);
    assert_eq!(server.requests(), []);
}

/// The kernel's always-full device stands for a disk that fills up while it is written to.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_disk_that_fills_up_is_said_so() {
    let server = Server::start([Answer::File]).await;
    let test = TestStore::new();
    std::fs::create_dir_all(test.store.folder()).expect("folder");
    std::os::unix::fs::symlink("/dev/full", test.path("tiny.gguf.partial")).expect("link");
    let (outcome, _) =
        pull_noting(&entry(vec![hugging_face(), hugging_face()]), &test.store, &options(&server.endpoint))
            .await;
    assert!(matches!(outcome, Err(PullError::DiskFull { needed: 1000, .. })), "{outcome:?}");
    assert_eq!(server.requests().len(), 1, "another source would not help");
    assert!(!test.path("tiny.gguf").exists());
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_said_so() {
    let test = TestStore::new();
    test.write("file", b"x");
    let store = Store::new(test.path("file").join("models"));
    let (outcome, _) =
        pull_noting(&entry(vec![hugging_face()]), &store, &options("http://127.0.0.1:1")).await;
    let message = test.shown(&outcome.expect_err("in a file").to_string(), "-");
    assert!(message.starts_with("could not create <folder>/models/file/models: "), "{message}");
    assert!(message.ends_with("Check the disk and the folder for models"), "{message}");
}

/// The lock file cannot be made in a folder of that name: the same path as a folder without permission,
/// which a test that runs as root could not make.
#[tokio::test]
async fn a_file_that_cannot_be_written_is_said_so() {
    let test = TestStore::new();
    std::fs::create_dir_all(test.path("tiny.gguf.lock")).expect("folder");
    let (outcome, _) =
        pull_noting(&entry(vec![hugging_face()]), &test.store, &options("http://127.0.0.1:1")).await;
    let message = test.shown(&outcome.expect_err("a folder is in the way").to_string(), "-");
    assert!(message.starts_with("could not write to <folder>/models/tiny.gguf.lock: "), "{message}");
}
