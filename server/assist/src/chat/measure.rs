//! How many tokens a text is, without a tokenizer: by the bytes a token that the engine's own counts gave. Must not ask the engine, and is rather
//! too high than too low, because what does not fit is refused.

use std::sync::{Mutex, PoisonError};

/// Bytes a token before anything was counted. Qwen2.5-Coder has 4.1 on code and 4.5 on English; other vocabularies and languages have fewer.
const BYTES_PER_TOKEN: f64 = 3.2;
/// Counts of fewer tokens say little.
const LEAST_TOKENS: u32 = 64;
/// A token is a byte at least.
const LEAST_BYTES: f64 = 1.0;
/// What a prompt may deviate from those before it.
const CAUTION: f64 = 0.93;
/// The weight of the last count.
const LAST: f64 = 0.3;
/// Code has about one digit in so many bytes; those are in the density. Of tables and data there are more, and most vocabularies have a
/// token for each digit alone.
const BYTES_PER_DIGIT: usize = 20;

/// What was counted so far of one model.
#[derive(Debug, Default)]
pub struct Measure {
    density: Mutex<Option<f64>>,
}

impl Measure {
    /// Notes that texts of so many bytes were so many tokens.
    #[allow(clippy::cast_precision_loss)] // A prompt has some hundred thousand bytes at most.
    pub fn counted(&self, bytes: usize, tokens: u32) {
        if tokens < LEAST_TOKENS {
            return;
        }
        let now = (bytes as f64 / f64::from(tokens)).clamp(LEAST_BYTES, 8.0);
        let mut density = self.density.lock().unwrap_or_else(PoisonError::into_inner);
        // A denser text is believed at once: the next one is probably like it.
        *density = Some(
            density.map_or(now, |before| if now < before { now } else { before + LAST * (now - before) }),
        );
    }

    /// The tokens of a text, rounded up.
    #[must_use]
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // As above.
    pub fn tokens(&self, text: &str) -> usize {
        let density = self.density.lock().unwrap_or_else(PoisonError::into_inner);
        let density = density.map_or(BYTES_PER_TOKEN, |density| (density * CAUTION).max(LEAST_BYTES));
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let alone = digits.saturating_sub(text.len() / BYTES_PER_DIGIT);
        ((text.len() - alone) as f64 / density).ceil() as usize + alone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_measure_follows_the_counts_and_is_quick_to_grow() {
        let text = "x".repeat(3200);
        let measure = Measure::default();
        assert_eq!(measure.tokens(""), 0);
        assert_eq!(measure.tokens(&text), 1000);
        measure.counted(90, 10);
        assert_eq!(measure.tokens(&text), 1000, "too few to tell");
        measure.counted(4000, 1000);
        assert_eq!(measure.tokens(&text), 861);
        measure.counted(2000, 1000);
        assert_eq!(measure.tokens(&text), 1721, "denser at once");
        measure.counted(4000, 1000);
        assert_eq!(measure.tokens(&text), 1324, "thinner slowly");
        measure.counted(10, 1000);
        assert_eq!(measure.tokens(&text), 3200, "never less than a byte a token");
    }

    #[test]
    fn digits_beyond_those_of_code_are_tokens_of_their_own() {
        let measure = Measure::default();
        let code = format!("{}1", "x".repeat(19));
        assert_eq!(measure.tokens(&code.repeat(160)), 1000, "as many as code has");
        assert_eq!(measure.tokens(&"12345678 ".repeat(320)), 2416 + 145);
    }
}
