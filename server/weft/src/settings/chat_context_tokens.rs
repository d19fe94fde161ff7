//! The setting `chat_context_tokens`. It must not apply itself: it is only read here.

use super::{Setting, number};

/// how many tokens all chats together have in memory, which is also the most of one; it costs memory while there are chats
pub(crate) struct ChatContextTokens;

impl Setting for ChatContextTokens {
    type Value = u32;
    const KEY: &'static str = "chat_context_tokens";
    const ENVIRONMENT: &'static str = "WEFT_CHAT_CONTEXT_TOKENS";
    const DOC: &'static str = "how many tokens all chats together have in memory, which is also the most of one; it costs memory while there are chats";

    fn default() -> Self::Value {
        8192
    }

    fn parse(text: &str) -> Result<Self::Value, String> {
        number(text, 1024, 131_072)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        assert_eq!(ChatContextTokens::parse("16384"), Ok(16_384));
        assert!(ChatContextTokens::parse("512").is_err());
    }
}
