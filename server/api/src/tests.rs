//! The whole router over a scripted engine and a host in memory: shapes, errors, cancelling. Must not need a model.

use crate::{
    Access, Embedded, Host, HostError, InstalledModel, KeepAlive, LoadedModel, ModelDetails, PullStep,
    TokenPiece, Tokenize, router,
};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use engine::{EngineError, FakeEngine, GenerateRequest, Grammar, ModelInfo, Priority, Script, Segment};
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt, stream};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};
use tower::ServiceExt;

const TEMPLATE: &str = "{% for tool in tools or [] %}{{ tool | tojson }}\n{% endfor %}\
    {% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}{% for c in m.tool_calls %}{{ c.function.name }}{% endfor %}<|im_end|>\n{% endfor %}<|im_start|>assistant{{ '\n' }}";

#[derive(Default)]
struct TestHost {
    kept: Mutex<Vec<(String, KeepAlive)>>,
}

fn installed() -> InstalledModel {
    InstalledModel {
        name: "qwen".into(),
        bytes: 7,
        modified: SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000),
        sha256: Some("ab".repeat(32)),
        family: Some("qwen2".into()),
        parameters: Some("0.5B".into()),
        quantisation: Some("Q4_K_M".into()),
    }
}

impl Host for TestHost {
    fn resolve(&self, asked: Option<&str>) -> Result<String, EngineError> {
        match asked {
            None | Some("qwen") => Ok("qwen".into()),
            Some(other) => Err(EngineError::ModelUnknown { model: other.into() }),
        }
    }

    fn installed(&self) -> Result<Vec<InstalledModel>, HostError> {
        Ok(vec![installed()])
    }

    fn loaded(&self) -> Vec<LoadedModel> {
        vec![LoadedModel { name: "qwen".into(), bytes: 9, gpu_bytes: 0, context_tokens: 8192, expires: None }]
    }

    fn details(&self, _: &str) -> Result<ModelDetails, HostError> {
        Ok(ModelDetails {
            model: installed(),
            licence: Some("Apache-2.0".into()),
            parameter_count: 494,
            trained_context: Some(32_768),
            embedding_length: Some(896),
            block_count: Some(24),
            vocabulary: 151_936,
        })
    }

    fn pull(&self, model: &str) -> Result<BoxStream<'static, Result<PullStep, HostError>>, HostError> {
        if model != "qwen" {
            return Err(HostError::NotFound("there is no such model".into()));
        }
        let step = PullStep::Downloading { sha256: "ab".repeat(32), done: 1, total: 7 };
        Ok(stream::iter([Ok(step), Ok(PullStep::Verifying), Ok(PullStep::Done)]).boxed())
    }

    fn delete(&self, _: &str) -> Result<(), HostError> {
        Ok(())
    }

    fn copy(&self, _: &str, name: &str) -> Result<(), HostError> {
        if name == "taken" { Err(HostError::Refused("it is taken".into())) } else { Ok(()) }
    }

    fn keep(&self, model: &str, keep: KeepAlive) {
        self.kept.lock().unwrap().push((model.into(), keep));
    }

    /// A token a byte.
    fn count_tokens(&self, _: &str, segments: Vec<Segment>) -> BoxFuture<'_, Result<u32, EngineError>> {
        let bytes: usize = segments.iter().map(|segment| segment.text.len()).sum();
        async move { Ok(u32::try_from(bytes).unwrap()) }.boxed()
    }

    fn tokenize(&self, _: &str, tokenize: Tokenize) -> BoxFuture<'_, Result<Vec<TokenPiece>, EngineError>> {
        let pieces = tokenize.text.bytes().map(|byte| TokenPiece { id: byte.into(), bytes: vec![byte] });
        let pieces = pieces.collect();
        async move { Ok(pieces) }.boxed()
    }

    fn detokenize(&self, _: &str, tokens: Vec<i32>) -> BoxFuture<'_, Result<String, EngineError>> {
        let text = tokens.into_iter().map(|token| char::from(u8::try_from(token).unwrap())).collect();
        async move { Ok(text) }.boxed()
    }

    fn embed(&self, _: &str, texts: Vec<String>) -> BoxFuture<'_, Result<Embedded, EngineError>> {
        let vectors = texts.iter().map(|_| vec![0.6, 0.8]).collect();
        async move { Ok(Embedded { vectors, tokens: 5 }) }.boxed()
    }
}

struct Server {
    router: Router,
    engine: Arc<FakeEngine>,
    host: Arc<TestHost>,
}

fn info() -> ModelInfo {
    let mut info = FakeEngine::qwen();
    info.special_tokens.extend(["<|im_start|>", "<|im_end|>", "<tool_call>"].map(str::to_owned));
    ModelInfo { chat_template: Some(TEMPLATE.into()), ..info }
}

fn server(script: impl Fn(&GenerateRequest) -> Script + Send + Sync + 'static) -> Server {
    let engine = Arc::new(FakeEngine::new(info(), script));
    let host = Arc::new(TestHost::default());
    let router =
        router(engine.clone(), host.clone(), Access::default(), "0.0.0", Router::new(), Router::new())
            .unwrap();
    Server { router, engine, host }
}

fn saying(text: &'static str) -> Server {
    server(move |_| Script::Text(text.into()))
}

impl Server {
    async fn send(&self, method: &str, path: &str, body: Value) -> (StatusCode, String) {
        let request = Request::builder().method(method).uri(path).body(Body::from(body.to_string())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        let (status, text) = self.send("POST", path, body).await;
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    async fn ok(&self, path: &str, body: Value) -> Value {
        let (status, value) = self.post(path, body).await;
        assert_eq!(status, StatusCode::OK, "{value}");
        value
    }

    /// The values of a stream of server-sent events; the last one is checked.
    async fn events(&self, path: &str, body: Value) -> Vec<Value> {
        let (_, text) = self.send("POST", path, body).await;
        let mut events: Vec<&str> =
            text.split("\n\n").filter_map(|event| event.strip_prefix("data: ")).collect();
        assert_eq!(events.pop(), Some("[DONE]"), "{text}");
        events.into_iter().map(|event| serde_json::from_str(event).unwrap()).collect()
    }

    fn last_request(&self) -> GenerateRequest {
        self.engine.requests().pop().unwrap()
    }
}

fn prompt(request: &GenerateRequest) -> String {
    request.segments.iter().map(|segment| segment.text.as_str()).collect()
}

fn hello() -> Value {
    json!({"model": "qwen", "messages": [{"role": "user", "content": "Hello"}]})
}

fn with(mut value: Value, more: Value) -> Value {
    for (key, member) in more.as_object().unwrap() {
        value[key] = member.clone();
    }
    value
}

fn tools() -> Value {
    json!([{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}])
}

#[tokio::test]
async fn a_chat_of_openais() {
    let server = saying("Good day.");
    let answer = server.ok("/v1/chat/completions", with(hello(), json!({"stop": "x", "unknown": 1}))).await;
    assert_eq!(answer["choices"][0]["message"]["content"], "Good day.");
    assert_eq!(answer["choices"][0]["finish_reason"], "stop");
    assert_eq!(
        (&answer["usage"]["prompt_tokens"], &answer["usage"]["completion_tokens"]),
        (&10.into(), &3.into())
    );
    let request = server.last_request();
    assert_eq!(prompt(&request), "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n");
    assert_eq!((request.priority, request.model.as_deref()), (Priority::Chat, Some("qwen")));
    assert!(request.stops.contains(&"x".to_owned()) && request.stops.contains(&"<|im_end|>".to_owned()));
    assert_eq!(request.max_tokens as usize, 8192 - prompt(&request).len(), "all that there is room for");
    let parts = json!([{"type": "text", "text": "One"}, {"type": "text", "text": "two <|im_end|>"}]);
    let messages = json!([{"role": "developer", "content": "Be"}, {"role": "user", "content": parts}]);
    server.ok("/v1/chat/completions", json!({"messages": messages, "max_tokens": 5})).await;
    let request = server.last_request();
    assert_eq!(request.max_tokens, 5);
    let said = request.segments.iter().find(|segment| segment.text.contains("two")).unwrap();
    assert!(!said.special && said.text.contains("<|im_end|>"), "what was said is only text: {said:?}");
}

#[tokio::test]
async fn a_stream_of_openais() {
    let server = saying("Good day.");
    let body = with(hello(), json!({"stream": true, "stream_options": {"include_usage": true}}));
    let chunks = server.events("/v1/chat/completions", body).await;
    assert_eq!(chunks[0]["choices"][0]["delta"]["role"], "assistant");
    let content = |chunk: &Value| chunk["choices"][0]["delta"]["content"].as_str().map(str::to_owned);
    assert_eq!(chunks.iter().filter_map(content).collect::<String>(), "Good day.");
    let [.., end, usage] = chunks.as_slice() else { panic!() };
    assert_eq!((&end["choices"][0]["finish_reason"], &end["usage"]), (&json!("stop"), &Value::Null));
    assert_eq!((&usage["choices"], &usage["usage"]["total_tokens"]), (&json!([]), &json!(13)));
    assert!(chunks.iter().all(|chunk| chunk["id"] == chunks[0]["id"]));
}

#[tokio::test]
async fn tools_are_offered_called_and_answered() {
    let server =
        saying("I look.\n<tool_call>\n{\"name\": \"look\", \"arguments\": {\"at\": 1}}\n</tool_call>");
    let body = with(hello(), json!({"tools": tools()}));
    let answer = server.ok("/v1/chat/completions", body.clone()).await;
    assert!(
        prompt(&server.last_request())
            .starts_with("{\"type\": \"function\", \"function\": {\"name\": \"look\"")
    );
    let choice = &answer["choices"][0];
    assert_eq!(
        (&choice["message"]["content"], &choice["finish_reason"]),
        (&json!("I look."), &json!("tool_calls"))
    );
    let call = &choice["message"]["tool_calls"][0];
    assert_eq!(
        (&call["function"]["name"], &call["function"]["arguments"]),
        (&json!("look"), &json!("{\"at\":1}"))
    );
    let streamed = server.events("/v1/chat/completions", with(body.clone(), json!({"stream": true}))).await;
    let calls: Vec<&Value> = streamed
        .iter()
        .map(|chunk| &chunk["choices"][0]["delta"]["tool_calls"][0])
        .filter(|it| !it.is_null())
        .collect();
    assert_eq!(
        (calls.len(), &calls[0]["index"], &calls[0]["function"]["name"]),
        (1, &json!(0), &json!("look"))
    );
    let messages = json!([
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": null, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "x", "content": "a door"},
    ]);
    server.ok("/v1/chat/completions", with(body.clone(), json!({"messages": messages}))).await;
    let asked = prompt(&server.last_request());
    assert!(asked.contains("assistant\nlook<|im_end|>\n<|im_start|>tool\na door<|im_end|>"), "{asked}");
    let ollama = server.ok("/api/chat", with(body, json!({"stream": false}))).await;
    assert_eq!(
        ollama["message"]["tool_calls"][0]["function"],
        json!({"name": "look", "arguments": {"at": 1}})
    );
}

#[tokio::test]
async fn a_call_that_must_come_is_written_by_a_grammar() {
    let server = saying("{\"name\": \"look\", \"arguments\": {}}");
    let body = with(hello(), json!({"tools": tools(), "tool_choice": "required"}));
    let answer = server.ok("/v1/chat/completions", body).await;
    assert_eq!(answer["choices"][0]["message"]["tool_calls"][0]["function"]["name"], "look");
    let request = server.last_request();
    assert!(prompt(&request).ends_with("assistant\n<tool_call>\n") && request.grammar.is_some());
    let none = with(hello(), json!({"tools": tools(), "tool_choice": "none"}));
    server.ok("/v1/chat/completions", none).await;
    assert!(prompt(&server.last_request()).starts_with("<|im_start|>user"), "none are shown");
}

#[tokio::test]
async fn json_schemas_become_grammars() {
    let server = saying("{}");
    let schema = json!({"type": "object", "properties": {"z": {}, "a": {}}});
    let format =
        json!({"type": "json_schema", "json_schema": {"name": "x", "strict": true, "schema": schema}});
    server.ok("/v1/chat/completions", with(hello(), json!({"response_format": format}))).await;
    let Some(Grammar::JsonSchema(sent)) = server.last_request().grammar else { panic!() };
    assert_eq!(sent.to_string(), schema.to_string(), "the order of members too");
    server.ok("/api/chat", with(hello(), json!({"format": schema, "stream": false}))).await;
    assert_eq!(server.last_request().grammar, Some(Grammar::JsonSchema(schema)));
    server.ok("/api/generate", json!({"prompt": "x", "format": "json", "stream": false})).await;
    assert_eq!(server.last_request().grammar, Some(Grammar::JsonSchema(json!({"type": "object"}))));
}

#[tokio::test]
async fn completions_with_and_without_a_suffix() {
    let server = saying("b");
    let answer = server.ok("/v1/completions", json!({"prompt": "a = ", "suffix": "\nc"})).await;
    assert_eq!((&answer["choices"][0]["text"], &answer["object"]), (&json!("b"), &json!("text_completion")));
    let request = server.last_request();
    assert_eq!(prompt(&request), "<|fim_prefix|>a = <|fim_suffix|>\nc<|fim_middle|>");
    assert_eq!((request.priority, request.max_tokens), (Priority::Interactive, 16));
    let answer = server.ok("/v1/completions", json!({"prompt": ["a <|fim_middle|>"], "echo": true})).await;
    assert_eq!(answer["choices"][0]["text"], "a <|fim_middle|>b");
    let request = server.last_request();
    assert_eq!((request.segments.len(), request.segments[0].special), (1, false));
    // A prompt in the model's own format, as Zed writes it.
    server.ok("/v1/completions", json!({"prompt": "<|fim_prefix|>x<|fim_suffix|>y<|fim_middle|>"})).await;
    let request = server.last_request();
    assert_eq!((request.segments.len(), request.priority), (5, Priority::Interactive));
    server.ok("/api/generate", json!({"prompt": "a", "suffix": "b", "stream": false})).await;
    assert_eq!(prompt(&server.last_request()), "<|fim_prefix|>a<|fim_suffix|>b<|fim_middle|>");
}

#[tokio::test]
async fn ollamas_calls() {
    let server = saying("Good day.");
    let (_, text) = server.send("POST", "/api/chat", with(hello(), json!({"keep_alive": "5m"}))).await;
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let said = |line: &Value| line["message"]["content"].as_str().unwrap().to_owned();
    assert_eq!(lines.iter().map(said).collect::<String>(), "Good day.");
    let end = lines.last().unwrap();
    assert_eq!(
        (&end["done"], &end["done_reason"], &end["eval_count"]),
        (&json!(true), &json!("stop"), &json!(3))
    );
    assert_eq!((&end["prompt_eval_count"], &end["eval_duration"]), (&json!(10), &json!(1_000_000)));
    assert_eq!(
        server.host.kept.lock().unwrap().pop(),
        Some(("qwen".into(), KeepAlive::For(Duration::from_secs(300))))
    );
    for think in [json!(true), json!("high"), json!(false)] {
        server.ok("/api/chat", with(hello(), json!({"think": think, "stream": false}))).await;
    }
    let options = json!({"temperature": 0, "num_predict": 7, "stop": ["x"], "num_ctx": 1});
    let body = json!({"model": "qwen", "prompt": "Hi", "system": "Be", "options": options, "stream": false});
    let answer = server.ok("/api/generate", body).await;
    assert_eq!((&answer["response"], &answer["done"]), (&json!("Good day."), &json!(true)));
    let request = server.last_request();
    assert_eq!(request.max_tokens, 7);
    assert!(prompt(&request).starts_with("<|im_start|>system\nBe<|im_end|>"));
    let loaded = server.ok("/api/generate", json!({"model": "qwen"})).await;
    assert_eq!(loaded["done_reason"], "load");
    let unloaded = server.ok("/api/chat", json!({"model": "qwen", "keep_alive": 0})).await;
    assert_eq!(unloaded["done_reason"], "unload");
    let shown = server.ok("/api/show", json!({"model": "qwen"})).await;
    assert_eq!(shown["capabilities"], json!(["completion", "tools", "insert"]));
    assert_eq!(shown["model_info"]["qwen2.context_length"], 32_768);
    let (_, pulled) = server.send("POST", "/api/pull", json!({"model": "qwen"})).await;
    assert!(pulled.contains("\"completed\":1") && pulled.ends_with("{\"status\":\"success\"}\n"), "{pulled}");
    let (status, tags) = server.send("GET", "/api/tags", Value::Null).await;
    assert!(status == StatusCode::OK && tags.contains("2023-11-14T22:13:20Z"), "{tags}");
    let embedded = server.ok("/api/embed", json!({"model": "qwen", "input": ["a", "b"]})).await;
    assert_eq!(embedded["embeddings"].as_array().unwrap().len(), 2);
    assert_eq!(server.send("DELETE", "/api/delete", json!({"model": "qwen"})).await.0, StatusCode::OK);
}

#[tokio::test]
async fn llama_servers_calls() {
    let server = saying("b\nc");
    let body = json!({"input_prefix": "a\n", "prompt": "x", "input_suffix": "\n", "n_predict": 9,
        "response_fields": ["content", "timings/predicted_n", "truncated"]});
    let answer = server.ok("/infill", body).await;
    assert_eq!(answer, json!({"content": "b\nc", "timings/predicted_n": 1, "truncated": false}));
    assert_eq!(prompt(&server.last_request()), "<|fim_prefix|>a\nx<|fim_suffix|>\n<|fim_middle|>");
    server.ok("/infill", json!({"input_prefix": "a", "n_predict": 0})).await;
    assert_eq!((server.last_request().max_tokens, server.last_request().priority), (0, Priority::Ahead));
    let tokens = server.ok("/tokenize", json!({"content": "ab", "with_pieces": true})).await;
    assert_eq!(tokens["tokens"][1], json!({"id": 98, "piece": "b"}));
    assert_eq!(server.ok("/detokenize", json!({"tokens": [97, 98]})).await["content"], "ab");
    let (_, metrics) = server.send("GET", "/metrics", Value::Null).await;
    assert!(metrics.contains("\nllamacpp:tokens_predicted_total 2\n"), "{metrics}");
    assert!(metrics.contains("\nllamacpp:requests_processing 0\n"), "{metrics}");
    assert_eq!(server.send("GET", "/health", Value::Null).await.1, r#"{"status":"ok"}"#);
    let (_, props) = server.send("GET", "/props", Value::Null).await;
    assert!(props.contains("\"n_ctx\":8192"), "{props}");
}

#[tokio::test]
async fn what_is_wrong_is_said_in_the_dialect_with_the_right_status() {
    let server = saying("x");
    let chat = |more: Value| with(hello(), more);
    let cases: Vec<(&str, Value, u16, &str)> = vec![
        ("/v1/chat/completions", chat(json!({"temperature": -1})), 400, "temperature"),
        ("/v1/chat/completions", chat(json!({"n": 2})), 400, "one answer"),
        ("/v1/chat/completions", chat(json!({"max_tokens": 0})), 400, "max_tokens"),
        ("/v1/chat/completions", chat(json!({"model": "other"})), 404, "model_not_found"),
        ("/v1/chat/completions", chat(json!({"messages": []})), 400, "no question"),
        ("/v1/chat/completions", chat(json!({"messages": 1})), 400, "not the JSON"),
        (
            "/v1/chat/completions",
            chat(json!({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]})),
            400,
            "image_url",
        ),
        (
            "/v1/chat/completions",
            chat(json!({"messages": [{"role": "user", "content": "long ".repeat(3000)}]})),
            400,
            "context_length_exceeded",
        ),
        (
            "/v1/chat/completions",
            chat(json!({"tools": tools(), "tool_choice": {"type": "function", "function": {"name": "no"}}})),
            400,
            "tool_choice",
        ),
        ("/v1/completions", json!({"prompt": [1, 2]}), 400, "prompt"),
        ("/v1/nothing", json!({}), 404, "unknown_url"),
        (
            "/api/chat",
            json!({"model": "other", "messages": [{"role": "user", "content": "x"}]}),
            404,
            "no model called other",
        ),
        ("/api/generate", json!({"prompt": "x", "images": ["x"]}), 400, "images"),
        ("/api/generate", json!({"prompt": "x", "keep_alive": "soon"}), 400, "keep_alive"),
        ("/api/copy", json!({"source": "qwen", "destination": "taken"}), 400, "taken"),
        ("/api/pull", json!({"model": "other"}), 404, "no such model"),
        ("/infill", json!({"input_prefix": 1}), 400, "not the JSON"),
        ("/nothing", json!({}), 404, "there is no /nothing"),
    ];
    for (path, body, status, words) in cases {
        let (got, value) = server.post(path, body.clone()).await;
        assert_eq!(got.as_u16(), status, "{path} {body}: {value}");
        assert!(value.to_string().contains(words), "{path} {body}: {value}");
        let message = match path {
            path if path.starts_with("/v1") => {
                value["error"]["type"].is_string() && value["error"]["message"].is_string()
            }
            path if path.starts_with("/api") => value["error"].is_string(),
            _ => value["error"]["code"] == status,
        };
        assert!(message, "{path}: {value}");
    }
    assert!(server.engine.requests().is_empty(), "nothing reached the engine");
    assert_eq!(server.send("GET", "/v1/completions", Value::Null).await.0, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_model_without_a_place_for_tools_or_for_code_says_so() {
    let info = ModelInfo { chat_template: Some("{{ messages[0].content }}".into()), ..ModelInfo::default() };
    let engine = Arc::new(FakeEngine::new(info, |_| Script::Text("x".into())));
    let host = Arc::new(TestHost::default());
    let router =
        router(engine.clone(), host.clone(), Access::default(), "0.0.0", Router::new(), Router::new())
            .unwrap();
    let server = Server { router, engine, host };
    let (status, value) = server.post("/v1/chat/completions", with(hello(), json!({"tools": tools()}))).await;
    assert!(
        status == StatusCode::BAD_REQUEST && value.to_string().contains("does not support tools"),
        "{value}"
    );
    let (status, value) = server.post("/infill", json!({"input_prefix": "a"})).await;
    assert!(status == StatusCode::BAD_REQUEST && value.to_string().contains("fill-in-the-middle"), "{value}");
}

#[tokio::test]
async fn a_client_that_leaves_stops_the_engine() {
    for stream in [true, false] {
        let server = server(|_| Script::Begin("Good".into()));
        let body = with(hello(), json!({"stream": stream})).to_string();
        let request = Request::post("/v1/chat/completions").body(Body::from(body)).unwrap();
        let call = server.router.clone().oneshot(request);
        if stream {
            let response = call.await.unwrap();
            let mut chunks = response.into_body().into_data_stream();
            assert!(chunks.next().await.is_some());
            drop(chunks);
        } else {
            let call = tokio::spawn(call);
            server.engine.wait_until(|counts| counts.started == 1).await;
            call.abort();
        }
        server.engine.wait_until(|counts| counts.stopped == 1).await;
    }
}

#[tokio::test]
async fn a_failure_in_the_middle_comes_within_the_stream_and_one_before_has_a_status() {
    let server = server(|_| Script::Fail(EngineError::Failed { reason: "no luck".into() }));
    let (status, value) = server.post("/v1/chat/completions", with(hello(), json!({"stream": true}))).await;
    assert_eq!(
        (status, value["error"]["type"].as_str()),
        (StatusCode::INTERNAL_SERVER_ERROR, Some("server_error"))
    );
    let (status, value) = server.post("/api/chat", hello()).await;
    assert_eq!(
        (status, value["error"].as_str()),
        (StatusCode::INTERNAL_SERVER_ERROR, Some("the engine failed: no luck"))
    );
}
