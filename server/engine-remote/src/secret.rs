//! Keys and other texts that nobody may read. It must not store one.

use std::fmt;

/// What takes a key's place in a text.
const HIDDEN: &str = "[key]";
/// A shorter text is likely to stand somewhere by chance.
const LEAST_BYTES: usize = 4;

/// A text that is neither logged nor shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text. White space around it, such as the line end of a file, is no part of a key.
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// The text, to be sent and to nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `text` without the secret: providers quote keys in their errors.
    pub fn scrub(&self, text: &str) -> String {
        if self.0.len() < LEAST_BYTES { text.to_owned() } else { text.replace(&self.0, HIDDEN) }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(HIDDEN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_nowhere() {
        let secret = Secret::new("sk-1234567890\n");
        assert_eq!(format!("{secret:?}"), "[key]");
        assert_eq!(secret.scrub("Incorrect API key: sk-1234567890."), "Incorrect API key: [key].");
        assert_eq!(Secret::new(" a ").scrub("a cat"), "a cat");
    }
}
