//! A small HTTP/1.1 server on the loopback that answers as it is told to, one answer for each request.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::support::bytes;

/// What to do with one request.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// The file, or the range of it that was asked for.
    File,
    /// The whole file, whatever was asked for.
    WholeFile,
    /// As `File`, but the connection is closed after so many bytes of the body.
    CutAfter(usize),
    /// As `File`, but nothing follows after so many bytes of the body; the connection stays open.
    StallAfter(usize),
    /// Other bytes of the same number.
    WrongBytes,
    /// A status without a body.
    Status(u16),
    /// A redirection to another path of this server.
    Redirect(&'static str),
    /// This status line, these headers and this body.
    Raw(String),
    /// Nothing at all; the connection stays open.
    Silence,
}

/// A request as it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) range: Option<String>,
}

pub(crate) struct Server {
    pub(crate) endpoint: String,
    requests: Arc<Mutex<Vec<Request>>>,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Answers the requests in order; every one after the last answer gets the status 500.
    pub(crate) async fn start(answers: impl IntoIterator<Item = Answer>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port on the loopback");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let answers = Arc::new(Mutex::new(answers.into_iter().collect::<VecDeque<_>>()));
        let noted = Arc::clone(&requests);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&answers), Arc::clone(&noted)));
            }
        });
        Server { endpoint, requests, accepting }
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("not poisoned").clone()
    }

    /// The `Range` headers so far, `-` where there was none.
    pub(crate) fn ranges(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.range.unwrap_or_else(|| "-".to_owned())).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(
    mut stream: TcpStream,
    answers: Arc<Mutex<VecDeque<Answer>>>,
    requests: Arc<Mutex<Vec<Request>>>,
) {
    let Some(request) = read_request(&mut stream).await else { return };
    requests.lock().expect("not poisoned").push(request.clone());
    let answer = answers.lock().expect("not poisoned").pop_front().unwrap_or(Answer::Status(500));
    let (reply, stall) = reply(&answer, &request);
    // The client may have gone: that is for the test to find out.
    let _ = stream.write_all(&reply).await;
    let _ = stream.flush().await;
    if stall {
        let _ = stream.read(&mut [0; 1]).await;
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0; 1];
        stream.read_exact(&mut byte).await.ok()?;
        head.extend(byte);
    }
    let head = String::from_utf8(head).ok()?;
    let path = head.split(' ').nth(1)?.to_owned();
    let range = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("range").then(|| value.trim().to_owned())
    });
    Some(Request { path, range })
}

fn reply(answer: &Answer, request: &Request) -> (Vec<u8>, bool) {
    let first: usize = match (answer, &request.range) {
        (Answer::WholeFile, _) | (_, None) => 0,
        (_, Some(range)) => range
            .strip_prefix("bytes=")
            .and_then(|r| r.strip_suffix('-'))
            .expect("bytes=N-")
            .parse()
            .expect("N"),
    };
    let file = bytes();
    let head = if first == 0 {
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", file.len())
    } else {
        format!(
            "HTTP/1.1 206 Partial Content\r\ncontent-length: {}\r\ncontent-range: bytes {first}-{}/{}\r\nconnection: close\r\n\r\n",
            file.len() - first,
            file.len() - 1,
            file.len()
        )
    };
    let with = |body: &[u8]| [head.as_bytes(), body].concat();
    let rest = &file[first..];
    match answer {
        Answer::File | Answer::WholeFile => (with(rest), false),
        Answer::CutAfter(count) => (with(&rest[..*count]), false),
        Answer::StallAfter(count) => (with(&rest[..*count]), true),
        Answer::WrongBytes => (with(&vec![7; rest.len()]), false),
        Answer::Status(status) => (
            format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").into_bytes(),
            false,
        ),
        Answer::Redirect(to) => (
            format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                .into_bytes(),
            false,
        ),
        Answer::Raw(text) => (text.clone().into_bytes(), false),
        Answer::Silence => (Vec::new(), true),
    }
}
