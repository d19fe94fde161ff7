//! A client that behaves as VS Code does with a real `weft lsp`: a change and a request for each key, the
//! request before it cancelled.
//!
//! It must not help Weft: what an editor could show by itself while its user types along is not counted.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use super::super::connection::{Connection, Message, Said, uri};
use super::super::session::{self, Caret};
use super::document::Change;
use super::figures::{Costs, Shown};
use super::player::{Answer, Client, Suggestion, View};

/// For the first answer, the loading of the model included.
const WARM_UP: Duration = Duration::from_secs(300);
/// For what is still said of requests that were cancelled.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// An editor with one workspace open.
pub(super) struct Weft {
    connection: Connection,
    /// The versions of the open documents, by URI.
    versions: HashMap<String, i64>,
    /// Requests without an answer so far.
    under_way: HashMap<u64, Sent>,
    /// The request for what is at the cursor, and its answer.
    latest: Option<u64>,
    answer: Option<Answer>,
    /// Which documents' versions got a suggestion, and when from the request on. Where it came from is in the trace.
    shown: Vec<(Version, f64)>,
    traces: HashMap<Version, Trace>,
    requests: u64,
}

/// A document's URI and its version: one request belongs to it.
type Version = (String, i64);

struct Sent {
    at: Instant,
    version: Version,
}

/// What `weft/trace` says that counts here.
#[derive(Debug, Clone, PartialEq)]
struct Trace {
    from_memory: bool,
    evaluated: u64,
    generated: u64,
    /// Ended by the next key, so that what it cost is not told.
    cut_short: bool,
}

impl Weft {
    /// An editor that is started for one session with `command`, which is `weft lsp`. The workspace has been read
    /// and the model has answered once before the session counts.
    pub(super) fn start(command: Command, workspace: &Path, language: &str) -> Result<Self> {
        let mut connection = Connection::start(command)?;
        connection.initialize(workspace, &json!({}))?;
        connection.index()?;
        // A file that is not on disk, so that nothing of it is known later.
        let warm_up = workspace.join("weft_warm_up");
        connection.open(&warm_up, language, "a = \n")?;
        let params = session::params(&uri(&warm_up), 0, 4);
        connection.request(session::METHOD, Some(params), WARM_UP)?.context("Weft does not answer")?;
        let close = json!({"textDocument": {"uri": uri(&warm_up)}});
        connection.notify("textDocument/didClose", close)?;
        // The trace of the warm-up must not count.
        while connection.receive(Duration::from_millis(50))?.is_some() {}
        Ok(Self {
            connection,
            versions: HashMap::new(),
            under_way: HashMap::new(),
            latest: None,
            answer: None,
            shown: Vec::new(),
            traces: HashMap::new(),
            requests: 0,
        })
    }

    /// The process of `weft lsp`.
    pub(super) fn pid(&self) -> u32 {
        self.connection.pid()
    }

    /// Ends what is under way and waits until the server has said what it cost.
    pub(super) fn settle(&mut self) -> Result<()> {
        for id in self.under_way.keys() {
            self.connection.notify("$/cancelRequest", json!({"id": id}))?;
        }
        let deadline = Instant::now() + LAST_WORDS;
        while !self.under_way.is_empty() || self.traces.len() < self.requests as usize {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.connection.receive(left)? {
                Some(message) => self.take(None, message)?,
                None => return Ok(()),
            }
        }
        Ok(())
    }

    /// Closes the editor and says what it all cost.
    pub(super) fn finish(self) -> Costs {
        let trace = |version: &Version| self.traces.get(version);
        let shown = self.shown.iter().map(|(version, seconds)| Shown {
            from_cache: trace(version).is_some_and(|trace| trace.from_memory),
            seconds: *seconds,
        });
        let shown = shown.collect();
        let sum = |of: fn(&Trace) -> u64| self.traces.values().map(of).sum();
        let costs = Costs {
            shown,
            requests: self.requests,
            evaluated: sum(|trace| trace.evaluated),
            generated: sum(|trace| trace.generated),
            uncounted: sum(|trace| u64::from(trace.cut_short)),
        };
        self.connection.end();
        costs
    }

    /// Takes in what the server says until there is an answer (if `until_answered`) or until `deadline`.
    fn run(&mut self, view: View<'_>, deadline: Instant, until_answered: bool) -> Result<Answer> {
        loop {
            if until_answered && let Some(answer) = &self.answer {
                return Ok(answer.clone());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(Answer::Late);
            }
            if let Some(message) = self.connection.receive(left)? {
                self.take(Some(view), message)?;
            }
        }
    }

    fn take(&mut self, view: Option<View<'_>>, message: Message) -> Result<()> {
        match message.said {
            Said::Notification { method, params } if method == "weft/trace" => {
                let (version, trace) = traced(&params)?;
                self.traces.insert(version, trace);
            }
            Said::Notification { .. } => {}
            Said::Answer { id, result } => {
                let Some(sent) = self.under_way.remove(&id) else { return Ok(()) };
                if let (Some(view), true) = (view, self.latest == Some(id)) {
                    let result = result.context("Weft refused a request for a suggestion")?;
                    self.answered(view, &result, message.at, sent);
                }
            }
        }
        Ok(())
    }

    fn answered(&mut self, view: View<'_>, result: &Value, at: Instant, sent: Sent) {
        let (line, character) = view.document.position();
        let (before, after) = (view.document.before(), view.document.after());
        let text = session::first(result, &Caret { line, character, before, after });
        self.answer = Some(match text.filter(|text| !text.trim().is_empty()) {
            Some(text) => {
                let seconds = at.saturating_duration_since(sent.at).as_secs_f64();
                self.shown.push((sent.version, seconds));
                Answer::Shown { suggestion: Suggestion { text, deletes: false }, at }
            }
            None => Answer::Silent { at },
        });
    }
}

impl Client for Weft {
    fn enter(&mut self, view: View<'_>) -> Result<()> {
        let uri = uri(&view.file.on_disk);
        if !self.versions.contains_key(&uri) {
            self.connection.open(&view.file.on_disk, &view.file.language, &view.document.text())?;
            self.versions.insert(uri, 1);
        }
        Ok(())
    }

    fn begin(&mut self, _: View<'_>) -> Result<()> {
        Ok(())
    }

    fn changed(&mut self, view: View<'_>, change: &Change) -> Result<()> {
        let uri = uri(&view.file.on_disk);
        let Some(version) = self.versions.get_mut(&uri) else { bail!("{uri} is not open") };
        *version += 1;
        let version = *version;
        if let Some(id) = self.latest.take().filter(|id| self.under_way.contains_key(id)) {
            self.connection.notify("$/cancelRequest", json!({"id": id}))?;
        }
        let place = |(line, character): (usize, usize)| json!({"line": line, "character": character});
        self.connection.notify(
            "textDocument/didChange",
            json!({
                "textDocument": {"uri": uri, "version": version},
                "contentChanges": [
                    {"range": {"start": place(change.start), "end": place(change.end)}, "text": change.text},
                ],
            }),
        )?;
        let (line, character) = view.document.position();
        let at = Instant::now();
        let id = self.connection.ask(session::METHOD, Some(session::params(&uri, line, character)))?;
        self.requests += 1;
        self.under_way.insert(id, Sent { at, version: (uri, version) });
        self.latest = Some(id);
        self.answer = None;
        Ok(())
    }

    fn idle(&mut self, view: View<'_>, deadline: Instant) -> Result<()> {
        self.run(view, deadline, false).map(drop)
    }

    fn answer(&mut self, view: View<'_>, deadline: Instant) -> Result<Answer> {
        self.run(view, deadline, true)
    }

    fn saved(&mut self, view: View<'_>) -> Result<()> {
        let uri = uri(&view.file.on_disk);
        self.connection.notify("textDocument/didSave", json!({"textDocument": {"uri": uri}}))
    }

    fn leave(&mut self, _: View<'_>) -> Result<()> {
        Ok(())
    }
}

/// What a `weft/trace` is about and says.
fn traced(params: &Value) -> Result<(Version, Trace)> {
    let uri = params["uri"].as_str().context("a trace without a document")?;
    let version = params["version"].as_i64().context("a trace without a version")?;
    let number = |name: &str| params[name].as_u64().unwrap_or_default();
    let reason = params["reason_code"].as_str().unwrap_or_default();
    if matches!(reason, "error" | "no_model" | "no_fim") {
        bail!("Weft cannot answer: {}", params["reason"].as_str().unwrap_or_default());
    }
    let evaluated = number("prompt_tokens").saturating_sub(number("cached_tokens"));
    let from_memory = params["source"] == "memory";
    let trace = Trace {
        from_memory,
        evaluated: if from_memory { 0 } else { evaluated },
        generated: if from_memory { 0 } else { number("tokens") },
        cut_short: matches!(reason, "cancelled" | "superseded") && number("prompt_tokens") == 0,
    };
    Ok(((uri.to_owned(), version), trace))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_say_where_it_came_from_and_what_it_cost() {
        let trace = |more: Value| {
            let mut params = json!({"uri": "file:///a", "version": 3, "prompt_tokens": 0, "cached_tokens": 0, "tokens": 0});
            for (name, value) in more.as_object().unwrap() {
                params[name] = value.clone();
            }
            traced(&params)
        };
        let engine = json!({"source": "engine", "prompt_tokens": 700, "cached_tokens": 650, "tokens": 12});
        let ((uri, version), got) = trace(engine).unwrap();
        assert_eq!((uri.as_str(), version), ("file:///a", 3));
        assert_eq!(got, Trace { from_memory: false, evaluated: 50, generated: 12, cut_short: false });
        let memory = json!({"source": "memory", "prompt_tokens": 700, "tokens": 12});
        let got = trace(memory).unwrap().1;
        assert_eq!(got, Trace { from_memory: true, evaluated: 0, generated: 0, cut_short: false });
        assert!(trace(json!({"reason_code": "cancelled"})).unwrap().1.cut_short);
        assert!(!trace(json!({"reason_code": "nothing_to_add"})).unwrap().1.cut_short);
        assert!(trace(json!({"reason_code": "no_model", "reason": "it is not here"})).is_err());
    }
}
