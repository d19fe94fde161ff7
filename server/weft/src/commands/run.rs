//! `weft run`: a chat with a model at once. It must not be another chat than `weft chat`.

use super::{chat, pull};
use crate::cli::{ChatArgs, RunArgs};
use crate::config::live::Live;
use crate::paths::Paths;
use crate::settings::{Settings, is_path};
use anyhow::Result;
use models::{ModelName, catalogue};
use std::process::ExitCode;
use std::sync::Arc;

pub(crate) async fn run(
    arguments: RunArgs,
    paths: Paths,
    settings: &Settings,
    live: &Arc<Live>,
) -> Result<ExitCode> {
    let RunArgs { model, question } = arguments;
    let store = paths.store();
    let configured = settings.config.models.contains_key(&model);
    let here = configured || is_path(&model) || store.find(&model)?.is_some();
    let in_catalogue = catalogue().find(&model).is_some() || catalogue().find_hub(&model).is_some();
    let mut model = model;
    if !here && (in_catalogue || matches!(ModelName::parse(&model)?, ModelName::Hub(_))) {
        model = pull::fetch(Some(&model), false, &store).await?;
    }
    let arguments = ChatArgs { question, model: Some(model), session: None, list: false, json: false };
    chat::run(arguments, paths, settings, live).await
}
