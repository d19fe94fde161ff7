//! A client that behaves as llama.vim does, with a real llama-server: the one to compare with.
//!
//! It must not be better or worse than the plugin: what is in here are its published defaults and its order of
//! doing things (github.com/ggml-org/llama.vim, autoload/llama.vim), written anew.

mod cache;
mod plugin;
mod ring;
mod window;

use std::io::Read as _;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::{Value, json};

use self::cache::Key;
use self::plugin::{Plugin, Request, State};
use super::super::http;
use super::document::Change;
use super::figures::{Costs, Shown};
use super::player::{Answer, Client, View};

/// How much llama-server sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Window {
    /// As much as Weft shows its model.
    Same,
    /// As much as llama.cpp's preset for this plugin lets it.
    Own,
}

/// 768 tokens of file (`-b`) and 256 of chunks (`-c` less `-b` and twice `-n`).
const SAME_WINDOW: [&str; 8] = ["-b", "768", "-ub", "512", "-c", "1280", "-n", TOKENS];
/// All the model's context, so that all chunks fit.
const OWN_WINDOW: [&str; 6] = ["-b", "1024", "-ub", "1024", "-c", "0"];
/// What llama.vim's documentation recommends, and the CPU alone.
const ARGUMENTS: [&str; 8] = ["-np", "1", "--cache-reuse", "256", "-ngl", "0", "--device", "none"];

/// The command line of llama-server, but for its model, port and threads.
pub(super) fn arguments(window: Window) -> Vec<String> {
    let window = match window {
        Window::Same => &SAME_WINDOW[..],
        Window::Own => &OWN_WINDOW[..],
    };
    window.iter().chain(&ARGUMENTS).map(|word| (*word).to_owned()).collect()
}

/// [`plugin::TOKENS`] on the command line.
const TOKENS: &str = "128";

/// How long the last answers of a session may take.
const LAST_ANSWER: Duration = Duration::from_secs(300);

/// The plugin, in an editor, at one llama-server.
pub(super) struct LlamaVim {
    port: u16,
    plugin: Plugin,
    answers: Receiver<Answered>,
    sender: Sender<Answered>,
    /// Requests without an answer so far.
    under_way: usize,
    costs: Costs,
    /// Whether what is shown at the cursor was counted.
    counted: bool,
}

/// What came of a request.
struct Answered {
    /// Of a request for a suggestion.
    keys: Option<Vec<Key>>,
    answer: Result<Value>,
}

impl LlamaVim {
    /// An editor that is started for one session. The server has answered once before the session counts.
    pub(super) fn start(port: u16, seed: u64) -> Result<Self> {
        let body =
            json!({"input_prefix": "a = ", "input_suffix": "\n", "n_predict": 1, "cache_prompt": true});
        infill(port, &body).context("llama-server does not answer")?;
        let (sender, answers) = channel();
        let plugin = Plugin::new(seed, Instant::now());
        Ok(Self { port, plugin, answers, sender, under_way: 0, costs: Costs::default(), counted: false })
    }

    /// What it all cost. Waits until nothing is under way any more, or it would disturb whoever comes next.
    pub(super) fn finish(mut self) -> Result<Costs> {
        while self.under_way > 0 {
            let answered = self.answers.recv_timeout(LAST_ANSWER).context("llama-server does not finish")?;
            self.account(&answered)?;
        }
        Ok(self.costs)
    }

    fn send(&mut self, requests: impl IntoIterator<Item = Request>) {
        for request in requests {
            let (body, keys) = match request {
                Request::Suggestion { body, keys } => (body, Some(keys)),
                Request::Chunks { body } => (body, None),
            };
            self.costs.requests += 1;
            self.under_way += 1;
            let (port, sender) = (self.port, self.sender.clone());
            // Ends with the answer; nobody may be listening any more.
            std::thread::spawn(move || {
                let answer = infill(port, &body);
                let _ = sender.send(Answered { keys, answer });
            });
        }
    }

    /// Lets time pass until something is shown or not to be expected (if `until_answered`) or until `deadline`.
    fn run(&mut self, view: View<'_>, deadline: Instant, until_answered: bool) -> Result<Answer> {
        loop {
            let now = Instant::now();
            let requests = self.plugin.timers(view, now);
            self.send(requests);
            if until_answered {
                match self.plugin.state(view) {
                    State::Shown(suggestion) => return Ok(Answer::Shown { suggestion, at: Instant::now() }),
                    State::Silent => return Ok(Answer::Silent { at: Instant::now() }),
                    State::Waiting => {}
                }
            }
            let left = deadline.saturating_duration_since(now);
            if left.is_zero() {
                return Ok(Answer::Late);
            }
            let timer = self.plugin.next_timer().saturating_duration_since(now);
            match self.answers.recv_timeout(left.min(timer.max(Duration::from_millis(1)))) {
                Ok(answered) => self.take(view, answered)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => bail!("the requests to llama-server have no way back"),
            }
        }
    }

    fn take(&mut self, view: View<'_>, answered: Answered) -> Result<()> {
        self.account(&answered)?;
        if let Answered { keys: Some(keys), answer: Ok(answer) } = answered {
            let request = self.plugin.answered(view, keys, answer["content"].as_str(), Instant::now());
            self.send(request);
            self.count(view, false, Duration::ZERO);
        }
        Ok(())
    }

    fn account(&mut self, answered: &Answered) -> Result<()> {
        self.under_way -= 1;
        let answer = answered.answer.as_ref().map_err(|error| anyhow!("{error:#}"))?;
        let number = |name: &str| answer[name].as_u64().unwrap_or_default();
        self.costs.evaluated += number("timings/prompt_n");
        self.costs.generated += number("timings/predicted_n");
        Ok(())
    }

    /// Counts what is shown at the cursor, once.
    fn count(&mut self, view: View<'_>, from_cache: bool, took: Duration) {
        if !self.counted && matches!(self.plugin.state(view), State::Shown(_)) {
            self.counted = true;
            self.costs.shown.push(Shown { from_cache, seconds: took.as_secs_f64() });
        }
    }
}

impl Client for LlamaVim {
    fn enter(&mut self, _: View<'_>) -> Result<()> {
        self.plugin.entered(Instant::now());
        Ok(())
    }

    fn begin(&mut self, _: View<'_>) -> Result<()> {
        self.plugin.set_insert_mode(true);
        Ok(())
    }

    fn changed(&mut self, view: View<'_>, _: &Change) -> Result<()> {
        let start = Instant::now();
        let requests = self.plugin.moved(view, start);
        let took = start.elapsed();
        self.counted = false;
        self.count(view, true, took);
        self.send(requests);
        Ok(())
    }

    fn idle(&mut self, view: View<'_>, deadline: Instant) -> Result<()> {
        self.run(view, deadline, false).map(drop)
    }

    fn answer(&mut self, view: View<'_>, deadline: Instant) -> Result<Answer> {
        self.run(view, deadline, true)
    }

    fn saved(&mut self, view: View<'_>) -> Result<()> {
        self.plugin.set_insert_mode(false);
        self.plugin.pick_around(view);
        Ok(())
    }

    fn leave(&mut self, view: View<'_>) -> Result<()> {
        self.plugin.pick_around(view);
        Ok(())
    }
}

fn infill(port: u16, body: &Value) -> Result<Value> {
    let mut response = http::post(port, "/infill", &body.to_string())?;
    let mut text = String::new();
    response.body.read_to_string(&mut text)?;
    if response.status != 200 {
        bail!("llama-server answered {}: {text}", response.status);
    }
    serde_json::from_str(&text).context("llama-server sent no JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_has_the_plugins_number_of_tokens() {
        assert_eq!(TOKENS, plugin::TOKENS.to_string());
    }
}
