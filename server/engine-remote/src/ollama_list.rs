//! The models that an Ollama has, and what they can do. It must not ask one of them anything.

use crate::client::{is_this_machine, network};
use engine::{EngineError, RemoteCause};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// A model of an Ollama.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OllamaModel {
    /// Its name there, such as `qwen2.5-coder:7b`.
    pub name: String,
    /// Whether it writes text; embedding models do not.
    pub completes: bool,
    /// Whether it fills in between two pieces of code.
    pub fills: bool,
}

#[derive(Deserialize)]
struct Tags {
    models: Vec<Tag>,
}

#[derive(Deserialize)]
struct Tag {
    name: String,
}

#[derive(Deserialize)]
struct Details {
    /// Older servers do not say.
    capabilities: Option<Vec<String>>,
}

/// Asks an Ollama for its models.
///
/// # Errors
/// [`EngineError::Remote`] when it does not answer as Ollama does within ten seconds.
pub async fn ollama_models(base_url: &str) -> Result<Vec<OllamaModel>, EngineError> {
    let base_url = base_url.trim_end_matches('/');
    let mut http = reqwest::Client::builder()
        .timeout(Duration::from_secs(10))
        .redirect(reqwest::redirect::Policy::none());
    if reqwest::Url::parse(base_url).is_ok_and(|url| is_this_machine(&url)) {
        http = http.no_proxy();
    }
    let http = http.build().map_err(|error| failed(&error))?;
    let tags: Tags = read(http.get(format!("{base_url}/api/tags"))).await?;
    let mut models = Vec::new();
    for tag in tags.models {
        let body = serde_json::json!({ "model": tag.name });
        let details: Details = read(http.post(format!("{base_url}/api/show")).json(&body)).await?;
        let can =
            |what: &str| details.capabilities.as_ref().is_none_or(|known| known.iter().any(|it| it == what));
        models.push(OllamaModel { completes: can("completion"), fills: can("insert"), name: tag.name });
    }
    Ok(models)
}

async fn read<T: DeserializeOwned>(request: reqwest::RequestBuilder) -> Result<T, EngineError> {
    let response = request.send().await.map_err(|error| failed(&error))?;
    if !response.status().is_success() {
        let reason = format!("HTTP {}", response.status().as_u16());
        return Err(EngineError::remote("ollama", RemoteCause::BadRequest, reason));
    }
    response.json().await.map_err(|_| {
        EngineError::remote("ollama", RemoteCause::Unreadable, "its list of models is not what was expected")
    })
}

fn failed(error: &reqwest::Error) -> EngineError {
    network(error).into_error("ollama", &[])
}
