//! One `weft lsp` and what an editor says to it: initialize, open, ask for ghost text.
//!
//! It must not know cases or scores, nor link Weft's crates: it speaks the protocol as any editor does.

use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::{Value, json};

use super::cases::Place;
use crate::process;

const TIMEOUT: Duration = Duration::from_secs(60);
/// For reading a whole workspace.
const INDEX_TIMEOUT: Duration = Duration::from_secs(300);
/// For one suggestion, the loading of the model included.
const COMPLETION_TIMEOUT: Duration = Duration::from_secs(600);
/// JSON-RPC's code for a method that the server does not have.
const METHOD_NOT_FOUND: i64 = -32601;

/// What came of one request for ghost text.
pub(super) struct Reply {
    /// The text that accepting the first suggestion adds at the cursor; empty without one.
    pub(super) completion: String,
    /// From the request to its answer.
    pub(super) seconds: f64,
    /// What the server says of its index; `None` if it was not asked or has none.
    pub(super) index: Option<Value>,
    /// What the server says of the request.
    pub(super) trace: Option<Value>,
}

/// Opens the file of `place` in a fresh server and asks once, as typing would. `command` is `weft lsp`; with
/// `wait_for_index` the server has read the workspace before.
pub(super) fn ask(command: Command, place: &Place, options: &Value, wait_for_index: bool) -> Result<Reply> {
    let mut session = Session::start(command)?;
    let folder = uri(&place.folder);
    session.request(
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
    session.notify("initialized", json!({}))?;
    let index = if wait_for_index { session.index()? } else { None };
    let file = uri(&place.file);
    session.notify(
        "textDocument/didOpen",
        json!({"textDocument": {
            "uri": file,
            "languageId": place.language,
            "version": 1,
            "text": format!("{}{}", place.prefix, place.suffix),
        }}),
    )?;
    let start = Instant::now();
    let answer = session.request(
        "textDocument/inlineCompletion",
        Some(json!({
            "textDocument": {"uri": file},
            "position": {"line": place.line, "character": place.character},
            // Automatic: 2 in the standard's InlineCompletionTriggerKind.
            "context": {"triggerKind": 2},
        })),
        COMPLETION_TIMEOUT,
    )??;
    let seconds = start.elapsed().as_secs_f64();
    let why = session.request("weft/why", None, TIMEOUT)?.ok();
    let trace = why.and_then(|why| why.pointer("/last/0").cloned());
    session.end();
    let item = answer.pointer("/items/0").or_else(|| answer.pointer("/0"));
    let completion = item.map(|item| added(item, place)).unwrap_or_default();
    Ok(Reply { completion, seconds, index, trace })
}

/// The text that accepting `item` adds at the cursor. Its range may take in what follows the cursor (a
/// bracket that the editor closed) or what stands before it; that is not counted twice.
fn added(item: &Value, place: &Place) -> String {
    let text = item["insertText"].as_str().or_else(|| item["insertText"]["value"].as_str());
    let text = text.unwrap_or_default();
    let before = place.prefix.rsplit('\n').next().unwrap_or_default();
    let after = place.suffix.split('\n').next().unwrap_or_default();
    let end_of = |name: &str| {
        let end = &item["range"][name];
        let on_line = end["line"].as_u64() == Some(place.line as u64);
        let character = usize::try_from(end["character"].as_u64()?).ok()?;
        on_line.then_some(character)
    };
    let taken_before = end_of("start").map_or("", |start| &before[bytes_of(before, start)..]);
    let taken_after = end_of("end").and_then(|end| end.checked_sub(place.character));
    let taken_after = taken_after.map_or("", |units| &after[..bytes_of(after, units)]);
    let text = text.strip_prefix(taken_before).unwrap_or(text);
    text.strip_suffix(taken_after).unwrap_or(text).to_owned()
}

/// The bytes of the first `units` UTF-16 units of `line`, or all of it.
fn bytes_of(line: &str, units: usize) -> usize {
    let mut left = units;
    for (byte, character) in line.char_indices() {
        if left == 0 {
            return byte;
        }
        left = left.saturating_sub(character.len_utf16());
    }
    line.len()
}

/// A file's name in LSP. Bytes that a URI cannot hold are percent-encoded.
fn uri(path: &Path) -> String {
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

struct Session {
    child: Child,
    stdin: Option<ChildStdin>,
    messages: Receiver<Value>,
    last_id: u64,
}

impl Session {
    fn start(mut command: Command) -> Result<Self> {
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
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        Ok(Self { child, stdin, messages, last_id: 0 })
    }

    /// Waits until the server has read the workspace; `None` if it has no index.
    fn index(&mut self) -> Result<Option<Value>> {
        match self.request("weft/index", Some(json!({"wait": true})), INDEX_TIMEOUT)? {
            Ok(index) => Ok(Some(index)),
            Err(error) if error.code == METHOD_NOT_FOUND => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn request(
        &mut self,
        method: &str,
        params: Option<Value>,
        timeout: Duration,
    ) -> Result<Result<Value, Refusal>> {
        self.last_id += 1;
        let id = self.last_id;
        let mut message = json!({"jsonrpc": "2.0", "id": id, "method": method});
        if let Some(params) = params {
            message["params"] = params;
        }
        self.send(&message)?;
        let deadline = Instant::now() + timeout;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let mut message = match self.messages.recv_timeout(left) {
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout) => bail!("no answer to {method} in {} s", timeout.as_secs()),
                Err(RecvTimeoutError::Disconnected) => bail!("the server ended before it answered {method}"),
            };
            if message.get("method").is_some() {
                if let Some(id) = message.get("id") {
                    // The server's own requests: nothing is configured, everything is allowed.
                    self.send(&json!({"jsonrpc": "2.0", "id": id, "result": null}))?;
                }
            } else if message["id"] == id {
                return Ok(match message.get("error") {
                    None => Ok(message["result"].take()),
                    Some(error) => Err(Refusal {
                        method: method.to_owned(),
                        code: error["code"].as_i64().unwrap_or_default(),
                        message: error["message"].as_str().unwrap_or_default().to_owned(),
                    }),
                });
            }
        }
    }

    fn notify(&mut self, method: &str, params: Value) -> Result<()> {
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
    fn end(mut self) {
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

impl Drop for Session {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// An error that the server answered.
#[derive(Debug)]
struct Refusal {
    method: String,
    code: i64,
    message: String,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn place(prefix: &str, suffix: &str) -> Place {
        Place::for_test(prefix, suffix)
    }

    fn item(text: &str, start: u64, end: u64) -> Value {
        json!({"insertText": text, "range": {
            "start": {"line": 1, "character": start}, "end": {"line": 1, "character": end}}})
    }

    #[test]
    fn what_a_suggestion_takes_in_is_not_counted_twice() {
        let at = place("x\n🦀 = f(", ")é;\n");
        assert_eq!(at.character, 7);
        assert_eq!(added(&item("a, b", 7, 7), &at), "a, b");
        assert_eq!(added(&item("a, b)", 7, 8), &at), "a, b");
        assert_eq!(added(&item("f(a)é", 5, 9), &at), "a");
        assert_eq!(added(&item("other", 7, 8), &at), "other");
        assert_eq!(added(&json!({"insertText": "plain"}), &at), "plain");
    }

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
