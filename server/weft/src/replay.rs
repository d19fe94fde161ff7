//! Generations kept on disk, for measuring: with `WEFT_GENERATION_CACHE` set to a folder, a request that was
//! answered before, the same to the last byte, gets the same answer without the model.
//!
//! It must not work unless it is asked to, and never change an answer: post-processing and stopping see the
//! events as the engine sent them. The files hold prompts and answers, which are the user's code.

use engine::{
    CancellationToken, Engine, EngineError, Event, EventStream, GenerateRequest, ModelInfo, Priority,
    PromptStats,
};
use futures::future::BoxFuture;
use futures::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, UNIX_EPOCH};

/// Another number is raised when the engine answers the same request in another way than before.
const FORMAT: [u32; 2] = [1, 2];

/// `engine`, or a recorder around it if the environment asks for one. `run` is where it notes each generation.
pub(crate) fn recorded(engine: Arc<dyn Engine>, run: &Path) -> Arc<dyn Engine> {
    match std::env::var_os("WEFT_GENERATION_CACHE").filter(|folder| !folder.is_empty()) {
        Some(folder) => Arc::new(Replay::new(engine, PathBuf::from(folder), run)),
        None => engine,
    }
}

/// See the module's head.
struct Replay {
    engine: Arc<dyn Engine>,
    folder: PathBuf,
    ledger: PathBuf,
}

/// One generation on disk.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    request: GenerateRequest,
    /// What the engine said, as far as somebody listened.
    events: Vec<Event>,
    /// From the request to the last of the events, without the loading of the model.
    engine_ms: f64,
}

/// A line of the ledger: one generation of this run.
#[derive(Debug, Serialize)]
struct Entry<'a> {
    /// Names the record; equal for equal requests.
    request: &'a str,
    replayed: bool,
    engine_ms: f64,
}

impl Replay {
    fn new(engine: Arc<dyn Engine>, folder: PathBuf, run: &Path) -> Self {
        Self { engine, folder, ledger: run.join("generations.jsonl") }
    }
}

impl Engine for Replay {
    fn model_info(&self, model: Option<&str>) -> BoxFuture<'_, Result<ModelInfo, EngineError>> {
        self.engine.model_info(model)
    }

    fn fallback(&self, model: Option<&str>) -> Option<String> {
        self.engine.fallback(model)
    }

    fn embed(&self, model: &str, texts: Vec<String>) -> BoxFuture<'_, Result<Vec<Vec<f32>>, EngineError>> {
        self.engine.embed(model, texts)
    }

    /// Loads nothing: the model may not be needed.
    fn prepare(&self, _model: Option<&str>) -> EventStream {
        stream::iter([Ok(Event::Ready)]).boxed()
    }

    fn generate(&self, request: GenerateRequest, cancel: CancellationToken) -> EventStream {
        let key = key(&request);
        let path = self.folder.join(format!("{key}.json"));
        let known = read(&path, &request);
        let generation = Generation {
            engine: self.engine.clone(),
            cancel,
            key,
            path,
            ledger: self.ledger.clone(),
            replay: known.iter().flat_map(|record| record.events.clone()).collect(),
            known,
            request,
            live: None,
            ended: false,
        };
        stream::unfold(generation, |mut generation| async move {
            let event = generation.next().await?;
            Some((event, generation))
        })
        .boxed()
    }
}

/// A generation while it is listened to. What was heard is written down when the listener leaves.
struct Generation {
    engine: Arc<dyn Engine>,
    request: GenerateRequest,
    cancel: CancellationToken,
    key: String,
    path: PathBuf,
    ledger: PathBuf,
    known: Option<Record>,
    /// What is still to be told from the record.
    replay: VecDeque<Event>,
    live: Option<Live>,
    ended: bool,
}

/// The engine at work, because the record says nothing or not enough.
struct Live {
    events: EventStream,
    heard: Vec<Event>,
    started: Instant,
    engine_ms: f64,
    failed: bool,
}

impl Generation {
    async fn next(&mut self) -> Option<Result<Event, EngineError>> {
        if let Some(event) = self.replay.pop_front() {
            self.ended = matches!(event, Event::Finished(_));
            return Some(Ok(event));
        }
        if self.ended {
            return None;
        }
        loop {
            let live = self.live.get_or_insert_with(|| Live {
                events: self.engine.generate(self.request.clone(), self.cancel.clone()),
                heard: Vec::new(),
                started: Instant::now(),
                engine_ms: 0.0,
                failed: false,
            });
            let event = match live.events.next().await? {
                Ok(event @ (Event::Loading { .. } | Event::Ready)) => return Some(Ok(event)),
                Ok(event) => event,
                Err(error) => {
                    live.failed = true;
                    self.ended = true;
                    return Some(Err(error));
                }
            };
            live.engine_ms = live.started.elapsed().as_secs_f64() * 1000.0;
            let told = self.known.as_ref().and_then(|known| known.events.get(live.heard.len()));
            live.heard.push(event.clone());
            self.ended = matches!(event, Event::Finished(_));
            match told {
                None => return Some(Ok(event)),
                // The listener has it already, from the record.
                Some(told) if is_same(told, &event) => {}
                Some(_) => {
                    self.ended = true;
                    self.known = None;
                    return Some(Err(EngineError::Failed {
                        reason: format!(
                            "it does not go on as in {}, which is rewritten: ask again",
                            self.path.display()
                        ),
                    }));
                }
            }
        }
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        let known_ms = self.known.as_ref().map(|known| known.engine_ms);
        let (replayed, engine_ms) = match (&mut self.live, known_ms) {
            (None, Some(known_ms)) => (true, known_ms),
            // Nobody listened.
            (None, None) => return,
            (Some(live), _) => {
                let load_ms = match live.heard.first() {
                    Some(Event::Prompt(PromptStats { load_ms, .. })) => *load_ms,
                    _ => 0.0,
                };
                let engine_ms = (live.engine_ms - load_ms).max(0.0);
                // Not shortened by a listener who left early, and never without a token.
                let known = self.known.as_ref().map_or(1, |known| known.events.len());
                if live.heard.len() > known && !live.failed {
                    let record = Record {
                        request: self.request.clone(),
                        events: std::mem::take(&mut live.heard),
                        engine_ms,
                    };
                    write_down(&self.path, &record);
                }
                (false, engine_ms)
            }
        };
        note(&self.ledger, &Entry { request: &self.key, replayed, engine_ms });
    }
}

/// Whether the engine says the same again; what it cost may differ, and so may the last digits of a probability.
fn is_same(told: &Event, event: &Event) -> bool {
    match (told, event) {
        (Event::Token { text: told, .. }, Event::Token { text, .. }) => told == text,
        (Event::Prompt(_), Event::Prompt(_)) => true,
        (Event::Finished(told), Event::Finished(finish)) => told.reason == finish.reason,
        _ => false,
    }
}

/// What must be equal for an answer to be the same: the request, the protocol, and the file of a model that is
/// named by its path. A model named by its catalogue name is pinned.
fn key(request: &GenerateRequest) -> String {
    let file = request.model.as_deref().and_then(|model| std::fs::metadata(model).ok());
    let file = file.map(|file| {
        let changed = file.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        (file.len(), changed.unwrap_or_default().as_nanos().to_string())
    });
    let identity = serde_json::json!([FORMAT[0], FORMAT[1], file, same_text(request)]).to_string();
    Sha256::digest(identity.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The request without what changes the engine's work and not the text that it answers: which part may be moved, who waits.
fn same_text(request: &GenerateRequest) -> GenerateRequest {
    let mut same = GenerateRequest { tail: None, priority: Priority::Interactive, ..request.clone() };
    let tail = request.tail.filter(|&tail| tail > 0 && tail < same.segments.len());
    if let Some(tail) = tail {
        let moved = same.segments.remove(tail);
        if let Some(before) = same.segments.get_mut(tail - 1) {
            before.text.push_str(&moved.text);
        }
    }
    same
}

/// The record; none where it is unreadable or of another request.
fn read(path: &Path, request: &GenerateRequest) -> Option<Record> {
    let record: Record = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    (same_text(&record.request) == same_text(request) && !record.events.is_empty()).then_some(record)
}

/// Writes the record whole: under another name first, because several processes may be at work.
fn write_down(path: &Path, record: &Record) {
    let written = serde_json::to_vec(record).map_err(std::io::Error::from).and_then(|bytes| {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let half = path.with_extension(format!("{}.half", std::process::id()));
        std::fs::write(&half, bytes)?;
        std::fs::rename(half, path)
    });
    if let Err(error) = written {
        tracing::warn!("the generation could not be kept in {}: {error}", path.display());
    }
}

fn note(ledger: &Path, entry: &Entry<'_>) {
    let noted = serde_json::to_string(entry).map_err(std::io::Error::from).and_then(|line| {
        if let Some(folder) = ledger.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(ledger)?;
        file.write_all(format!("{line}\n").as_bytes())
    });
    if let Err(error) = noted {
        tracing::warn!("the generation could not be noted in {}: {error}", ledger.display());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::{FakeEngine, Finish, FinishReason, Script};
    use std::sync::Mutex;

    fn request(prompt: &str) -> GenerateRequest {
        let json = serde_json::json!({
            "model": "m",
            "segments": [{"text": prompt, "special": false}],
            "max_tokens": 20,
            "sampler": "greedy",
            "avoid": [],
            "stops": [],
        });
        serde_json::from_value(json).unwrap()
    }

    fn setting(answers: &[&str]) -> (tempfile::TempDir, Arc<FakeEngine>, Replay) {
        let folder = tempfile::tempdir().unwrap();
        let answers = Mutex::new(answers.iter().map(|&text| text.to_owned()).collect::<VecDeque<_>>());
        let engine = Arc::new(FakeEngine::new(FakeEngine::qwen(), move |_| {
            match answers.lock().unwrap().pop_front() {
                Some(text) => Script::Text(text),
                None => Script::Fail(EngineError::Cancelled),
            }
        }));
        let replay = Replay::new(engine.clone(), folder.path().join("cache"), folder.path());
        (folder, engine, replay)
    }

    /// Listens to `most` tokens.
    async fn listen(replay: &Replay, prompt: &str, most: usize) -> Result<String, EngineError> {
        let mut events = replay.generate(request(prompt), CancellationToken::new());
        let (mut text, mut tokens) = (String::new(), 0);
        while let Some(event) = events.next().await {
            if let Event::Token { text: piece, .. } = event? {
                text.push_str(&piece);
                tokens += 1;
                if tokens == most {
                    break;
                }
            }
        }
        Ok(text)
    }

    fn ledger(folder: &tempfile::TempDir) -> Vec<bool> {
        let text = std::fs::read_to_string(folder.path().join("generations.jsonl")).unwrap();
        let entries = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        entries.map(|entry| entry["replayed"].as_bool().unwrap()).collect()
    }

    #[tokio::test]
    async fn a_whole_answer_is_told_again_without_the_engine() {
        let (folder, engine, replay) = setting(&["inventory", "other"]);
        assert_eq!(listen(&replay, "a", 99).await.unwrap(), "inventory");
        assert_eq!(listen(&replay, "a", 99).await.unwrap(), "inventory");
        assert_eq!(listen(&replay, "b", 99).await.unwrap(), "other");
        assert_eq!(engine.requests().len(), 2);
        assert_eq!(ledger(&folder), [false, true, false]);
    }

    #[tokio::test]
    async fn who_wants_more_than_was_heard_gets_it_from_the_engine() {
        let (folder, engine, replay) = setting(&["inventory", "inventory"]);
        assert_eq!(listen(&replay, "a", 2).await.unwrap(), "inventor");
        assert_eq!(listen(&replay, "a", 2).await.unwrap(), "inventor");
        assert_eq!(engine.requests().len(), 1);
        assert_eq!(listen(&replay, "a", 99).await.unwrap(), "inventory");
        assert_eq!(engine.requests().len(), 2);
        assert_eq!(listen(&replay, "a", 99).await.unwrap(), "inventory");
        assert_eq!(ledger(&folder), [false, true, false, true]);
    }

    #[tokio::test]
    async fn two_answers_are_never_mixed() {
        let (_folder, _engine, replay) = setting(&["inventory", "involved, and more"]);
        assert_eq!(listen(&replay, "a", 2).await.unwrap(), "inventor");
        let error = listen(&replay, "a", 99).await.unwrap_err();
        assert!(error.to_string().contains("ask again"), "{error}");
    }

    #[tokio::test]
    async fn failures_are_not_kept() {
        let (folder, engine, replay) = setting(&[]);
        assert!(listen(&replay, "a", 99).await.is_err());
        assert!(listen(&replay, "a", 99).await.is_err());
        assert_eq!(engine.requests().len(), 2);
        assert!(!folder.path().join("cache").exists());
    }

    #[test]
    fn costs_may_differ_where_the_answer_is_the_same() {
        let token = |text: &str, logprob| Event::Token { text: text.to_owned(), logprob };
        let finish = |reason, generate_ms| Event::Finished(Finish::new(reason, 1, generate_ms));
        assert!(is_same(&token("a", -0.1), &token("a", -0.2)));
        assert!(!is_same(&token("a", -0.1), &token("b", -0.1)));
        assert!(is_same(&finish(FinishReason::Stop, 1.0), &finish(FinishReason::Stop, 2.0)));
        assert!(!is_same(&finish(FinishReason::Stop, 1.0), &finish(FinishReason::Length, 1.0)));
        assert!(!is_same(&finish(FinishReason::Stop, 1.0), &token("a", 0.0)));
    }

    #[test]
    fn a_request_is_the_same_wherever_its_suffix_is_divided() {
        let whole = request("one\ntwo");
        let mut divided = GenerateRequest { tail: Some(1), priority: Priority::Ahead, ..request("one\n") };
        divided.segments.push(engine::Segment { text: "two".to_owned(), special: false });
        assert_eq!(key(&whole), key(&divided));
        assert_ne!(key(&whole), key(&request("one\n")));
    }
}
