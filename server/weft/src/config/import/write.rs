//! What was found, as sections of the user's own configuration file. It must not touch what is there already.

use super::Found;
use crate::config::keys;
use crate::config::load;
use crate::paths::Paths;
use anyhow::{Context, Result};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

#[derive(Serialize)]
struct Addition<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    roles: Option<&'a super::Roles>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    engines: BTreeMap<&'a str, &'a super::EngineConfig>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    models: BTreeMap<&'a str, &'a super::ModelConfig>,
}

/// The text to add. Names that the file has already keep the meaning that they have there.
pub(crate) fn addition(paths: &Paths, found: &Found) -> Result<String> {
    let there = load(paths, None);
    let engines = found.engines.iter().filter(|(name, _)| !there.engines.contains_key(name));
    let models = found.models.iter().filter(|(name, _)| !there.models.contains_key(name));
    let has_roles = there.roles.all().iter().any(|(_, model)| model.is_some());
    let found_roles = found.roles.all().iter().any(|(_, model)| model.is_some());
    let addition = Addition {
        roles: (!has_roles && found_roles).then_some(&found.roles),
        engines: engines.map(|(name, engine)| (name.as_str(), engine)).collect(),
        models: models.map(|(name, model)| (name.as_str(), model)).collect(),
    };
    toml::to_string_pretty(&addition).context("what was found cannot be written as TOML")
}

/// Adds the text to the file, and the keys to theirs.
pub(crate) fn append(paths: &Paths, text: &str, found: &Found) -> Result<PathBuf> {
    for (engine, key) in &found.keys {
        keys::store(&paths.keys, engine, key)?;
    }
    let path = &paths.config;
    let writing = || format!("{} cannot be written", path.display());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(writing)?;
    }
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).with_context(writing)?;
    if !text.is_empty() {
        file.write_all(format!("\n{text}").as_bytes()).with_context(writing)?;
    }
    Ok(path.clone())
}
