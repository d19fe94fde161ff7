//! The HTTP source: whole, resumed, redirected, refused, stalled, wrong.

use std::time::Duration;

use expect_test::expect;
use models::{Progress, PullError, PullOptions, Pulled, SourceError};

use super::server::{Answer, Request, Server};
use super::support::{TestStore, bytes, entry, failures, hugging_face, options, pull_noting};

const FILE_PATH: &str = "/test/tiny/resolve/c0ffee/tiny.gguf";

#[tokio::test]
async fn fetches_checks_and_reports() {
    let server = Server::start([Answer::File]).await;
    let test = TestStore::new();
    let entry = entry(vec![hugging_face()]);
    let (outcome, noted) = pull_noting(&entry, &test.store, &options(&server.endpoint)).await;
    assert_eq!(outcome.expect("pulled"), Pulled::Fetched(test.path("tiny.gguf")));
    test.assert_installed();
    assert_eq!(server.requests(), [Request { path: FILE_PATH.to_owned(), range: None }]);
    assert_eq!(noted.last(), Some(&Progress::Verifying { done: 1000, total: 1000 }));
    assert!(noted.contains(&Progress::Downloading { done: 0, total: 1000 }));
    assert!(noted.contains(&Progress::Downloading { done: 1000, total: 1000 }));

    // A second pull asks nobody.
    let (outcome, _) = pull_noting(&entry, &test.store, &options(&server.endpoint)).await;
    assert_eq!(outcome.expect("there"), Pulled::AlreadyThere(test.path("tiny.gguf")));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn goes_on_where_the_connection_broke() {
    let server = Server::start([Answer::CutAfter(300), Answer::CutAfter(250), Answer::File]).await;
    let test = TestStore::new();
    let (outcome, noted) =
        pull_noting(&entry(vec![hugging_face()]), &test.store, &options(&server.endpoint)).await;
    outcome.expect("pulled");
    test.assert_installed();
    assert_eq!(server.ranges(), ["-", "bytes=300-", "bytes=550-"]);
    assert_eq!(failures(&noted).len(), 2, "{noted:?}");
}

#[tokio::test]
async fn goes_on_in_a_later_pull() {
    let server = Server::start([Answer::CutAfter(300), Answer::File]).await;
    let test = TestStore::new();
    let entry = entry(vec![hugging_face()]);
    // The first pull would try again in an hour; it is dropped when it says so.
    let (stop, mut stopped) = tokio::sync::mpsc::unbounded_channel();
    let mut note = |progress: Progress| {
        if matches!(progress, Progress::Retrying { .. }) {
            let _ = stop.send(());
        }
    };
    let slow = PullOptions { retry_delay: Duration::from_secs(3600), ..options(&server.endpoint) };
    tokio::select! {
        outcome = models::pull(&entry, &test.store, &slow, &mut note) => panic!("it ended: {outcome:?}"),
        _ = stopped.recv() => {}
    }
    assert_eq!(test.files(), [("tiny.gguf.partial".to_owned(), 300)]);
    let (outcome, _) = pull_noting(&entry, &test.store, &options(&server.endpoint)).await;
    outcome.expect("pulled");
    test.assert_installed();
    assert_eq!(server.ranges(), ["-", "bytes=300-"]);
}

#[tokio::test]
async fn a_server_without_ranges_begins_again() {
    let server = Server::start([Answer::WholeFile]).await;
    let test = TestStore::new();
    test.write("tiny.gguf.partial", &[b'x'; 400]);
    let (outcome, _) =
        pull_noting(&entry(vec![hugging_face()]), &test.store, &options(&server.endpoint)).await;
    outcome.expect("pulled");
    test.assert_installed();
    assert_eq!(server.ranges(), ["bytes=400-"]);
}

#[tokio::test]
async fn follows_redirections_with_the_range() {
    let server = Server::start([Answer::Redirect("/cdn/blob"), Answer::File]).await;
    let test = TestStore::new();
    test.write("tiny.gguf.partial", &bytes()[..400]);
    let (outcome, _) =
        pull_noting(&entry(vec![hugging_face()]), &test.store, &options(&server.endpoint)).await;
    outcome.expect("pulled");
    test.assert_installed();
    let range = Some("bytes=400-".to_owned());
    assert_eq!(
        server.requests(),
        [
            Request { path: FILE_PATH.to_owned(), range: range.clone() },
            Request { path: "/cdn/blob".to_owned(), range }
        ]
    );
}

#[tokio::test]
async fn a_stalled_connection_is_resumed() {
    let server = Server::start([Answer::StallAfter(120), Answer::Silence, Answer::File]).await;
    let test = TestStore::new();
    let options = PullOptions { stall_timeout: Duration::from_millis(300), ..options(&server.endpoint) };
    let (outcome, noted) = pull_noting(&entry(vec![hugging_face()]), &test.store, &options).await;
    outcome.expect("pulled");
    test.assert_installed();
    assert_eq!(server.ranges(), ["-", "bytes=120-", "bytes=120-"]);
    assert_eq!(failures(&noted).len(), 2, "{noted:?}");
}

#[tokio::test]
async fn temporary_errors_are_retried_a_few_times() {
    let busy = || Answer::Status(503);
    let server = Server::start([busy(), busy(), Answer::File]).await;
    let test = TestStore::new();
    let (outcome, _) =
        pull_noting(&entry(vec![hugging_face()]), &test.store, &options(&server.endpoint)).await;
    outcome.expect("pulled");
    assert_eq!(server.requests().len(), 3);

    let server = Server::start([busy(), busy(), busy(), busy(), Answer::File]).await;
    let test = TestStore::new();
    let (outcome, _) =
        pull_noting(&entry(vec![hugging_face()]), &test.store, &options(&server.endpoint)).await;
    let Err(PullError::NoSource(failure)) = outcome else { panic!("{outcome:?}") };
    assert!(matches!(failure.attempts[0].error, SourceError::Status { status: 503 }), "{failure:?}");
    assert_eq!(server.requests().len(), 4, "the first try and three more");
}

/// One answer each that no second try would mend: the reason that the user reads, and what is left.
#[tokio::test]
async fn refusals() {
    let raw =
        |head: &str, body: &str| Answer::Raw(format!("HTTP/1.1 {head}\r\nconnection: close\r\n\r\n{body}"));
    let cases = [
        ("404", Answer::Status(404), 0),
        ("403", Answer::Status(403), 0),
        ("416", Answer::Status(416), 400),
        ("a login page", raw("200 OK\r\ncontent-length: 13", "<html></html>"), 0),
        (
            "another size",
            raw("206 Partial Content\r\ncontent-length: 1\r\ncontent-range: bytes 400-400/401", "x"),
            400,
        ),
        (
            "another part",
            raw("206 Partial Content\r\ncontent-length: 1\r\ncontent-range: bytes 5-5/1000", "x"),
            400,
        ),
        ("a part without a range", raw("206 Partial Content\r\ncontent-length: 1", "x"), 400),
        ("too many bytes", raw("200 OK", &"x".repeat(1001)), 0),
    ];
    let mut table = String::new();
    for (name, answer, present) in cases {
        let server = Server::start([answer]).await;
        let test = TestStore::new();
        if present > 0 {
            test.write("tiny.gguf.partial", &bytes()[..present]);
        }
        let (outcome, noted) =
            pull_noting(&entry(vec![hugging_face()]), &test.store, &options(&server.endpoint)).await;
        assert!(matches!(outcome, Err(PullError::NoSource(_))), "{name}: {outcome:?}");
        assert_eq!(server.requests().len(), 1, "{name}");
        assert!(!test.path("tiny.gguf").exists(), "{name}");
        table += &format!("{name}: {}\n", failures(&noted).join("; ").replace(&server.endpoint, "HUB"));
        if present > 0 {
            assert_eq!(
                test.files(),
                [("tiny.gguf.partial".to_owned(), 400)],
                "{name}: what was right is kept"
            );
        }
    }
    expect![[r#"
        404: failed: the server answered 404 (it does not have this file)
        403: failed: the server answered 403, access refused. If the model is gated, accept its licence at HUB/test/tiny, make a token in the settings of your account there and set HF_TOKEN to it. Else a proxy or firewall on the way may be the reason
        416: failed: the server answered 416
        a login page: failed: the file has 13 bytes, expected 1000
        another size: failed: the file has 401 bytes, expected 1000
        another part: failed: asked for the bytes from 400, got those from 5
        a part without a range: failed: the server sent a part without saying which (-)
        too many bytes: failed: the server sent more bytes than the model has
    "#]].assert_eq(&table);
}

#[tokio::test]
async fn wrong_bytes_are_deleted_and_the_next_source_is_tried() {
    let server = Server::start([Answer::WrongBytes, Answer::File]).await;
    let test = TestStore::new();
    let entry = entry(vec![hugging_face(), hugging_face()]);
    let (outcome, noted) = pull_noting(&entry, &test.store, &options(&server.endpoint)).await;
    outcome.expect("pulled from the second source");
    test.assert_installed();
    assert_eq!(server.ranges(), ["-", "-"], "nothing of the wrong bytes is built upon");
    expect![[r#"
        [
            "failed: the file's sha256 is df1329c8b6c7cf3740bbe2f8bab34d253a8d9534a79dceea18177081fdf9f0e9, expected 455cf5fc5bd6c6f54676a2052bf9d30645d70370d3acfdb354b2b379703d8643: it was damaged on its way or is another file",
        ]
    "#]].assert_debug_eq(&failures(&noted));
}

#[tokio::test]
async fn wrong_bytes_from_everywhere_leave_nothing() {
    let server = Server::start([Answer::WrongBytes]).await;
    let test = TestStore::new();
    let (outcome, _) =
        pull_noting(&entry(vec![hugging_face()]), &test.store, &options(&server.endpoint)).await;
    assert_eq!(test.files(), []);
    let message = outcome.expect_err("wrong").to_string();
    expect![[r#"
        could not get the model tiny.
        - <server> (test/tiny): the file's sha256 is df1329c8b6c7cf3740bbe2f8bab34d253a8d9534a79dceea18177081fdf9f0e9, expected 455cf5fc5bd6c6f54676a2052bf9d30645d70370d3acfdb354b2b379703d8643: it was damaged on its way or is another file
        What to do: check the network (behind a proxy, set HTTPS_PROXY and `pip config set global.proxy ADDRESS`; for a mirror of Hugging Face, set HF_ENDPOINT) and pull again: it goes on where it stopped. Or get tiny.gguf (1000 bytes, sha256 455cf5fc5bd6c6f54676a2052bf9d30645d70370d3acfdb354b2b379703d8643) another way, put it at <folder>/models/tiny.gguf and pull again: it is checked, then used"#]].assert_eq(&test.shown(&message, &server.endpoint));
}

/// Damage from an earlier try is not held against the source.
#[tokio::test]
async fn a_damaged_partial_file_costs_one_more_download() {
    let server = Server::start([Answer::File, Answer::File]).await;
    let test = TestStore::new();
    test.write("tiny.gguf.partial", &[b'x'; 400]);
    let (outcome, _) =
        pull_noting(&entry(vec![hugging_face()]), &test.store, &options(&server.endpoint)).await;
    outcome.expect("pulled");
    test.assert_installed();
    assert_eq!(server.ranges(), ["bytes=400-", "-"]);
}

#[tokio::test]
async fn a_partial_file_that_is_too_long_is_not_used() {
    let server = Server::start([Answer::File]).await;
    let test = TestStore::new();
    test.write("tiny.gguf.partial", &[b'x'; 1001]);
    let (outcome, _) =
        pull_noting(&entry(vec![hugging_face()]), &test.store, &options(&server.endpoint)).await;
    outcome.expect("pulled");
    test.assert_installed();
    assert_eq!(server.ranges(), ["-"]);
}

#[tokio::test]
async fn a_whole_partial_file_only_needs_the_check() {
    let server = Server::start([]).await;
    let test = TestStore::new();
    test.write("tiny.gguf.partial", &bytes());
    let (outcome, _) =
        pull_noting(&entry(vec![hugging_face()]), &test.store, &options(&server.endpoint)).await;
    outcome.expect("pulled");
    test.assert_installed();
    assert_eq!(server.requests(), []);
}

#[tokio::test]
async fn no_network_lists_every_source_and_what_to_do() {
    // A port that was free a moment ago: the connection is refused at once.
    let refused = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        format!("http://{}", listener.local_addr().expect("an address"))
    };
    let test = TestStore::new();
    let (outcome, _) = pull_noting(&entry(vec![hugging_face()]), &test.store, &options(&refused)).await;
    let Err(PullError::NoSource(failure)) = outcome else { panic!("{outcome:?}") };
    assert!(matches!(failure.attempts[0].error, SourceError::Connect(_)), "{failure:?}");

    let (outcome, _) =
        pull_noting(&entry(vec![hugging_face()]), &test.store, &options("not an address")).await;
    let message = outcome.expect_err("no address").to_string();
    expect![[r#"
        could not get the model tiny.
        - <server> (test/tiny): <server> is not a web address (relative URL without a base); set HF_ENDPOINT to one like https://HOST
        What to do: check the network (behind a proxy, set HTTPS_PROXY and `pip config set global.proxy ADDRESS`; for a mirror of Hugging Face, set HF_ENDPOINT) and pull again: it goes on where it stopped. Or get tiny.gguf (1000 bytes, sha256 455cf5fc5bd6c6f54676a2052bf9d30645d70370d3acfdb354b2b379703d8643) another way, put it at <folder>/models/tiny.gguf and pull again: it is checked, then used"#]].assert_eq(&test.shown(&message, "not an address"));
}
