//! `cargo xtask bench raw`: tokens a second of prompt and of generation, beside llama.cpp's own server on the same prompts, threads
//! and batch. It must not measure anything else: no cache, no context, no waiting.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::home::{self, Home};
use super::http;
use super::llama_server::{self, LlamaServer};
use crate::arguments::Arguments;
use crate::cache::Cache;
use crate::process;

/// Tokens of one answer.
const TOKENS: u32 = 64;
/// Tokens of a prompt's file.
const PROMPT_TOKENS: u32 = 768;
/// The batch that Weft evaluates prompts in.
const BATCH: &str = "64";

/// Everything that `--help` says.
pub(super) fn help() -> String {
    "\
Measure raw speed: the same prompts through Weft's engine and through llama.cpp's server, alternating, each from an empty cache.

Usage: cargo xtask bench raw --llama-server BIN [--files DIR] [--model NAME] [--threads N] [--rounds N]

  --llama-server BIN   llama.cpp's server
  --files DIR          code to complete (default: fixtures)
  --model NAME         the model (default: qwen2.5-coder-0.5b)
  --threads N          threads for both (default: the machine's cores)
  --rounds N           prompts (default: 6)
"
    .to_owned()
}

/// What was processed and how long it took.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Speed {
    prompt_tokens: f64,
    prompt_ms: f64,
    tokens: f64,
    generate_ms: f64,
}

pub(super) fn run(mut arguments: Arguments) -> Result<ExitCode> {
    if arguments.wants_help() {
        print!("{}", help());
        return Ok(ExitCode::SUCCESS);
    }
    let program: PathBuf =
        arguments.value("--llama-server")?.context("say where llama-server is: --llama-server BIN")?;
    let files: Option<PathBuf> = arguments.value("--files")?;
    let model: String = arguments.value("--model")?.unwrap_or_else(|| "qwen2.5-coder-0.5b".to_owned());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads: usize = arguments.value("--threads")?.unwrap_or(cores);
    let rounds: usize = arguments.value("--rounds")?.unwrap_or(6);
    arguments.finish()?;
    let files = match files {
        Some(files) => files,
        None => crate::cache::workspace_root()?.join("fixtures"),
    };
    let cache = Cache::open()?;
    let mut home = Home::make(&cache, &home::binary(&cache)?, &model)?;
    home.threads = Some(threads);
    let thread_count = threads.to_string();
    let arguments = ["-tb", &thread_count, "-b", BATCH, "-ub", BATCH, "-c", "4096", "-np", "1"];
    let server = LlamaServer::start(&llama_server::Options {
        program,
        model: home.model(&model)?,
        threads: Some(threads),
        arguments: arguments.map(str::to_owned).to_vec(),
        log: home.folder.join("llama-server.log"),
    })?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for (number, place) in places(&files, rounds + 1)?.iter().enumerate() {
        let (speed, prompt) = of_weft(&home, &model, place)?;
        let other = of_llama_server(server.port(), &prompt)?;
        // The first has the model's loading in it.
        if number > 0 {
            ours.push(speed);
            theirs.push(other);
        }
    }
    print(&model, threads, &ours, &theirs);
    Ok(ExitCode::SUCCESS)
}

fn print(model: &str, threads: usize, ours: &[Speed], theirs: &[Speed]) {
    println!("{model}, {threads} threads, batch {BATCH}, {} prompts, medians\n", ours.len());
    println!("| | Weft | llama.cpp | ratio, round by round |\n| --- | --: | --: | --: |");
    let rate = |of: fn(&Speed) -> f64| {
        let median = |speeds: &[Speed]| median(speeds.iter().map(of).collect());
        let ratio = median_of_ratios(ours, theirs, of);
        (median(ours), median(theirs), ratio)
    };
    let prompt = rate(|speed| speed.prompt_tokens / speed.prompt_ms * 1000.0);
    let generated = rate(|speed| speed.tokens / speed.generate_ms * 1000.0);
    for (name, (ours, theirs, ratio)) in [("prompt, tokens/s", prompt), ("generation, tokens/s", generated)] {
        println!("| {name} | {ours:.1} | {theirs:.1} | {ratio:.2} |");
    }
}

fn median_of_ratios(ours: &[Speed], theirs: &[Speed], of: fn(&Speed) -> f64) -> f64 {
    median(ours.iter().zip(theirs).map(|(ours, theirs)| of(ours) / of(theirs)).collect())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.get(middle), values.len() % 2) {
        (Some(value), 1) => *value,
        (Some(value), _) => (value + values.get(middle - 1).unwrap_or(value)) / 2.0,
        (None, _) => f64::NAN,
    }
}

/// Ends of lines in the folder's largest Python and Rust files, each in another part, so that no prompt begins like another.
fn places(folder: &Path, count: usize) -> Result<Vec<String>> {
    let mut files: Vec<(u64, PathBuf)> = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "py" || it == "rs") {
                files.push((fs::metadata(&path)?.len(), path));
            }
        }
    }
    files.sort_by(|one, other| other.cmp(one));
    let mut places = Vec::new();
    for (_, path) in files.iter().take(count) {
        let text = fs::read_to_string(path)?;
        let lines: Vec<&str> = text.lines().collect();
        // A line that opens a block: there is something to write for a while.
        let opens = |line: &&str| line.trim_end().ends_with([':', '{']) && line.starts_with([' ', '\t']);
        let late = lines.len() * 2 / 3;
        let line = lines.iter().skip(late).position(opens).map_or(lines.len().max(1) - 1, |at| at + late);
        let column = lines.get(line).map_or(0, |line| line.chars().count());
        places.push(format!("{}:{}:{}", path.display(), line + 1, column + 1));
    }
    anyhow::ensure!(places.len() == count, "{} has too few Python and Rust files", folder.display());
    Ok(places)
}

/// One completion by Weft, and the prompt that it was made from.
fn of_weft(home: &Home, model: &str, place: &str) -> Result<(Speed, String)> {
    let mut weft = home.weft();
    weft.env("WEFT_MAX_TOKENS", TOKENS.to_string()).env("WEFT_PROMPT_TOKENS", PROMPT_TOKENS.to_string());
    weft.args(["complete", place, "--json", "--model", model]);
    let output = process::capture(&mut weft)?;
    let said = String::from_utf8_lossy(&output.stderr);
    let answer: Value =
        serde_json::from_slice(&output.stdout).with_context(|| format!("weft said: {said}"))?;
    let parts = answer["prompt"]["parts"].as_array().context("the answer has no prompt")?;
    let prompt: String = parts
        .iter()
        .filter(|part| part["part"] != json!("the answer begins with"))
        .filter_map(|part| part["text"].as_str())
        .collect();
    let number = |pointer: &str| answer.pointer(pointer).and_then(Value::as_f64).unwrap_or(0.0);
    let speed = Speed {
        prompt_tokens: number("/prompt/tokens") - number("/prompt/cached_tokens"),
        prompt_ms: number("/timings/prompt_ms"),
        // The first token is there when the prompt is.
        tokens: number("/timings/tokens") - 1.0,
        generate_ms: number("/timings/generate_ms"),
    };
    Ok((speed, prompt))
}

fn of_llama_server(port: u16, prompt: &str) -> Result<Speed> {
    let request = json!({
        "prompt": prompt, "n_predict": TOKENS, "temperature": 0, "seed": 1, "cache_prompt": false, "ignore_eos": true,
    });
    let mut body = String::new();
    http::post(port, "/completion", &request.to_string())?.body.read_to_string(&mut body)?;
    let answer: Value = serde_json::from_str(&body).context("llama-server sent no JSON")?;
    let number = |name: &str| answer["timings"][name].as_f64().unwrap_or(0.0);
    Ok(Speed {
        prompt_tokens: number("prompt_n"),
        prompt_ms: number("prompt_ms"),
        tokens: number("predicted_n") - 1.0,
        generate_ms: number("predicted_ms"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_the_median_of_the_rounds() {
        let speed = |tokens: f64| Speed { tokens, generate_ms: 1000.0, ..Speed::default() };
        let ours = [speed(10.0), speed(30.0), speed(20.0)];
        let theirs = [speed(20.0), speed(20.0), speed(20.0)];
        assert!((median_of_ratios(&ours, &theirs, |it| it.tokens / it.generate_ms) - 1.0).abs() < 1e-9);
        assert!((median(vec![1.0, 2.0]) - 1.5).abs() < 1e-9);
        assert!(median(Vec::new()).is_nan());
    }
}
