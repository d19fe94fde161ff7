//! The setting `idle_seconds`. It must not apply itself: it is only read here.

use super::{Setting, number};

/// after how many seconds without work the engine leaves and frees its memory
pub(crate) struct IdleSeconds;

impl Setting for IdleSeconds {
    type Value = u64;
    const KEY: &'static str = "idle_seconds";
    const ENVIRONMENT: &'static str = "WEFT_IDLE_SECONDS";
    const DOC: &'static str = "after how many seconds without work the engine leaves and frees its memory";

    fn default() -> Self::Value {
        15 * 60
    }

    fn parse(text: &str) -> Result<Self::Value, String> {
        number(text, 1, 7 * 24 * 60 * 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        assert_eq!(IdleSeconds::parse("60"), Ok(60));
        assert!(IdleSeconds::parse("0").is_err() && IdleSeconds::parse("soon").is_err());
    }
}
