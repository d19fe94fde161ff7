//! The configuration: the user's own file, and what a workspace's file may add. What is wrong in them is a list of problems with their
//! lines; the rest holds.
//!
//! It must not decide where text is sent on a repository's word: a workspace's file chooses among what the user has set up.

mod document;
pub(crate) mod engines;
pub(crate) mod import;
pub(crate) mod keyring;
pub(crate) mod keys;
pub(crate) mod live;
mod problem;
mod read;
pub(crate) mod schema;
mod types;

use crate::paths::Paths;
use crate::settings::{MaxTokens, Model, PromptTokens, Setting, is_path, known_keys};
use document::{Document, Path};
use models::ModelName;
pub(crate) use problem::Problem;
use problem::suggestion;
use read::table;
use std::collections::BTreeMap;
use std::path::PathBuf;
pub(crate) use types::{EngineConfig, ModelConfig, Roles};

/// Where a value of a file came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The user's file, at this line.
    User(usize),
    /// The workspace's file, at this line.
    Workspace(usize),
}

/// What the files say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Config {
    /// The settings, as text, by their keys.
    pub(crate) settings: BTreeMap<String, (String, Place)>,
    /// Which model does what.
    pub(crate) roles: Roles,
    /// Where each role was set.
    pub(crate) role_places: BTreeMap<String, Place>,
    pub(crate) engines: BTreeMap<String, (EngineConfig, Place)>,
    pub(crate) models: BTreeMap<String, (ModelConfig, Place)>,
    /// What is wrong.
    pub(crate) problems: Vec<Problem>,
}

/// The sections of a file; everything else at its top is a setting.
const SECTIONS: [&str; 3] = ["roles", "engines", "models"];
/// The settings that a workspace may have: they send nothing anywhere and hold for this workspace alone.
const SAFE: [&str; 3] = [Model::KEY, PromptTokens::KEY, MaxTokens::KEY];

/// The file of a workspace.
pub(crate) fn workspace_file(root: &std::path::Path) -> PathBuf {
    root.join(".weft").join("config.toml")
}

/// Reads both files. Those that are not there say nothing.
pub(crate) fn load(paths: &Paths, workspace: Option<&std::path::Path>) -> Config {
    let mut config = Config::default();
    if let Some(file) = Document::read(&paths.config, &mut config.problems) {
        user(&file, &mut config);
    }
    let shared = workspace.map(workspace_file).filter(|file| *file != paths.config);
    if let Some(file) = shared.and_then(|path| Document::read(&path, &mut config.problems)) {
        shared_by_workspace(&file, paths, &mut config);
    }
    check(paths, &mut config);
    config
}

fn user(file: &Document, config: &mut Config) {
    for (key, value) in &file.table {
        let at = Path::of(&[key]);
        match (key.as_str(), value) {
            ("roles", toml::Value::Table(roles)) => {
                config.roles = table(file, &at, roles, &mut config.problems);
                places(file, &config.roles, Place::User, &mut config.role_places);
            }
            ("engines", toml::Value::Table(engines)) => {
                config.engines = named(file, &at, engines, &mut config.problems);
            }
            ("models", toml::Value::Table(models)) => {
                config.models = named(file, &at, models, &mut config.problems);
            }
            (section, _) if SECTIONS.contains(&section) => {
                config
                    .problems
                    .push(file.problem(&at, format!("`{section}` is a section: write [{section}]")));
            }
            (setting, value) if known_keys().contains(&setting) => {
                config.settings.insert(key.clone(), (as_text(value), Place::User(file.line(&at))));
            }
            _ => {
                let known = known_keys().into_iter().chain(SECTIONS);
                let meant = suggestion(key, known);
                config.problems.push(file.problem(&at, format!("there is no setting `{key}`{meant}")));
            }
        }
    }
}

fn shared_by_workspace(file: &Document, paths: &Paths, config: &mut Config) {
    for (key, value) in &file.table {
        let at = Path::of(&[key]);
        match (key.as_str(), value) {
            ("roles", toml::Value::Table(roles)) => {
                let mut roles: Roles = table(file, &at, roles, &mut config.problems);
                for (role, model) in roles.all_mut() {
                    let Some(name) = model.clone() else { continue };
                    if !is_set_up(&name, paths, config) {
                        let at = at.with(role);
                        config.problems.push(file.problem(&at, not_set_up(&name, paths)));
                        *model = None;
                    }
                }
                places(file, &roles, Place::Workspace, &mut config.role_places);
                config.roles = std::mem::take(&mut config.roles).under(roles);
            }
            (Model::KEY, value) => {
                let name = as_text(value);
                if is_set_up(&name, paths, config) {
                    let place = Place::Workspace(file.line(&at));
                    config.settings.insert(key.clone(), (name, place));
                } else {
                    config.problems.push(file.problem(&at, not_set_up(&name, paths)));
                }
            }
            (setting, value) if SAFE.contains(&setting) => {
                let place = Place::Workspace(file.line(&at));
                config.settings.insert(key.clone(), (as_text(value), place));
            }
            (key, _) if SECTIONS.contains(&key) || known_keys().contains(&key) => {
                let own = paths.config.display();
                let what = format!(
                    "`{key}` holds for a person, not for a repository, and is left aside. It belongs into {own}"
                );
                config.problems.push(file.problem(&at, what));
            }
            _ => {
                let meant = suggestion(key, SAFE.into_iter().chain(["roles"]));
                config.problems.push(file.problem(&at, format!("there is no setting `{key}`{meant}")));
            }
        }
    }
}

/// Whether the user has set up a model of this name: only among those may a repository choose.
fn is_set_up(name: &str, paths: &Paths, config: &Config) -> bool {
    // A repository may not have somebody's file loaded by its path, nor an engine's other models asked.
    let in_store = matches!(ModelName::parse(name), Ok(ModelName::Plain(plain)) if !plain.contains(['/', '\\']))
        || matches!(ModelName::parse(name), Ok(ModelName::Hub(_) | ModelName::Ollama(_)));
    config.models.contains_key(name)
        || (in_store
            && (models::catalogue().find(name).is_some()
                || models::catalogue().find_hub(name).is_some()
                || paths.store().find(name).is_ok_and(|found| found.is_some())))
}

fn not_set_up(name: &str, paths: &Paths) -> String {
    format!(
        "`{name}` is no model that you have set up, so a repository cannot choose it. [models.{name}] in {} would",
        paths.config.display()
    )
}

/// What refers to something that is not there.
fn check(paths: &Paths, config: &mut Config) {
    let line = |place: &Place| match place {
        Place::User(line) | Place::Workspace(line) => *line,
    };
    let mut problems = Vec::new();
    for (name, (model, place)) in &config.models {
        let known = config.engines.keys().map(String::as_str);
        let engine = model.engine.as_deref().unwrap_or_default();
        if !config.engines.contains_key(engine) {
            let meant = suggestion(engine, known);
            let what = match engine {
                "" => format!("[models.{name}] names no engine: add `engine = \"…\"`"),
                engine => {
                    format!("[models.{name}] names the engine `{engine}`, which is not in [engines]{meant}")
                }
            };
            problems.push(Problem::new(&paths.config, line(place), what));
        }
        if let Some(fim) = model.fim.as_deref().filter(|fim| !types::is_fim(fim)) {
            let meant = suggestion(fim, types::fims());
            let what = format!("[models.{name}] `fim` = \"{fim}\" is no way to fill in{meant}");
            problems.push(Problem::new(&paths.config, line(place), what));
        }
    }
    for (name, (engine, place)) in &config.engines {
        for what in engines::lacking(name, engine) {
            problems.push(Problem::new(&paths.config, line(place), what));
        }
    }
    problems.extend(unknown_models(paths, config));
    config.problems.extend(problems);
}

/// The models that a role, a fall-back or the setting `model` names and that nothing has.
fn unknown_models(paths: &Paths, config: &Config) -> Vec<Problem> {
    let mut named: Vec<(String, &str, Place)> = Vec::new();
    for (role, model) in config.roles.all() {
        if let (Some(model), Some(place)) = (model, config.role_places.get(role)) {
            named.push((format!("`{role}` in [roles]"), model, *place));
        }
    }
    for (name, (model, place)) in &config.models {
        named.extend(
            model
                .fallback
                .iter()
                .map(|link| (format!("`fallback` in [models.{name}]"), link.as_str(), *place)),
        );
    }
    if let Some((model, place)) = config.settings.get(Model::KEY) {
        named.push((format!("`{}`", Model::KEY), model, *place));
    }
    let unknown = named.into_iter().filter_map(|(what, model, place)| {
        let wrong = wrong_with(model, paths, config)?;
        let (file, line) = match place {
            Place::User(line) => (paths.config.clone(), line),
            Place::Workspace(line) => (PathBuf::from(".weft/config.toml"), line),
        };
        Some(Problem::new(&file, line, format!("{what} names {wrong}")))
    });
    unknown.collect()
}

/// What is wrong with a model's name; nothing where something has it, or could fetch it.
pub(crate) fn wrong_with(name: &str, paths: &Paths, config: &Config) -> Option<String> {
    let store = paths.store();
    // A folder that cannot be read is told when a model is wanted.
    let here = |name: &str| store.find(name).map_or(true, |found| found.is_some());
    let known = || {
        let catalogue = models::catalogue();
        catalogue.find(name).is_some() || catalogue.find_hub(name).is_some()
    };
    if config.models.contains_key(name) || is_path(name) {
        return None;
    }
    match ModelName::parse(name) {
        Err(error) => return Some(format!("a model that cannot be: {error}")),
        Ok(ModelName::Hub(_)) => return None,
        Ok(ModelName::Ollama(_)) if here(name) => return None,
        Ok(ModelName::Ollama(theirs)) => {
            return Some(format!(
                "`{name}`, which Ollama does not have on this machine: ollama pull {theirs}"
            ));
        }
        Ok(ModelName::Plain(_)) => {}
    }
    if let Some((engine, _)) = name.split_once('/') {
        let meant = suggestion(engine, config.engines.keys().map(String::as_str));
        let unknown = !config.engines.contains_key(engine);
        return unknown.then(|| format!("`{name}`, and there is no engine `{engine}` in [engines]{meant}"));
    }
    if known() || here(name) {
        return None;
    }
    let installed = store.list().unwrap_or_default();
    let own =
        config.models.keys().map(String::as_str).chain(installed.iter().map(|model| model.name.as_str()));
    let meant = suggestion(name, own.chain(models::catalogue().names()));
    // Where nothing is alike, a list of all would be long.
    let meant = if meant.starts_with(';') {
        meant
    } else {
        ". `weft models list` shows those that are known".to_owned()
    };
    Some(format!("the model `{name}`, which nothing has{meant}"))
}

/// Sections below a section, each with a name of the user's.
fn named<T: serde::de::DeserializeOwned + Default + schemars::JsonSchema>(
    file: &Document,
    at: &Path,
    entries: &toml::Table,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, (T, Place)> {
    let mut read = BTreeMap::new();
    for (name, value) in entries {
        let at = at.with(name);
        match value {
            toml::Value::Table(entry) => {
                let entry = table(file, &at, entry, problems);
                read.insert(name.clone(), (entry, Place::User(file.line(&at))));
            }
            _ => problems.push(file.problem(&at, format!("`{name}` is a section: write [{at}]"))),
        }
    }
    read
}

fn places(file: &Document, roles: &Roles, place: fn(usize) -> Place, into: &mut BTreeMap<String, Place>) {
    for (role, model) in roles.all() {
        if model.is_some() {
            into.insert(role.to_owned(), place(file.line(&Path::of(&["roles", role]))));
        }
    }
}

fn as_text(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
