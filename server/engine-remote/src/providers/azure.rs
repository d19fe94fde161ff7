//! OpenAI's models at Azure: the same bodies, at a deployment's own path and with the key in a header of its own
//! (<https://learn.microsoft.com/azure/ai-services/openai/reference>).

use super::openai;
use crate::ask::{Ask, Call, KeyHeader};
use crate::options::EngineOptions;

/// The newest version that is not a preview.
const API_VERSION: &str = "2024-10-21";

pub(super) fn call(options: &EngineOptions, ask: &Ask<'_>) -> Result<Call, String> {
    let version = options.api_version.as_deref().unwrap_or(API_VERSION);
    let at = |what: &str| format!("/openai/deployments/{}/{what}?api-version={version}", ask.model);
    let call = openai::request(ask, "max_completion_tokens", &at("chat/completions"), &at("completions"));
    Ok(Call { key: KeyHeader::Named("api-key"), ..call })
}
