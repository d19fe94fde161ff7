//! The server over an in-memory pipe, with a scripted engine. The tests on order and on hung requests guard the
//! decision on the framework (ARCHITECTURE.md) and stay for ever.

mod chat_attachment;
mod copilot;

use crate::{ChatFiles, Configured, ModelEntry, Options, serve};
use assist::completion::Settings;
use engine::{EngineError, FakeEngine, Script};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream, ReadHalf, WriteHalf};

const URI: &str = "file:///a.py";

/// A client that speaks raw JSON-RPC, so that nothing of the server's own types is trusted.
struct Client {
    engine: Arc<FakeEngine>,
    input: WriteHalf<DuplexStream>,
    output: BufReader<ReadHalf<DuplexStream>>,
    unread: VecDeque<Value>,
    next_id: i64,
}

impl Client {
    /// Starts a server on one end of a pipe.
    fn connect(script: impl Fn(&engine::GenerateRequest) -> Script + Send + Sync + 'static) -> Self {
        Self::connect_with(ChatFiles::default(), script)
    }

    /// Starts a server that keeps conversations.
    fn connect_with(
        chat: ChatFiles,
        script: impl Fn(&engine::GenerateRequest) -> Script + Send + Sync + 'static,
    ) -> Self {
        let engine = Arc::new(FakeEngine::new(FakeEngine::qwen(), script));
        let (near, far) = tokio::io::duplex(1 << 20);
        let (far_input, far_output) = tokio::io::split(far);
        let options = Options {
            engine: engine.clone(),
            // Each call of the engine is one that was asked for.
            configure: Box::new(|_| Configured {
                settings: Settings { ahead: false, ..Settings::default() },
                notice: Some("the notice".into()),
            }),
            roles: Box::new(|_| None),
            index: index::Options::default(),
            chat,
            pages: crate::Pages::default(),
            models: Box::new(|current| {
                let current = current == Some("qwen");
                vec![ModelEntry { name: "qwen".into(), bytes: 1, installed: true, loaded: false, current }]
            }),
            on_trace: Box::new(|_| {}),
        };
        tokio::spawn(serve(far_input, far_output, options));
        let (output, input) = tokio::io::split(near);
        Self { engine, input, output: BufReader::new(output), unread: VecDeque::new(), next_id: 0 }
    }

    /// Starts a server and initializes it.
    async fn start(
        encodings: &[&str],
        script: impl Fn(&engine::GenerateRequest) -> Script + Send + Sync + 'static,
    ) -> Self {
        let mut client = Self::connect(script);
        let params = json!({"capabilities": {"general": {"positionEncodings": encodings}}});
        let id = client.request("initialize", params).await;
        let answer = client.answer(id).await;
        assert!(answer["result"]["capabilities"]["inlineCompletionProvider"].is_object(), "{answer}");
        client.notify("initialized", json!({})).await;
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

    async fn request(&mut self, method: &str, params: Value) -> i64 {
        self.next_id += 1;
        let id = self.next_id;
        self.send(json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})).await;
        id
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
        serde_json::from_slice(&body).unwrap()
    }

    /// Waits for the first message that satisfies `wanted`; the others stay for later.
    async fn wait_for(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(index) = self.unread.iter().position(&wanted) {
            return self.unread.remove(index).unwrap();
        }
        loop {
            let message = self.read().await;
            if wanted(&message) {
                return message;
            }
            self.unread.push_back(message);
        }
    }

    async fn answer(&mut self, id: i64) -> Value {
        self.wait_for(|message| message["id"] == json!(id) && message.get("method").is_none()).await
    }

    async fn notification(&mut self, method: &str) -> Value {
        self.wait_for(|message| message["method"] == json!(method)).await["params"].take()
    }

    async fn open(&mut self, text: &str) {
        let document = json!({"uri": URI, "languageId": "python", "version": 1, "text": text});
        self.notify("textDocument/didOpen", json!({"textDocument": document})).await;
    }

    async fn insert(&mut self, version: i32, line: u32, character: u32, text: &str) {
        let at = json!({"line": line, "character": character});
        let params = json!({
            "textDocument": {"uri": URI, "version": version},
            "contentChanges": [{"range": {"start": at, "end": at}, "text": text}],
        });
        self.notify("textDocument/didChange", params).await;
    }

    async fn complete(&mut self, line: u32, character: u32, kind: i32) -> i64 {
        let params = json!({
            "textDocument": {"uri": URI},
            "position": {"line": line, "character": character},
            "context": {"triggerKind": kind},
        });
        self.request("textDocument/inlineCompletion", params).await
    }
}

fn prompt_of(request: &engine::GenerateRequest) -> String {
    request.segments.iter().filter(|segment| !segment.special).map(|segment| segment.text.as_str()).collect()
}

#[tokio::test]
async fn a_suggestion_is_an_item_with_a_range_at_the_cursor_in_the_sessions_encoding() {
    // Character offsets of the place after 😀 on the second line, in each encoding.
    for (encoding, character) in [("utf-8", 9), ("utf-16", 7), ("utf-32", 6)] {
        let mut client = Client::start(&[encoding], |_| Script::Text("1'".into())).await;
        client.open("x = 1\r\ny = '😀\r\n").await;
        let id = client.complete(1, character, 2).await;
        let answer = client.answer(id).await;
        let at = json!({"line": 1, "character": character});
        assert_eq!(answer["result"]["items"][0]["range"], json!({"start": at, "end": at}), "{answer}");
        assert_eq!(prompt_of(&client.engine.requests()[0]), "x = 1\r\ny = '😀\r\n");
        assert_eq!(client.engine.requests()[0].segments[1].text, "x = 1\r\ny = '😀");
    }
}

#[tokio::test]
async fn two_thousand_changes_are_applied_in_order_whatever_is_hanging() {
    let mut client = Client::start(&["utf-8"], |_| Script::Hang).await;
    client.open("").await;
    let mut expected = String::new();
    let mut requests = Vec::new();
    for number in 0..2_000_u32 {
        let letter = char::from(b'a' + u8::try_from(number % 26).unwrap());
        client.insert(i32::try_from(number).unwrap() + 2, 0, number, &letter.to_string()).await;
        expected.push(letter);
        if number % 10 == 9 {
            requests.push(client.complete(0, number + 1, 2).await);
        }
    }
    // Every request but the last is superseded; the last one's prompt is the text after all changes.
    let last = requests.pop();
    for superseded in requests {
        assert_eq!(client.answer(superseded).await["result"], json!({"items": []}));
    }
    // No answer that is on its way is one to a text with another beginning.
    client.insert(2_002, 0, 0, "# ").await;
    client.complete(0, 2_002, 2).await;
    expected.insert_str(0, "# ");
    let engine = client.engine.clone();
    let is_last = || {
        let prompt = engine.requests().last().map(prompt_of).unwrap_or_default();
        expected.ends_with(&prompt) && prompt.len() > 1_000
    };
    client.engine.wait_until(|counts| counts.stopped + 1 == counts.started && is_last()).await;
    client.answer(last.unwrap()).await;
    for parameters in [Value::Null, json!({})] {
        let why = client.request("weft/why", parameters).await;
        assert_eq!(client.answer(why).await["result"]["last"][0]["reason_code"], "superseded");
    }
}

#[tokio::test]
async fn two_hundred_hung_requests_do_not_hold_up_changes_or_cancellation() {
    let mut client = Client::start(&["utf-8"], |_| Script::Hang).await;
    client.open("x").await;
    let mut ids = Vec::new();
    for number in 0..200 {
        // One document each, so that none supersedes another.
        let uri = format!("file:///{number}.py");
        let document = json!({"uri": uri, "languageId": "python", "version": 1, "text": "y = "});
        client.notify("textDocument/didOpen", json!({"textDocument": document})).await;
        let params = json!({
            "textDocument": {"uri": uri},
            "position": {"line": 0, "character": 4},
            "context": {"triggerKind": 2},
        });
        ids.push(client.request("textDocument/inlineCompletion", params).await);
    }
    client.engine.wait_until(|counts| counts.started == 200).await;
    client.insert(2, 0, 1, " = ").await;
    client.complete(0, 4, 2).await;
    client.engine.wait_until(|counts| counts.started == 201).await;
    assert_eq!(prompt_of(client.engine.requests().last().unwrap()), "x = ");
    for id in &ids {
        client.notify("$/cancelRequest", json!({"id": id})).await;
    }
    client.engine.wait_until(|counts| counts.stopped == 200).await;
    for id in ids {
        assert_eq!(client.answer(id).await["error"]["code"], -32800);
    }
    let trace = client.notification("weft/trace").await;
    assert_eq!(trace["reason_code"], "cancelled");
}

#[tokio::test]
async fn an_engine_that_stops_is_told_to_the_user_and_the_session_goes_on() {
    let gone = EngineError::Stopped { reason: "killed".into() };
    let calls = std::sync::atomic::AtomicUsize::new(0);
    let mut client =
        Client::start(&["utf-8"], move |_| match calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            0 => Script::Fail(gone.clone()),
            _ => Script::Text("1".into()),
        })
        .await;
    client.open("x = ").await;
    let id = client.complete(0, 4, 2).await;
    assert_eq!(client.answer(id).await["result"], json!({"items": []}));
    assert_eq!(client.notification("window/showMessage").await["message"], "Weft: the notice");
    let message = client.notification("window/showMessage").await;
    assert!(message["message"].as_str().unwrap().contains("the engine stopped"), "{message}");
    assert_eq!(client.notification("weft/trace").await["reason_code"], "error");
    let id = client.complete(0, 4, 2).await;
    assert_eq!(client.answer(id).await["result"]["items"][0]["insertText"], "1");
}

#[tokio::test]
async fn the_selected_entry_of_the_completion_menu_is_continued() {
    let mut client = Client::start(&["utf-16"], |_| Script::Text("(1)".into())).await;
    client.open("console.\n").await;
    let range = json!({"start": {"line": 0, "character": 7}, "end": {"line": 0, "character": 8}});
    let params = json!({
        "textDocument": {"uri": URI},
        "position": {"line": 0, "character": 8},
        "context": {"triggerKind": 2, "selectedCompletionInfo": {"range": range, "text": ".log"}},
    });
    let id = client.request("textDocument/inlineCompletion", params).await;
    let item = client.answer(id).await["result"]["items"][0].take();
    assert_eq!((&item["insertText"], &item["range"]), (&json!(".log(1)"), &range));
    // The word at the cursor is left to the answer.
    let request = client.engine.requests().remove(0);
    assert_eq!((request.segments[1].text.as_str(), request.begins_with.as_str()), ("console.", "log"));
}

#[tokio::test]
async fn a_document_that_was_never_opened_gives_an_empty_list_with_the_reason() {
    let mut client = Client::start(&[], |_| Script::Hang).await;
    let id = client.complete(0, 0, 1).await;
    assert_eq!(client.answer(id).await["result"], json!({"items": []}));
    assert_eq!(client.notification("weft/trace").await["reason_code"], "not_open");
}

#[tokio::test]
async fn unreadable_settings_of_the_editor_are_reported_and_left_aside() {
    let mut client = Client::connect(|_| Script::Text("1".into()));
    let params = json!({"capabilities": {}, "initializationOptions": {"model": 7}});
    let id = client.request("initialize", params).await;
    client.answer(id).await;
    let mut messages = Vec::new();
    for _ in 0..2 {
        let message = client.notification("window/showMessage").await;
        messages.push(message["message"].as_str().unwrap().to_owned());
    }
    assert_eq!(messages[0], "Weft: the notice");
    assert!(messages[1].contains("initializationOptions"), "{messages:?}");
}

#[tokio::test]
async fn an_editor_without_ghost_text_gets_an_entry_in_its_menu_and_no_other_does() {
    let mut with = Client::connect(|_| Script::Text("1".into()));
    let capabilities = json!({"textDocument": {"inlineCompletion": {}}});
    let id = with.request("initialize", json!({"capabilities": capabilities})).await;
    // Its menu is for mentions in chat documents.
    let provider = with.answer(id).await["result"]["capabilities"]["completionProvider"].take();
    assert_eq!(provider["triggerCharacters"], json!(["@", "/"]));

    let texts = std::sync::Mutex::new(vec!["s".to_owned(), "(\n    b,\n)".to_owned()]);
    let mut without =
        Client::start(&["utf-8"], move |_| Script::Text(texts.lock().unwrap().pop().unwrap())).await;
    without.open("value = call").await;
    let mut ask = async |character: u32| {
        let params = json!({
            "textDocument": {"uri": URI},
            "position": {"line": 0, "character": character},
            "context": {"triggerKind": 1},
        });
        let id = without.request("textDocument/completion", params).await;
        let list = without.answer(id).await["result"].take();
        (list, without.notification("weft/trace").await)
    };
    let (list, trace) = ask(12).await;
    assert_eq!(list["isIncomplete"], true);
    let item = &list["items"][0];
    assert_eq!((&item["label"], &item["filterText"]), (&json!("call( · weft +2"), &json!("call(")), "{item}");
    assert_eq!(item["textEdit"]["newText"], "call(\n    b,\n)");
    assert_eq!(item["textEdit"]["range"]["start"], json!({"line": 0, "character": 8}));
    assert_eq!(trace["outcome"], "shown");
    // Only the rest of a name: the language's own server offers that.
    let (list, trace) = ask(11).await;
    assert_eq!((&list["items"], &trace["reason_code"]), (&json!([]), &json!("bare_name")));
}

#[tokio::test]
async fn an_entry_of_the_menu_fits_the_word_as_it_is_when_the_answer_comes() {
    let mut client = Client::connect(|request| match request.begins_with.as_str() {
        // It has whole lines and no end: they are the answer after a while.
        "" => Script::Begin("while a:\n    b(1)\n    b(2".into()),
        _ => Script::Text("int(1)".into()),
    });
    let id = client.request("initialize", json!({"capabilities": {}})).await;
    client.answer(id).await;
    client.open("").await;
    let params = json!({
        "textDocument": {"uri": URI},
        "position": {"line": 0, "character": 0},
        "context": {"triggerKind": 2, "triggerCharacter": "."},
    });
    let id = client.request("textDocument/completion", params).await;
    client.engine.wait_until(|counts| counts.started == 1).await;
    client.insert(2, 0, 0, "pr").await;
    let item = client.answer(id).await["result"]["items"][0].take();
    // The range is one of the text that the request was about.
    let at = json!({"line": 0, "character": 0});
    assert_eq!(item["textEdit"], json!({"newText": "print(1)", "range": {"start": at, "end": at}}), "{item}");
    assert_eq!(item["filterText"], "print(1)");
}
