//! The settings: one struct each, with its documentation, its parser and its tests.
//!
//! A value comes from the command line, else from the environment, else from the workspace's file as far as that may set it, else from
//! the user's `config.toml`, else it is the default. It must not read files: that is `config`'s part.

mod chat_context_tokens;
mod context_tokens;
mod drafts;
mod gpu_layers;
mod idle_seconds;
mod max_tokens;
mod model;
mod network;
mod prompt_tokens;
mod threads;

use crate::config::{self, Config, Place, Problem};
use crate::paths::Paths;
use anyhow::{Result, bail};
use serde_json::{Value, json};
use std::path::Path;

pub(crate) use chat_context_tokens::ChatContextTokens;
pub(crate) use context_tokens::ContextTokens;
pub(crate) use drafts::{DraftChoice, Drafts};
pub(crate) use gpu_layers::GpuLayers;
pub(crate) use idle_seconds::IdleSeconds;
pub(crate) use max_tokens::MaxTokens;
pub(crate) use model::{Model, is_path};
pub(crate) use network::NetworkUse;
pub(crate) use prompt_tokens::PromptTokens;
pub(crate) use threads::ThreadCount;

/// One setting.
pub(crate) trait Setting {
    /// Its type once read.
    type Value: Clone + std::fmt::Debug;
    /// Its key in `config.toml`.
    const KEY: &'static str;
    /// Its environment variable.
    const ENVIRONMENT: &'static str;
    /// One line on what it does.
    const DOC: &'static str;
    /// The value where nobody says otherwise.
    fn default() -> Self::Value;
    /// Reads a value; the error says what is expected.
    fn parse(text: &str) -> Result<Self::Value, String>;
}

/// Where a value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    CommandLine,
    Environment,
    /// A file, and the line in it.
    File(Place),
    Default,
}

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

/// All settings.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) model: Found<Option<String>>,
    pub(crate) threads: Found<Option<u32>>,
    pub(crate) gpu_layers: Found<Option<u32>>,
    pub(crate) drafts: Found<DraftChoice>,
    pub(crate) network: Found<assist::mentions::Network>,
    pub(crate) context_tokens: Found<u32>,
    pub(crate) chat_context_tokens: Found<u32>,
    pub(crate) prompt_tokens: Found<usize>,
    pub(crate) max_tokens: Found<u32>,
    pub(crate) idle_seconds: Found<u64>,
    /// What else the files say: engines, models, roles.
    pub(crate) config: Config,
}

/// What the command line says.
#[derive(Clone, Debug, Default)]
pub(crate) struct CommandLine {
    pub(crate) model: Option<String>,
    pub(crate) idle_seconds: Option<u64>,
}

impl Settings {
    /// Reads all settings. What is wrong in a file or in the environment is in [`Config::problems`], and what comes after it in the order
    /// of places holds.
    ///
    /// # Errors
    /// When the command line says something unusable.
    pub(crate) fn load(paths: &Paths, workspace: Option<&Path>, command_line: &CommandLine) -> Result<Self> {
        let config = config::load(paths, workspace);
        Self::of(config, paths, command_line, &|name| std::env::var(name).ok())
    }

    /// The settings with what the files say, but a command line that is unusable is one more of the problems. For processes that an editor
    /// starts: they must not just be gone.
    pub(crate) fn or_default(config: &Config, paths: &Paths, command_line: &CommandLine) -> Self {
        let mut config = config.clone();
        let environment = |name: &str| std::env::var(name).ok();
        match Self::of(config.clone(), paths, command_line, &environment) {
            Ok(settings) => settings,
            Err(problem) => {
                let problem = Problem::new(Path::new("command line"), 0, format!("{problem:#}"));
                config.problems.push(problem);
                Self::with_defaults(config)
            }
        }
    }

    fn with_defaults(config: Config) -> Self {
        fn found<S: Setting>() -> Found<S::Value> {
            Found { value: S::default(), origin: Origin::Default }
        }
        Self {
            model: found::<Model>(),
            threads: found::<ThreadCount>(),
            gpu_layers: found::<GpuLayers>(),
            drafts: found::<Drafts>(),
            network: found::<NetworkUse>(),
            context_tokens: found::<ContextTokens>(),
            chat_context_tokens: found::<ChatContextTokens>(),
            prompt_tokens: found::<PromptTokens>(),
            max_tokens: found::<MaxTokens>(),
            idle_seconds: found::<IdleSeconds>(),
            config,
        }
    }

    fn of(
        config: Config,
        paths: &Paths,
        command_line: &CommandLine,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self> {
        let mut problems = Vec::new();
        let mut sources = Sources { config: &config, paths, environment, problems: &mut problems };
        let seconds = command_line.idle_seconds.map(|value| value.to_string());
        let settings = Self {
            model: sources.get::<Model>(command_line.model.as_deref())?,
            threads: sources.get::<ThreadCount>(None)?,
            gpu_layers: sources.get::<GpuLayers>(None)?,
            drafts: sources.get::<Drafts>(None)?,
            network: sources.get::<NetworkUse>(None)?,
            context_tokens: sources.get::<ContextTokens>(None)?,
            chat_context_tokens: sources.get::<ChatContextTokens>(None)?,
            prompt_tokens: sources.get::<PromptTokens>(None)?,
            max_tokens: sources.get::<MaxTokens>(None)?,
            idle_seconds: sources.get::<IdleSeconds>(seconds.as_deref())?,
            config: Config::default(),
        };
        // What the files name was looked at when they were read.
        let place = match settings.model.origin {
            Origin::Environment => Some(Model::ENVIRONMENT),
            Origin::CommandLine => Some("command line"),
            Origin::File(_) | Origin::Default => None,
        };
        if let (Some(place), Some(name)) = (place, &settings.model.value)
            && let Some(wrong) = config::wrong_with(name, paths, &config)
        {
            problems.push(Problem::new(Path::new(place), 0, format!("it names {wrong}")));
        }
        let mut config = config;
        config.problems.extend(problems);
        Ok(Self { config, ..settings })
    }

    /// The model that the command line or the environment names: it goes before what the files say, whatever they say next.
    pub(crate) fn chosen_model(&self) -> Option<String> {
        let chosen = matches!(self.model.origin, Origin::CommandLine | Origin::Environment);
        self.model.value.clone().filter(|_| chosen)
    }

    /// The model on this machine that is the default; none where the default is another engine's.
    pub(crate) fn local_model(&self) -> Option<String> {
        self.model.value.clone().filter(|name| !self.config.models.contains_key(name))
    }

    /// All problems as one text for the user; none where there is none.
    pub(crate) fn notice(&self) -> Option<String> {
        let problems: Vec<String> = self.config.problems.iter().map(ToString::to_string).collect();
        (!problems.is_empty()).then(|| format!("{}. Everything else holds", problems.join(". ")))
    }
}

struct Sources<'a> {
    config: &'a Config,
    paths: &'a Paths,
    environment: &'a dyn Fn(&str) -> Option<String>,
    problems: &'a mut Vec<Problem>,
}

impl Sources<'_> {
    /// The first place with a usable value.
    fn get<S: Setting>(&mut self, command_line: Option<&str>) -> Result<Found<S::Value>> {
        let wrong =
            |text: &str, expected: &str| format!("`{text}` is not usable: {expected}. It sets: {}", S::DOC);
        if let Some(text) = command_line {
            return match S::parse(text) {
                Ok(value) => Ok(Found { value, origin: Origin::CommandLine }),
                Err(expected) => bail!("the command line: {}", wrong(text, &expected)),
            };
        }
        if let Some(text) = (self.environment)(S::ENVIRONMENT).filter(|value| !value.is_empty()) {
            match S::parse(&text) {
                Ok(value) => return Ok(Found { value, origin: Origin::Environment }),
                Err(expected) => {
                    let what = wrong(&text, &expected);
                    self.problems.push(Problem::new(Path::new(S::ENVIRONMENT), 0, what));
                }
            }
        }
        if let Some((text, place)) = self.config.settings.get(S::KEY) {
            match S::parse(text) {
                Ok(value) => return Ok(Found { value, origin: Origin::File(*place) }),
                Err(expected) => {
                    let what = format!("`{}` = {}", S::KEY, wrong(text, &expected));
                    let problem = match place {
                        Place::User(line) => Problem::new(&self.paths.config, *line, what),
                        Place::Workspace(line) => Problem::new(Path::new(".weft/config.toml"), *line, what),
                    };
                    self.problems.push(problem);
                }
            }
        }
        Ok(Found { value: S::default(), origin: Origin::Default })
    }
}

/// The keys of all settings.
pub(crate) fn known_keys() -> [&'static str; 10] {
    [
        Model::KEY,
        ThreadCount::KEY,
        GpuLayers::KEY,
        Drafts::KEY,
        NetworkUse::KEY,
        ContextTokens::KEY,
        ChatContextTokens::KEY,
        PromptTokens::KEY,
        MaxTokens::KEY,
        IdleSeconds::KEY,
    ]
}

/// The settings' part of the configuration file's schema.
pub(crate) fn schema_of_settings() -> Value {
    fn entry<S: Setting>(kind: &str) -> (String, Value) {
        (S::KEY.to_owned(), json!({ "type": kind, "description": S::DOC }))
    }
    let entries = [
        entry::<Model>("string"),
        entry::<Drafts>("string"),
        entry::<NetworkUse>("string"),
        entry::<ThreadCount>("integer"),
        entry::<GpuLayers>("integer"),
        entry::<ContextTokens>("integer"),
        entry::<ChatContextTokens>("integer"),
        entry::<PromptTokens>("integer"),
        entry::<MaxTokens>("integer"),
        entry::<IdleSeconds>("integer"),
    ];
    entries.into_iter().collect::<serde_json::Map<_, _>>().into()
}

/// Reads a whole number within limits.
fn number<T>(text: &str, least: T, most: T) -> Result<T, String>
where
    T: std::str::FromStr + PartialOrd + std::fmt::Display,
{
    match text.trim().parse::<T>() {
        Ok(value) if value >= least && value <= most => Ok(value),
        _ => Err(format!("a whole number from {least} to {most} is expected")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(config: &str, environment: &[(&str, &str)], command_line: &CommandLine) -> Result<Settings> {
        let lookup = |name: &str| {
            environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::in_folder(folder.path());
        std::fs::write(&paths.config, config).unwrap();
        Settings::of(config::load(&paths, None), &paths, command_line, &lookup)
    }

    #[test]
    fn the_command_line_wins_over_the_environment_over_the_file_over_the_default() {
        let file = "model = \"from-file\"\nmax_tokens = 40\n";
        let environment = [("WEFT_MODEL", "from-environment"), ("WEFT_THREADS", "")];
        let command_line = CommandLine { model: Some("from-line".into()), idle_seconds: None };
        let origin =
            |settings: &Settings| (settings.model.value.clone().unwrap_or_default(), settings.model.origin);
        let settings = load(file, &environment, &command_line).unwrap();
        assert_eq!(origin(&settings), ("from-line".into(), Origin::CommandLine));
        assert_eq!(settings.max_tokens, Found { value: 40, origin: Origin::File(Place::User(2)) });
        assert_eq!(settings.threads, Found { value: None, origin: Origin::Default });
        let settings = load(file, &environment, &CommandLine::default()).unwrap();
        assert_eq!(origin(&settings), ("from-environment".into(), Origin::Environment));
        let settings = load(file, &[], &CommandLine::default()).unwrap();
        assert_eq!(origin(&settings), ("from-file".into(), Origin::File(Place::User(1))));
        assert_eq!(settings.chosen_model(), None);
    }

    #[test]
    fn a_wrong_value_is_named_with_its_place_and_the_next_place_holds() {
        let environment = [("WEFT_THREADS", "0"), ("WEFT_MAX_TOKENS", "lots")];
        let file = "threads = 3\nmax_tokens = \"many\"\nprompt_tokens = 100";
        let settings = load(file, &environment, &CommandLine::default()).unwrap();
        assert_eq!((settings.threads.value, settings.max_tokens.value), (Some(3), 128));
        assert_eq!(settings.prompt_tokens.value, 100);
        let notice = settings.notice().unwrap();
        assert!(notice.contains("WEFT_THREADS: `0`") && notice.contains("WEFT_MAX_TOKENS"), "{notice}");
        assert!(notice.contains("config.toml:2: `max_tokens` = `many`"), "{notice}");
        let command_line = CommandLine { model: Some(" ".into()), idle_seconds: None };
        assert!(load("", &[], &command_line).unwrap_err().to_string().starts_with("the command line"));
    }
}
