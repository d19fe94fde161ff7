//! Taking over what other programs have configured. It must not change their files, and says what it leaves out.

pub(crate) mod continue_dev;
pub(crate) mod ollama;
pub(crate) mod write;

use super::types::{EngineConfig, ModelConfig, Roles};
use engine_remote::Secret;

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) engines: Vec<(String, EngineConfig)>,
    pub(crate) models: Vec<(String, ModelConfig)>,
    pub(crate) roles: Roles,
    /// Keys that stood in the file itself, by their engines.
    pub(crate) keys: Vec<(String, Secret)>,
    /// What cannot be taken over, and why.
    pub(crate) left_out: Vec<String>,
}

/// A name as sections have them: lower case, without blanks.
fn section_name(text: &str) -> String {
    let mapped = text.trim().to_lowercase();
    let mapped = mapped.chars().map(|c| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '-' });
    let name = mapped.collect::<String>();
    name.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}
