//! `cargo xtask bench fim`: runs `weft complete` on held-out cases and prints how often it is right.
//!
//! Only the first suggestion counts, whole: what a user would see and accept.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

use super::cases::{self, Case, LaidOut};
use super::score::{Score, score};
use crate::arguments::Arguments;
use crate::cache::{self, Cache};
use crate::{process, weft};

pub(super) const HELP: &str = "\
Measure fill-in-the-middle completions on held-out cases.

Usage: cargo xtask bench fim --cases DIR [OPTIONS]

Options:
  --cases DIR   Folder with cases.jsonl and the packages that the cases are from
  --set NAME    cases (default) or cases_xl
  --model NAME  Model to measure; may be given more than once (default: qwen2.5-coder-0.5b)
  --limit N     Only the first N cases
  --jobs N      Cases at once (default: 1; more disturbs the times)
  --out FILE    Where the predictions go, one JSON line a case; with several models the
                model's name is added to the file's (default: bench/ in the cache folder)

The table: EM and first, share of exact matches of the whole and of the first line; ES, edit
similarity; silent, share of cases with no suggestion; seconds of one `weft complete`.
The binary is built first, unless WEFT_BIN names one.
";

const KINDS: [&str; 4] = ["cross", "infile", "block", "all"];

struct Options {
    cases: PathBuf,
    set: String,
    models: Vec<String>,
    limit: usize,
    jobs: usize,
    out: Option<PathBuf>,
}

/// What `weft complete --json` prints, as far as it is needed here.
#[derive(Deserialize)]
struct Answer {
    items: Vec<Item>,
    reason: Option<String>,
    prompt: Prompt,
    timings: Timings,
}

#[derive(Deserialize)]
struct Item {
    text: String,
    /// Bytes after the cursor that the text replaces.
    replace_after: usize,
}

#[derive(Deserialize)]
struct Prompt {
    tokens: usize,
    cached_tokens: usize,
}

#[derive(Deserialize)]
struct Timings {
    tokens: usize,
    total_ms: f64,
}

/// A line of the predictions file.
#[derive(Serialize)]
struct Prediction {
    id: String,
    completion: String,
    model: String,
    language: String,
    kind: String,
    exact: bool,
    similarity: f64,
    first_line: bool,
    /// Wall clock of the whole `weft complete`.
    seconds: f64,
    /// What weft says the request took.
    request_ms: f64,
    prompt_tokens: usize,
    cached_tokens: usize,
    tokens: usize,
    /// Why there is no suggestion.
    reason: Option<String>,
}

/// One line of the table.
struct Row {
    count: usize,
    exact: f64,
    similarity: f64,
    first_line: f64,
    silent: f64,
    median_seconds: f64,
    p90_seconds: f64,
    median_prompt_tokens: f64,
}

/// The folder of one run: workspaces and a WEFT_HOME of its own, so that no other engine answers.
struct RunFolder {
    folder: PathBuf,
    weft: PathBuf,
    models: PathBuf,
}

pub(super) fn run(mut arguments: Arguments) -> Result<ExitCode> {
    if arguments.wants_help() {
        print!("{HELP}");
        return Ok(ExitCode::SUCCESS);
    }
    let options = options(arguments)?;
    let cache = Cache::open()?;
    let binary = match std::env::var_os("WEFT_BIN") {
        Some(binary) => PathBuf::from(binary),
        None => weft::build(&cache, &cache::workspace_root()?)?,
    };
    let mut cases = cases::read(&options.cases, &options.set)?;
    cases.truncate(options.limit);
    if cases.is_empty() {
        bail!("there are no cases to run");
    }
    let run = RunFolder::make(&cache, &binary, &options.models)?;
    let mut table = Vec::new();
    for model in &options.models {
        let predictions = predict(&run, model, &cases, &options)?;
        let path = predictions_path(&cache, &options, model);
        write(&path, &predictions)?;
        println!("{} predictions of {model}: {}", predictions.len(), path.display());
        for kind in KINDS {
            let of_kind: Vec<&Prediction> =
                predictions.iter().filter(|it| kind == "all" || it.kind == kind).collect();
            table.extend(row(&of_kind).map(|row| (model.as_str(), kind, row)));
        }
    }
    print_table(&table);
    Ok(ExitCode::SUCCESS)
}

fn options(mut arguments: Arguments) -> Result<Options> {
    let cases = arguments.value::<PathBuf>("--cases")?;
    let mut options = Options {
        cases: cases.context("--cases DIR is missing: the unpacked folder with cases.jsonl")?,
        set: arguments.value("--set")?.unwrap_or_else(|| "cases".to_owned()),
        models: arguments.values("--model")?,
        limit: arguments.value("--limit")?.unwrap_or(usize::MAX),
        jobs: arguments.value("--jobs")?.unwrap_or(1),
        out: arguments.value("--out")?,
    };
    arguments.finish()?;
    if options.models.is_empty() {
        options.models.push(weft::SMALL_MODEL.to_owned());
    }
    if options.jobs == 0 {
        bail!("--jobs must be at least 1");
    }
    options.cases = fs::canonicalize(&options.cases)
        .with_context(|| format!("there is no folder {}", options.cases.display()))?;
    Ok(options)
}

/// Asks for every case, `jobs` at once; the first that cannot be asked ends it all.
fn predict(run: &RunFolder, model: &str, cases: &[Case], options: &Options) -> Result<Vec<Prediction>> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(case) = cases.get(index) else { return };
            let result = predict_one(run, model, case, options);
            if result.is_err() {
                next.store(cases.len(), Ordering::Relaxed);
            }
            let Ok(mut results) = results.lock() else { return };
            results.push((index, result));
            eprint!("\r{model}: {} of {} ", results.len(), cases.len());
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..options.jobs {
            scope.spawn(work);
        }
    });
    eprintln!();
    let Ok(mut results) = results.into_inner() else { bail!("a thread of the benchmark stopped early") };
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

fn predict_one(run: &RunFolder, model: &str, case: &Case, options: &Options) -> Result<Prediction> {
    let laid_out = cases::lay_out(case, &options.cases, &run.folder.join("cases").join(&case.id))?;
    let place = format!("{}:{}:{}", laid_out.file.display(), laid_out.line, laid_out.column);
    let mut command = run.weft();
    command.args(["complete", &place, "--json", "--model", model]);
    let start = Instant::now();
    let output = process::capture(&mut command)?;
    let seconds = start.elapsed().as_secs_f64();
    let answer: Answer = serde_json::from_slice(&output.stdout).with_context(|| {
        format!(
            "case {}: `{}` gave no answer ({}): {}",
            case.id,
            process::shown(&command),
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        )
    })?;
    let completion = completion(&answer, &laid_out);
    let Score { exact, similarity, first_line } = score(&completion, &case.truth, &case.language);
    Ok(Prediction {
        id: case.id.clone(),
        completion,
        model: model.to_owned(),
        language: case.language.clone(),
        kind: case.kind.clone(),
        exact,
        similarity,
        first_line,
        seconds,
        request_ms: answer.timings.total_ms,
        prompt_tokens: answer.prompt.tokens,
        cached_tokens: answer.prompt.cached_tokens,
        tokens: answer.timings.tokens,
        reason: answer.reason,
    })
}

/// The text that accepting the first suggestion adds: a suggestion may take in what follows the cursor
/// (a bracket that the editor closed), and then ends with it.
fn completion(answer: &Answer, place: &LaidOut) -> String {
    let Some(item) = answer.items.first() else { return String::new() };
    let replaced = place.suffix.get(..item.replace_after).unwrap_or_default();
    item.text.strip_suffix(replaced).unwrap_or(&item.text).to_owned()
}

impl RunFolder {
    fn make(cache: &Cache, weft: &Path, models: &[String]) -> Result<Self> {
        let models = weft::folder_with_models(weft, cache, models)?;
        let folder = cache.bench().join(format!("run-{}", std::process::id()));
        fs::create_dir_all(folder.join("home"))
            .with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self { folder, weft: weft.to_owned(), models })
    }

    /// weft with the run's own WEFT_HOME.
    fn weft(&self) -> std::process::Command {
        let mut command = process::command(&self.weft);
        command.env("WEFT_HOME", self.folder.join("home")).env("WEFT_MODELS", &self.models);
        command
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        // Without an answer the engine leaves by itself after its idle time.
        let _ = process::capture(self.weft().arg("stop"));
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn predictions_path(cache: &Cache, options: &Options, model: &str) -> PathBuf {
    match &options.out {
        Some(path) if options.models.len() == 1 => path.clone(),
        Some(path) => {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            path.with_file_name(format!("{stem}-{model}.jsonl"))
        }
        None => cache.bench().join(format!("fim-{}-{model}.jsonl", options.set)),
    }
}

fn write(path: &Path, predictions: &[Prediction]) -> Result<()> {
    let mut text = String::new();
    for prediction in predictions {
        text.push_str(&serde_json::to_string(prediction)?);
        text.push('\n');
    }
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// Sums predictions up; `None` if there are none.
fn row(predictions: &[&Prediction]) -> Option<Row> {
    if predictions.is_empty() {
        return None;
    }
    let of = |value: &dyn Fn(&Prediction) -> f64| predictions.iter().map(|it| value(it)).collect::<Vec<_>>();
    let mean = |values: Vec<f64>| values.iter().sum::<f64>() / predictions.len() as f64;
    let share = |is: &dyn Fn(&Prediction) -> bool| 100.0 * mean(of(&|it| f64::from(u8::from(is(it)))));
    Some(Row {
        count: predictions.len(),
        exact: share(&|it| it.exact),
        similarity: mean(of(&|it| it.similarity)),
        first_line: share(&|it| it.first_line),
        silent: share(&|it| it.completion.trim().is_empty()),
        median_seconds: quantile(of(&|it| it.seconds), 0.5),
        p90_seconds: quantile(of(&|it| it.seconds), 0.9),
        median_prompt_tokens: quantile(of(&|it| it.prompt_tokens as f64), 0.5),
    })
}

/// The value that `share` of the values do not exceed, between two neighbours by their distance.
fn quantile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = share * values.len().saturating_sub(1) as f64;
    let below = values.get(place.floor() as usize).copied().unwrap_or_default();
    let above = values.get(place.ceil() as usize).copied().unwrap_or(below);
    below + (above - below) * place.fract()
}

fn print_table(table: &[(&str, &str, Row)]) {
    println!(
        "\n{:<24} {:<7} {:>4} {:>6} {:>6} {:>6} {:>7} {:>9} {:>7} {:>14}",
        "model", "kind", "n", "EM %", "ES", "first %", "silent %", "median s", "p90 s", "prompt tokens"
    );
    for (model, kind, row) in table {
        println!(
            "{model:<24} {kind:<7} {:>4} {:>6.1} {:>6.1} {:>7.1} {:>8.1} {:>8.2} {:>7.2} {:>14.0}",
            row.count,
            row.exact,
            row.similarity,
            row.first_line,
            row.silent,
            row.median_seconds,
            row.p90_seconds,
            row.median_prompt_tokens
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prediction(exact: bool, completion: &str, seconds: f64) -> Prediction {
        Prediction {
            id: "x".to_owned(),
            completion: completion.to_owned(),
            model: "m".to_owned(),
            language: "rust".to_owned(),
            kind: "cross".to_owned(),
            exact,
            similarity: if exact { 100.0 } else { 20.0 },
            first_line: exact,
            seconds,
            request_ms: 0.0,
            prompt_tokens: 100,
            cached_tokens: 0,
            tokens: 3,
            reason: None,
        }
    }

    #[test]
    fn a_row_sums_its_predictions_up() {
        let all = [prediction(true, "a", 1.0), prediction(false, "b", 2.0), prediction(false, " \n", 9.0)];
        let row = row(&all.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!((row.count, row.median_seconds, row.median_prompt_tokens), (3, 2.0, 100.0));
        assert!((row.exact - 33.33).abs() < 0.01 && (row.silent - 33.33).abs() < 0.01);
        assert!((row.similarity - 46.67).abs() < 0.01 && (row.p90_seconds - 7.6).abs() < 0.01);
        assert!(super::row(&[]).is_none());
    }

    #[test]
    fn what_a_suggestion_takes_in_is_not_counted_twice() {
        let answer = |text: &str, replace_after| Answer {
            items: vec![Item { text: text.to_owned(), replace_after }],
            reason: None,
            prompt: Prompt { tokens: 1, cached_tokens: 0 },
            timings: Timings { tokens: 1, total_ms: 1.0 },
        };
        let place = LaidOut::for_test(")\n");
        assert_eq!(completion(&answer("a, b)", 1), &place), "a, b");
        assert_eq!(completion(&answer("a, b", 0), &place), "a, b");
        assert_eq!(completion(&answer("other", 1), &place), "other");
        assert_eq!(completion(&Answer { items: Vec::new(), ..answer("", 0) }, &place), "");
    }

    #[test]
    fn options_need_the_cases() {
        let parse =
            |words: &[&str]| options(Arguments::new(words.iter().map(|word| (*word).to_owned()).collect()));
        assert!(parse(&["--limit", "3"]).is_err());
        let given = parse(&["--cases", "/", "--model", "a", "--model", "b", "--jobs", "2"]).unwrap();
        assert_eq!((given.models.len(), given.jobs, given.set.as_str()), (2, 2, "cases"));
        assert!(parse(&["--cases", "/", "--jobs", "0"]).is_err());
    }
}
