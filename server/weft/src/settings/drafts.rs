//! The setting `drafts`. It must not apply itself: it is only read here.

use super::Setting;

/// whether tokens that probably come next are copied from the prompt and tried together, which pays on GPUs
pub(crate) struct Drafts;

impl Setting for Drafts {
    type Value = bool;
    const KEY: &'static str = "drafts";
    const ENVIRONMENT: &'static str = "WEFT_DRAFTS";
    const DOC: &'static str = "whether tokens that probably come next are copied from the prompt and tried together, which pays on GPUs; off unless set";

    /// Off: on processors they do not pay (docs/latency.md).
    fn default() -> Self::Value {
        false
    }

    fn parse(text: &str) -> Result<Self::Value, String> {
        match text.trim() {
            "on" | "true" => Ok(true),
            "off" | "false" => Ok(false),
            _ => Err("`on` or `off` is expected".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        assert_eq!((Drafts::parse("on"), Drafts::parse("false")), (Ok(true), Ok(false)));
        assert!(Drafts::parse("some").is_err());
    }
}
