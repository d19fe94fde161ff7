//! The completion line on a scripted engine: what is asked, what is remembered, what ends.

use super::{Answer, Completer, Request, Settings, Silence, Source};
use context::Workspace;
use documents::{Change, DocumentId, DocumentStore};
use engine::{
    CancellationToken, Engine, EngineError, EventStream, FakeEngine, GenerateRequest, Input, ModelInfo,
    RemoteCause, Script,
};
use futures::future::BoxFuture;
use std::path::Path;
use std::sync::Arc;
use text::PositionEncoding;

struct Bench {
    engine: Arc<FakeEngine>,
    completer: Completer,
    workspace: Arc<Workspace>,
    documents: DocumentStore,
    id: DocumentId,
    cursor: usize,
}

/// Nothing is computed ahead, so that each call of the engine is one that was asked for.
fn bench(source: &str, info: ModelInfo, script: Script) -> Bench {
    bench_with(source, info, Settings { ahead: false, ..Settings::default() }, script)
}

fn bench_with(source: &str, info: ModelInfo, settings: Settings, script: Script) -> Bench {
    let fixture = test_fixture::cursor(source);
    let engine = Arc::new(FakeEngine::new(info, move |_| script.clone()));
    let workspace = Arc::<Workspace>::default();
    let completer = Completer::new(engine.clone(), settings, workspace.clone());
    let documents = DocumentStore::default();
    let id = DocumentId::new("file:///a.py");
    documents.open(id.clone(), "python", 1, &fixture.text);
    Bench { engine, completer, workspace, documents, id, cursor: fixture.cursor }
}

impl Bench {
    fn request(&self) -> Request {
        let snapshot = self.documents.snapshot(&self.id).unwrap();
        Request { snapshot, cursor: self.cursor, suggestions: 1 }
    }

    async fn complete(&self) -> Answer {
        self.completer.complete(self.request(), CancellationToken::new()).await
    }

    fn type_text(&mut self, typed: &str) {
        let at =
            self.documents.snapshot(&self.id).unwrap().text.position_of(self.cursor, PositionEncoding::Utf8);
        let change = Change { range: Some((at, at)), text: typed.to_owned() };
        self.documents.change(&self.id, 2, &[change], PositionEncoding::Utf8).unwrap();
        self.cursor += typed.len();
    }

    fn calls(&self) -> usize {
        self.engine.requests().len()
    }
}

fn texts(answer: &Answer) -> Vec<&str> {
    answer.suggestions.iter().map(|suggestion| suggestion.text.as_str()).collect()
}

#[tokio::test]
async fn the_prompt_has_the_code_around_the_cursor_between_the_models_tokens() {
    let bench = bench("x = 1\ny = $0\nz = 3\n", FakeEngine::qwen(), Script::Text("x + 1".into()));
    let answer = bench.complete().await;
    assert_eq!(texts(&answer), ["x + 1"]);
    let request = bench.engine.requests().remove(0);
    let prompt: Vec<(&str, bool)> =
        request.segments.iter().map(|segment| (segment.text.as_str(), segment.special)).collect();
    assert_eq!(
        prompt,
        [
            ("<|fim_prefix|>", true),
            ("x = 1\ny = ", false),
            ("<|fim_suffix|>", true),
            ("\nz = 3\n", false),
            ("<|fim_middle|>", true)
        ]
    );
}

#[tokio::test]
async fn typing_through_a_suggestion_asks_no_engine() {
    let mut bench = bench("x = 1\ny = $0\nz = 3\n", FakeEngine::qwen(), Script::Text("x + 1".into()));
    bench.complete().await;
    for (typed, rest) in [("x", " + 1"), (" +", " 1"), (" ", "1")] {
        bench.type_text(typed);
        let answer = bench.complete().await;
        assert_eq!(texts(&answer), [rest]);
        assert_eq!(answer.trace().source, Source::Memory);
    }
    assert_eq!(bench.calls(), 1);
    bench.type_text("9");
    bench.complete().await;
    assert_eq!(bench.calls(), 2, "what was typed is not what was suggested");
}

#[tokio::test]
async fn what_is_typed_through_stays_when_another_file_is_read_meanwhile() {
    let mut bench = bench("x = 1\ny = $0\nz = 3\n", FakeEngine::qwen(), Script::Text("x + 1".into()));
    bench.complete().await;
    bench.workspace.changed(Path::new("/other.py"));
    bench.type_text("x");
    let answer = bench.complete().await;
    assert_eq!((texts(&answer), answer.trace().source), (vec![" + 1"], Source::Memory));
    bench.complete().await;
    assert_eq!(bench.calls(), 1, "nothing changed since");
    bench.workspace.changed(Path::new("/other.py"));
    bench.cursor -= "x".len();
    let before = bench.documents.open(bench.id.clone(), "python", 3, "x = 1\ny = \nz = 3\n");
    bench.completer.complete(Request { snapshot: before, ..bench.request() }, CancellationToken::new()).await;
    assert_eq!(bench.calls(), 2, "the same question, when more is known");
}

#[tokio::test]
async fn another_model_is_asked_anew() {
    let bench = bench("x = 1\ny = $0\nz = 3\n", FakeEngine::qwen(), Script::Text("x + 1".into()));
    bench.complete().await;
    bench.completer.use_model("other".to_owned());
    bench.complete().await;
    let models: Vec<_> = bench.engine.requests().into_iter().map(|request| request.model).collect();
    assert_eq!(models, [None, Some("other".to_owned())]);
}

#[tokio::test]
async fn a_change_elsewhere_in_the_document_is_not_answered_from_memory() {
    let mut bench = bench("x = 1\ny = $0\nz = 3\n", FakeEngine::qwen(), Script::Text("x + 1".into()));
    bench.complete().await;
    let end = bench.cursor;
    bench.cursor = 4;
    bench.type_text("2");
    bench.cursor = end + 1;
    bench.complete().await;
    assert_eq!(bench.calls(), 2);
}

#[tokio::test]
async fn a_newer_request_elsewhere_ends_the_one_before_and_stops_its_engine_work() {
    let bench = bench("y = $0\n", FakeEngine::qwen(), Script::Hang);
    let mut first = Box::pin(bench.complete());
    assert!(futures::poll!(&mut first).is_pending());
    bench.engine.wait_until(|counts| counts.started == 1).await;
    let cancel = CancellationToken::new();
    let elsewhere = Request { cursor: 0, ..bench.request() };
    let (first, second, ()) =
        tokio::join!(first, bench.completer.complete(elsewhere, cancel.clone()), async {
            bench.engine.wait_until(|counts| counts.started == 2 && counts.stopped == 1).await;
            cancel.cancel();
        },);
    assert_eq!(first.silence, Some(Silence::Superseded));
    assert_eq!(second.silence, Some(Silence::Cancelled));
    bench.engine.wait_until(|counts| counts.stopped == 2).await;
}

#[tokio::test(start_paused = true)]
async fn typing_what_the_model_is_writing_joins_its_answer() {
    let mut bench = bench("x = 1\ny = $0\nz = 3\n", FakeEngine::qwen(), Script::Begin("x + 1".into()));
    let mut first = Box::pin(bench.completer.complete(bench.request(), CancellationToken::new()));
    assert!(futures::poll!(&mut first).is_pending());
    bench.engine.wait_until(|counts| counts.started == 1).await;
    drop(first);
    for typed in ["x", " "] {
        bench.type_text(typed);
        let mut next = Box::pin(bench.complete());
        assert!(futures::poll!(&mut next).is_pending());
        drop(next);
    }
    assert_eq!(bench.calls(), 1, "the same answer is still wanted");
    bench.type_text("-");
    let mut other = Box::pin(bench.complete());
    assert!(futures::poll!(&mut other).is_pending());
    bench.engine.wait_until(|counts| counts.started == 2 && counts.stopped == 1).await;
}

#[tokio::test(start_paused = true)]
async fn lines_that_are_whole_are_shown_in_time_and_the_rest_is_still_written() {
    let begun = "a = 1\n    b = 2\n    c =";
    let mut bench = bench("def f():\n    $0\n", FakeEngine::qwen(), Script::Begin(begun.into()));
    let answer = bench.complete().await;
    assert_eq!(texts(&answer), ["a = 1\n    b = 2"]);
    let told = answer.trace();
    assert!(told.tokens > 0 && told.model.is_some(), "what it cost so far: {told:?}");
    assert_eq!(answer.prompt_parts().len(), 5, "{:?}", answer.prompt_parts());
    assert_eq!(bench.engine.wait_until(|_| true).await.stopped, 0, "the model goes on");
    bench.type_text("a");
    let answer = bench.complete().await;
    assert_eq!((texts(&answer), answer.trace().source), (vec![" = 1\n    b = 2"], Source::Joined));
    assert_eq!(answer.trace().tokens, 0, "each token is told once");
    assert_eq!(bench.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_given_whole_where_the_time_was_not_the_models() {
    // Somebody asked, or nothing was to be in time.
    let begun = "a = 1\n    b = 2\n    c =";
    let settings = Settings { first_lines_within: None, ahead: false, ..Settings::default() };
    let bench = bench_with("def f():\n    $0\n", FakeEngine::qwen(), settings, Script::Begin(begun.into()));
    let waited = tokio::time::timeout(std::time::Duration::from_secs(60), bench.complete()).await;
    assert!(waited.is_err());
}

#[tokio::test]
async fn what_follows_an_accepted_suggestion_is_there_before_it_is_asked_for() {
    let fixture = test_fixture::cursor("x = 1\ny = $0\nz = 3\n");
    let engine = Arc::new(FakeEngine::new(FakeEngine::qwen(), |request| {
        let accepted = request.segments.iter().any(|segment| segment.text.contains("y = x + 1"));
        Script::Text(if accepted { "\nw = 2" } else { "x + 1" }.into())
    }));
    let workspace = Arc::<Workspace>::default();
    let completer = Completer::new(engine.clone(), Settings::default(), workspace.clone());
    let (documents, id) = (DocumentStore::default(), DocumentId::new("file:///a.py"));
    documents.open(id.clone(), "python", 1, &fixture.text);
    let mut bench = Bench { engine, completer, workspace, documents, id, cursor: fixture.cursor };
    assert_eq!(texts(&bench.complete().await), ["x + 1"]);
    bench.engine.wait_until(|counts| counts.started == 2).await;
    assert_eq!(bench.engine.requests()[1].priority, engine::Priority::Ahead);
    bench.type_text("x + 1");
    let next = bench.complete().await;
    assert_eq!(texts(&next), ["\nw = 2"]);
    assert_ne!(next.trace().source, Source::Engine);
    assert_eq!(bench.calls(), 2);
}

#[tokio::test]
async fn a_prompt_is_warmed_where_nobody_waits_for_an_answer() {
    let settings = Settings::default();
    let bench = bench_with("y = $0\n", FakeEngine::qwen(), settings, Script::Hang);
    bench.completer.warm(bench.request());
    bench.engine.wait_until(|counts| counts.started == 1).await;
    let request = bench.engine.requests().remove(0);
    assert_eq!((request.max_tokens, request.priority), (0, engine::Priority::Ahead));
    let mut running = Box::pin(bench.complete());
    assert!(futures::poll!(&mut running).is_pending());
    bench.completer.warm(bench.request());
    bench.engine.wait_until(|counts| counts.started == 2).await;
    assert_eq!(bench.engine.requests()[1].max_tokens, 128, "the one that somebody waits for");
}

#[tokio::test]
async fn dropping_the_request_stops_the_engine() {
    let bench = bench("y = $0\n", FakeEngine::qwen(), Script::Hang);
    let mut running = Box::pin(bench.complete());
    assert!(futures::poll!(&mut running).is_pending());
    bench.engine.wait_until(|counts| counts.started == 1).await;
    drop(running);
    bench.engine.wait_until(|counts| counts.stopped == 1).await;
}

#[tokio::test]
async fn a_closed_document_is_forgotten_and_its_request_ended() {
    let remembered = bench("y = $0\n", FakeEngine::qwen(), Script::Text("1".into()));
    remembered.complete().await;
    remembered.completer.forget(&remembered.id);
    assert_eq!(remembered.complete().await.trace().source, Source::Engine);
    let hanging = bench("y = $0\n", FakeEngine::qwen(), Script::Hang);
    let (answer, ()) = tokio::join!(hanging.complete(), async {
        hanging.engine.wait_until(|counts| counts.started == 1).await;
        hanging.completer.forget(&hanging.id);
    });
    assert_eq!(answer.silence, Some(Silence::Superseded));
}

#[tokio::test]
async fn a_model_without_fim_tokens_is_refused_and_another_is_named() {
    let bench = bench("y = $0\n", ModelInfo { name: "smol".into(), ..ModelInfo::default() }, Script::Hang);
    let answer = bench.complete().await;
    let reason = answer.trace().reason.unwrap_or_default();
    assert_eq!(answer.trace().reason_code.as_deref(), Some("no_fim"));
    assert!(reason.contains("smol") && reason.contains("weft models pull"), "{reason}");
    assert_eq!(bench.calls(), 0);
}

#[tokio::test]
async fn a_failure_of_the_engine_is_the_reason_for_silence() {
    let gone = EngineError::Stopped { reason: "killed".into() };
    let bench = bench("y = $0\n", FakeEngine::qwen(), Script::Fail(gone.clone()));
    let answer = bench.complete().await;
    assert_eq!(answer.silence, Some(Silence::Engine(gone)));
    assert_eq!(bench.complete().await.trace().source, Source::Engine, "a failure is not remembered");
}

#[tokio::test]
async fn several_suggestions_are_several_requests_and_doubles_are_left_out() {
    let fixture = test_fixture::cursor("y = $0\n");
    let engine = Arc::new(FakeEngine::new(FakeEngine::qwen(), |request| {
        Script::Text(["a", "b", "a"].get(request.avoid.len()).copied().unwrap_or_default().into())
    }));
    let completer = Completer::new(engine.clone(), Settings::default(), Arc::default());
    let documents = DocumentStore::default();
    let snapshot = documents.open(DocumentId::new("file:///a.py"), "python", 1, &fixture.text);
    let request = Request { snapshot, cursor: fixture.cursor, suggestions: 3 };
    let answer = completer.complete(request, CancellationToken::new()).await;
    assert_eq!(texts(&answer), ["a", "b"]);
    assert_eq!(engine.requests().len(), 3);
}

#[tokio::test]
async fn the_word_at_the_cursor_is_left_to_the_answer() {
    let source = "inventory = []\nprint(inv$0)\n";
    let bench = bench(source, FakeEngine::qwen(), Script::Whole("inventory".into()));
    let answer = bench.complete().await;
    assert_eq!(texts(&answer), ["entory"]);
    let request = bench.engine.requests().remove(0);
    assert_eq!(request.begins_with, "inv");
    assert_eq!(request.segments[1].text, "inventory = []\nprint(");
    let parts: String = answer.prompt_parts().iter().map(|part| part.text.as_str()).collect();
    assert!(parts.ends_with("<|fim_middle|>inv"), "{parts}");
}

fn info(input: Input) -> ModelInfo {
    let fim_family = (input == Input::Text).then(|| "qwen2.5-coder".to_owned());
    ModelInfo { name: "cloud".into(), input, fim_family, context_tokens: 8192, ..ModelInfo::default() }
}

#[tokio::test]
async fn an_engine_gets_what_it_takes() {
    let source = "x = 1\ny = in$0\nz = 3\n";
    for input in [Input::Text, Input::Fill, Input::Messages] {
        let bench = bench(source, info(input), Script::Text("t(x)".into()));
        assert_eq!(texts(&bench.complete().await), ["t(x)"], "{input:?}");
        let request = bench.engine.requests().remove(0);
        assert_eq!(request.begins_with, "", "no provider can be made to begin with a word");
        let fill = request.fill.map(|fill| (fill.prefix, fill.suffix));
        let around = Some(("x = 1\ny = in".to_owned(), "\nz = 3\n".to_owned()));
        assert_eq!(fill, around.filter(|_| input == Input::Fill), "{input:?}");
        assert_eq!(request.messages.len(), if input == Input::Messages { 2 } else { 0 }, "{input:?}");
        if input == Input::Text {
            let text = "<|fim_prefix|>x = 1\ny = in<|fim_suffix|>\nz = 3\n<|fim_middle|>";
            assert_eq!(request.segments.iter().map(|it| it.text.as_str()).collect::<String>(), text);
        }
    }
}

#[tokio::test]
async fn what_a_chat_model_says_again_is_taken_off() {
    let answer = "```python\ny = x + 1\n```\n";
    let bench = bench("x = 1\ny = $0\nz = 3\n", info(Input::Messages), Script::Text(answer.into()));
    assert_eq!(texts(&bench.complete().await), ["x + 1"]);
}

#[tokio::test]
async fn nothing_is_asked_ahead_where_it_costs_money() {
    let settings = Settings::default();
    let bench = bench_with("y = $0\n", info(Input::Fill), settings, Script::Text("x".into()));
    bench.completer.warm(bench.request());
    bench.complete().await;
    // What would be asked ahead is asked by tasks that have run by now, had they had a reason.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(bench.calls(), 1);
}

/// Two engines, the second of which stands in for the first.
struct Pair(FakeEngine, FakeEngine);

impl Pair {
    fn of(&self, model: Option<&str>) -> &FakeEngine {
        if model == Some("second") { &self.1 } else { &self.0 }
    }
}

impl Engine for Pair {
    fn model_info(&self, model: Option<&str>) -> BoxFuture<'_, Result<ModelInfo, EngineError>> {
        self.of(model).model_info(model)
    }

    fn prepare(&self, model: Option<&str>) -> EventStream {
        self.of(model).prepare(model)
    }

    fn fallback(&self, model: Option<&str>) -> Option<String> {
        (model == Some("first")).then(|| "second".to_owned())
    }

    fn generate(&self, request: GenerateRequest, cancel: CancellationToken) -> EventStream {
        self.of(request.model.as_deref()).generate(request, cancel)
    }
}

#[tokio::test]
async fn another_model_stands_in_with_a_prompt_of_its_own_and_the_first_one_rests() {
    let error = EngineError::remote("cloud", RemoteCause::Overload, "busy");
    let pair = Arc::new(Pair(
        FakeEngine::new(info(Input::Fill), move |_| Script::Fail(error.clone())),
        FakeEngine::new(FakeEngine::qwen(), |_| Script::Text("x".into())),
    ));
    let settings =
        Settings { model: Some("first".into()), ahead: false, memory: false, ..Settings::default() };
    let completer = Completer::new(pair.clone(), settings, Arc::default());
    let fixture = test_fixture::cursor("y = $0\n");
    let documents = DocumentStore::default();
    let snapshot = documents.open(DocumentId::new("file:///a.py"), "python", 1, &fixture.text);
    let request = Request { snapshot, cursor: fixture.cursor, suggestions: 1 };
    for _ in 0..2 {
        let answer = completer.complete(request.clone(), CancellationToken::new()).await;
        assert_eq!(texts(&answer), ["x"]);
        assert_eq!(answer.trace().model.as_deref(), Some("qwen"));
    }
    assert_eq!((pair.0.requests().len(), pair.1.requests().len()), (1, 2));
    assert!(pair.1.requests()[0].segments[0].special, "a prompt in tokens");
}
