//! `weft lsp`: the language server on stdin and stdout. It must not load a model.

use crate::commands::{chat_files, completion_settings, engine_over, index_options, model_entries, why};
use crate::config::live::Live;
use crate::local_engine::LocalEngine;
use crate::page::PageReader;
use crate::paths::Paths;
use crate::settings::{CommandLine, Settings};
use ::lsp::{Configured, Role};
use anyhow::Result;
use engine::Engine;
use std::process::ExitCode;
use std::sync::Arc;

pub(crate) async fn run(paths: Paths, command_line: CommandLine) -> Result<ExitCode> {
    let local = Arc::new(LocalEngine::new(paths.clone()));
    let options = options(&paths, command_line, local, |_| false);
    ::lsp::serve(tokio::io::stdin(), tokio::io::stdout(), options).await;
    Ok(ExitCode::SUCCESS)
}

/// What a session is made of. `local` is the engine on this machine, `loaded` whether it has a model in memory, as far as that is known
/// without asking.
pub(crate) fn options(
    paths: &Paths,
    command_line: CommandLine,
    local: Arc<dyn Engine>,
    loaded: impl Fn(&str) -> bool + Send + Sync + 'static,
) -> ::lsp::Options {
    let recorder = why::Recorder::start(paths.clone());
    let live = Arc::new(Live::new(paths, None));
    ::lsp::Options {
        engine: engine_over(local, paths, &live),
        configure: configure(paths, &live, command_line.clone()),
        roles: roles(&live),
        index: index_options(paths),
        chat: chat_files(paths),
        pages: pages(paths, &live, command_line),
        models: entries(paths, &live, loaded),
        on_trace: Box::new(move |trace| recorder.record(trace)),
    }
}

/// The settings of a workspace, as the files are now.
fn configure(paths: &Paths, live: &Arc<Live>, command_line: CommandLine) -> ::lsp::Configure {
    let (paths, live) = (paths.clone(), live.clone());
    Box::new(move |workspace| {
        live.enter(workspace.map(ToOwned::to_owned));
        let settings = Settings::or_default(&live.current().config, &paths, &command_line);
        Configured { settings: completion_settings(&settings), notice: settings.notice() }
    })
}

/// What `@url` may read, as the files are now.
fn pages(paths: &Paths, live: &Arc<Live>, command_line: CommandLine) -> ::lsp::Pages {
    let (paths, live) = (paths.clone(), live.clone());
    let network =
        Box::new(move || Settings::or_default(&live.current().config, &paths, &command_line).network.value);
    ::lsp::Pages { network, fetch: Some(Arc::new(PageReader)) }
}

/// Which model the configuration has for what.
fn roles(live: &Arc<Live>) -> ::lsp::Roles {
    let live = live.clone();
    Box::new(move |role| {
        let roles = &live.current().config.roles;
        match role {
            Role::Chat => roles.chat.clone(),
            Role::Edit => roles.edit.clone().or_else(|| roles.chat.clone()),
            Role::Apply => roles.apply.clone().or_else(|| roles.edit.clone()).or_else(|| roles.chat.clone()),
            Role::Embed => roles.embed.clone(),
        }
    })
}

/// The models of the configuration, those on this machine, and those that can be fetched.
fn entries(
    paths: &Paths,
    live: &Arc<Live>,
    loaded: impl Fn(&str) -> bool + Send + Sync + 'static,
) -> ::lsp::Models {
    let (paths, live) = (paths.clone(), live.clone());
    Box::new(move |current| {
        let mut entries = model_entries(&paths, &live.current().config, current);
        for entry in &mut entries {
            entry.loaded = loaded(&entry.name);
        }
        entries
    })
}
