//! Providers over a loopback connection: what is sent, what comes of each answer, and what of each fault. Nothing here leaves the machine.

mod faults;
mod sent;
mod server;

use crate::options::{Completion, EngineOptions, Kind, ModelOptions, Proxy, Timeouts};
use crate::remote::{RemoteEngine, RemoteModel};
use crate::secret::Secret;
use engine::{
    CancellationToken, ChatMessage, ChatRole, Engine, EngineError, Event, Fill, FillExtra, Finish,
    GenerateRequest, Priority, PromptStats, RemoteCause, Segment,
};
use futures::StreamExt;
use std::sync::Arc;
use std::time::Duration;

/// A key that must show nowhere.
const KEY: &str = "sk-test-0123456789abcdef";

/// Long enough for a busy machine where an answer comes, short where none does.
const SHORT: Duration = Duration::from_millis(400);
const LONG: Duration = Duration::from_secs(30);

fn options(kind: Kind, port: u16) -> EngineOptions {
    let v1 = if kind == Kind::OpenAi { "/v1" } else { "" };
    EngineOptions {
        name: "provider".to_owned(),
        kind,
        base_url: format!("http://127.0.0.1:{port}{v1}"),
        key: Arc::new(|| Ok(Some(Secret::new(KEY)))),
        headers: Vec::new(),
        session_header: None,
        api_version: None,
        timeouts: Timeouts { connect: LONG, first_token: LONG, between_tokens: LONG },
        retries: 0,
        proxy: Proxy::Environment,
        certificates: None,
    }
}

fn model(options: EngineOptions, completion: Completion) -> RemoteModel {
    RemoteEngine::new(options).model(ModelOptions {
        name: "mine".to_owned(),
        model: "theirs".to_owned(),
        completion,
        context_tokens: 8192,
        temperature: None,
    })
}

fn chat() -> GenerateRequest {
    let message = |role, text: &str| ChatMessage { role, text: text.to_owned() };
    GenerateRequest {
        messages: vec![message(ChatRole::System, "Be brief."), message(ChatRole::User, "Hello?")],
        priority: Priority::Chat,
        ..request()
    }
}

fn fill() -> GenerateRequest {
    let extra = vec![FillExtra { name: "tax.py".to_owned(), text: "RATE = 0.2\n".to_owned() }];
    let fill = Fill { prefix: "return ".to_owned(), suffix: "\n".to_owned(), extra };
    GenerateRequest { fill: Some(fill), ..request() }
}

fn text() -> GenerateRequest {
    let segments = vec![Segment { text: "<P>return <S>\n<M>".to_owned(), special: true }];
    GenerateRequest { segments, stops: vec!["<P>".to_owned()], ..request() }
}

fn request() -> GenerateRequest {
    let json = serde_json::json!({
        "model": null, "segments": [], "max_tokens": 64, "sampler": "greedy", "avoid": [], "stops": [],
    });
    serde_json::from_value(json).unwrap()
}

/// All of an answer.
#[derive(Debug, Default)]
struct Heard {
    text: String,
    prompt: PromptStats,
    finish: Option<Finish>,
    error: Option<EngineError>,
}

impl Heard {
    fn cause(&self) -> Option<RemoteCause> {
        match &self.error {
            Some(EngineError::Remote(remote)) => Some(remote.cause),
            _ => None,
        }
    }
}

async fn hear(engine: &dyn Engine, request: GenerateRequest) -> Heard {
    let mut heard = Heard::default();
    let mut events = engine.generate(request, CancellationToken::new());
    while let Some(event) = events.next().await {
        assert!(heard.error.is_none() && heard.finish.is_none(), "something after the end: {event:?}");
        match event {
            Ok(Event::Token { text, .. }) => heard.text.push_str(&text),
            Ok(Event::Prompt(stats)) => heard.prompt = stats,
            Ok(Event::Finished(finish)) => heard.finish = Some(finish),
            Ok(_) => {}
            Err(error) => heard.error = Some(error),
        }
    }
    let shown = format!("{heard:?} {}", heard.error.as_ref().map(ToString::to_string).unwrap_or_default());
    assert!(!shown.contains(KEY), "the key shows: {shown}");
    heard
}
