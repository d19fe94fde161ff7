//! The setting `threads`. It must not apply itself: it is only read here.

use super::{Setting, number};

/// how many processor threads the engine computes with; by default what the machine has to spare, which is measured all the time
pub(crate) struct ThreadCount;

impl Setting for ThreadCount {
    type Value = Option<u32>;
    const KEY: &'static str = "threads";
    const ENVIRONMENT: &'static str = "WEFT_THREADS";
    const DOC: &'static str = "how many processor threads the engine computes with; by default what the machine has to spare, which is measured all the time";

    fn default() -> Self::Value {
        None
    }

    fn parse(text: &str) -> Result<Self::Value, String> {
        number(text, 1, 512).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        assert_eq!(ThreadCount::parse("3"), Ok(Some(3)));
        assert!(ThreadCount::parse("0").is_err());
    }
}
