//! The setting `prompt_tokens`. It must not apply itself: it is only read here.

use super::{Setting, number};

/// about how many tokens of the file the model is shown; more is better and slower
pub(crate) struct PromptTokens;

impl Setting for PromptTokens {
    type Value = usize;
    const KEY: &'static str = "prompt_tokens";
    const ENVIRONMENT: &'static str = "WEFT_PROMPT_TOKENS";
    const DOC: &'static str =
        "about how many tokens of the file the model is shown; more is better and slower";

    fn default() -> Self::Value {
        768
    }

    fn parse(text: &str) -> Result<Self::Value, String> {
        number(text, 64, 16_384)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        assert_eq!(PromptTokens::parse("2048"), Ok(2048));
        assert!(PromptTokens::parse("1").is_err());
    }
}
