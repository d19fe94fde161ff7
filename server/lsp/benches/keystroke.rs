//! Measures Weft's own share of a suggestion, everything but the engine: `cargo bench --profile dev -p lsp -- FOLDER`. Types at the end of
//! a file of 10,000 lines, made of the folder's Python code, asks after each key, and prints how long the
//! answers take with an engine that answers at once. Not a test: nothing depends on the figures.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used)]

use assist::completion::Settings;
use engine::{FakeEngine, Script};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream, ReadHalf, WriteHalf};

/// Lines of the file.
const LINES: usize = 10_000;
/// What is typed, again and again.
const TYPED: &str = "    def total_of(self, items: list[str]) -> int:\n        result = self.count(items)\n        if \
                     result is None:\n            return len(items)\n        return result\n\n";
/// Keys before anything is measured: the first answers tell Weft how quick the engine is.
const WARM_KEYS: usize = 40;
/// Keys that are measured.
const KEYS: usize = 1000;

#[tokio::main]
async fn main() {
    let root = std::env::args().skip(1).find(|it| it != "--bench").map(PathBuf::from);
    let root = root.expect("the folder of a Python project").canonicalize().unwrap();
    let mut client = Client::start(&root).await;
    let text = large_file(&root);
    let uri = format!("file://{}/measured_large_file.py", root.display());
    println!("{} lines, {} bytes, workspace {}", text.lines().count(), text.len(), client.workspace);
    let document = json!({"uri": uri, "languageId": "python", "version": 1, "text": text});
    client.notify("textDocument/didOpen", json!({"textDocument": document})).await;
    let (mut line, mut character) = (text.lines().count(), 0);
    let mut times = Vec::new();
    let mut contexts = Vec::new();
    for (key, typed) in TYPED.chars().cycle().take(WARM_KEYS + KEYS).enumerate() {
        let at = json!({"line": line, "character": character});
        if typed == '\n' {
            (line, character) = (line + 1, 0);
        } else {
            character += 1;
        }
        let began = Instant::now();
        let change = json!({"range": {"start": at, "end": at}, "text": typed.to_string()});
        let document = json!({"uri": uri, "version": key + 2});
        client
            .notify("textDocument/didChange", json!({"textDocument": document, "contentChanges": [change]}))
            .await;
        let position = json!({"line": line, "character": character});
        let asked =
            json!({"textDocument": {"uri": uri}, "position": position, "context": {"triggerKind": 2}});
        client.request("textDocument/inlineCompletion", asked).await;
        if key >= WARM_KEYS {
            times.push(began.elapsed().as_secs_f64() * 1000.0);
            contexts.push(client.trace().await["context_ms"].as_f64().unwrap_or(0.0));
        }
    }
    print("key to answer", times);
    print("of it context", contexts);
}

fn print(label: &str, mut times: Vec<f64>) {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[(share * (times.len() - 1) as f64) as usize];
    println!(
        "{label}: p50 {:.2} ms, p90 {:.2} ms, p99 {:.2} ms, most {:.2} ms",
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0)
    );
}

/// The folder's own code, file after file, ending in an open class.
fn large_file(root: &Path) -> String {
    let mut files: Vec<PathBuf> = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "py") {
                files.push(path);
            }
        }
    }
    files.sort();
    let mut lines: Vec<String> = Vec::new();
    for file in files.iter().cycle() {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        lines.extend(text.lines().map(str::to_owned));
        if lines.len() >= LINES {
            break;
        }
    }
    lines.truncate(LINES);
    lines.push(
        "\n\nclass Counter:\n    def count(self, items: list[str]) -> int:\n        return 1\n\n".to_owned(),
    );
    lines.join("\n")
}

struct Client {
    input: WriteHalf<DuplexStream>,
    output: BufReader<ReadHalf<DuplexStream>>,
    next_id: i64,
    last_trace: Option<Value>,
    workspace: Value,
}

impl Client {
    async fn start(root: &Path) -> Self {
        let answer = |_: &engine::GenerateRequest| Script::Text("value".to_owned());
        let settings = Settings { ahead: false, memory: false, ..Settings::default() };
        let options = lsp::Options {
            engine: Arc::new(FakeEngine::new(FakeEngine::qwen(), answer)),
            configure: Box::new(move |_| lsp::Configured { settings: settings.clone(), notice: None }),
            roles: Box::new(|_| None),
            index: index::Options::default(),
            chat: lsp::ChatFiles::default(),
            pages: lsp::Pages::default(),
            models: Box::new(|_| Vec::new()),
            on_trace: Box::new(|_| {}),
        };
        let (near, far) = tokio::io::duplex(1 << 20);
        let (far_input, far_output) = tokio::io::split(far);
        tokio::spawn(lsp::serve(far_input, far_output, options));
        let (output, input) = tokio::io::split(near);
        let output = BufReader::new(output);
        let mut client = Self { input, output, next_id: 0, last_trace: None, workspace: Value::Null };
        let params = json!({"capabilities": {}, "rootUri": format!("file://{}", root.display())});
        client.request("initialize", params).await;
        client.notify("initialized", json!({})).await;
        client.workspace = client.request("weft/index", json!({"wait": true})).await["result"].take();
        client
    }

    async fn send(&mut self, message: Value) {
        let body = message.to_string();
        let message = format!("Content-Length: {}\r\n\r\n{body}", body.len());
        self.input.write_all(message.as_bytes()).await.unwrap();
    }

    async fn notify(&mut self, method: &str, params: Value) {
        self.send(json!({"jsonrpc": "2.0", "method": method, "params": params})).await;
    }

    async fn request(&mut self, method: &str, params: Value) -> Value {
        self.next_id += 1;
        self.last_trace = None;
        let id = self.next_id;
        self.send(json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})).await;
        loop {
            let message = self.read().await;
            if message["id"] == json!(id) && message.get("method").is_none() {
                return message;
            }
        }
    }

    /// The trace of the last request, which comes before or after its answer.
    async fn trace(&mut self) -> Value {
        while self.last_trace.is_none() {
            self.read().await;
        }
        self.last_trace.take().unwrap()
    }

    async fn read(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).await.unwrap() > 0, "the server closed the pipe");
            match line.trim().split_once(": ") {
                Some(("Content-Length", value)) => length = value.parse().unwrap(),
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).await.unwrap();
        let mut message: Value = serde_json::from_slice(&body).unwrap();
        if message["method"] == json!("weft/trace") {
            self.last_trace = Some(message["params"].take());
        }
        if message.get("method").is_some() && message.get("id").is_some() {
            let answer = json!({"jsonrpc": "2.0", "id": message["id"], "result": null});
            self.send(answer).await;
        }
        message
    }
}
