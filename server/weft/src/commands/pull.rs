//! `weft models pull`: a download with its progress, as a bar for people or as lines of JSON for programs.
//! It must not decide where a model comes from: its name does.

use super::models::unknown;
use crate::machine::memory_for_models;
use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use models::{
    CatalogueEntry, HubName, ModelName, Progress, PullError, PullOptions, Pulled, PulledModel, Store, Token,
    catalogue, pull, pull_hub,
};
use serde_json::{Value, json};
use std::io::Write;
use std::process::ExitCode;

/// A bar in the style of all of Weft's bars.
pub(crate) fn bar_style(template: &str) -> ProgressStyle {
    // A template that indicatif does not accept shows its default bar: better than none.
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("█▌ ")
}

pub(crate) async fn run(name: Option<&str>, as_json: bool, store: &Store) -> Result<ExitCode> {
    fetch(name, as_json, store).await?;
    Ok(ExitCode::SUCCESS)
}

/// Fetches a model, with its progress; returns the name to use it by.
pub(crate) async fn fetch(name: Option<&str>, as_json: bool, store: &Store) -> Result<String> {
    let default = || catalogue().default_model().map(|entry| entry.name.as_str());
    let name = name.or_else(default).context("the catalogue names no default model")?;
    let wanted = pullable(name)?;
    let options = options();
    let bar = if as_json { ProgressBar::hidden() } else { ProgressBar::new(0) };
    bar.set_style(bar_style(
        "{msg:12} {bar:30} {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec} {eta}",
    ));
    let mut lines = Lines::default();
    let mut report = |progress: Progress| {
        if as_json {
            lines.print(&progress);
        } else {
            show_progress(&bar, name, progress);
        }
    };
    let pulled = tokio::select! {
        pulled = wanted.pull(store, &options, &mut report) => pulled,
        _ = tokio::signal::ctrl_c() => {
            bar.abandon();
            bail!("interrupted; what has arrived is kept, and the same command goes on from there");
        }
    };
    bar.finish_and_clear();
    let PulledModel { name, path, was_there } = pulled?;
    if as_json {
        say!("{}", json!({"state": "ready", "name": name, "path": path}));
    } else if was_there {
        say!("{name} is there and sound: {}", path.display());
    } else {
        say!("{name} is ready: {}", path.display());
    }
    Ok(name)
}

/// A model that can be fetched.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Pullable {
    /// Known byte for byte.
    Pinned(&'static CatalogueEntry),
    /// In a repository on the hub.
    Hub(HubName),
}

/// What `weft models pull NAME` fetches.
///
/// # Errors
/// When nothing is known of the name.
pub(crate) fn pullable(name: &str) -> Result<Pullable> {
    if let Some(entry) = catalogue().find(name) {
        return Ok(Pullable::Pinned(entry));
    }
    if let Some(entry) = catalogue().find_hub(name) {
        return Ok(Pullable::Hub(entry.hub_name()));
    }
    match ModelName::parse(name)? {
        ModelName::Hub(name) => Ok(Pullable::Hub(name)),
        ModelName::Ollama(name) => {
            bail!("{name} is Ollama's to fetch: ollama pull {name}. Weft reads it there")
        }
        ModelName::Plain(_) => bail!(unknown(name)),
    }
}

impl Pullable {
    /// Fetches it, or finds it.
    pub(crate) async fn pull(
        &self,
        store: &Store,
        options: &PullOptions,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<PulledModel, PullError> {
        match self {
            Self::Pinned(entry) => {
                let pulled = pull(entry, store, options, progress).await?;
                let was_there = matches!(pulled, Pulled::AlreadyThere(_));
                Ok(PulledModel { name: entry.name.clone(), path: pulled.path().clone(), was_there })
            }
            Self::Hub(name) => {
                // Asking for the graphics cards starts llama.cpp, which may block.
                let memory = tokio::task::spawn_blocking(memory_for_models).await.ok().flatten();
                pull_hub(name, store, memory, options, progress).await
            }
        }
    }
}

/// How models are fetched here.
pub(crate) fn options() -> PullOptions {
    let mut options = PullOptions::default();
    // As users of the hub know it: a mirror.
    if let Some(endpoint) = std::env::var("HF_ENDPOINT").ok().filter(|endpoint| !endpoint.is_empty()) {
        options.hugging_face_endpoint = endpoint;
    }
    options.token = std::env::var("HF_TOKEN").ok().and_then(|token| Token::new(&token));
    options
}

fn show_progress(bar: &ProgressBar, name: &str, progress: Progress) {
    // Where there is no terminal the bar is silent, so what matters is a line on stderr.
    let say = |line: String| {
        if bar.is_hidden() { eprintln!("{line}") } else { bar.println(line) }
    };
    match progress {
        Progress::WaitingForOther { done, total } => {
            bar.set_message("waiting for another pull");
            bar.set_length(total);
            bar.set_position(done);
        }
        Progress::Trying { source } => say(format!("{name}: from {source}")),
        Progress::Downloading { done, total } => {
            bar.set_message("downloading");
            bar.set_length(total);
            bar.set_position(done);
        }
        Progress::Retrying { reason } => {
            say(format!("{name}: the connection broke ({reason}); trying again"))
        }
        Progress::SourceFailed { source, reason } => say(format!("{name}: not from {source}: {reason}")),
        Progress::Verifying { done, total } => {
            bar.set_message("checking");
            bar.set_length(total);
            bar.set_position(done);
        }
    }
}

/// Progress as lines of JSON, no more than a program can show.
#[derive(Debug, Default)]
struct Lines {
    /// The last line's state, and how far it was in thousandths.
    last: Option<(&'static str, u64)>,
}

impl Lines {
    fn print(&mut self, progress: &Progress) {
        if let Some(line) = self.next(progress) {
            // Whoever read it is gone; the download is worth going on with.
            let _ = writeln!(std::io::stdout(), "{line}");
        }
    }

    /// The line for a piece of progress; none if it says hardly more than the one before.
    fn next(&mut self, progress: &Progress) -> Option<Value> {
        let counted = |state, done: u64, total: u64| {
            (
                state,
                done.saturating_mul(1000) / total.max(1),
                json!({"state": state, "done": done, "total": total}),
            )
        };
        let (state, thousandths, line) = match progress {
            Progress::WaitingForOther { done, total } => counted("waiting", *done, *total),
            Progress::Downloading { done, total } => counted("downloading", *done, *total),
            Progress::Verifying { done, total } => counted("verifying", *done, *total),
            Progress::Trying { source } => ("trying", 0, json!({"state": "trying", "source": source})),
            Progress::Retrying { reason } => ("retrying", 0, json!({"state": "retrying", "reason": reason})),
            Progress::SourceFailed { source, reason } => {
                ("source_failed", 0, json!({"state": "source_failed", "source": source, "reason": reason}))
            }
        };
        let repeats = line.get("done").is_some() && self.last == Some((state, thousandths));
        self.last = Some((state, thousandths));
        (!repeats).then_some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_comes_for_each_thousandth_and_for_each_event() {
        let mut lines = Lines::default();
        let mut next = |progress| lines.next(&progress).map(|line| line.to_string());
        let at = |done| Progress::Downloading { done, total: 10_000 };
        assert_eq!(next(at(0)).as_deref(), Some(r#"{"state":"downloading","done":0,"total":10000}"#));
        assert_eq!(next(at(9)), None);
        assert!(next(at(10)).is_some());
        let retrying = || Progress::Retrying { reason: "reset".to_owned() };
        assert_eq!(next(retrying()).as_deref(), Some(r#"{"state":"retrying","reason":"reset"}"#));
        assert!(next(retrying()).is_some());
        assert!(next(Progress::Verifying { done: 10, total: 10_000 }).is_some());
    }
}
