//! One `weft lsp` on the other end of two pipes: messages go out, messages come in, also side by side.
//!
//! It must not know what is asked for, nor link Weft's crates: it speaks the protocol as any editor does.

use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::{Value, json};

use crate::process;

const TIMEOUT: Duration = Duration::from_secs(60);
/// For reading a whole workspace.
const INDEX_TIMEOUT: Duration = Duration::from_secs(300);
/// JSON-RPC's code for a method that the server does not have.
const METHOD_NOT_FOUND: i64 = -32601;

/// A running server. It is killed with this, unless it was ended before.
pub(super) struct Connection {
    child: Child,
    stdin: Option<ChildStdin>,
    messages: Receiver<(Instant, Value)>,
    last_id: u64,
}

/// What the server said, and when it came.
pub(super) struct Message {
    pub(super) at: Instant,
    pub(super) said: Said,
}

/// What a message of the server can be, its own requests aside: those are answered here.
pub(super) enum Said {
    Answer { id: u64, result: Result<Value, Refusal> },
    Notification { method: String, params: Value },
}

impl Connection {
    /// Starts the server with `command`, which is `weft lsp`.
    pub(super) fn start(mut command: Command) -> Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let child = command.spawn();
        let mut child = child.with_context(|| format!("cannot start `{}`", process::shown(&command)))?;
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().context("the server has no output")?;
        let (sender, messages) = channel();
        // Ends with the server's output, or once nobody listens.
        std::thread::spawn(move || {
            let mut reader = BufReader::new(stdout);
            while let Ok(message) = read_message(&mut reader) {
                if sender.send((Instant::now(), message)).is_err() {
                    return;
                }
            }
        });
        Ok(Self { child, stdin, messages, last_id: 0 })
    }

    /// The server's process.
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Opens the session as an editor with ghost text does, in the workspace `folder`.
    pub(super) fn initialize(&mut self, folder: &Path, options: &Value) -> Result<()> {
        let folder = uri(folder);
        self.request(
            "initialize",
            Some(json!({
                "processId": std::process::id(),
                "rootUri": folder,
                "workspaceFolders": [{"uri": folder, "name": "workspace"}],
                "capabilities": {
                    "general": {"positionEncodings": ["utf-16"]},
                    "workspace": {"workspaceFolders": true},
                    "textDocument": {"inlineCompletion": {}},
                },
                "initializationOptions": options,
            })),
            TIMEOUT,
        )??;
        self.notify("initialized", json!({}))
    }

    /// Waits until the server has read the workspace; `None` if it has no index.
    pub(super) fn index(&mut self) -> Result<Option<Value>> {
        match self.request("weft/index", Some(json!({"wait": true})), INDEX_TIMEOUT)? {
            Ok(index) => Ok(Some(index)),
            Err(error) if error.code == METHOD_NOT_FOUND => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Tells the server that `file` is open.
    pub(super) fn open(&mut self, file: &Path, language: &str, text: &str) -> Result<()> {
        self.notify(
            "textDocument/didOpen",
            json!({"textDocument": {"uri": uri(file), "languageId": language, "version": 1, "text": text}}),
        )
    }

    /// Asks and waits for the answer. What else comes meanwhile is passed over.
    pub(super) fn request(
        &mut self,
        method: &str,
        params: Option<Value>,
        timeout: Duration,
    ) -> Result<Result<Value, Refusal>> {
        let id = self.ask(method, params)?;
        let deadline = Instant::now() + timeout;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let message = self.receive(left).with_context(|| format!("no answer to {method}"))?;
            let Some(message) = message else { bail!("no answer to {method} in {} s", timeout.as_secs()) };
            if let Said::Answer { id: answered, result } = message.said
                && answered == id
            {
                return Ok(result.map_err(|refusal| Refusal { method: method.to_owned(), ..refusal }));
            }
        }
    }

    /// Asks without waiting; the answer bears the id that this returns.
    pub(super) fn ask(&mut self, method: &str, params: Option<Value>) -> Result<u64> {
        self.last_id += 1;
        let mut message = json!({"jsonrpc": "2.0", "id": self.last_id, "method": method});
        if let Some(params) = params {
            message["params"] = params;
        }
        self.send(&message)?;
        Ok(self.last_id)
    }

    /// The next message; `None` if none comes in time.
    pub(super) fn receive(&mut self, timeout: Duration) -> Result<Option<Message>> {
        let deadline = Instant::now() + timeout;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let (at, mut message) = match self.messages.recv_timeout(left) {
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout) => return Ok(None),
                Err(RecvTimeoutError::Disconnected) => bail!("the server ended"),
            };
            let said = match (message.get("method"), message.get("id")) {
                (Some(_), Some(id)) => {
                    // The server's own requests: nothing is configured, everything is allowed.
                    self.send(&json!({"jsonrpc": "2.0", "id": id, "result": null}))?;
                    continue;
                }
                (Some(method), None) => Said::Notification {
                    method: method.as_str().unwrap_or_default().to_owned(),
                    params: message["params"].take(),
                },
                _ => Said::Answer {
                    id: message["id"].as_u64().unwrap_or_default(),
                    result: match message.get("error") {
                        None => Ok(message["result"].take()),
                        Some(error) => Err(Refusal::new(error)),
                    },
                },
            };
            return Ok(Some(Message { at, said }));
        }
    }

    pub(super) fn notify(&mut self, method: &str, params: Value) -> Result<()> {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}))
    }

    fn send(&mut self, message: &Value) -> Result<()> {
        let body = message.to_string();
        let stdin = self.stdin.as_mut().context("the session is over")?;
        write!(stdin, "Content-Length: {}\r\n\r\n{body}", body.len())
            .and_then(|()| stdin.flush())
            .map_err(|error| anyhow!("the server takes no messages any more: {error}"))
    }

    /// Ends the server as an editor does; one that does not leave is killed.
    pub(super) fn end(mut self) {
        let left = self.request("shutdown", None, Duration::from_secs(5)).is_ok();
        let _ = self.send(&json!({"jsonrpc": "2.0", "method": "exit"}));
        self.stdin = None;
        let deadline = Instant::now() + Duration::from_secs(5);
        while left && Instant::now() < deadline {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// An error that the server answered.
#[derive(Debug)]
pub(super) struct Refusal {
    /// Empty where nobody waited for this answer.
    method: String,
    code: i64,
    message: String,
}

impl Refusal {
    fn new(error: &Value) -> Self {
        Self {
            method: String::new(),
            code: error["code"].as_i64().unwrap_or_default(),
            message: error["message"].as_str().unwrap_or_default().to_owned(),
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "the server refused {}: {} ({})", self.method, self.message, self.code)
    }
}

impl std::error::Error for Refusal {}

fn read_message(reader: &mut impl BufRead) -> Result<Value> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            bail!("the server's output ended");
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("Content-Length:") {
            length = value.trim().parse().ok();
        }
    }
    let mut body = vec![0; length.context("a message without Content-Length")?];
    reader.read_exact(&mut body)?;
    Ok(serde_json::from_slice(&body)?)
}

/// A file's name in LSP. Bytes that a URI cannot hold are percent-encoded.
pub(super) fn uri(path: &Path) -> String {
    let mut uri = "file://".to_owned();
    for byte in path.to_string_lossy().bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri(Path::new("/a b/ü.py")), "file:///a%20b/%C3%BC.py");
    }

    #[test]
    fn messages_are_read_by_their_length() {
        let mut bytes = "Content-Length: 8\r\nContent-Type: x\r\n\r\n{\"a\":\"\"}rest".as_bytes();
        assert_eq!(read_message(&mut bytes).unwrap(), json!({"a": ""}));
        assert!(read_message(&mut bytes).is_err());
    }
}
