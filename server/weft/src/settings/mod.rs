//! The settings: one struct each, with its documentation, its parser and its tests.
//!
//! A value comes from the command line, else from the environment, else from `config.toml`, else it is the
//! default. It must not read a repository's own files: a repository never decides where text is sent.

mod chat_context_tokens;
mod context_tokens;
mod drafts;
mod idle_seconds;
mod max_tokens;
mod model;
mod network;
mod prompt_tokens;
mod threads;

use anyhow::{Context, Result, bail};
use std::path::Path;

pub(crate) use chat_context_tokens::ChatContextTokens;
pub(crate) use context_tokens::ContextTokens;
pub(crate) use drafts::Drafts;
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
    ConfigFile,
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
    pub(crate) drafts: Found<bool>,
    pub(crate) network: Found<assist::mentions::Network>,
    pub(crate) context_tokens: Found<u32>,
    pub(crate) chat_context_tokens: Found<u32>,
    pub(crate) prompt_tokens: Found<usize>,
    pub(crate) max_tokens: Found<u32>,
    pub(crate) idle_seconds: Found<u64>,
}

/// What the command line says.
#[derive(Clone, Debug, Default)]
pub(crate) struct CommandLine {
    pub(crate) model: Option<String>,
    pub(crate) idle_seconds: Option<u64>,
}

impl Settings {
    /// Reads all settings. A wrong value or an unknown key is an error that names it.
    pub(crate) fn load(config: &Path, command_line: &CommandLine) -> Result<Self> {
        let table = read_config(config)?;
        let sources = Sources { table: &table, config, environment: &|name| std::env::var(name).ok() };
        sources.settings(command_line)
    }

    /// As [`Settings::load`], but unusable settings leave the defaults in force, with what the command line says, and
    /// come back as a message. For processes that an editor starts: they must not just be gone.
    pub(crate) fn load_or_default(
        config: &Path,
        command_line: &CommandLine,
    ) -> Result<(Self, Option<String>)> {
        let problem = match Self::load(config, command_line) {
            Ok(settings) => return Ok((settings, None)),
            Err(problem) => problem,
        };
        let sources = Sources { table: &toml::Table::new(), config, environment: &|_| None };
        Ok((sources.settings(command_line)?, Some(format!("{problem:#}. The defaults are in force"))))
    }
}

struct Sources<'a> {
    table: &'a toml::Table,
    config: &'a Path,
    environment: &'a dyn Fn(&str) -> Option<String>,
}

impl Sources<'_> {
    fn settings(&self, command_line: &CommandLine) -> Result<Settings> {
        let known = [
            Model::KEY,
            ThreadCount::KEY,
            Drafts::KEY,
            NetworkUse::KEY,
            ContextTokens::KEY,
            ChatContextTokens::KEY,
            PromptTokens::KEY,
            MaxTokens::KEY,
            IdleSeconds::KEY,
        ];
        if let Some(key) = self.table.keys().find(|key| !known.contains(&key.as_str())) {
            bail!("{}: there is no setting `{key}`. Known are: {}", self.config.display(), known.join(", "));
        }
        Ok(Settings {
            model: self.get::<Model>(command_line.model.as_deref())?,
            threads: self.get::<ThreadCount>(None)?,
            drafts: self.get::<Drafts>(None)?,
            network: self.get::<NetworkUse>(None)?,
            context_tokens: self.get::<ContextTokens>(None)?,
            chat_context_tokens: self.get::<ChatContextTokens>(None)?,
            prompt_tokens: self.get::<PromptTokens>(None)?,
            max_tokens: self.get::<MaxTokens>(None)?,
            idle_seconds: self
                .get::<IdleSeconds>(command_line.idle_seconds.map(|value| value.to_string()).as_deref())?,
        })
    }

    fn get<S: Setting>(&self, command_line: Option<&str>) -> Result<Found<S::Value>> {
        let environment = (self.environment)(S::ENVIRONMENT).filter(|value| !value.is_empty());
        let config = self.table.get(S::KEY).map(|value| match value {
            toml::Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        let (text, origin, place) = if let Some(text) = command_line {
            (text.to_owned(), Origin::CommandLine, "the command line".to_owned())
        } else if let Some(text) = environment {
            (text, Origin::Environment, S::ENVIRONMENT.to_owned())
        } else if let Some(text) = config {
            (text, Origin::ConfigFile, format!("{}, {}", self.config.display(), S::KEY))
        } else {
            return Ok(Found { value: S::default(), origin: Origin::Default });
        };
        match S::parse(&text) {
            Ok(value) => Ok(Found { value, origin }),
            Err(expected) => bail!("{place}: `{text}` is not usable: {expected}. It sets: {}", S::DOC),
        }
    }
}

fn read_config(path: &Path) -> Result<toml::Table> {
    match std::fs::read_to_string(path) {
        Ok(text) => text
            .parse()
            .with_context(|| format!("{} is not valid TOML; correct it or remove it", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(toml::Table::new()),
        Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
    }
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
        let table = config.parse().unwrap();
        Sources { table: &table, config: Path::new("config.toml"), environment: &lookup }
            .settings(command_line)
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
        assert_eq!(settings.max_tokens, Found { value: 40, origin: Origin::ConfigFile });
        assert_eq!(settings.threads, Found { value: None, origin: Origin::Default });
        let settings = load(file, &environment, &CommandLine::default()).unwrap();
        assert_eq!(origin(&settings), ("from-environment".into(), Origin::Environment));
        let settings = load(file, &[], &CommandLine::default()).unwrap();
        assert_eq!(origin(&settings), ("from-file".into(), Origin::ConfigFile));
    }

    #[test]
    fn a_wrong_value_is_named_with_its_place_and_what_is_expected() {
        let error = load("max_tokens = \"many\"", &[], &CommandLine::default()).unwrap_err().to_string();
        assert!(error.contains("max_tokens") && error.contains("whole number"), "{error}");
        let error = load("", &[("WEFT_THREADS", "0")], &CommandLine::default()).unwrap_err().to_string();
        assert!(error.starts_with("WEFT_THREADS: `0`"), "{error}");
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config.toml");
        std::fs::write(&config, "max_tokens = 0").unwrap();
        let command_line = CommandLine { model: Some("mine".into()), idle_seconds: None };
        let (settings, problem) = Settings::load_or_default(&config, &command_line).unwrap();
        assert_eq!((settings.model.value.as_deref(), settings.max_tokens.value), (Some("mine"), 128));
        assert!(problem.unwrap().ends_with("The defaults are in force"));
        let error = load("modle = \"x\"", &[], &CommandLine::default()).unwrap_err().to_string();
        assert!(error.contains("no setting `modle`") && error.contains("model, threads"), "{error}");
    }
}
