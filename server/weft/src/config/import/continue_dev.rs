//! Continue's `config.yaml` (<https://docs.continue.dev/reference>): its models, with their providers, keys and roles. Its rules, context
//! providers, prompts and tools are other things in Weft, and left out.

use super::{Found, section_name};
use crate::config::types::{EngineConfig, EngineKind, FIM_NATIVE, ModelConfig, TimeoutsConfig};
use anyhow::{Context, Result};
use engine_remote::{Kind, Secret};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The file: the one that is named, else Continue's own.
pub(crate) fn file(named: Option<PathBuf>) -> Result<PathBuf> {
    match named {
        Some(file) => Ok(file),
        None => {
            let home = std::env::home_dir().context("there is no home folder; name the file")?;
            Ok(home.join(".continue").join("config.yaml"))
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Config {
    models: Vec<Model>,
    #[serde(flatten)]
    other: BTreeMap<String, serde_norway::Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Model {
    name: Option<String>,
    uses: Option<String>,
    provider: Option<String>,
    model: Option<String>,
    api_key: Option<String>,
    api_base: Option<String>,
    roles: Option<Vec<String>>,
    default_completion_options: CompletionOptions,
    request_options: RequestOptions,
    env: BTreeMap<String, serde_norway::Value>,
    #[serde(flatten)]
    other: BTreeMap<String, serde_norway::Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct CompletionOptions {
    context_length: Option<u32>,
    temperature: Option<f32>,
    #[serde(flatten)]
    other: BTreeMap<String, serde_norway::Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RequestOptions {
    headers: BTreeMap<String, String>,
    /// Milliseconds.
    timeout: Option<f64>,
    proxy: Option<String>,
    ca_bundle_path: Option<serde_norway::Value>,
    #[serde(flatten)]
    other: BTreeMap<String, serde_norway::Value>,
}

/// What `file` has.
pub(crate) fn import(file: &Path) -> Result<Found> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    // The parser's message may quote a line, and with it a key: only the place is told.
    let config: Config = serde_norway::from_str(&text).map_err(|error| {
        let line = error.location().map_or(0, |location| location.line());
        anyhow::anyhow!("{}:{line}: this is not what Continue's config.yaml looks like", file.display())
    })?;
    Ok(take_over(config))
}

fn take_over(config: Config) -> Found {
    let mut found = Found::default();
    for model in config.models {
        take_model(model, &mut found);
    }
    for key in config.other.keys().filter(|key| !["name", "version", "schema"].contains(&key.as_str())) {
        let why = match key.as_str() {
            "rules" => "Weft reads rules from files in the workspace",
            "context" => "what a question brings along is said with @ in the question",
            "prompts" => "Weft has prompt files of its own",
            _ => "Weft has nothing like it",
        };
        found.left_out.push(format!("`{key}`: {why}"));
    }
    found
}

fn take_model(model: Model, found: &mut Found) {
    let shown = model.name.clone().or_else(|| model.model.clone()).unwrap_or_default();
    if let Some(uses) = &model.uses {
        found.left_out.push(format!("the model `{uses}`: it is a reference into Continue's hub"));
        return;
    }
    let (Some(provider), Some(theirs)) = (model.provider.as_deref(), model.model.clone()) else {
        found.left_out.push(format!("the model `{shown}`: it has no provider or no model"));
        return;
    };
    let Some((kind, usual)) = kind_of(provider) else {
        found.left_out.push(format!("the model `{shown}`: Weft does not speak to the provider `{provider}`"));
        return;
    };
    let engine = engine_for(provider, kind, usual, &model, found);
    let name = unused(&section_name(&shown), found);
    let options = &model.default_completion_options;
    let roles = model.roles.clone().unwrap_or_else(|| vec!["chat".to_owned(), "edit".to_owned()]);
    let completes = roles.iter().any(|role| role == "autocomplete");
    found.models.push((
        name.clone(),
        ModelConfig {
            engine: Some(engine),
            model: Some(theirs),
            fim: (completes && kind.provider().is_some_and(Kind::fills)).then(|| FIM_NATIVE.to_owned()),
            context_tokens: options.context_length,
            temperature: options.temperature,
            fallback: Vec::new(),
        },
    ));
    let known = found.roles.all_mut();
    for (role, chosen) in known {
        // Continue takes the first model of a role, too.
        if chosen.is_none() && roles.iter().any(|it| it == role) {
            *chosen = Some(name.clone());
        }
    }
    let unknown_roles = roles.iter().filter(|role| !ROLES.contains(&role.as_str()));
    let others = model.other.keys().map(String::as_str).chain(options.other.keys().map(String::as_str));
    let others = others.chain(model.request_options.other.keys().map(String::as_str));
    let left: Vec<&str> = unknown_roles.map(String::as_str).chain(others).collect();
    if !left.is_empty() {
        found.left_out.push(format!("of the model `{shown}`: {}", left.join(", ")));
    }
}

const ROLES: [&str; 5] = ["chat", "autocomplete", "edit", "apply", "embed"];

/// What Weft calls a provider of Continue's, and its address where that is not the kind's own.
fn kind_of(provider: &str) -> Option<(EngineKind, Option<&'static str>)> {
    Some(match provider {
        "openai" => (EngineKind::Openai, None),
        "openrouter" => (EngineKind::Openai, Some("https://openrouter.ai/api/v1")),
        "groq" => (EngineKind::Openai, Some("https://api.groq.com/openai/v1")),
        "together" => (EngineKind::Openai, Some("https://api.together.xyz/v1")),
        "lmstudio" => (EngineKind::Openai, Some("http://127.0.0.1:1234/v1")),
        "vllm" => (EngineKind::Openai, Some("http://127.0.0.1:8000/v1")),
        "llama.cpp" => (EngineKind::LlamaServer, None),
        "azure" => (EngineKind::Azure, None),
        "anthropic" => (EngineKind::Anthropic, None),
        "gemini" => (EngineKind::Gemini, None),
        "mistral" => (EngineKind::Mistral, None),
        "deepseek" => (EngineKind::Deepseek, None),
        "ollama" => (EngineKind::Ollama, None),
        "huggingface-inference-api" | "huggingface-tgi" => (EngineKind::HuggingFace, None),
        _ => return None,
    })
}

/// The name of the engine for a model; models with the same address and key share one.
fn engine_for(
    provider: &str,
    kind: EngineKind,
    usual: Option<&str>,
    model: &Model,
    found: &mut Found,
) -> String {
    let key = model.api_key.as_deref().map(str::trim).filter(|key| !key.is_empty());
    let variable = key.and_then(variable_of);
    let literal = key.filter(|_| variable.is_none()).map(Secret::new);
    let options = &model.request_options;
    let text = |name: &str| model.env.get(name).and_then(serde_norway::Value::as_str).map(str::to_owned);
    let base_url = model.api_base.as_deref().or(usual).map(|url| base(kind, url));
    let engine = EngineConfig {
        kind: Some(kind),
        base_url,
        key: match (&literal, &variable) {
            (Some(_), _) => Some("file".to_owned()),
            (None, Some(name)) => Some(format!("env:{name}")),
            (None, None) => None,
        },
        headers: options.headers.clone(),
        session_header: None,
        api_version: text("apiVersion"),
        timeouts: options.timeout.map(|milliseconds| TimeoutsConfig {
            first_token: Some(milliseconds / 1000.0),
            ..TimeoutsConfig::default()
        }),
        retries: None,
        proxy: options.proxy.clone(),
        ca_file: options.ca_bundle_path.as_ref().and_then(serde_norway::Value::as_str).map(PathBuf::from),
    };
    let known_key = |name: &str, found: &Found| {
        found.keys.iter().find(|(engine, _)| engine == name).map(|(_, key)| key.clone())
    };
    let same = found.engines.iter().find(|(name, it)| *it == engine && known_key(name, found) == literal);
    if let Some((name, _)) = same {
        return name.clone();
    }
    let mut name = section_name(provider);
    let taken = |name: &str, found: &Found| found.engines.iter().any(|(it, _)| it == name);
    let mut number = 2;
    while taken(&name, found) {
        name = format!("{}-{number}", section_name(provider));
        number += 1;
    }
    found.engines.push((name.clone(), engine));
    found.keys.extend(literal.map(|key| (name.clone(), key)));
    name
}

/// Weft's calls have `/v1` in their paths for the providers whose addresses have none.
fn base(kind: EngineKind, url: &str) -> String {
    let url = url.trim_end_matches('/');
    let with_path = matches!(kind, EngineKind::Openai);
    if with_path {
        url.to_owned()
    } else {
        url.trim_end_matches("/v1").trim_end_matches("/v1beta").to_owned()
    }
}

/// `${{ secrets.NAME }}`: Continue takes it from a file of environment variables.
fn variable_of(key: &str) -> Option<String> {
    let inner = key.strip_prefix("${{")?.strip_suffix("}}")?.trim();
    Some(inner.rsplit('.').next().unwrap_or(inner).to_owned())
}

fn unused(name: &str, found: &Found) -> String {
    let taken = |name: &str| found.models.iter().any(|(it, _)| it == name);
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|name| !taken(name)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::import::write;
    use crate::config::load;
    use crate::paths::Paths;

    const YAML: &str = r#"
name: mine
version: 1.0.0
schema: v1
models:
  - name: Claude Some Model
    provider: anthropic
    model: claude-some-model
    apiKey: sk-ant-secret-1
    roles: [chat, edit, apply, summarize]
    defaultCompletionOptions: { contextLength: 100000, temperature: 0.3, stop: ["x"] }
  - name: Codestral
    provider: mistral
    model: codestral-latest
    apiBase: https://codestral.mistral.ai/v1
    apiKey: ${{ secrets.CODESTRAL_KEY }}
    roles: [autocomplete]
    requestOptions: { timeout: 5000, verifySsl: false }
  - name: Other Claude
    provider: anthropic
    model: claude-other
    apiKey: sk-ant-secret-1
  - name: Nova
    provider: bedrock
    model: nova
  - uses: ollama/qwen2.5-coder-7b
rules:
  - Be nice
mcpServers: []
"#;

    #[test]
    fn models_with_their_engines_keys_and_roles_and_what_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::in_folder(folder.path());
        let file = folder.path().join("config.yaml");
        std::fs::write(&file, YAML).unwrap();
        let found = import(&file).unwrap();
        let text = write::addition(&paths, &found).unwrap();
        assert!(!text.contains("sk-ant"), "{text}");
        write::append(&paths, &text, &found).unwrap();
        let config = load(&paths, None);
        assert_eq!(config.problems, []);
        assert_eq!(
            config.models.keys().collect::<Vec<_>>(),
            ["claude-some-model", "codestral", "other-claude"]
        );
        assert_eq!(config.roles.chat.as_deref(), Some("claude-some-model"));
        assert_eq!(config.roles.autocomplete.as_deref(), Some("codestral"));
        assert_eq!(config.models["codestral"].0.fim.as_deref(), Some("native"));
        assert_eq!(
            config.models["other-claude"].0.engine.as_deref(),
            Some("anthropic"),
            "one engine for both"
        );
        let mistral = &config.engines["mistral"].0;
        assert_eq!(mistral.base_url.as_deref(), Some("https://codestral.mistral.ai"));
        assert_eq!(mistral.key.as_deref(), Some("env:CODESTRAL_KEY"));
        assert_eq!(mistral.timeouts.as_ref().and_then(|times| times.first_token), Some(5.0));
        let keys = crate::config::keys::stored(&paths.keys).unwrap();
        assert_eq!(
            keys["anthropic"],
            crate::config::keys::Stored::Key(engine_remote::Secret::new("sk-ant-secret-1"))
        );
        let left = found.left_out.join("\n");
        for what in ["bedrock", "hub", "`rules`", "`mcpServers`", "summarize, stop", "verifySsl"] {
            assert!(left.contains(what), "{what} in {left}");
        }
    }

    #[test]
    fn a_second_time_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::in_folder(folder.path());
        let file = folder.path().join("config.yaml");
        std::fs::write(&file, YAML).unwrap();
        let found = import(&file).unwrap();
        write::append(&paths, &write::addition(&paths, &found).unwrap(), &found).unwrap();
        assert_eq!(write::addition(&paths, &found).unwrap(), "");
    }

    #[test]
    fn a_file_that_is_something_else_is_not_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.yaml");
        std::fs::write(&file, "models:\n  - apiKey: [sk-secret\n").unwrap();
        let error = format!("{:#}", import(&file).unwrap_err());
        assert!(error.contains("config.yaml:") && !error.contains("sk-secret"), "{error}");
    }
}
