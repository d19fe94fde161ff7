//! The line on a scripted engine, and what is kept of it. Must not need a model.

use super::*;
use crate::chat::prompt::Turn;
use crate::chat::record;
use crate::chat::store::{MessageState, NewMessage, Store};
use engine::{FakeEngine, Script};
use expect_test::expect;

const TEMPLATE: &str = "{{ bos_token }}{% for message in messages %}<|{{ message.role }}|>{{ message.content }}<|end|>{% endfor %}<|assistant|>";

fn model() -> ModelInfo {
    let special = ["<s>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"];
    ModelInfo {
        name: "m".into(),
        context_tokens: 4096,
        chat_context_tokens: 2048,
        special_tokens: special.into_iter().map(str::to_owned).collect(),
        bos_token: Some("<s>".into()),
        eos_token: Some("<|eos|>".into()),
        chat_template: Some(TEMPLATE.into()),
        ..ModelInfo::default()
    }
}

fn request(turns: Vec<Turn>) -> ChatRequest {
    ChatRequest {
        model: None,
        conversation: Conversation { turns, ..Conversation::default() },
        answer_tokens: 256,
        began: DateTime::constant(2025, 3, 9, 14, 5, 7, 0),
        thinking: None,
    }
}

fn question(text: &str) -> Vec<Turn> {
    vec![Turn { id: 1, question: text.into(), ..Turn::default() }]
}

fn engine(info: ModelInfo, script: Script) -> Arc<FakeEngine> {
    Arc::new(FakeEngine::new(info, move |_| script.clone()))
}

fn start(
    engine: &Arc<FakeEngine>,
    request: ChatRequest,
    cancel: &CancellationToken,
) -> BoxStream<'static, ChatEvent> {
    ask(engine.clone(), Arc::new(Measure::default()), request, cancel.clone())
}

/// The events without times.
fn shown(events: &[ChatEvent]) -> String {
    let mut out = String::new();
    for event in events {
        out.push_str(&match event {
            ChatEvent::Finished(stats) => format!(
                "Finished {:?}, {} tokens, prompt {}, first token {}, only thoughts {}\n",
                stats.end,
                stats.tokens,
                stats.prompt_tokens,
                stats.first_token_ms.is_some(),
                stats.only_thoughts
            ),
            ChatEvent::Started(started) => {
                format!("Started {} {:?}\n", started.prompt_tokens, started.header.notices)
            }
            event => format!("{event:?}\n"),
        });
    }
    out
}

#[tokio::test]
async fn an_answer_comes_with_thoughts_apart_and_what_it_cost() {
    let engine = engine(model(), Script::Text("<think>\nHm, so.\n</think>\n\nIt is `4`.".into()));
    let events: Vec<_> =
        start(&engine, request(question("What is <|end|>?")), &CancellationToken::new()).collect().await;
    expect![[r#"
        Started 10 []
        Thinking { text: "Hm," }
        Thinking { text: " so." }
        Text { text: "It" }
        Text { text: " is " }
        Text { text: "`4`." }
        Finished Done, 9 tokens, prompt 10, first token true, only thoughts false
    "#]]
    .assert_eq(&shown(&events));
    let asked = engine.requests().remove(0);
    let special: Vec<_> = asked.segments.iter().filter(|it| it.special).map(|it| it.text.as_str()).collect();
    assert_eq!(special, ["<s><|system|>", "<|end|><|user|>", "<|end|><|assistant|>"]);
    assert_eq!(asked.segments[3].text, "What is <|end|>?");
    assert_eq!(asked.priority, Priority::Chat);
    assert_eq!((asked.stops, asked.max_tokens), (vec!["<|end|>".into(), "<|eos|>".into()], 256));
}

#[tokio::test]
async fn what_is_stopped_keeps_what_came() {
    let engine = engine(model(), Script::Begin("One, two, three".into()));
    let cancel = CancellationToken::new();
    let mut events = start(&engine, request(question("Count.")), &cancel);
    let mut all = Vec::new();
    while let Some(event) = events.next().await {
        if event == (ChatEvent::Text { text: "hree".into() })
            || event == (ChatEvent::Text { text: "ree".into() })
        {
            cancel.cancel();
        }
        all.push(event);
    }
    expect![[r#"
        Started 10 []
        Text { text: "One," }
        Text { text: " two" }
        Text { text: ", th" }
        Text { text: "ree" }
        Finished Stopped, 4 tokens, prompt 10, first token true, only thoughts false
    "#]]
    .assert_eq(&shown(&all));
    drop(events);
    engine.wait_until(|counts| counts.stopped == 1).await;
}

#[tokio::test]
async fn dropping_the_events_stops_the_engine() {
    let engine = engine(model(), Script::Hang);
    let mut events = start(&engine, request(question("Count.")), &CancellationToken::new());
    assert!(events.next().now_or_never().is_none());
    drop(events);
    engine.wait_until(|counts| counts.stopped == 1).await;
}

#[tokio::test]
async fn every_failure_is_told() {
    let failed = EngineError::Failed { reason: "out of memory".into() };
    let refusing = ModelInfo { chat_template: Some("{{ raise_exception('no') }}".into()), ..model() };
    let without = ModelInfo { chat_template: None, ..model() };
    let text = || Script::Text("Yes.".into());
    let cases = [
        (model(), Script::Fail(failed), question("a")),
        (refusing, text(), question("a")),
        (model(), text(), Vec::new()),
        (model(), text(), question(&"long ".repeat(4000))),
        (without, text(), question("a")),
        (model(), Script::Text("<think>and so on".into()), question("a")),
        (model(), Script::Text(String::new()), question("a")),
    ];
    let mut out = String::new();
    for (info, script, turns) in cases {
        let events: Vec<_> =
            start(&engine(info, script), request(turns), &CancellationToken::new()).collect().await;
        out.push_str(&shown(&events));
        out.push_str("--\n");
    }
    expect![[r#"
        Failed(Engine(Failed { reason: "out of memory" }))
        --
        Failed(Template("the chat template of m refuses the conversation: no. A new conversation may be accepted"))
        --
        Failed(Prompt("there is no question to answer"))
        --
        Failed(Prompt("the question with what is attached has about 6367 tokens, and there is room for 1792. Mention less, such as a part of a file (@file:10-40), or shorten the rules"))
        --
        Started 10 ["The model's file has no chat template, so it may not be made for conversations: its answers can be poor. An instruct model, such as qwen2.5-coder-1.5b, has one."]
        Text { text: "Yes." }
        Finished Done, 1 tokens, prompt 10, first token true, only thoughts false
        --
        Started 10 []
        Thinking { text: "a" }
        Thinking { text: "nd s" }
        Thinking { text: "o on" }
        Finished Done, 4 tokens, prompt 10, first token true, only thoughts true
        --
        Started 10 []
        Finished Done, 0 tokens, prompt 10, first token false, only thoughts false
        --
    "#]].assert_eq(&out);
}

#[tokio::test]
async fn a_prompt_that_was_estimated_too_small_is_built_again() {
    let mut turns: Vec<Turn> = (1..=8)
        .map(|id| Turn { id, question: "q ".repeat(140), answer: "a ".repeat(140), ..Turn::default() })
        .collect();
    turns.extend(question("And now?").into_iter().map(|turn| Turn { id: 9, ..turn }));
    let engine = Arc::new(FakeEngine::new(model(), |request| {
        let bytes: usize = request.segments.iter().map(|segment| segment.text.len()).sum();
        // This vocabulary has two bytes a token.
        let tokens = u32::try_from(bytes / 2).unwrap();
        match tokens {
            0..=1792 => Script::Text("Fits.".into()),
            _ => Script::Fail(EngineError::ContextOverflow { tokens, limit: 1792 }),
        }
    }));
    let events: Vec<_> = start(&engine, request(turns), &CancellationToken::new()).collect().await;
    assert_eq!(engine.requests().len(), 2);
    let ChatEvent::Started(started) = &events[0] else { panic!("{events:?}") };
    assert!(started.header.compacted().is_some());
    assert!(events.contains(&ChatEvent::Text { text: "Fits".into() }), "{events:?}");
}

#[tokio::test]
async fn a_conversation_goes_on_in_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(&folder.path().join("chat.db")).unwrap());
    let session = store.create_session(None).unwrap();
    let engine = engine(model(), Script::Text("<think>Hm.</think>Yes.".into()));
    for text in ["First?", "Second?"] {
        store.add_question(session, &NewMessage { text: text.into(), ..NewMessage::default() }).unwrap();
        let mut turns: Vec<Turn> = Vec::new();
        for message in store.messages(session).unwrap() {
            match (message.role, turns.last_mut()) {
                (crate::chat::store::Role::Assistant, Some(turn)) => turn.answer = message.text,
                _ => turns.push(Turn { id: message.id.0, question: message.text, ..Turn::default() }),
            }
        }
        let answer = store.begin_answer(session).unwrap();
        let events = start(&engine, request(turns), &CancellationToken::new());
        let kept = record(store.clone(), session, answer, events, |error| panic!("{error}"));
        let _: Vec<_> = kept.collect().await;
    }
    let said: Vec<_> = store
        .messages(session)
        .unwrap()
        .into_iter()
        .map(|message| (message.text, message.thinking, message.state, message.stats.is_some()))
        .collect();
    let answer = || ("Yes.".to_owned(), "Hm.".to_owned(), MessageState::Done, true);
    let asked = |text: &str| (text.to_owned(), String::new(), MessageState::Done, false);
    assert_eq!(said, [asked("First?"), answer(), asked("Second?"), answer()]);
    let last: String = engine.requests()[1].segments.iter().map(|segment| segment.text.as_str()).collect();
    assert!(
        last.ends_with("<|user|>First?<|end|><|assistant|>Yes.<|end|><|user|>Second?<|end|><|assistant|>"),
        "{last}"
    );
    assert_eq!(
        store.compaction(session).unwrap(),
        Some(serde_json::to_value(Compaction::default()).unwrap())
    );
}

#[tokio::test]
async fn an_answer_that_nobody_reads_any_more_is_kept_as_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(&folder.path().join("chat.db")).unwrap());
    let session = store.create_session(None).unwrap();
    let answer = store.begin_answer(session).unwrap();
    let engine = engine(model(), Script::Begin("One, two".into()));
    let events = start(&engine, request(question("Count.")), &CancellationToken::new());
    let mut kept = record(store.clone(), session, answer, events, |error| panic!("{error}"));
    while let Some(event) = kept.next().await {
        if event == (ChatEvent::Text { text: " two".into() }) {
            break;
        }
    }
    drop(kept);
    let message = store.message(answer).unwrap();
    assert_eq!((message.text.as_str(), message.state), ("One, two", MessageState::Stopped));
}
