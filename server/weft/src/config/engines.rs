//! From the configuration to the engines that requests are sent to. It must not send anything, and reads keys only when one is wanted.

use super::keys::Stored;
use super::types::{EngineConfig, EngineKind, FIM_CHAT, FIM_NATIVE, ModelConfig};
use super::{Config, keyring, keys};
use crate::paths::Paths;
use engine::Engine;
use engine_remote::{
    Completion, EngineOptions, KeySource, Kind, ModelOptions, Proxy, RemoteEngine, RemoteWeft, Route, Routes,
    SESSION_HEADER, Secret, Timeouts,
};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// What a value begins with that is the name of an environment variable.
const FROM_ENVIRONMENT: &str = "env:";
/// Tokens of prompt and answer where the configuration says nothing: every provider's models have as many.
const CONTEXT_TOKENS: u32 = 32_768;
/// The same for Ollama, which keeps them in the memory of somebody's machine.
const OLLAMA_CONTEXT_TOKENS: u32 = 8192;
const RETRIES: u32 = 2;

/// Where a key comes from, for `weft key list` and the messages on keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeyPlace {
    Variable(String),
    /// The file, or the keyring where the file says so.
    File,
    Keyring,
    /// The file if it has one, else the variable, if there is one for this address.
    Usual(Option<&'static str>),
    None,
}

/// What an engine's section lacks or has wrong.
pub(super) fn lacking(name: &str, engine: &EngineConfig) -> Vec<String> {
    let mut wrong = Vec::new();
    let Some(kind) = engine.kind else {
        wrong.push(format!("[engines.{name}] has no usable `kind`, so its models cannot be asked"));
        return wrong;
    };
    if base_url(kind, engine).is_none() {
        wrong.push(format!(
            "[engines.{name}] needs a `base_url`: each user has an address of their own there"
        ));
    }
    if let Some(key) = &engine.key
        && key_place(kind, engine).is_none()
    {
        // A key that was written here must not be written on the screen, too.
        let length = key.chars().count();
        wrong.push(format!(
            "[engines.{name}] `key` is no place but {length} other characters. It is `env:NAME`, `file`, `keyring` or `none`; \
             `weft key set {name}` stores the key itself. If this was a key, remove it from here"
        ));
    }
    let times =
        engine.timeouts.iter().flat_map(|times| [times.connect, times.first_token, times.between_tokens]);
    if times.flatten().any(|seconds| !(seconds > 0.0 && seconds < 86_400.0)) {
        wrong.push(format!("[engines.{name}] `timeouts` are seconds, more than 0 and at most a day"));
    }
    wrong
}

fn base_url(kind: EngineKind, engine: &EngineConfig) -> Option<String> {
    engine.base_url.clone().or_else(|| kind.provider().and_then(Kind::base_url).map(str::to_owned))
}

/// Where the key of an engine is; none where the configuration names no place.
pub(crate) fn key_place(kind: EngineKind, engine: &EngineConfig) -> Option<KeyPlace> {
    let own = kind.provider().and_then(Kind::base_url);
    Some(match engine.key.as_deref() {
        // A key that the environment has for a provider must not go to another address by itself.
        None => KeyPlace::Usual(kind.key_variable().filter(|_| base_url(kind, engine).as_deref() == own)),
        Some("file") => KeyPlace::File,
        Some("keyring") => KeyPlace::Keyring,
        Some("none" | "") => KeyPlace::None,
        Some(place) => KeyPlace::Variable(place.strip_prefix(FROM_ENVIRONMENT)?.to_owned()),
    })
}

/// The routes to all models.
pub(crate) fn routes(config: &Config, paths: &Paths) -> Routes {
    let engines: BTreeMap<String, Target> = config
        .engines
        .iter()
        .filter_map(|(name, (engine, _))| Some((name.clone(), target(name, engine, paths)?)))
        .collect();
    let mut models = std::collections::HashMap::new();
    for (name, (model, _)) in &config.models {
        let engine = model.engine.as_deref().unwrap_or_default();
        if let Some(target) = engines.get(engine) {
            models.insert(name.clone(), target.route(name, model));
        }
    }
    let autocomplete = config.roles.autocomplete.clone().or_else(|| {
        // The older key means a model on this machine, unless it is the name of one here.
        let (name, _) = config.settings.get("model")?;
        models.contains_key(name).then(|| name.clone())
    });
    let engines = Arc::new(engines);
    let open = move |name: &str| {
        let (engine, model) = name.split_once('/')?;
        let model = ModelConfig { model: Some(model.to_owned()), ..ModelConfig::default() };
        Some(engines.get(engine)?.route(name, &model))
    };
    Routes { models, open: Some(Arc::new(open)), autocomplete }
}

/// An engine that can be asked for models.
#[derive(Clone)]
enum Target {
    Provider(Kind, RemoteEngine),
    Weft(Box<EngineOptions>),
}

fn target(name: &str, engine: &EngineConfig, paths: &Paths) -> Option<Target> {
    let kind = engine.kind?;
    let provider = kind.provider();
    let seconds = |value: Option<f64>, default: Duration| {
        value
            .and_then(|value| Duration::try_from_secs_f64(value).ok())
            .filter(|time| !time.is_zero())
            .unwrap_or(default)
    };
    let default = Timeouts::default();
    let times = engine.timeouts.clone().unwrap_or_default();
    let options = EngineOptions {
        name: name.to_owned(),
        kind: provider.unwrap_or(Kind::OpenAi),
        base_url: base_url(kind, engine)?,
        key: key_source(name, key_place(kind, engine)?, paths),
        headers: engine
            .headers
            .iter()
            .map(|(header, value)| (header.clone(), Secret::new(&header_value(value))))
            .collect(),
        session_header: session_header(kind, engine),
        api_version: engine.api_version.clone(),
        timeouts: Timeouts {
            connect: seconds(times.connect, default.connect),
            first_token: seconds(times.first_token, default.first_token),
            between_tokens: seconds(times.between_tokens, default.between_tokens),
        },
        retries: engine.retries.unwrap_or(RETRIES),
        proxy: match engine.proxy.as_deref() {
            None => Proxy::Environment,
            Some("none" | "") => Proxy::Off,
            Some(url) => Proxy::Url(url.to_owned()),
        },
        certificates: engine.ca_file.as_deref().map(certificates),
    };
    Some(match provider {
        Some(kind) => Target::Provider(kind, RemoteEngine::new(options)),
        None => Target::Weft(Box::new(options)),
    })
}

/// The header for a load balancer. Unless set, providers get none at their own addresses: there it would help nobody.
fn session_header(kind: EngineKind, engine: &EngineConfig) -> Option<String> {
    match engine.session_header.as_deref() {
        Some("none" | "") => None,
        Some(name) => Some(name.to_owned()),
        None => {
            let own = kind.provider().and_then(Kind::base_url);
            let elsewhere = kind != EngineKind::Azure && base_url(kind, engine).as_deref() != own;
            elsewhere.then(|| SESSION_HEADER.to_owned())
        }
    }
}

/// The certificates; a file that cannot be read has none, which the engine says when it is asked.
fn certificates(file: &Path) -> Vec<u8> {
    std::fs::read(file).unwrap_or_else(|error| {
        tracing::warn!("{} cannot be read: {error}", file.display());
        Vec::new()
    })
}

fn header_value(value: &str) -> String {
    match value.strip_prefix(FROM_ENVIRONMENT) {
        Some(name) => std::env::var(name).unwrap_or_default(),
        None => value.to_owned(),
    }
}

impl Target {
    fn route(&self, name: &str, model: &ModelConfig) -> Route {
        let theirs = model.model.clone().unwrap_or_else(|| name.to_owned());
        let engine: Arc<dyn Engine> = match self {
            Self::Weft(options) => {
                Arc::new(RemoteWeft::new(EngineOptions::clone(options), model.model.clone()))
            }
            Self::Provider(kind, engine) => {
                let usual = if *kind == Kind::Ollama { OLLAMA_CONTEXT_TOKENS } else { CONTEXT_TOKENS };
                Arc::new(engine.model(ModelOptions {
                    name: name.to_owned(),
                    model: theirs,
                    completion: completion(*kind, model.fim.as_deref()),
                    context_tokens: model.context_tokens.unwrap_or(usual).max(512),
                    temperature: model.temperature,
                }))
            }
        };
        Route { engine: Some(engine), model: None, fallback: model.fallback.clone() }
    }
}

/// How a model completes code: as the configuration says, else the best that the provider has.
fn completion(kind: Kind, fim: Option<&str>) -> Completion {
    match fim {
        Some(FIM_CHAT) => Completion::Chat,
        Some(FIM_NATIVE) => Completion::Native,
        Some(family) if kind.takes_text() => Completion::Template(family.to_owned()),
        _ if kind.fills() => Completion::Native,
        _ => Completion::Chat,
    }
}

/// Gives the key, read anew each time.
fn key_source(engine: &str, place: KeyPlace, paths: &Paths) -> KeySource {
    let (engine, file) = (engine.to_owned(), paths.keys.clone());
    Arc::new(move || find_key(&engine, &place, &file, &|name| std::env::var(name).ok()))
}

/// The key of an engine; none where it has none.
pub(crate) fn find_key(
    engine: &str,
    place: &KeyPlace,
    file: &Path,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<Secret>, String> {
    let variable = |name: &str| environment(name).map(|key| Secret::new(&key)).filter(|key| !key.is_empty());
    let in_keyring = || match keyring::get(engine)? {
        Some(key) => Ok(key),
        None => Err(format!(
            "{engine} has no key in the system's keyring. Store one with: weft key set {engine} --keyring"
        )),
    };
    let stored = || match keys::stored(file) {
        Ok(mut keys) => match keys.remove(engine) {
            Some(Stored::Key(key)) => Ok(Some(key)),
            Some(Stored::Keyring) => in_keyring().map(Some),
            None => Ok(None),
        },
        Err(error) => Err(format!("{error:#}")),
    };
    match place {
        KeyPlace::None => Ok(None),
        KeyPlace::Keyring => in_keyring().map(Some),
        KeyPlace::Variable(name) => variable(name).map(Some).ok_or_else(|| {
            format!(
                "{engine} has no key: the environment variable {name} is not set. An editor that was not started from a \
                 terminal may not see it; `weft key set {engine}` and `key = \"file\"` work everywhere"
            )
        }),
        KeyPlace::File => match stored()? {
            Some(key) => Ok(Some(key)),
            None => Err(format!("{engine} has no key yet. Store one with: weft key set {engine}")),
        },
        KeyPlace::Usual(name) => match (stored()?, name) {
            (Some(key), _) => Ok(Some(key)),
            (None, None) => Ok(None),
            (None, Some(name)) => variable(name).map(Some).ok_or_else(|| {
                format!("{engine} has no key. Store one with `weft key set {engine}`, or set {name}")
            }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine(kind: EngineKind, base_url: Option<&str>, key: Option<&str>) -> EngineConfig {
        EngineConfig {
            kind: Some(kind),
            base_url: base_url.map(str::to_owned),
            key: key.map(str::to_owned),
            ..EngineConfig::default()
        }
    }

    #[test]
    fn a_key_of_the_environment_goes_to_the_providers_own_address_only() {
        let place = |base, key| key_place(EngineKind::Openai, &engine(EngineKind::Openai, base, key));
        assert_eq!(place(None, None), Some(KeyPlace::Usual(Some("OPENAI_API_KEY"))));
        assert_eq!(place(Some("https://elsewhere.example/v1"), None), Some(KeyPlace::Usual(None)));
        assert_eq!(place(None, Some("env:A")), Some(KeyPlace::Variable("A".into())));
        assert_eq!(place(None, Some("file")), Some(KeyPlace::File));
        assert_eq!(place(None, Some("keyring")), Some(KeyPlace::Keyring));
        assert_eq!(place(None, Some("sk-123")), None);
    }

    #[test]
    fn the_session_is_told_to_load_balancers_and_not_to_providers() {
        let header = |kind, base, name: Option<&str>| {
            let session_header = name.map(str::to_owned);
            session_header_of(&EngineConfig { session_header, ..engine(kind, base, None) })
        };
        let usual = Some("X-Weft-Session".to_owned());
        assert_eq!(header(EngineKind::Weft, Some("http://team.lan:8080"), None), usual);
        assert_eq!(header(EngineKind::Openai, Some("http://vllm.lan/v1"), None), usual);
        assert_eq!(header(EngineKind::Openai, None, None), None);
        assert_eq!(header(EngineKind::Azure, Some("https://x.openai.azure.com"), None), None);
        assert_eq!(header(EngineKind::Weft, Some("http://team.lan"), Some("none")), None);
        assert_eq!(header(EngineKind::Openai, None, Some("X-Session")), Some("X-Session".to_owned()));
    }

    fn session_header_of(engine: &EngineConfig) -> Option<String> {
        session_header(engine.kind.unwrap(), engine)
    }

    #[test]
    fn a_key_in_the_configuration_is_refused_and_not_shown() {
        let wrong = lacking("cloud", &engine(EngineKind::Openai, None, Some("sk-1234567")));
        assert!(wrong.len() == 1 && wrong[0].contains("weft key set cloud"), "{wrong:?}");
        assert!(!wrong[0].contains("sk-1234567"), "{wrong:?}");
        assert!(lacking("a", &engine(EngineKind::Azure, None, None))[0].contains("base_url"));
        assert!(lacking("a", &EngineConfig::default())[0].contains("kind"));
        assert!(lacking("a", &engine(EngineKind::Ollama, None, None)).is_empty());
    }

    #[test]
    fn where_a_key_is_found_and_what_is_said_where_it_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys.toml");
        keys::store(&file, "a", &Secret::new("stored")).unwrap();
        let environment = |name: &str| (name == "SET").then(|| "from-environment".to_owned());
        let find = |engine, place| find_key(engine, &place, &file, &environment);
        let key = |found: Result<Option<Secret>, String>| found.unwrap().unwrap().expose().to_owned();
        assert_eq!(key(find("a", KeyPlace::File)), "stored");
        assert_eq!(key(find("b", KeyPlace::Variable("SET".into()))), "from-environment");
        assert_eq!(key(find("a", KeyPlace::Usual(Some("SET")))), "stored");
        assert_eq!(key(find("b", KeyPlace::Usual(Some("SET")))), "from-environment");
        assert_eq!(find("b", KeyPlace::Usual(None)), Ok(None));
        assert_eq!(find("a", KeyPlace::None), Ok(None));
        assert!(find("b", KeyPlace::File).unwrap_err().contains("weft key set b"));
        assert!(find("b", KeyPlace::Variable("UNSET".into())).unwrap_err().contains("UNSET is not set"));
        assert!(find("b", KeyPlace::Usual(Some("UNSET"))).unwrap_err().contains("or set UNSET"));
    }

    #[test]
    fn how_a_model_completes() {
        let template = Completion::Template("qwen2.5-coder".to_owned());
        let cases = [
            (Kind::OpenAi, None, Completion::Chat),
            (Kind::OpenAi, Some("qwen2.5-coder"), template.clone()),
            (Kind::OpenAi, Some("native"), Completion::Native),
            (Kind::Ollama, None, Completion::Native),
            (Kind::Ollama, Some("qwen2.5-coder"), template),
            (Kind::Mistral, None, Completion::Native),
            (Kind::Mistral, Some("chat"), Completion::Chat),
            (Kind::Anthropic, Some("qwen2.5-coder"), Completion::Chat),
        ];
        for (kind, fim, expected) in cases {
            assert_eq!(completion(kind, fim), expected, "{kind:?} {fim:?}");
        }
    }
}
