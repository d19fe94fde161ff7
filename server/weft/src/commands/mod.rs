//! One file a command. It must not do what a library crate can do.

/// Prints a line to stdout. Unlike `println!` it is an error, not a panic, that the reader has gone
/// (`weft models list | head -1`); it ends the function that returns it.
macro_rules! say {
    ($($line:tt)*) => {
        std::io::Write::write_fmt(&mut std::io::stdout(), format_args!("{}\n", format_args!($($line)*)))?
    };
}

mod chat;
mod complete;
mod configuration;
mod devices;
mod doctor;
mod key;
mod lsp;
mod manual;
mod models;
mod place;
mod process;
pub(crate) mod pull;
mod run;
pub(crate) mod setup;
mod ui;
mod why;

/// The same for the pages of `weft serve`.
pub(crate) use lsp::options as page_options;

use crate::cli::Command;
use crate::config::live::Live;
use crate::config::{self, Config};
use crate::local_engine::LocalEngine;
use crate::paths::Paths;
use crate::replay::recorded;
use crate::settings::{CommandLine, Origin, Settings};
use anyhow::{Context, Result};
use engine::Engine;
use engine_remote::Router;
use std::future::Future;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Runs a command.
pub(crate) fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Complete(arguments) => {
            let command_line = CommandLine { model: arguments.model.clone(), idle_seconds: None };
            let (paths, settings, live) = load(&command_line, complete::workspace(&arguments))?;
            block_on(complete::run(&arguments, paths, &settings, &live))
        }
        Command::Chat(arguments) => {
            let command_line = CommandLine { model: arguments.model.clone(), idle_seconds: None };
            let here = std::env::current_dir().ok().map(|here| complete::project_of(&here));
            let (paths, settings, live) = load(&command_line, here)?;
            block_on(chat::run(arguments, paths, &settings, &live))
        }
        Command::Lsp(arguments) => {
            let paths = Paths::of_user()?;
            let command_line = CommandLine { model: arguments.model, idle_seconds: None };
            block_on(lsp::run(paths, command_line))
        }
        Command::Serve(arguments) => {
            let command_line =
                CommandLine { model: arguments.model.clone(), idle_seconds: arguments.idle_seconds };
            let paths = Paths::of_user()?;
            let settings = Settings::or_default(&config::load(&paths, None), &paths, &command_line);
            for problem in &settings.config.problems {
                tracing::warn!("{problem}");
            }
            block_on(crate::serve::run(&arguments, &paths, &settings, command_line))
        }
        Command::Models(command) => block_on(models::run(command, &Paths::of_user()?)),
        Command::Doctor(arguments) => block_on(doctor::run(&arguments, &Paths::of_user()?)),
        Command::Config(command) => block_on(configuration::run(command, Paths::of_user()?)),
        Command::Key(command) => key::run(command, &Paths::of_user()?),
        Command::Setup(arguments) => setup::run(&arguments, &Paths::of_user()?),
        Command::Why(arguments) => why::run(&arguments, &Paths::of_user()?),
        Command::Run(arguments) => {
            let command_line = CommandLine { model: Some(arguments.model.clone()), idle_seconds: None };
            let here = std::env::current_dir().ok().map(|here| complete::project_of(&here));
            let (paths, settings, live) = load(&command_line, here)?;
            block_on(run::run(arguments, paths, &settings, &live))
        }
        Command::Ui(arguments) => block_on(ui::run(&arguments, &Paths::of_user()?)),
        Command::Ps => block_on(process::ps(&Paths::of_user()?)),
        Command::Stop { model } => block_on(process::stop(&Paths::of_user()?, model.as_deref())),
        Command::Devices { json } => devices::run(json),
        Command::Man => manual::man(),
        Command::ShellCompletions { shell } => manual::completions(shell),
    }
}

/// The settings for somebody at a terminal, who is told what is wrong with them.
fn load(command_line: &CommandLine, workspace: Option<PathBuf>) -> Result<(Paths, Settings, Arc<Live>)> {
    let paths = Paths::of_user()?;
    let settings = Settings::load(&paths, workspace.as_deref(), command_line)?;
    for problem in &settings.config.problems {
        eprintln!("weft: {problem}");
    }
    let live = Arc::new(Live::new(&paths, workspace));
    Ok((paths, settings, live))
}

/// The engine on this machine and those of the configuration, as one.
fn engine(paths: &Paths, live: &Arc<Live>) -> Arc<dyn Engine> {
    engine_over(Arc::new(LocalEngine::new(paths.clone())), paths, live)
}

/// An engine on this machine and those of the configuration, as one.
fn engine_over(local: Arc<dyn Engine>, paths: &Paths, live: &Arc<Live>) -> Arc<dyn Engine> {
    let live = live.clone();
    recorded(Arc::new(Router::new(local, move || live.current().routes.clone())), &paths.run)
}

fn block_on(command: impl Future<Output = Result<ExitCode>>) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .worker_threads(2)
        .build()
        .context("the async runtime cannot be started")?;
    let code = runtime.block_on(command);
    // stdin may still be read by a thread that nothing can interrupt.
    runtime.shutdown_background();
    code
}

/// The completion settings of the binary's settings.
fn completion_settings(settings: &Settings) -> assist::completion::Settings {
    let mut completion = assist::completion::Settings {
        model: settings.chosen_model(),
        max_tokens: settings.max_tokens.value,
        ..assist::completion::Settings::default()
    };
    completion.budget.prompt_tokens = settings.prompt_tokens.value;
    completion.follow_pace = settings.prompt_tokens.origin == Origin::Default;
    completion
}

/// Where conversations are kept.
fn chat_files(paths: &Paths) -> ::lsp::ChatFiles {
    ::lsp::ChatFiles {
        store: Some(paths.data.join("chat.db")),
        documents: Some(paths.data.join("chats")),
        prompts: Some(paths.prompts.clone()),
    }
}

/// The models of the configuration, then those on this machine, then those that can be fetched. `current` is the one in use; none for
/// the default.
fn model_entries(paths: &Paths, config: &Config, current: Option<&str>) -> Vec<::lsp::ModelEntry> {
    let store = paths.store();
    let default = ::models::catalogue().default_model().map(|entry| entry.name.clone());
    let current = current.map(str::to_owned).or_else(|| config.roles.autocomplete.clone()).or(default);
    let entry = |name: &str, bytes: u64, installed: bool| ::lsp::ModelEntry {
        name: name.to_owned(),
        bytes,
        installed,
        loaded: false,
        current: current.as_deref() == Some(name),
    };
    // A folder that cannot be read has no models.
    let installed = store.list().unwrap_or_default();
    let mut entries: Vec<::lsp::ModelEntry> = config.models.keys().map(|name| entry(name, 0, true)).collect();
    entries.extend(installed.iter().map(|model| entry(&model.name, model.bytes, true)));
    let pinned = ::models::catalogue().listed().map(|listed| (listed.name.as_str(), listed.bytes));
    // The hub says their sizes when they are fetched.
    let others = ::models::catalogue().hub.iter().map(|listed| (listed.name.as_str(), 0));
    for (name, bytes) in pinned.chain(others) {
        if entries.iter().all(|known| known.name != name) {
            entries.push(entry(name, bytes, false));
        }
    }
    entries
}

/// How workspaces are read, and where what was read is kept.
fn index_options(paths: &Paths) -> index::Options {
    let environment = index::Environment::of_process();
    index::Options { cache_dir: Some(paths.index.clone()), environment, ..index::Options::default() }
}

/// The beginning of a file's hash, by which models are told apart; a dash where only the file itself would tell.
fn short_id(sha256: Option<&str>) -> &str {
    sha256.and_then(|sha256| sha256.get(..12)).unwrap_or("-")
}

/// A time for people: `5 minutes`.
fn spoken(time: std::time::Duration) -> String {
    let seconds = time.as_secs();
    let (count, unit) = match seconds {
        0..=59 => (seconds, "second"),
        60..=3599 => (seconds / 60, "minute"),
        3600..=86_399 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// Bytes for people: megabytes as disks count them.
fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes.div_ceil(1_000_000))
}
