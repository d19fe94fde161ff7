//! The setting `context_tokens`. It must not apply itself: it is only read here.

use super::{Setting, number};

/// how many tokens the engine's context holds, prompt and suggestion together; it costs memory
pub(crate) struct ContextTokens;

impl Setting for ContextTokens {
    type Value = u32;
    const KEY: &'static str = "context_tokens";
    const ENVIRONMENT: &'static str = "WEFT_CONTEXT_TOKENS";
    const DOC: &'static str =
        "how many tokens the engine's context holds, prompt and suggestion together; it costs memory";

    fn default() -> Self::Value {
        4096
    }

    fn parse(text: &str) -> Result<Self::Value, String> {
        number(text, 512, 131_072)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        assert_eq!(ContextTokens::parse("8192"), Ok(8192));
        assert!(ContextTokens::parse("10").is_err());
    }
}
