//! llama-server's `/infill`: what the model says to the bare text around the cursor.
//!
//! It must not help the model: no context, no post-processing. Answers are kept on disk with the request
//! that they answer, because the model is slow and the request seldom changes.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::BufRead as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answers::Answer;
use super::cases::Place;
use super::http;
use super::llama_server::{self, LlamaServer};
use super::runner::fingerprint;

/// How llama-server is run, besides its model, port and threads. `/infill` fits what it sees of the file to
/// the batch, so 768 is the prompt's size in tokens, which is Weft's default too.
const ARGUMENTS: [&str; 8] = ["-b", "768", "-ub", "512", "-c", "2048", "-np", "1"];

/// Where llama-server is and what it is to say.
pub(super) struct Options {
    pub(super) program: PathBuf,
    pub(super) model: PathBuf,
    pub(super) threads: Option<usize>,
    /// The most tokens of an answer.
    pub(super) tokens: u32,
    /// Where the answers are kept.
    pub(super) kept: PathBuf,
    /// Where the server's log goes.
    pub(super) log: PathBuf,
}

/// A llama-server that starts with the first question that has no answer on disk, and ends with this.
pub(super) struct Infill {
    options: Options,
    running: Option<LlamaServer>,
}

/// An answer on disk. It counts for exactly this request.
#[derive(Serialize, Deserialize)]
struct Kept {
    made_with: String,
    request: Value,
    answer: Answer,
}

impl Infill {
    pub(super) fn new(options: Options) -> Self {
        Self { options, running: None }
    }

    /// What answers: the program and the model's file.
    pub(super) fn made_with(&self) -> String {
        let Options { program, model, tokens, .. } = &self.options;
        format!("{} {} {tokens} {}", fingerprint(program), fingerprint(model), ARGUMENTS.join(" "))
    }

    /// The model's text at `place`, read until `is_enough` of what has come.
    pub(super) fn ask(
        &mut self,
        id: &str,
        place: &Place,
        is_enough: &dyn Fn(&str) -> bool,
    ) -> Result<Answer> {
        let request = self.request(place);
        let made_with = self.made_with();
        let path = self.options.kept.join(file_name(id, &request));
        if let Some(kept) = kept(&path)
            && kept.made_with == made_with
            && kept.request == request
            && (!kept.answer.stopped || is_enough(&kept.answer.completion))
        {
            return Ok(Answer { replayed: true, ..kept.answer });
        }
        let port = self.port()?;
        let answer = generate(port, &request, is_enough)?;
        fs::create_dir_all(&self.options.kept)?;
        let kept = Kept { made_with, request, answer };
        fs::write(&path, serde_json::to_string(&kept)?)
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(kept.answer)
    }

    fn request(&self, place: &Place) -> Value {
        json!({
            "input_prefix": place.prefix,
            "input_suffix": place.suffix,
            "n_predict": self.options.tokens,
            "temperature": 0,
            "seed": 1,
            "stream": true,
        })
    }

    /// The port of the running server, which is started if there is none.
    fn port(&mut self) -> Result<u16> {
        if let Some(server) = &mut self.running
            && server.is_running()
        {
            return Ok(server.port());
        }
        let server = LlamaServer::start(&llama_server::Options {
            program: self.options.program.clone(),
            model: self.options.model.clone(),
            threads: self.options.threads,
            arguments: ARGUMENTS.map(str::to_owned).to_vec(),
            log: self.options.log.clone(),
        })?;
        Ok(self.running.insert(server).port())
    }
}

/// A name for each case and request, so that two sets which share ids do not push each other out.
fn file_name(id: &str, request: &Value) -> String {
    let name: String = id.chars().map(|it| if it.is_alphanumeric() { it } else { '-' }).collect();
    let mut hasher = DefaultHasher::new();
    request.to_string().hash(&mut hasher);
    format!("{name}-{:016x}.json", hasher.finish())
}

fn kept(path: &Path) -> Option<Kept> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn generate(port: u16, request: &Value, is_enough: &dyn Fn(&str) -> bool) -> Result<Answer> {
    let start = Instant::now();
    let response = http::post(port, "/infill", &request.to_string())?;
    let mut answer = Answer::default();
    let mut pieces = 0;
    let mut ended = false;
    let status = response.status;
    let mut unread = String::new();
    for line in response.body.lines() {
        let line = line?;
        let Some(event) = line.strip_prefix("data: ").filter(|_| status == 200) else {
            unread.push_str(&line);
            continue;
        };
        let event: Value = serde_json::from_str(event).context("llama-server sent no JSON")?;
        answer.completion.push_str(event["content"].as_str().unwrap_or_default());
        pieces += 1;
        if event["stop"].as_bool() == Some(true) {
            answer.prompt_tokens = event["tokens_evaluated"].as_u64();
            answer.cached_tokens = event["timings"]["cache_n"].as_u64();
            answer.tokens = event["tokens_predicted"].as_u64();
            ended = true;
            break;
        }
        if is_enough(&answer.completion) {
            answer.stopped = true;
            answer.tokens = Some(pieces);
            break;
        }
    }
    if !ended && !answer.stopped {
        bail!("llama-server ended its answer too early ({status}): {unread}");
    }
    answer.seconds = start.elapsed().as_secs_f64();
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_kept_under_a_name_of_its_own() {
        let name = |prefix: &str| file_name("Set/0/L1", &json!({"input_prefix": prefix}));
        assert!(name("a").starts_with("Set-0-L1-") && name("a") == name("a"));
        assert_ne!(name("a"), name("b"));
    }

    #[test]
    fn an_answer_on_disk_counts_for_its_own_request_only() {
        let folder = std::env::temp_dir().join(format!("weft-xtask-infill-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let options = Options {
            program: folder.join("no-such-program"),
            model: folder.join("no-such-model"),
            threads: None,
            tokens: 8,
            kept: folder.join("kept"),
            log: folder.join("log"),
        };
        let mut infill = Infill::new(options);
        let place = Place::for_test("a = ", "\n");
        let request = infill.request(&place);
        let answer = Answer { completion: "1\n2".to_owned(), stopped: true, ..Answer::default() };
        let kept = Kept { made_with: infill.made_with(), request: request.clone(), answer };
        fs::create_dir_all(folder.join("kept")).unwrap();
        let path = folder.join("kept").join(file_name("x", &request));
        fs::write(path, serde_json::to_string(&kept).unwrap()).unwrap();

        let answer = infill.ask("x", &place, &|text| text.len() > 2).unwrap();
        assert_eq!((answer.completion.as_str(), answer.replayed), ("1\n2", true));
        assert!(
            infill.ask("x", &place, &|text| text.len() > 20).is_err(),
            "it was stopped too early for this"
        );
        assert!(infill.ask("x", &Place::for_test("b = ", "\n"), &|_| true).is_err());
        fs::remove_dir_all(&folder).unwrap();
    }
}
