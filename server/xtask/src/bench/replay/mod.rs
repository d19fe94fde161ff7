//! `cargo xtask bench replay`: how long a person who types waits for suggestions, with Weft and with a client like
//! llama.vim, and what that costs.
//!
//! Both get the same script in the same run. It must not judge the suggestions beyond what the person does: take
//! what is right, type over what is not.

mod document;
mod figures;
mod llama_vim;
mod load;
mod player;
mod plot;
mod report;
mod script;
mod usage;
mod weft;
mod workspace;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use self::figures::{Session, Side};
use self::llama_vim::{LlamaVim, Window};
use self::load::{Load, Spinners};
use self::report::Report;
use self::weft::Weft;
use self::workspace::{Planned, Workspace};
use super::home::{self, Home};
use super::llama_server::{self, LlamaServer};
use super::{cases, fim};
use crate::arguments::Arguments;
use crate::cache::Cache;
use crate::weft::SMALL_MODEL;

/// Everything that `--help` says.
pub(super) fn help() -> &'static str {
    "\
Measure how long suggestions take while someone types, and what they cost: the same typing session is played to a
real `weft lsp` and to a client that does what llama.vim does with a real llama-server, by turns.

Usage: cargo xtask bench replay --cases DIR --llama-server BIN [OPTIONS]

Options:
  --cases DIR         Folder with cases.jsonl and the packages that the cases are from
  --set NAME          cases (default) or cases_xl
  --llama-server BIN  The program, with its libraries beside it
  --model NAME        The model of both (default: qwen2.5-coder-0.5b)
  --sessions N        Typing sessions of each client, load and run (default: 8): some lines around a case's hole,
                      now and then some more at another place
  --runs N            Runs with different sessions; the figures are the medians of the runs (default: 1)
  --seed N            What the sessions are made from (default: 1)
  --load LIST         quiet, busy or both (default: quiet,busy); busy: each core has a process that never rests
  --patience SECONDS  How long a person waits for a suggestion (default: 20)
  --window NAME       What llama.vim's server sees: `same` (default) as much as Weft's, `own` as much as llama.cpp's
                      preset for llama.vim lets it
  --threads N         Threads for the model, Weft's and llama-server's (default: their own)
  --report FILE       Write the table to FILE (Markdown), everything beside it as JSON and a plot as SVG

The binary is built first, unless WEFT_BIN names one; a run in the background should have a copy of its own.
A session takes about a minute; do nothing else on the machine meanwhile.
"
}

/// After so many sessions in a row that fail something is wrong with more than a case.
const FAILURES_IN_A_ROW: usize = 3;

struct Options {
    model: String,
    llama_server: PathBuf,
    sessions: usize,
    runs: usize,
    seed: u64,
    loads: Vec<Load>,
    patience: Duration,
    /// llama-server's, but for what is the same for Weft.
    arguments: Vec<String>,
    threads: Option<usize>,
    report: Option<PathBuf>,
}

pub(super) fn run(mut arguments: Arguments) -> Result<ExitCode> {
    if arguments.wants_help() {
        print!("{}", help());
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.flag(load::OPTION) {
        load::spin();
    }
    let (folder, set) = fim::source(&mut arguments)?;
    let options = options(&mut arguments)?;
    arguments.finish()?;
    let cases = cases::read(&folder, &set)?;
    let plans: Vec<Vec<Planned>> = (0..options.runs)
        .map(|run| workspace::plan(&cases, &folder, options.sessions, options.seed + run as u64))
        .collect::<Result<_>>()?;
    let mut bench = Bench::make(&options)?;
    let mut left_out = Vec::new();
    let mut sessions = Vec::new();
    let turns = options.runs * options.loads.len() * options.sessions;
    let mut failures = 0;
    for (run, plan) in plans.iter().enumerate() {
        for load in &options.loads {
            let _spinners = Spinners::start(*load)?;
            for (turn, planned) in plan.iter().enumerate() {
                match bench.both(planned, run, *load, turn % 2 == 1) {
                    Ok(pair) => {
                        sessions.extend(pair);
                        failures = 0;
                    }
                    Err(error) => {
                        left_out.push(format!("{} ({load}): {error:#}", planned.id));
                        eprintln!("\n{}", left_out.last().map(String::as_str).unwrap_or_default());
                        failures += 1;
                    }
                }
                if failures == FAILURES_IN_A_ROW {
                    bail!("{failures} failures in a row");
                }
                eprint!("\r{} of {turns} sessions   ", sessions.len() / 2 + left_out.len());
            }
        }
    }
    eprintln!();
    let title = format!(
        "Typing with {}: {} sessions, {}",
        options.model,
        options.sessions,
        if options.runs == 1 { "one run".to_owned() } else { format!("median of {} runs", options.runs) }
    );
    let settings = json!({
        "set": set,
        "seed": options.seed,
        "patience_seconds": options.patience.as_secs_f64(),
        "threads": options.threads,
        "llama_server": options.arguments,
        "cores": std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
    });
    Report::new(title, settings, options.loads, left_out, sessions).publish(options.report.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

fn options(arguments: &mut Arguments) -> Result<Options> {
    let llama_server = arguments.value::<PathBuf>("--llama-server")?;
    let llama_server = llama_server.context("--llama-server BIN is missing")?;
    let window = match arguments.value::<String>("--window")?.as_deref() {
        None | Some("same") => Window::Same,
        Some("own") => Window::Own,
        Some(other) => bail!("`{other}` is no window: there are same and own"),
    };
    let options = Options {
        model: arguments.value("--model")?.unwrap_or_else(|| SMALL_MODEL.to_owned()),
        llama_server: fs::canonicalize(&llama_server)
            .with_context(|| format!("there is no {}", llama_server.display()))?,
        sessions: arguments.value("--sessions")?.unwrap_or(8),
        runs: arguments.value("--runs")?.unwrap_or(1),
        seed: arguments.value("--seed")?.unwrap_or(1),
        loads: load::parse(&arguments.value::<String>("--load")?.unwrap_or("quiet,busy".to_owned()))?,
        patience: Duration::from_secs_f64(
            arguments.value("--patience")?.unwrap_or(20.0_f64).clamp(0.1, 600.0),
        ),
        arguments: llama_vim::arguments(window),
        threads: arguments.value("--threads")?,
        report: arguments.value("--report")?,
    };
    if options.sessions == 0 || options.runs == 0 {
        bail!("there is nothing to measure");
    }
    Ok(options)
}

/// Both clients' servers.
struct Bench<'a> {
    options: &'a Options,
    home: Home,
    llama_server: LlamaServer,
}

impl<'a> Bench<'a> {
    fn make(options: &'a Options) -> Result<Self> {
        let cache = Cache::open()?;
        let mut home = Home::make(&cache, &home::binary(&cache)?, &options.model)?;
        home.threads = options.threads;
        let llama_server = LlamaServer::start(&llama_server::Options {
            program: options.llama_server.clone(),
            model: home.model(&options.model)?,
            threads: options.threads,
            arguments: options.arguments.clone(),
            log: home.folder.join("llama-server.log"),
        })?;
        Ok(Self { options, home, llama_server })
    }

    /// Plays a script to both clients. Which is first changes from session to session, so that neither has the
    /// machine always as the other left it.
    fn both(&mut self, planned: &Planned, run: usize, load: Load, other_first: bool) -> Result<[Session; 2]> {
        let seed = self.options.seed + run as u64;
        let first = if other_first { self.llama_vim(planned, seed)? } else { self.weft(planned)? };
        let second = if other_first { self.weft(planned)? } else { self.llama_vim(planned, seed)? };
        Ok([first, second].map(|session| Session { run, load, ..session }))
    }

    fn weft(&self, planned: &Planned) -> Result<Session> {
        let workspace = Workspace::lay_out(planned, &self.home.folder.join("workspace"))?;
        let command = self.home.lsp(&self.options.model, workspace.folder())?;
        let mut client = Weft::start(command, workspace.folder(), &planned.language)?;
        let pid = client.pid();
        let used = || {
            let engine = usage::engine_pid(&self.home.file("run/serve.json"));
            let pids = std::iter::once(pid).chain(engine);
            pids.map(|pid| (pid, usage::of_process(pid))).collect::<Vec<_>>()
        };
        let before = used();
        let played = player::play(&planned.script, workspace.files(), &mut client, self.options.patience)?;
        client.settle()?;
        let cpu_seconds = usage::between(&before, &used());
        Ok(planned.session(Side::Weft, played, client.finish(), cpu_seconds))
    }

    fn llama_vim(&mut self, planned: &Planned, seed: u64) -> Result<Session> {
        if !self.llama_server.is_running() {
            bail!("llama-server has ended");
        }
        let workspace = Workspace::lay_out(planned, &self.home.folder.join("workspace"))?;
        let mut client = LlamaVim::start(self.llama_server.port(), seed)?;
        let pid = self.llama_server.pid();
        let used = || vec![(pid, usage::of_process(pid))];
        let before = used();
        let played = player::play(&planned.script, workspace.files(), &mut client, self.options.patience)?;
        let costs = client.finish()?;
        let cpu_seconds = usage::between(&before, &used());
        Ok(planned.session(Side::LlamaVim, played, costs, cpu_seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options> {
        options(&mut Arguments::new(line.split_whitespace().map(str::to_owned).collect()))
    }

    #[test]
    fn options_are_checked_before_the_work() {
        assert!(parse("").is_err());
        let given = parse("--llama-server / --patience 2.5 --window own --load busy").unwrap();
        assert_eq!((given.patience.as_millis(), given.sessions, given.loads), (2500, 8, vec![Load::Busy]));
        assert!(given.arguments.contains(&"1024".to_owned()));
        for wrong in ["--window big", "--load some", "--sessions 0", "--patience soon"] {
            assert!(parse(&format!("--llama-server / {wrong}")).is_err(), "{wrong}");
        }
    }
}
