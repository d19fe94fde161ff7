//! `weft lsp`: the language server on stdin and stdout. It must not load a model.

use crate::commands::{completion_settings, index_options, why};
use crate::local_engine::LocalEngine;
use crate::paths::Paths;
use crate::replay::recorded;
use crate::settings::Settings;
use anyhow::Result;
use std::process::ExitCode;
use std::sync::Arc;

pub(crate) async fn run(paths: Paths, settings: &Settings, problem: Option<String>) -> Result<ExitCode> {
    let recorder = why::Recorder::start(paths.clone());
    let options = ::lsp::Options {
        engine: recorded(Arc::new(LocalEngine::new(paths.clone())), &paths.run),
        settings: completion_settings(settings),
        index: index_options(&paths),
        notice: problem,
        on_trace: Box::new(move |trace| recorder.record(trace)),
    };
    ::lsp::serve(tokio::io::stdin(), tokio::io::stdout(), options).await;
    Ok(ExitCode::SUCCESS)
}
