//! `weft config`: what is in force and where it comes from, the schema, and taking over what another program has. It must not show a key.

use crate::cli::ConfigCommand;
use crate::config::engines::{KeyPlace, key_place};
use crate::config::import::{continue_dev, ollama, write};
use crate::config::{Place, schema};
use crate::paths::Paths;
use crate::settings::{CommandLine, Found, NetworkUse, Origin, Settings};
use anyhow::{Context, Result};
use serde_json::{Map, Value, json};
use std::process::ExitCode;

pub(crate) async fn run(command: ConfigCommand, paths: Paths) -> Result<ExitCode> {
    match command {
        ConfigCommand::Show { origin, json } => show(&paths, origin, json),
        ConfigCommand::Path => {
            say!("{}", paths.config.display());
            Ok(ExitCode::SUCCESS)
        }
        ConfigCommand::Schema => {
            say!("{:#}", schema::schema());
            Ok(ExitCode::SUCCESS)
        }
        ConfigCommand::Import { file, ollama: address, dry_run } => {
            let found = match (file, address) {
                (_, Some(address)) => ollama::import(&address).await?,
                (file, None) => continue_dev::import(&continue_dev::file(file)?)?,
            };
            let text = write::addition(&paths, &found)?;
            for left in &found.left_out {
                eprintln!("weft: not taken over: {left}");
            }
            if dry_run {
                say!("{text}");
            } else {
                let path = write::append(&paths, &text, &found)?;
                say!(
                    "{} model(s) are in {} now; `weft config show` has all of it",
                    found.models.len(),
                    path.display()
                );
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// One thing that is in force.
struct Line {
    section: String,
    key: String,
    value: Value,
    origin: String,
}

fn show(paths: &Paths, with_origin: bool, as_json: bool) -> Result<ExitCode> {
    let here = std::env::current_dir().context("there is no current folder")?;
    let workspace = super::complete::project_of(&here);
    let settings = Settings::load(paths, Some(&workspace), &CommandLine::default())?;
    let lines = lines(paths, &settings);
    if as_json {
        let values = lines.iter().map(|line| {
            json!({ "section": line.section, "key": line.key, "value": line.value, "origin": line.origin })
        });
        let problems: Vec<String> = settings.config.problems.iter().map(ToString::to_string).collect();
        say!("{:#}", json!({ "values": values.collect::<Vec<_>>(), "problems": problems }));
        return Ok(ExitCode::SUCCESS);
    }
    let mut section = String::new();
    for line in &lines {
        if line.section != section {
            section.clone_from(&line.section);
            say!("\n[{section}]");
        }
        let origin = if with_origin { format!("  # {}", line.origin) } else { String::new() };
        say!("{} = {}{origin}", line.key, toml_value(&line.value));
    }
    for problem in &settings.config.problems {
        eprintln!("weft: {problem}");
    }
    Ok(ExitCode::SUCCESS)
}

fn lines(paths: &Paths, settings: &Settings) -> Vec<Line> {
    let place = |place: &Place| match place {
        Place::User(line) => format!("{}:{line}", paths.config.display()),
        Place::Workspace(line) => format!(".weft/config.toml:{line}"),
    };
    let mut lines = Vec::new();
    let mut setting = |key: &str, value: Value, origin: Origin| {
        let origin = match origin {
            Origin::CommandLine => "the command line".to_owned(),
            Origin::Environment => format!("WEFT_{}", key.to_uppercase()),
            Origin::File(at) => place(&at),
            Origin::Default => "the default".to_owned(),
        };
        if !value.is_null() {
            lines.push(Line { section: String::new(), key: key.to_owned(), value, origin });
        }
    };
    fn of<T: serde::Serialize>(found: &Found<T>) -> (Value, Origin) {
        (json!(found.value), found.origin)
    }
    let all = [
        ("model", of(&settings.model)),
        ("threads", of(&settings.threads)),
        ("gpu_layers", of(&settings.gpu_layers)),
        ("drafts", (json!(settings.drafts.value.to_string()), settings.drafts.origin)),
        ("network", (json!(NetworkUse::name(settings.network.value)), settings.network.origin)),
        ("context_tokens", of(&settings.context_tokens)),
        ("chat_context_tokens", of(&settings.chat_context_tokens)),
        ("prompt_tokens", of(&settings.prompt_tokens)),
        ("max_tokens", of(&settings.max_tokens)),
        ("idle_seconds", of(&settings.idle_seconds)),
    ];
    for (key, (value, origin)) in all {
        setting(key, value, origin);
    }
    let config = &settings.config;
    for (role, model) in config.roles.all() {
        if let (Some(model), Some(at)) = (model, config.role_places.get(role)) {
            let (section, origin) = ("roles".to_owned(), place(at));
            lines.push(Line { section, key: role.to_owned(), value: json!(model), origin });
        }
    }
    for (name, (engine, at)) in &config.engines {
        let mut values = object(engine);
        // A value may be a secret, a name of a variable is none.
        if let Some(headers) = values.get_mut("headers").and_then(Value::as_object_mut) {
            let secret = |value: &&mut Value| !value.as_str().is_some_and(|text| text.starts_with("env:"));
            headers.values_mut().filter(secret).for_each(|value| *value = json!("[hidden]"));
        }
        if engine.kind.is_some_and(|kind| key_place(kind, engine).is_none()) {
            values.insert("key".to_owned(), json!("[hidden]"));
        }
        let usual = engine.kind.and_then(|kind| key_place(kind, engine));
        if let (None, Some(KeyPlace::Usual(Some(variable)))) = (&engine.key, usual) {
            let value = json!(format!("file, else env:{variable}"));
            let (section, key) = (format!("engines.{name}"), "key".to_owned());
            lines.push(Line { section, key, value, origin: "the default".to_owned() });
        }
        lines.extend(below(&format!("engines.{name}"), values, &place(at)));
    }
    for (name, (model, at)) in &config.models {
        lines.extend(below(&format!("models.{name}"), object(model), &place(at)));
    }
    lines
}

fn object(value: &impl serde::Serialize) -> Map<String, Value> {
    match json!(value) {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

fn below(section: &str, values: Map<String, Value>, origin: &str) -> Vec<Line> {
    let line = |(key, value)| Line { section: section.to_owned(), key, value, origin: origin.to_owned() };
    values.into_iter().map(line).collect()
}

/// As TOML writes it.
fn toml_value(value: &Value) -> String {
    toml::Value::try_from(value).map_or_else(|_| value.to_string(), |value| value.to_string())
}
