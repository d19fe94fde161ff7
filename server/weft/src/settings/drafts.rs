//! The setting `drafts`. It must not apply itself: it is only read here.

use super::Setting;

/// where guesses of the next tokens come from, to be tried together
pub(crate) struct Drafts;

/// Where guesses come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DraftChoice {
    Off,
    /// Copied from the prompt.
    On,
    /// Written by the model of this name.
    Model(String),
}

impl std::fmt::Display for DraftChoice {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Off => "off",
            Self::On => "on",
            Self::Model(name) => name,
        })
    }
}

impl Setting for Drafts {
    type Value = DraftChoice;
    const KEY: &'static str = "drafts";
    const ENVIRONMENT: &'static str = "WEFT_DRAFTS";
    const DOC: &'static str = "guesses of the next tokens of a completion, tried together, which pays on GPUs: `on` copies them from the prompt, the name of a small model of the same family lets that one write them; off unless set";

    /// Off: on processors they do not pay (docs/latency.md).
    fn default() -> Self::Value {
        DraftChoice::Off
    }

    fn parse(text: &str) -> Result<Self::Value, String> {
        match text.trim() {
            "on" | "true" => Ok(DraftChoice::On),
            "off" | "false" => Ok(DraftChoice::Off),
            "" => Err("`on`, `off` or the name of a model is expected".to_owned()),
            name => Ok(DraftChoice::Model(name.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        assert_eq!(
            (Drafts::parse("on"), Drafts::parse("false")),
            (Ok(DraftChoice::On), Ok(DraftChoice::Off))
        );
        let named = Drafts::parse("qwen2.5-coder-0.5b");
        assert_eq!(named, Ok(DraftChoice::Model("qwen2.5-coder-0.5b".to_owned())));
        assert!(Drafts::parse(" ").is_err());
    }
}
