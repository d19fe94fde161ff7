//! Asks every variant in every case, one after the other, so that no two disturb each other's times.
//!
//! It must not judge answers: it collects them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answers::{Answer, AnswerFile};
use super::cases::Place;
use super::home::{self, Home};
use super::infill::{self, Infill};
use super::session;
use super::variants::{self, Asked, Variant};
use crate::arguments::Arguments;
use crate::cache::Cache;
use crate::weft;

pub(super) const HELP: &str = "\
  --variants LIST     What to compare (default: all); see below
  --model NAME        The model of all variants (default: qwen2.5-coder-0.5b)
  --threads N         Threads for the model, Weft's and llama-server's (default: their own)
  --limit N           Only the first N cases
  --only IDS          Only these cases, separated by commas
  --llama-server BIN  For the variant infill, with its libraries beside it
  --infill-tokens N   The most tokens of an /infill answer (default: 128)
  --out FILE          Where the answers go, a JSON line each, as they come (default: bench/ in the
                      cache folder); beside it, for each variant, a file with ids and completions
  --resume            Keep the answers in --out and ask for what is missing
  --report FILE       Write the tables to FILE (Markdown) and everything beside it as JSON
  --fresh             Generate again what was generated before. Without it, a request that is the same
                      to the last byte is answered from a record; its time is the recorded one
";

/// Something to be asked about.
pub(super) trait Case {
    fn id(&self) -> &str;
    /// Makes its workspace at `folder`, which does not exist.
    fn lay_out(&self, folder: &Path) -> Result<Place>;
    /// Where the definitions are that what is missing needs: a path below the workspace and a line, counted from 0.
    fn needed(&self) -> Vec<(&str, u32)>;
    /// Whether more of a raw answer can change nothing.
    fn is_settled(&self, raw: &str) -> bool;
}

/// What both benchmarks are told.
pub(super) struct Options {
    pub(super) variants: Vec<Variant>,
    pub(super) model: String,
    pub(super) limit: usize,
    pub(super) only: Vec<String>,
    pub(super) report: Option<PathBuf>,
    threads: Option<usize>,
    llama_server: Option<PathBuf>,
    infill_tokens: u32,
    out: Option<PathBuf>,
    resume: bool,
    pub(super) fresh: bool,
}

/// Cases that one variant answers before the next one does. One at a time, a model would have most of the prompt
/// in its cache from the variant before, which spares time and changes near ties; all at once, a run that is
/// cut would have no pairs.
const CASES_IN_A_BLOCK: usize = 10;
/// After so many failures in a row something is wrong with more than a case.
const FAILURES_IN_A_ROW: usize = 5;

pub(super) fn options(arguments: &mut Arguments) -> Result<Options> {
    let only = arguments.value::<String>("--only")?.unwrap_or_default();
    let options = Options {
        variants: variants::parse(&arguments.value::<String>("--variants")?.unwrap_or("all".to_owned()))?,
        model: arguments.value("--model")?.unwrap_or_else(|| weft::SMALL_MODEL.to_owned()),
        limit: arguments.value("--limit")?.unwrap_or(usize::MAX),
        only: only.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect(),
        report: arguments.value("--report")?,
        threads: arguments.value("--threads")?,
        llama_server: arguments.value("--llama-server")?,
        infill_tokens: arguments.value("--infill-tokens")?.unwrap_or(128),
        out: arguments.value("--out")?,
        resume: arguments.flag("--resume"),
        fresh: arguments.flag("--fresh"),
    };
    let needs_server = options.variants.iter().any(|variant| variant.asked == Asked::Infill);
    if needs_server && options.llama_server.is_none() {
        bail!("the variant infill needs --llama-server BIN");
    }
    Ok(options)
}

/// Asks for everything that is missing. `name` names the set of cases in the default file's name.
pub(super) fn collect<C: Case>(options: &Options, name: &str, cases: &[C]) -> Result<AnswerFile> {
    let cache = Cache::open()?;
    let binary = home::binary(&cache)?;
    let mut runner = Runner::make(&cache, &binary, options)?;
    let default = || cache.bench().join(format!("{name}-{}.jsonl", options.model));
    let path = options.out.clone().unwrap_or_else(default);
    let mut file = AnswerFile::open(&path, options.resume)?;
    for variant in &options.variants {
        if let Asked::Given(path) = &variant.asked {
            file.take_over(&variant.name, path)?;
        }
    }
    let jobs = jobs(options, cases, &runner, &file);
    let start = Instant::now();
    let mut failures = 0;
    for (index, (variant, case)) in jobs.iter().enumerate() {
        let folder = runner.home.folder.join("cases").join((index + 1).to_string());
        let answer = runner.ask(variant, *case, &folder);
        let mut answer =
            answer.unwrap_or_else(|error| Answer { error: Some(format!("{error:#}")), ..Answer::default() });
        case.id().clone_into(&mut answer.id);
        answer.variant.clone_from(&variant.name);
        answer.model.clone_from(&options.model);
        answer.made_with = runner.made_with(variant);
        failures = if answer.error.is_some() { failures + 1 } else { 0 };
        if let Some(error) = &answer.error {
            eprintln!("\n{} of {}: {error}", variant.name, case.id());
        }
        file.add(answer)?;
        if failures == FAILURES_IN_A_ROW {
            bail!("{failures} failures in a row; --resume goes on after the cause is gone");
        }
        let left = start.elapsed().as_secs() as usize * (jobs.len() - index - 1) / (index + 1);
        eprint!("\r{} of {} answers, about {} min left   ", index + 1, jobs.len(), left.div_ceil(60));
    }
    eprintln!();
    write_completions(&file, options, cases)?;
    println!("Answers: {}", file.path().display());
    Ok(file)
}

/// What is missing, in order.
fn jobs<'a, C: Case>(
    options: &'a Options,
    cases: &'a [C],
    runner: &Runner,
    file: &AnswerFile,
) -> Vec<(&'a Variant, &'a C)> {
    let asked = options.variants.iter().filter(|variant| !matches!(variant.asked, Asked::Given(_)));
    let mut jobs: Vec<(&Variant, &C)> = Vec::new();
    for block in cases.chunks(CASES_IN_A_BLOCK) {
        for variant in asked.clone() {
            jobs.extend(block.iter().map(|case| (variant, case)));
        }
    }
    jobs.retain(|(variant, case)| {
        !file.has(&variant.name, case.id(), &options.model, &runner.made_with(variant))
    });
    jobs
}

/// A file for each variant that other scorers can read.
fn write_completions<C: Case>(file: &AnswerFile, options: &Options, cases: &[C]) -> Result<()> {
    for variant in &options.variants {
        let mut text = String::new();
        for answer in cases.iter().filter_map(|case| file.get(&variant.name, case.id())) {
            let line = json!({"id": answer.id, "task_id": answer.id, "completion": answer.completion});
            text.push_str(&format!("{line}\n"));
        }
        let path = completions_path(file.path(), variant);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Where the completions of a variant are.
pub(super) fn completions_path(out: &Path, variant: &Variant) -> PathBuf {
    let stem = out.file_stem().unwrap_or_default().to_string_lossy();
    out.with_file_name(format!("{stem}.{}.jsonl", variant.name.replace('/', ",")))
}

/// Who is asked, and what they need.
struct Runner {
    home: Home,
    model: String,
    /// Generations of this run that were accounted for.
    accounted: usize,
    infill: Option<Infill>,
    weft_made_with: String,
}

/// What Weft tells of one generation when it keeps them.
#[derive(Deserialize)]
struct Generation {
    request: String,
    replayed: bool,
    /// What it took the engine when it was made.
    engine_ms: f64,
}

impl Runner {
    fn make(cache: &Cache, weft: &Path, options: &Options) -> Result<Self> {
        let mut home = Home::make(cache, weft, &options.model)?;
        home.threads = options.threads;
        home.generations = (!options.fresh).then(|| cache.bench().join("generations"));
        let mut runner = Self {
            home,
            model: options.model.clone(),
            accounted: 0,
            infill: None,
            weft_made_with: fingerprint(weft),
        };
        if let Some(program) = &options.llama_server {
            let kept = if options.fresh { runner.home.folder.clone() } else { cache.bench() };
            runner.infill = Some(Infill::new(infill::Options {
                program: fs::canonicalize(program)
                    .with_context(|| format!("there is no {}", program.display()))?,
                model: runner.home.model(&options.model)?,
                threads: options.threads,
                tokens: options.infill_tokens,
                kept: kept.join("infill").join(&options.model),
                log: runner.home.folder.join("llama-server.log"),
            }));
        }
        Ok(runner)
    }

    /// What answers for a variant, so that a resumed run does not take over another one's answers.
    fn made_with(&self, variant: &Variant) -> String {
        match &variant.asked {
            Asked::Infill => self.infill.as_ref().map(Infill::made_with).unwrap_or_default(),
            Asked::Weft(options) | Asked::Oracle(options) => format!("{} {options}", self.weft_made_with),
            Asked::Given(path) => path.display().to_string(),
        }
    }

    fn ask(&mut self, variant: &Variant, case: &impl Case, folder: &Path) -> Result<Answer> {
        let place = case.lay_out(folder)?;
        match &variant.asked {
            Asked::Infill => {
                let infill = self.infill.as_mut().context("the variant infill needs --llama-server BIN")?;
                infill.ask(case.id(), &place, &|raw| case.is_settled(raw))
            }
            Asked::Weft(options) => self.ask_weft(options, &place),
            Asked::Oracle(options) => {
                let needed = case.needed().into_iter();
                let given: Vec<Value> =
                    needed.map(|(path, line)| json!({"path": path, "line": line})).collect();
                let mut options = options.clone();
                variants::set_option(&mut options, "context.given", json!(given));
                self.ask_weft(&options, &place)
            }
            Asked::Given(_) => bail!("answers from a file are not asked for"),
        }
    }

    fn ask_weft(&mut self, options: &Value, place: &Place) -> Result<Answer> {
        let command = self.home.lsp(&self.model, &place.folder)?;
        let mut options = options.clone();
        let typed = options.as_object_mut().and_then(|options| options.remove("typed"));
        let typed = typed.and_then(|typed| typed.as_u64()).map_or(0, |typed| typed as usize);
        // One answer is measured, whole, and not what might be asked next.
        for (key, value) in [("ahead", json!(false)), ("answerWithinMs", json!(0))] {
            if options.get(key).is_none() {
                options[key] = value;
            }
        }
        let wait = variants::looks_beyond_the_file(&options);
        let reply = session::ask(command, place, &options, wait, typed)?;
        let trace = reply.trace.as_ref();
        let number = |name: &str| trace.and_then(|trace| trace[name].as_u64());
        let text = |name: &str| trace.and_then(|trace| Some(trace[name].as_str()?.to_owned()));
        let load_ms = trace.and_then(|trace| trace["load_ms"].as_f64()).unwrap_or_default();
        let generations = self.new_generations();
        let replayed: Vec<&Generation> = generations.iter().filter(|it| it.replayed).collect();
        let replayed_ms: f64 = replayed.iter().map(|it| it.engine_ms).sum();
        let answer = Answer {
            completion: reply.completion,
            seconds: (reply.seconds + (replayed_ms - load_ms) / 1000.0).max(0.0),
            replayed: !replayed.is_empty() && replayed.len() == generations.len(),
            prompt_tokens: number("prompt_tokens"),
            cached_tokens: number("cached_tokens"),
            tokens: number("tokens"),
            reason: text("reason"),
            requests: generations.into_iter().map(|it| it.request).collect(),
            index: reply.index,
            trace: reply.trace.clone(),
            ..Answer::default()
        };
        match text("reason_code").as_deref() {
            // Silence is an answer, a failure is not.
            Some("error" | "no_model" | "no_fim") => {
                bail!("Weft gave no answer: {}", answer.reason.unwrap_or_default())
            }
            _ => Ok(answer),
        }
    }

    /// The generations since the last call.
    fn new_generations(&mut self) -> Vec<Generation> {
        let path = self.home.file("run/generations.jsonl");
        let text = fs::read_to_string(path).unwrap_or_default();
        let lines = text.lines().skip(self.accounted).map(serde_json::from_str);
        let generations: Vec<Generation> = lines.map_while(Result::ok).collect();
        self.accounted += generations.len();
        generations
    }
}

/// A file by its size and the time of its last change, which a new build changes. Its content takes seconds to
/// read where it is a model.
pub(super) fn fingerprint(path: &Path) -> String {
    let Ok(metadata) = File::open(path).and_then(|file| file.metadata()) else { return "none".to_owned() };
    let changed = metadata.modified().ok();
    let changed = changed.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    format!("{name}:{}:{}", metadata.len(), changed.unwrap_or_default().as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options> {
        options(&mut Arguments::new(line.split_whitespace().map(str::to_owned).collect()))
    }

    #[test]
    fn options_are_checked_before_the_work() {
        let given = parse("--variants all,-similar --only a,b --threads 1 --resume").unwrap();
        assert_eq!((given.variants.len(), given.only.len(), given.threads), (2, 2, Some(1)));
        assert!(given.resume && !given.fresh);
        assert!(parse("--variants infill").is_err());
        assert!(parse("--variants infill --llama-server x").is_ok());
    }

    #[test]
    fn a_variant_has_a_file_name_of_its_own() {
        let variant = &variants::parse("all/healing=off").unwrap()[0];
        let path = completions_path(Path::new("/x/out.jsonl"), variant);
        assert_eq!(path, Path::new("/x/out.all,healing=off.jsonl"));
    }
}
