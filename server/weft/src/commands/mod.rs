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
mod doctor;
mod lsp;
mod manual;
mod models;
mod place;
mod process;
mod pull;
pub(crate) mod setup;
mod why;

use crate::cli::Command;
use crate::paths::Paths;
use crate::settings::{CommandLine, Origin, Settings};
use anyhow::{Context, Result};
use std::future::Future;
use std::process::ExitCode;

/// Runs a command.
pub(crate) fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Complete(arguments) => {
            let command_line = CommandLine { model: arguments.model.clone(), idle_seconds: None };
            let (paths, settings) = load(&command_line)?;
            block_on(complete::run(&arguments, paths, &settings))
        }
        Command::Chat(arguments) => {
            let command_line = CommandLine { model: arguments.model.clone(), idle_seconds: None };
            let (paths, settings) = load(&command_line)?;
            block_on(chat::run(arguments, paths, &settings))
        }
        Command::Lsp(arguments) => {
            let paths = Paths::of_user()?;
            let command_line = CommandLine { model: arguments.model, idle_seconds: None };
            let (settings, problem) = Settings::load_or_default(&paths.config, &command_line)?;
            block_on(lsp::run(paths, &settings, problem))
        }
        Command::Serve(arguments) => {
            let command_line = CommandLine { model: None, idle_seconds: arguments.idle_seconds };
            let paths = Paths::of_user()?;
            let (settings, problem) = Settings::load_or_default(&paths.config, &command_line)?;
            if let Some(problem) = problem {
                tracing::warn!("{problem}");
            }
            block_on(crate::serve::run(&paths, &settings))
        }
        Command::Models(command) => block_on(models::run(command, &Paths::of_user()?)),
        Command::Doctor(arguments) => block_on(doctor::run(&arguments, &Paths::of_user()?)),
        Command::Setup(arguments) => setup::run(&arguments, &Paths::of_user()?),
        Command::Why(arguments) => why::run(&arguments, &Paths::of_user()?),
        Command::Ps => block_on(process::ps(&Paths::of_user()?)),
        Command::Stop => block_on(process::stop(&Paths::of_user()?)),
        Command::Man => manual::man(),
        Command::ShellCompletions { shell } => manual::completions(shell),
    }
}

fn load(command_line: &CommandLine) -> Result<(Paths, Settings)> {
    let paths = Paths::of_user()?;
    let settings = Settings::load(&paths.config, command_line)?;
    Ok((paths, settings))
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
        model: settings.model.value.clone(),
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

/// The models on this machine, then those that can be fetched. `current` is the one in use; none for the default.
fn model_entries(paths: &Paths, current: Option<&str>) -> Vec<::lsp::ModelEntry> {
    let store = ::models::Store::new(&paths.models);
    let default = ::models::catalogue().default_model().map(|entry| entry.name.clone());
    let current = current.map(str::to_owned).or(default);
    let entry = |name: &str, bytes: u64, installed: bool| ::lsp::ModelEntry {
        name: name.to_owned(),
        bytes,
        installed,
        loaded: false,
        current: current.as_deref() == Some(name),
    };
    // A folder that cannot be read has no models.
    let installed = store.list().unwrap_or_default();
    let mut entries: Vec<::lsp::ModelEntry> =
        installed.iter().map(|model| entry(&model.name, model.bytes, true)).collect();
    for listed in ::models::catalogue().listed() {
        if entries.iter().all(|known| known.name != listed.name) {
            entries.push(entry(&listed.name, listed.bytes, false));
        }
    }
    entries
}

/// How workspaces are read, and where what was read is kept.
fn index_options(paths: &Paths) -> index::Options {
    let environment = index::Environment::of_process();
    index::Options { cache_dir: Some(paths.index.clone()), environment, ..index::Options::default() }
}

/// Bytes for people: megabytes as disks count them.
fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes.div_ceil(1_000_000))
}
