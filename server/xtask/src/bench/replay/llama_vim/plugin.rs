//! What llama.vim does when: requests, the wait while one is under way, what is shown, what is asked ahead.
//!
//! It must not do IO nor look at the clock: events and the time come in, requests go out.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::super::document::Cursor;
use super::super::player::{Suggestion, View};
use super::cache::{Cache, Key};
use super::ring::{CHUNK_LINES, Ring};
use super::window::{self, Hint, Window};

/// While a request is under way the next one is put off, again and again, by so much.
const PUT_OFF: Duration = Duration::from_millis(100);
/// llama.vim's `ring_update_ms`, and how long nothing is typed before chunks move up while in insert mode.
const RING_UPDATE: Duration = Duration::from_millis(1000);
const RING_QUIET: Duration = Duration::from_secs(3);
/// From the entering of a file to the picking of a chunk.
const ENTERED: Duration = Duration::from_millis(100);
/// llama.vim's `max_line_suffix`, `n_predict`, `t_max_prompt_ms`, `t_max_predict_ms`. A request for what is to
/// be shown at once has a shorter time than one that is made ahead.
const LONGEST_REST_OF_LINE: usize = 8;
pub(super) const TOKENS: u32 = 128;
const PROMPT_MS: u32 = 500;
const PREDICT_MS: u32 = 250;
const PREDICT_AHEAD_MS: u32 = 1000;
/// Chunks from the same file are picked when the cursor has moved by more lines than this, from up to
/// `ring_scope` lines before it.
const MOVED_FAR: usize = 32;
const SCOPE: usize = 1024;
/// Where the window ends: `n_prefix` and `n_suffix`.
const WINDOW_BEFORE: usize = 256;
const WINDOW_AFTER: usize = 64;

/// What is to be sent to llama-server's `/infill`.
#[derive(Debug)]
pub(super) enum Request {
    /// A suggestion; the answer is for these keys.
    Suggestion { body: Value, keys: Vec<Key> },
    /// Nothing but the chunks, so that they are in the model's cache when they are needed.
    Chunks { body: Value },
}

/// What a client can say of the place where the cursor is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum State {
    Shown(Suggestion),
    /// Nothing is shown, and what would change that is not under way.
    Silent,
    Waiting,
}

/// For what a suggestion is asked.
#[derive(Debug, Clone)]
enum Asked {
    /// The cursor, wherever it is when the request is made.
    Here,
    /// The place behind a suggestion, before it is accepted.
    Ahead { cursor: Cursor, content: Vec<String> },
}

pub(super) struct Plugin {
    cache: Cache,
    ring: Ring,
    hint: Option<Hint>,
    /// Whether a request for a suggestion is under way.
    busy: bool,
    put_off: Option<(Instant, Asked)>,
    ring_update: Instant,
    pick_entered: Option<Instant>,
    insert_mode: bool,
    last_move: Instant,
    /// The line at which chunks were picked.
    picked_at: Option<usize>,
    indentation: usize,
    seed: u64,
}

impl Plugin {
    pub(super) fn new(seed: u64, now: Instant) -> Self {
        Self {
            cache: Cache::default(),
            ring: Ring::new(seed),
            hint: None,
            busy: false,
            put_off: None,
            ring_update: now + RING_UPDATE,
            pick_entered: None,
            insert_mode: false,
            last_move: now,
            picked_at: None,
            indentation: 0,
            seed,
        }
    }

    /// A file was entered.
    pub(super) fn entered(&mut self, now: Instant) {
        self.pick_entered = Some(now + ENTERED);
    }

    /// A file was saved or left: what is around the cursor may be of use elsewhere.
    pub(super) fn pick_around(&mut self, view: View<'_>) {
        self.ring.pick(around(view), &view.file.path, true);
    }

    /// Typing begins, or ends.
    pub(super) fn set_insert_mode(&mut self, on: bool) {
        self.insert_mode = on;
        self.hint = None;
    }

    /// A key moved the cursor. At most one of what this asks for is sent at once, the other is put off.
    pub(super) fn moved(&mut self, view: View<'_>, now: Instant) -> Vec<Request> {
        self.last_move = now;
        self.hint = None;
        let mut requests: Vec<Request> = self.show_from_cache(view, now).into_iter().collect();
        if self.insert_mode {
            requests.extend(self.ask(view, Asked::Here, now));
        }
        requests
    }

    /// The answer to a request for a suggestion; `None` if it failed.
    pub(super) fn answered(
        &mut self,
        view: View<'_>,
        keys: Vec<Key>,
        text: Option<&str>,
        now: Instant,
    ) -> Option<Request> {
        let mut request = None;
        if let Some(text) = text {
            for key in keys {
                self.cache.insert(key, text.to_owned());
            }
            if self.hint.as_ref().is_none_or(|hint| hint.suggestion.is_none()) {
                request = self.show_from_cache(view, now);
            }
        }
        // Only now: what is asked ahead for the answer is put off, as the request still counts as under way.
        self.busy = false;
        request
    }

    /// When something is to be done though nothing happens.
    pub(super) fn next_timer(&self) -> Instant {
        let put_off = self.put_off.as_ref().map(|(at, _)| *at);
        [put_off, self.pick_entered].into_iter().flatten().fold(self.ring_update, Instant::min)
    }

    /// Does what the time has come for.
    pub(super) fn timers(&mut self, view: View<'_>, now: Instant) -> Vec<Request> {
        let mut requests = Vec::new();
        if self.pick_entered.is_some_and(|at| at <= now) {
            self.pick_entered = None;
            self.pick_around(view);
        }
        if let Some((_, asked)) = self.put_off.take_if(|(at, _)| *at <= now) {
            requests.extend(self.ask(view, asked, now));
        }
        if self.ring_update <= now {
            self.ring_update = now + RING_UPDATE;
            let quiet = !self.insert_mode || now.saturating_duration_since(self.last_move) >= RING_QUIET;
            if quiet && self.ring.promote() {
                requests.push(Request::Chunks { body: chunks_body(self.ring.extra()) });
            }
        }
        requests
    }

    /// What the person sees, and whether to wait for more.
    pub(super) fn state(&self, view: View<'_>) -> State {
        if let Some(suggestion) = self.hint.as_ref().and_then(|hint| hint.suggestion.clone()) {
            return State::Shown(suggestion);
        }
        let window = window::window(view.document);
        let known = window.keys().iter().any(|key| self.cache.has(key));
        let never_asked = window.rest_of_line > LONGEST_REST_OF_LINE;
        // An answer that failed leaves nothing behind and nothing under way.
        let idle = !self.busy && self.put_off.is_none();
        if known || never_asked || idle { State::Silent } else { State::Waiting }
    }

    /// Shows what is known at the cursor and asks for what comes behind it.
    fn show_from_cache(&mut self, view: View<'_>, now: Instant) -> Option<Request> {
        if !self.insert_mode {
            return None;
        }
        let key = window::window(view.document).keys().swap_remove(0);
        let text = self.cache.look_up(&key)?;
        let hint = window::hint(view.document, &text);
        let content = hint.content.clone();
        self.hint = Some(hint);
        self.ask(view, Asked::Ahead { cursor: view.document.cursor(), content }, now)
    }

    /// Asks for a suggestion, unless one is known or another request is under way.
    fn ask(&mut self, view: View<'_>, asked: Asked, now: Instant) -> Option<Request> {
        if self.busy {
            self.put_off = Some((now + PUT_OFF, asked));
            return None;
        }
        let (window, line, predict_ms) = match &asked {
            Asked::Here => (window::window(view.document), view.document.cursor().line, PREDICT_MS),
            Asked::Ahead { cursor, content } => {
                let window = window::window_as_if_accepted(view.document, *cursor, content);
                (window, cursor.line, PREDICT_AHEAD_MS)
            }
        };
        if window.rest_of_line > LONGEST_REST_OF_LINE {
            return None;
        }
        let keys = window.keys();
        if keys.iter().any(|key| self.cache.has(key)) {
            return None;
        }
        self.indentation = window.indentation.unwrap_or(self.indentation);
        self.ring.evict_what_is_at_the_cursor(around(view));
        let body = self.body(&window, predict_ms);
        self.busy = true;
        self.pick_far_away(view, line);
        Some(Request::Suggestion { body, keys })
    }

    /// After a move of many lines, chunks from before and behind the window.
    fn pick_far_away(&mut self, view: View<'_>, line: usize) {
        if self.picked_at.is_some_and(|picked| picked.abs_diff(line) <= MOVED_FAR) {
            return;
        }
        self.picked_at = Some(line);
        let lines = view.document.lines();
        let slice = |from: usize, to: usize| lines.get(from..(to + 1).min(lines.len())).unwrap_or_default();
        let file = &view.file.path;
        self.ring.pick(slice(line.saturating_sub(SCOPE), line.saturating_sub(WINDOW_BEFORE)), file, false);
        let behind = line + WINDOW_AFTER;
        self.ring.pick(slice(behind, behind + CHUNK_LINES), file, false);
    }

    fn body(&self, window: &Window, predict_ms: u32) -> Value {
        json!({
            "id_slot": 0,
            "input_prefix": window.prefix,
            "input_suffix": window.suffix,
            "input_extra": self.ring.extra(),
            "prompt": window.middle,
            "n_predict": TOKENS,
            "stop": [],
            "n_indent": self.indentation,
            "top_k": 40,
            "top_p": 0.90,
            "samplers": ["top_k", "top_p", "infill"],
            "stream": false,
            "cache_prompt": true,
            "t_max_prompt_ms": PROMPT_MS,
            "t_max_predict_ms": predict_ms,
            "response_fields": FIELDS,
            // llama.vim leaves it to chance; a benchmark should not.
            "seed": self.seed & 0xffff_ffff,
        })
    }
}

/// What is wanted of an answer. llama.vim asks for more figures, to show them.
const FIELDS: [&str; 3] = ["content", "timings/prompt_n", "timings/predicted_n"];

/// As llama.vim sends it, but for the figures that are asked for.
fn chunks_body(extra: Value) -> Value {
    json!({
        "id_slot": 0,
        "input_prefix": "",
        "input_suffix": "",
        "input_extra": extra,
        "prompt": "",
        "n_predict": 0,
        "temperature": 0.0,
        "samplers": [],
        "stream": false,
        "cache_prompt": true,
        "t_max_prompt_ms": 1,
        "t_max_predict_ms": 1,
        "response_fields": FIELDS,
    })
}

/// The lines around the cursor, as many as a chunk has.
fn around(view: View<'_>) -> &[String] {
    let lines = view.document.lines();
    let line = view.document.cursor().line;
    let from = line.saturating_sub(CHUNK_LINES / 2);
    lines.get(from..(line + CHUNK_LINES / 2 + 1).min(lines.len())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::super::document::Document;
    use super::super::super::player::File;
    use super::*;

    /// A person at a document, and time that passes only when told.
    struct Desk {
        plugin: Plugin,
        file: File,
        document: Document,
        now: Instant,
    }

    impl Desk {
        fn new(text: &str, line: usize) -> Self {
            let now = Instant::now();
            let mut document = Document::new(text);
            document.go_to_end_of(line);
            let file =
                File { path: "a.py".to_owned(), on_disk: "a.py".into(), language: "python".to_owned() };
            let mut plugin = Plugin::new(1, now);
            plugin.set_insert_mode(true);
            Self { plugin, file, document, now }
        }

        fn type_text(&mut self, text: &str) -> Vec<Request> {
            self.document.insert(text);
            let view = View { file: &self.file, document: &self.document };
            self.plugin.moved(view, self.now)
        }

        fn pass(&mut self, milliseconds: u64) -> Vec<Request> {
            self.now += Duration::from_millis(milliseconds);
            let view = View { file: &self.file, document: &self.document };
            self.plugin.timers(view, self.now)
        }

        fn answer(&mut self, request: Request, text: &str) -> Option<Request> {
            let Request::Suggestion { keys, .. } = request else { panic!("{request:?}") };
            let view = View { file: &self.file, document: &self.document };
            self.plugin.answered(view, keys, Some(text), self.now)
        }

        fn state(&self) -> State {
            self.plugin.state(View { file: &self.file, document: &self.document })
        }
    }

    fn only(mut requests: Vec<Request>) -> Request {
        assert_eq!(requests.len(), 1, "{requests:?}");
        requests.remove(0)
    }

    fn shown(text: &str) -> State {
        State::Shown(Suggestion { text: text.to_owned(), deletes: false })
    }

    /// `prompt` and `t_max_predict_ms` of a request.
    fn asked(request: &Request) -> (String, u64) {
        let Request::Suggestion { body, .. } = request else { panic!("{request:?}") };
        (body["prompt"].as_str().unwrap().to_owned(), body["t_max_predict_ms"].as_u64().unwrap())
    }

    #[test]
    fn one_request_is_under_way_and_the_newest_place_comes_next() {
        let mut desk = Desk::new("x = \n", 0);
        let first = only(desk.type_text("a"));
        assert_eq!(asked(&first), ("x = a".to_owned(), 250));
        assert!(desk.type_text("b").is_empty() && desk.type_text("c").is_empty());
        assert_eq!(desk.state(), State::Waiting);
        assert!(desk.pass(100).is_empty(), "it is put off again");
        assert!(desk.answer(first, "zzz").is_none());
        assert_eq!(desk.state(), State::Waiting, "the answer is not for what was typed");
        assert!(desk.pass(50).is_empty());
        let next = only(desk.pass(50));
        assert_eq!(asked(&next).0, "x = abc");
        assert!(desk.answer(next, "()").is_none());
        assert_eq!(desk.state(), shown("()"));
        let ahead = only(desk.pass(100));
        assert_eq!(asked(&ahead), ("x = abc()".to_owned(), 1000), "what comes behind it is asked ahead");
    }

    #[test]
    fn typing_along_keeps_it_shown_and_asks_again() {
        let mut desk = Desk::new("x = \n", 0);
        let first = only(desk.type_text("a"));
        assert!(desk.answer(first, "bcd").is_none());
        assert_eq!(desk.state(), shown("bcd"));
        let ahead = only(desk.type_text("b"));
        assert_eq!((asked(&ahead).0.as_str(), desk.state()), ("x = abcd", shown("cd")));
        assert!(desk.answer(ahead, "\ny = 1").is_none());
        let here = only(desk.pass(100));
        assert_eq!(asked(&here), ("x = ab".to_owned(), 250), "this place has no entry of its own");
        assert!(desk.answer(here, "c").is_none());
        assert_eq!(desk.state(), shown("cd"), "what is shown stays");
        let ahead = only(desk.type_text("cd"));
        assert_eq!(
            asked(&ahead).0,
            "y = 1",
            "accepted: what comes next is known, and what follows it is asked"
        );
        assert_eq!(desk.state(), shown("\ny = 1"));
    }

    #[test]
    fn silence_is_told_from_waiting() {
        let mut desk = Desk::new("x = \n", 0);
        let first = only(desk.type_text("a"));
        assert!(desk.answer(first, "").is_none());
        assert_eq!(desk.state(), State::Silent, "the model says nothing");

        let mut desk = Desk::new("(123456789)\n", 0);
        for _ in 0..10 {
            desk.document.delete();
        }
        let rest = "1234567890".to_owned();
        let mut document = Document::new(&format!("x({rest}\n"));
        std::mem::swap(&mut desk.document, &mut document);
        assert!(desk.type_text("").is_empty(), "too much follows on the line");
        assert_eq!(desk.state(), State::Silent);

        let mut desk = Desk::new("x = \n", 0);
        let Request::Suggestion { keys, .. } = only(desk.type_text("a")) else { panic!() };
        let view = View { file: &desk.file, document: &desk.document };
        assert!(desk.plugin.answered(view, keys, None, desk.now).is_none());
        assert_eq!(desk.state(), State::Silent, "a failure is not asked about again");
    }

    #[test]
    fn chunks_are_sent_ahead_when_nothing_is_typed() {
        let text: String = (0..20).map(|line| format!("word{line} = other{line}\n")).collect();
        let mut desk = Desk::new(&text, 3);
        desk.plugin.set_insert_mode(false);
        desk.plugin.entered(desk.now);
        assert!(desk.pass(100).is_empty());
        let Request::Chunks { body } = only(desk.pass(900)) else { panic!() };
        assert_eq!((body["n_predict"].as_u64(), body["input_extra"].as_array().unwrap().len()), (Some(0), 1));
        assert!(desk.pass(1000).is_empty(), "nothing waits");
        desk.plugin.set_insert_mode(true);
        desk.document = Document::new("a\nb\nc\nd\n");
        desk.plugin.entered(desk.now);
        desk.plugin.last_move = desk.now;
        assert!(desk.pass(1000).is_empty() && desk.pass(1000).is_empty(), "not while someone types");
        assert!(matches!(only(desk.pass(1000)), Request::Chunks { .. }));
    }

    #[test]
    fn a_far_move_picks_what_is_outside_the_window() {
        let text: String = (0..900).map(|line| format!("word{line} = other{line}\n")).collect();
        let mut desk = Desk::new(&text, 500);
        let first = only(desk.type_text("a"));
        let Request::Suggestion { body, .. } = &first else { panic!() };
        assert_eq!(body["input_extra"], json!([]), "chunks are sent only after they were evaluated");
        desk.answer(first, "");
        desk.pass(4000);
        desk.pass(1000);
        let Request::Suggestion { body, .. } = only(desk.type_text("b")) else { panic!() };
        let extra = body["input_extra"].as_array().unwrap();
        let begins: Vec<&str> = extra.iter().map(|it| it["text"].as_str().unwrap()).collect();
        assert_eq!(begins.len(), 2);
        assert!(begins[1].contains("word5") || begins[1].contains("word6"), "{}", begins[1]);
    }

    /// tests/test_clients.py sends the recording to `weft serve`. `UPDATE_EXPECT=1` writes it anew.
    #[test]
    fn what_it_sends_is_what_the_recording_has() {
        let shapes = "def area(width, height):\n    return width * height\n\n\ndef border(width, height):\n    \
                      return 2 * (width + height)\n";
        let mut desk = Desk::new(shapes, 1);
        desk.file.path = "shapes.py".to_owned();
        desk.plugin.set_insert_mode(false);
        desk.plugin.entered(desk.now);
        let mut sent = desk.pass(100);
        sent.extend(desk.pass(1000));

        desk.document = Document::new(
            "def add(a, b):\n    return a + b\n\n\ndef multiply(a, b):\n    \n\n\nprint(multiply(2, 3))\n",
        );
        desk.document.go_to_end_of(5);
        desk.file.path = "sums.py".to_owned();
        desk.plugin.set_insert_mode(true);
        sent.extend(desk.type_text("return "));
        let asked = sent.last().map(body).cloned();
        let Some(Request::Suggestion { keys, .. }) = sent.pop() else { panic!("{sent:?}") };
        sent.push(Request::Chunks { body: asked.unwrap() });
        let view = View { file: &desk.file, document: &desk.document };
        assert!(desk.plugin.answered(view, keys, Some("a * b"), desk.now).is_none());
        sent.extend(desk.pass(100));
        let bodies: Vec<&Value> = sent.iter().map(body).collect();
        assert_eq!(bodies.len(), 3, "chunks, what is wanted, what comes behind it");
        let recorded = serde_json::to_string_pretty(&bodies).unwrap() + "\n";
        expect_test::expect_file!["../../../../../../tests/recorded/llama_vim.json"].assert_eq(&recorded);
    }

    fn body(request: &Request) -> &Value {
        match request {
            Request::Suggestion { body, .. } | Request::Chunks { body } => body,
        }
    }
}
