//! The file of conversations: what is kept, found, replaced, and what happens when a process dies. Must not wait for time to pass.

use super::*;
use crate::mentions::Attachment;
use expect_test::{Expect, expect};
use std::process::Command;
use std::sync::atomic::{AtomicI64, Ordering};

static TIME: AtomicI64 = AtomicI64::new(1_741_500_000_000);

fn clock() -> i64 {
    TIME.fetch_add(1000, Ordering::Relaxed)
}

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_with_clock(&folder.path().join("data/chat.db"), clock).unwrap();
    (folder, store)
}

fn question(text: &str) -> NewMessage {
    NewMessage { text: text.into(), ..NewMessage::default() }
}

fn answer(store: &Store, id: MessageId, text: &str) {
    for piece in text.split_inclusive(' ') {
        store.append(id, Piece::Text(piece)).unwrap();
    }
    store.finish_answer(id, MessageState::Done, None, None).unwrap();
}

fn said(store: &Store, session: SessionId) -> Vec<String> {
    store.messages(session).unwrap().into_iter().map(|message| message.text).collect()
}

#[test]
fn conversations_are_listed_searched_named_and_deleted() {
    let (_folder, store) = store();
    let cases = [
        (
            "/home/a",
            "\n\n  What does   cart.total() return, and why is it so much slower than it was last week?",
        ),
        ("/home/b", "Wofür ist ÄRGER gut?\nMore."),
        ("/home/a", "Third"),
    ];
    let mut ids = Vec::new();
    for (root, text) in cases {
        let id = store.create_session(Some(root)).unwrap();
        store.add_question(id, &question(text)).unwrap();
        answer(&store, store.begin_answer(id).unwrap(), "An answer with 100% of_it.");
        ids.push(id);
    }
    let empty = store.create_session(None).unwrap();
    let titles = |root| {
        let sessions = store.sessions(root, 10).unwrap();
        sessions.into_iter().map(|session| session.title).collect::<Vec<_>>()
    };
    let long = "What does cart.total() return, and why is it so much slower…";
    assert_eq!(titles(None), ["Third", "Wofür ist ÄRGER gut?", long], "one without messages is not shown");
    assert_eq!(titles(Some("/home/b")), ["Wofür ist ÄRGER gut?"]);
    assert_eq!(store.sessions(None, 1).unwrap().len(), 1);

    let found = |text: &str| {
        let matches = store.search_sessions(text, 10).unwrap();
        matches.into_iter().map(|it| (it.session.id, it.excerpt)).collect::<Vec<_>>()
    };
    assert_eq!(found("ärger"), [(ids[1], "Wofür ist ÄRGER gut? More.".to_owned())]);
    assert_eq!(found("0% OF_").len(), 3);
    assert_eq!(found("0%x"), []);
    assert_eq!(
        found("slower").first().map(|(_, excerpt)| excerpt.as_str()),
        Some("…t.total() return, and why is it so much slower than it was last week?")
    );
    assert_eq!(found(" ").len(), 3);

    store.rename_session(ids[2], "  My own  ").unwrap();
    store.add_question(ids[2], &question("Fourth")).unwrap();
    assert_eq!(store.session(ids[2]).unwrap().title, "My own");
    assert_eq!(store.session(ids[2]).unwrap().messages, 3);
    store.rename_session(ids[2], "").unwrap();
    assert_eq!(store.session(ids[2]).unwrap().title, "Third");
    let message = store.messages(ids[2]).unwrap()[0].id;
    store.delete_session(ids[2]).unwrap();
    for error in [
        store.session(ids[2]).err(),
        store.rename_session(ids[2], "x").err(),
        store.delete_session(ids[2]).err(),
        store.message(message).err(),
        store.add_question(ids[2], &question("x")).err(),
        store.append(message, Piece::Text("x")).err(),
    ] {
        assert!(matches!(error, Some(StoreError::Missing { .. })), "{error:?}");
    }
    let new = store.create_session(None).unwrap();
    assert!(new > empty && !ids.contains(&new), "numbers are not used again");
}

#[test]
fn an_edit_replaces_what_follows_and_can_be_taken_back() {
    let (_folder, store) = store();
    let id = store.create_session(None).unwrap();
    let first = store.add_question(id, &question("First?")).unwrap();
    answer(&store, store.begin_answer(id).unwrap(), "One.");
    let second = store.add_question(id, &question("Second?")).unwrap();
    answer(&store, store.begin_answer(id).unwrap(), "Two.");

    let edited = store.replace_question(id, second, &question("Second, but better?")).unwrap();
    let again = store.begin_answer(id).unwrap();
    answer(&store, again, "Two, better.");
    assert_eq!(said(&store, id), ["First?", "One.", "Second, but better?", "Two, better."]);
    let other = store.replace_answer(id, again).unwrap();
    answer(&store, other, "Two, best.");
    assert_eq!(said(&store, id), ["First?", "One.", "Second, but better?", "Two, best."]);
    let branches = store.branches(id).unwrap();
    let texts: Vec<_> = branches
        .iter()
        .map(|branch| {
            (branch.replaced_by, branch.messages.iter().map(|it| it.text.as_str()).collect::<Vec<_>>())
        })
        .collect();
    assert_eq!(texts, [(other, vec!["Two, better."]), (edited, vec!["Second?", "Two."])]);

    store.restore(id, edited).unwrap();
    assert_eq!(said(&store, id), ["First?", "One.", "Second?", "Two."]);
    store.restore(id, second).unwrap();
    assert_eq!(said(&store, id), ["First?", "One.", "Second, but better?", "Two, best."]);
    assert!(matches!(store.restore(id, first), Err(StoreError::Missing { .. })));
    assert!(matches!(store.replace_question(id, second, &question("x")), Err(StoreError::Missing { .. })));
    assert_eq!(said(&store, id).len(), 4, "a failed edit adds nothing");

    let other = store.create_session(None).unwrap();
    assert_eq!(store.message_in(id, first).unwrap(), store.message(first).unwrap());
    assert!(matches!(store.message_in(other, first), Err(StoreError::Missing { .. })), "another's");
    store.replace_question(id, first, &question("Another first?")).unwrap();
    assert!(matches!(store.message_in(id, first), Err(StoreError::Missing { .. })), "replaced");
    assert!(matches!(store.restore(id, second), Err(StoreError::Missing { .. })), "it is replaced itself");
    assert_eq!(store.branches(id).unwrap().len(), 1);
    assert_eq!(said(&store, id), ["Another first?"]);
    assert_eq!(store.session(id).unwrap().title, "Another first?");
}

#[test]
fn all_of_a_message_comes_back_and_is_exported() {
    let (_folder, store) = store();
    let id = store.create_session(Some("/home/a")).unwrap();
    let attachment = Attachment {
        mention: "@cart.py:1-4".into(),
        title: "cart.py, lines 1 to 4".into(),
        path: Some("cart.py".into()),
        file: None,
        lines: Some(0..4),
        language: "python".into(),
        text: "class Cart: ...".into(),
        cut: "2 of 6 functions".into(),
    };
    let asked = NewMessage { text: "What is it?\n".into(), attachments: vec![attachment.clone()] };
    store.add_question(id, &asked).unwrap();
    let first = store.begin_answer(id).unwrap();
    store.append(first, Piece::Thinking("Hm, ")).unwrap();
    store.append(first, Piece::Thinking("so.")).unwrap();
    store.append(first, Piece::Text("A cart:\n")).unwrap();
    let writing = store.message(first).unwrap();
    assert_eq!((writing.text.as_str(), writing.state), ("A cart:\n", MessageState::Streaming));
    store.append(first, Piece::Text("```python\nCart()\n```\n")).unwrap();
    let (header, stats) = (serde_json::json!({"rules": []}), serde_json::json!({"tokens": 4}));
    store.set_header(first, &header).unwrap();
    store.finish_answer(first, MessageState::Done, Some(&stats), None).unwrap();
    let failed = store.begin_answer(id).unwrap();
    store.append(failed, Piece::Text("Half")).unwrap();
    store.finish_answer(failed, MessageState::Failed, None, Some("out of memory")).unwrap();

    let messages = store.messages(id).unwrap();
    assert_eq!(messages[0].attachments, [attachment]);
    assert_eq!((&messages[1].header, &messages[1].stats), (&Some(header), &Some(stats)));
    assert_eq!(messages[1].thinking, "Hm, so.");
    let session = Session { created: 1_741_500_000_000, ..store.session(id).unwrap() };
    expect![[r#"
        # What is it?

        2025-03-09 06:00, in `/home/a`

        ## You

        What is it?

        - `@cart.py:1-4`: cart.py, lines 1 to 4 (2 of 6 functions)

        ## Weft

        <details><summary>Thoughts</summary>

        Hm, so.

        </details>

        A cart:
        ```python
        Cart()
        ```

        ## Weft

        Half

        *(failed: out of memory)*
    "#]]
    .assert_eq(&to_markdown(&session, &messages, &jiff::tz::TimeZone::UTC));
}

/// Where the other process is told what to do.
const DATABASE: &str = "WEFT_TEST_CHAT_DATABASE";

/// Not a test of its own: what the process does that is killed.
#[test]
fn writes_until_it_is_killed() {
    let Some(path) = std::env::var_os(DATABASE) else { return };
    let store = Store::open(Path::new(&path)).unwrap();
    let id = store.create_session(None).unwrap();
    store.add_question(id, &question("Count.")).unwrap();
    let answer = store.begin_answer(id).unwrap();
    for number in 0.. {
        store.append(answer, Piece::Text(&format!("{number} "))).unwrap();
        std::fs::write(Path::new(&path).with_extension("written"), number.to_string()).unwrap();
    }
}

#[test]
fn a_process_that_is_killed_loses_no_token_and_its_answer_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chat.db");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "chat::store::tests::writes_until_it_is_killed"])
        .env(DATABASE, &path)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let written = || std::fs::read_to_string(path.with_extension("written")).ok()?.parse::<u32>().ok();
    while written().is_none_or(|number| number < 50) {
        assert_eq!(child.try_wait().unwrap(), None, "the writer must not end by itself");
        std::thread::yield_now();
    }
    let living = Store::open(&path).unwrap();
    let session = living.sessions(None, 1).unwrap()[0].id;
    let streaming = living.messages(session).unwrap();
    assert_eq!(streaming[1].state, MessageState::Streaming, "its writer lives");
    child.kill().unwrap();
    child.wait().unwrap();
    let told = written();
    let message = living.messages(session).unwrap().remove(1);
    assert_eq!(message.state, MessageState::Stopped);
    let numbers: Vec<u32> = message.text.split_whitespace().map(|number| number.parse().unwrap()).collect();
    let last = u32::try_from(numbers.len()).unwrap() - 1;
    assert_eq!(numbers, (0..=last).collect::<Vec<_>>(), "no hole");
    // The last number may have been lost while it was written beside the database.
    assert!(told.is_none_or(|told| last >= told), "{last} of {told:?}");
}

#[test]
fn two_processes_write_to_one_file() {
    let (folder, one) = store();
    let path = folder.path().join("data/chat.db");
    let two = Store::open_with_clock(&path, clock).unwrap();
    std::thread::scope(|scope| {
        for store in [&one, &two] {
            scope.spawn(move || {
                let id = store.create_session(None).unwrap();
                for number in 0..20 {
                    store.add_question(id, &question(&format!("{number}?"))).unwrap();
                    answer(store, store.begin_answer(id).unwrap(), "a b c d e");
                }
            });
        }
    });
    let sessions = one.sessions(None, 10).unwrap();
    assert_eq!(sessions.iter().map(|session| session.messages).collect::<Vec<_>>(), [40, 40]);
    let id = two.create_session(None).unwrap();
    let answer = two.begin_answer(id).unwrap();
    two.append(answer, Piece::Text("half")).unwrap();
    assert_eq!(one.messages(id).unwrap()[0].state, MessageState::Streaming);
    drop(two);
    assert_eq!(one.messages(id).unwrap()[0].state, MessageState::Stopped, "it was closed in the middle");
}

fn refused(path: &Path, expected: Expect) {
    let before = std::fs::read(path).unwrap();
    let error = Store::open(path).unwrap_err();
    expected.assert_eq(&error.to_string().replace(&path.display().to_string(), "FILE"));
    assert_eq!(std::fs::read(path).unwrap(), before, "it is left as it is");
    let aside = set_aside(path).unwrap();
    assert_eq!(std::fs::read(&aside).unwrap(), before);
    let store = Store::open(path).unwrap();
    assert_eq!(store.sessions(None, 10).unwrap(), []);
}

#[test]
fn a_file_that_cannot_be_used_is_left_as_it_is_and_can_be_put_aside() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("text.db"), "This is no database, but some text that is long enough.".repeat(9))
        .unwrap();
    refused(
        &path("text.db"),
        expect![
            "the file of your conversations, FILE, is damaged (file is not a database). Weft leaves it as it is. Put it aside to begin a new one, or put a copy in its place"
        ],
    );

    let newer = Connection::open(path("newer.db")).unwrap();
    newer.execute_batch("PRAGMA user_version = 99; CREATE TABLE other (a)").unwrap();
    drop(newer);
    refused(
        &path("newer.db"),
        expect![
            "the file of your conversations, FILE, was written by a newer Weft (version 99 of the file; this one knows 1). Update Weft; or put the file aside to begin a new one"
        ],
    );

    let store = Store::open(&path("broken.db")).unwrap();
    let id = store.create_session(None).unwrap();
    for _ in 0..200 {
        store.add_question(id, &question(&"long ".repeat(100))).unwrap();
    }
    drop(store);
    let mut bytes = std::fs::read(path("broken.db")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8192].fill(0x5a);
    std::fs::write(path("broken.db"), bytes).unwrap();
    let error = Store::open(&path("broken.db")).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    let aside = [set_aside(&path("broken.db")).unwrap(), {
        std::fs::write(path("broken.db"), "again").unwrap();
        set_aside(&path("broken.db")).unwrap()
    }];
    assert_ne!(aside[0], aside[1], "nothing is written over");
    assert!(aside.iter().all(|path| path.is_file()));
}

#[cfg(unix)]
#[test]
fn only_the_user_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, store) = store();
    store.create_session(None).unwrap();
    let mode = std::fs::metadata(folder.path().join("data/chat.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
}
