//! The setting `max_tokens`. It must not apply itself: it is only read here.

use super::{Setting, number};

/// the most tokens of one suggestion
pub(crate) struct MaxTokens;

impl Setting for MaxTokens {
    type Value = u32;
    const KEY: &'static str = "max_tokens";
    const ENVIRONMENT: &'static str = "WEFT_MAX_TOKENS";
    const DOC: &'static str = "the most tokens of one suggestion";

    fn default() -> Self::Value {
        128
    }

    fn parse(text: &str) -> Result<Self::Value, String> {
        number(text, 1, 2048)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        assert_eq!(MaxTokens::parse(" 64 "), Ok(64));
        assert!(MaxTokens::parse("0").is_err() && MaxTokens::parse("-1").is_err());
    }
}
