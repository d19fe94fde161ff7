//! A provider that answers as it is told, one play a connection, and records what it was sent. It must not understand any of it.

use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What becomes of one request.
#[derive(Clone, Debug)]
pub(super) enum Play {
    /// An answer, whole.
    Answer { status: u16, headers: &'static str, body: String },
    /// The head of an answer and the beginning of its body; then the connection is closed.
    Cut(String),
    /// The same; then nothing more comes.
    Stall(String),
    /// The head, then one of these pieces each `SHORT / 4`, again and again.
    Drip(&'static str),
    /// Nothing at all.
    Silence,
    /// The connection is closed at once.
    Close,
}

impl Play {
    pub(super) fn ok(body: impl Into<String>) -> Self {
        Self::Answer { status: 200, headers: "content-type: text/event-stream\r\n", body: body.into() }
    }

    pub(super) fn status(status: u16, headers: &'static str, body: &str) -> Self {
        Self::Answer { status, headers, body: body.to_owned() }
    }
}

/// What was sent.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    /// The request line and the headers, in lower case but for values.
    pub(super) head: String,
    pub(super) body: Value,
}

impl Sent {
    pub(super) fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }
}

pub(super) struct Server {
    pub(super) port: u16,
    sent: Arc<Mutex<Vec<Sent>>>,
    /// Connections that the client has closed while they were open here.
    closed: watch::Receiver<usize>,
}

impl Server {
    /// Plays these one after the other; the last one for all further requests.
    pub(super) async fn start(plays: impl IntoIterator<Item = Play>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let sent = Arc::new(Mutex::new(Vec::new()));
        let (closing, closed) = watch::channel(0);
        let mut plays: VecDeque<Play> = plays.into_iter().collect();
        let record = sent.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let play = if plays.len() > 1 { plays.pop_front() } else { plays.front().cloned() };
                let (record, closing) = (record.clone(), closing.clone());
                tokio::spawn(async move { serve(stream, play.unwrap(), &record, &closing).await });
            }
        });
        Self { port, sent, closed }
    }

    pub(super) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    /// Waits until a client has closed its connection.
    pub(super) async fn closed(&mut self) {
        self.closed.wait_for(|count| *count > 0).await.unwrap();
    }
}

async fn serve(mut stream: TcpStream, play: Play, sent: &Mutex<Vec<Sent>>, closing: &watch::Sender<usize>) {
    let Some(request) = read(&mut stream).await else { return };
    sent.lock().unwrap().push(request);
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    let written = match play {
        Play::Answer { status, headers, body } => {
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
            stream.write_all(answer.as_bytes()).await
        }
        Play::Close => Ok(()),
        Play::Cut(body) => stream.write_all(format!("{head}{body}").as_bytes()).await,
        Play::Stall(body) => {
            stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
            gone(&mut stream, closing).await;
            return;
        }
        Play::Silence => {
            gone(&mut stream, closing).await;
            return;
        }
        Play::Drip(piece) => {
            stream.write_all(head.as_bytes()).await.unwrap();
            // The pace is what is under test.
            let mut pace = tokio::time::interval(super::SHORT / 4);
            loop {
                pace.tick().await;
                if stream.write_all(piece.as_bytes()).await.is_err() {
                    return;
                }
            }
        }
    };
    if written.is_ok() {
        drop(stream.shutdown().await);
    }
}

/// Waits until the other side has closed.
async fn gone(stream: &mut TcpStream, closing: &watch::Sender<usize>) {
    let mut byte = [0];
    let closed = tokio::time::timeout(Duration::from_secs(60), stream.read(&mut byte)).await;
    if !matches!(closed, Ok(Ok(1))) {
        closing.send_modify(|count| *count += 1);
    }
}

async fn read(stream: &mut TcpStream) -> Option<Sent> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let head_end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(end) = head_end {
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |length| length.parse().unwrap());
            if bytes.len() >= end + 4 + length {
                let body = serde_json::from_slice(&bytes[end + 4..end + 4 + length]).unwrap_or(Value::Null);
                return Some(Sent { head, body });
            }
        }
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}
