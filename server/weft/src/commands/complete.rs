//! `weft complete FILE:LINE:COL`: the suggestion at a place, by the same line of code that editors use.
//! It must not change the file.

use super::place::Place;
use crate::cli::CompleteArgs;
use crate::commands::{completion_settings, index_options, why};
use crate::config::live::Live;
use crate::paths::Paths;
use crate::settings::Settings;
use ::context::Workspace;
use anyhow::{Context, Result, bail};
use assist::completion::{Answer, Completer, PromptPart, Request, Silence, Trace};
use documents::Snapshot;
use engine::{CancellationToken, Engine, Event};
use futures::StreamExt;
use index::Index;
use serde_json::json;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Lines of code that `--show-code` prints before the cursor.
const LINES_SHOWN: usize = 12;

/// The project of the file; none where no file is named.
pub(crate) fn workspace(arguments: &CompleteArgs) -> Option<PathBuf> {
    let place = Place::parse(&arguments.place).ok()?;
    Some(project_of(std::path::absolute(place.file).ok()?.parent()?))
}

pub(crate) async fn run(
    arguments: &CompleteArgs,
    paths: Paths,
    settings: &Settings,
    live: &Arc<Live>,
) -> Result<ExitCode> {
    let place = Place::parse(&arguments.place)?;
    let snapshot = Snapshot::from_file(&place.file)?;
    let cursor = place.offset(&snapshot.text)?;
    let engine = super::engine(&paths, live);
    // Who runs the command asked for a suggestion, however sure the model is.
    let completion = assist::completion::Settings {
        least_probability: 0.0,
        first_lines_within: None,
        ahead: false,
        ..completion_settings(settings)
    };
    show_loading(engine.as_ref(), completion.model.as_deref()).await;
    let workspace = workspace_of(&place.file, &paths, &snapshot)?;
    let completer = Completer::new(engine, completion, Arc::new(workspace));
    let request = Request { snapshot: snapshot.clone(), cursor, suggestions: arguments.suggestions };
    let answer = completer.complete(request, CancellationToken::new()).await;
    let trace = answer.trace();
    why::record(&paths, &trace);
    if let Some(failure) = trace.fallback.as_ref().filter(|_| !arguments.json) {
        eprintln!("weft: {failure}. {} answers instead", trace.model.as_deref().unwrap_or("another model"));
    }
    let output = if arguments.json {
        format!("{:#}\n", as_json(&place, &answer, &trace))
    } else {
        if let Some(silence) = &answer.silence
            && is_failure(silence)
        {
            bail!("{silence}");
        }
        as_text(arguments, &snapshot, cursor, &answer, &trace)
    };
    std::io::stdout().write_all(output.as_bytes()).context("the answer cannot be printed")?;
    match &answer.silence {
        Some(silence) if is_failure(silence) => Ok(ExitCode::FAILURE),
        Some(silence) if !arguments.json => {
            eprintln!("weft: nothing to suggest here: {silence}");
            Ok(ExitCode::SUCCESS)
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Files that stand in the folder of a project.
const PROJECT_FILES: [&str; 7] =
    [".git", "Cargo.toml", "pyproject.toml", "setup.py", "package.json", "go.mod", "pom.xml"];

/// The workspace that a file is in, read now: the folder of its project, which is the outermost below the home folder that looks like one,
/// else the current folder if the file is in it, else the file's own.
fn workspace_of(file: &Path, paths: &Paths, snapshot: &Snapshot) -> Result<Workspace> {
    let file = std::path::absolute(file).context("the file has no absolute path")?;
    let folder = file.parent().context("the file is in no folder")?;
    let root = project_of(folder);
    let index = Index::new(vec![root], index_options(paths));
    index.scan(&AtomicBool::new(false));
    if let (Some(language), Some(tree)) = (snapshot.language, snapshot.tree()) {
        index.update(&file, language, &snapshot.text, &tree);
    }
    Ok(Workspace::new(Arc::new(index)))
}

/// The folder of the project that a folder is in.
pub(super) fn project_of(folder: &Path) -> PathBuf {
    let is_project = |folder: &&Path| PROJECT_FILES.iter().any(|name| folder.join(name).exists());
    let current = std::env::current_dir().ok().filter(|current| folder.starts_with(current));
    let home = std::env::home_dir();
    let below_home = folder.ancestors().take_while(|folder| Some(*folder) != home.as_deref());
    let root = match folder.ancestors().find(|folder| folder.join(".git").exists()) {
        Some(repository) => repository,
        None => below_home.filter(is_project).last().or(current.as_deref()).unwrap_or(folder),
    };
    root.to_owned()
}

/// Says what was reduced so that the model fits into memory.
async fn tell_notice(engine: &dyn Engine, model: Option<&str>) {
    // A model that cannot be asked says so to the request that needs it.
    if let Some(notice) = engine.model_info(model).await.ok().and_then(|info| info.notice()) {
        eprintln!("weft: {notice}");
    }
}

/// Loading takes seconds: somebody who watches a terminal sees how far it is. Everybody is told where the model does not fit as asked for.
pub(super) async fn show_loading(engine: &dyn Engine, model: Option<&str>) {
    if std::io::stderr().is_terminal() {
        show_bar(engine, model).await;
    }
    tell_notice(engine, model).await;
}

async fn show_bar(engine: &dyn Engine, model: Option<&str>) {
    let mut events = engine.prepare(model);
    let bar =
        indicatif::ProgressBar::new(100).with_style(super::pull::bar_style("loading {msg} {bar:30} {pos}%"));
    while let Some(Ok(event)) = events.next().await {
        if let Event::Loading { model, fraction } = event {
            bar.set_message(model);
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0 to 100
            bar.set_position((fraction.clamp(0.0, 1.0) * 100.0) as u64);
        }
    }
    bar.finish_and_clear();
}

/// A failure ends the command with an error; a model with nothing to say does not.
fn is_failure(silence: &Silence) -> bool {
    matches!(silence, Silence::Engine(_) | Silence::NoFim(_))
}

fn as_json(place: &Place, answer: &Answer, trace: &Trace) -> serde_json::Value {
    let items: Vec<_> = answer
        .suggestions
        .iter()
        .map(|suggestion| {
            json!({
                "text": suggestion.text,
                "replace_after": suggestion.replace_after,
                "tokens": suggestion.tokens,
                "mean_logprob": suggestion.mean_logprob,
            })
        })
        .collect();
    json!({
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "items": items,
        "raw": answer.raw(),
        "reason": trace.reason,
        "reason_code": trace.reason_code,
        "engine_error": trace.engine_error,
        "model": trace.model,
        "fallback": trace.fallback,
        "prompt": {
            "parts": answer.prompt_parts(),
            "tokens": trace.prompt_tokens,
            "cached_tokens": trace.cached_tokens,
        },
        "timings": {
            "load_ms": trace.load_ms,
            "prompt_ms": trace.prompt_ms,
            "first_token_ms": trace.first_token_ms,
            "generate_ms": trace.generate_ms,
            "total_ms": trace.total_ms,
            "tokens": trace.tokens,
            "tokens_per_second": tokens_per_second(trace),
        },
        "trace": trace.rules,
    })
}

fn as_text(
    arguments: &CompleteArgs,
    snapshot: &Snapshot,
    cursor: usize,
    answer: &Answer,
    trace: &Trace,
) -> String {
    let color = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let mut output = String::new();
    if arguments.prompt {
        output.push_str(&prompt_text(answer.prompt_parts(), trace));
    }
    for (index, suggestion) in answer.suggestions.iter().enumerate() {
        if index > 0 {
            output.push_str("\n---\n");
        }
        if arguments.show_code {
            output.push_str(&code_before(snapshot, cursor));
            output.push_str(&set_apart(&suggestion.text, color));
            let line_end = snapshot.text.line_end(snapshot.text.line_of(cursor));
            output.push_str(&snapshot.text.slice(cursor + suggestion.replace_after..line_end));
        } else {
            output.push_str(&suggestion.text);
        }
        output.push('\n');
    }
    if arguments.show_code {
        output.push_str(&figures(trace));
    }
    output
}

/// The last lines before the cursor, which is where the suggestion follows.
fn code_before(snapshot: &Snapshot, cursor: usize) -> String {
    let first = snapshot.text.line_of(cursor).saturating_sub(LINES_SHOWN);
    snapshot.text.slice(snapshot.text.line_start(first)..cursor)
}

/// In green on a terminal; between marks elsewhere.
fn set_apart(suggestion: &str, color: bool) -> String {
    if !color {
        return format!("⟦{suggestion}⟧");
    }
    // Line by line: some pagers forget the colour at a line's end.
    suggestion.split('\n').map(|line| format!("\u{1b}[1;32m{line}\u{1b}[0m")).collect::<Vec<_>>().join("\n")
}

fn figures(trace: &Trace) -> String {
    let model = trace.model.as_deref().unwrap_or("no model");
    format!(
        "-- {model}: {} tokens, {:.0} ms, {:.1} tok/s; prompt {} tokens ({} cached) in {:.0} ms{}\n",
        trace.tokens,
        trace.total_ms,
        tokens_per_second(trace),
        trace.prompt_tokens,
        trace.cached_tokens,
        trace.prompt_ms,
        if trace.load_ms > 0.0 {
            format!("; model loaded in {:.0} ms", trace.load_ms)
        } else {
            String::new()
        },
    )
}

/// Each part with its tokens, then the whole.
fn prompt_text(parts: &[PromptPart], trace: &Trace) -> String {
    let mut output = String::new();
    for part in parts {
        let plural = if part.tokens == 1 { "" } else { "s" };
        output.push_str(&format!("── {}: {} token{plural}\n{}\n", part.part, part.tokens, part.text));
    }
    for left in trace.excerpts.iter().filter(|excerpt| excerpt.left_out.is_some()) {
        let why = left.left_out.as_deref().unwrap_or("");
        output.push_str(&format!(
            "── left out ({}, score {:.2}): {}:{}-{}, {}: {why}\n",
            left.source,
            left.score,
            left.path,
            left.lines.0 + 1,
            left.lines.1,
            left.reason
        ));
    }
    output.push_str(&format!(
        "── prompt: {} tokens, {} of them cached\n── suggestion\n",
        trace.prompt_tokens, trace.cached_tokens
    ));
    output
}

/// Of the generation alone: the first token comes with the prompt.
fn tokens_per_second(trace: &Trace) -> f64 {
    let after_first = f64::from(trace.tokens.saturating_sub(1));
    if trace.generate_ms > 0.0 { after_first / (trace.generate_ms / 1000.0) } else { 0.0 }
}
