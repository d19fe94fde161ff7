//! The models of an Ollama that runs already. It must not load one.

use super::{Found, section_name};
use crate::config::types::{EngineConfig, EngineKind, FIM_CHAT, ModelConfig};
use anyhow::Result;
use engine_remote::{Kind, ollama_models};

/// What the Ollama at `address` has.
pub(crate) async fn import(address: &str) -> Result<Found> {
    let mut found = Found::default();
    let own = Kind::Ollama.base_url();
    for model in ollama_models(address).await? {
        if !model.completes {
            found.left_out.push(format!(
                "{}: it makes embeddings; for those Weft takes a GGUF file on this machine (roles.embed)",
                model.name
            ));
            continue;
        }
        let name = section_name(&model.name.replace(':', "-"));
        let fills = model.fills.then(|| name.clone());
        found.roles.autocomplete = found.roles.autocomplete.take().or(fills);
        found.roles.chat = found.roles.chat.take().or_else(|| Some(name.clone()));
        let entry = ModelConfig {
            engine: Some("ollama".to_owned()),
            model: Some(model.name),
            fim: (!model.fills).then(|| FIM_CHAT.to_owned()),
            ..ModelConfig::default()
        };
        found.models.push((name, entry));
    }
    let engine = EngineConfig {
        kind: Some(EngineKind::Ollama),
        base_url: (Some(address.trim_end_matches('/')) != own).then(|| address.to_owned()),
        ..EngineConfig::default()
    };
    found.engines.push(("ollama".to_owned(), engine));
    Ok(found)
}
