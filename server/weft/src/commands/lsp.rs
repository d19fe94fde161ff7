//! `weft lsp`: the language server on stdin and stdout. It must not load a model.

use crate::commands::{chat_files, completion_settings, index_options, model_entries, why};
use crate::local_engine::LocalEngine;
use crate::page::PageReader;
use crate::paths::Paths;
use crate::replay::recorded;
use crate::settings::Settings;
use anyhow::Result;
use std::process::ExitCode;
use std::sync::Arc;

/// The models on this machine and those that can be fetched.
fn entries_of(paths: &Paths) -> ::lsp::Models {
    let paths = paths.clone();
    Box::new(move |current| model_entries(&paths, current))
}

pub(crate) async fn run(paths: Paths, settings: &Settings, problem: Option<String>) -> Result<ExitCode> {
    let recorder = why::Recorder::start(paths.clone());
    let options = ::lsp::Options {
        engine: recorded(Arc::new(LocalEngine::new(paths.clone())), &paths.run),
        settings: completion_settings(settings),
        index: index_options(&paths),
        chat: chat_files(&paths),
        pages: ::lsp::Pages { network: settings.network.value, fetch: Some(Arc::new(PageReader)) },
        models: entries_of(&paths),
        notice: problem,
        on_trace: Box::new(move |trace| recorder.record(trace)),
    };
    ::lsp::serve(tokio::io::stdin(), tokio::io::stdout(), options).await;
    Ok(ExitCode::SUCCESS)
}
