//! Command-line options of the `cargo xtask` commands: flags, `--name VALUE`, positional words.
//!
//! It must not grow into a parser library: the binary `weft` has clap, this crate stays light.

use std::str::FromStr;

use anyhow::{Context as _, Result, bail};

/// The words after a command, taken out one option at a time; what is left over is an error.
pub(crate) struct Arguments {
    words: Vec<String>,
}

impl Arguments {
    pub(crate) fn new(words: Vec<String>) -> Self {
        Self { words }
    }

    /// Whether `-h` or `--help` was given.
    pub(crate) fn wants_help(&mut self) -> bool {
        let short = self.flag("-h");
        self.flag("--help") || short
    }

    /// Takes the flag `name` out; true if it was there.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let before = self.words.len();
        self.words.retain(|word| word != name);
        self.words.len() != before
    }

    /// Takes every `name VALUE` and `name=VALUE` out, in order.
    pub(crate) fn values(&mut self, name: &str) -> Result<Vec<String>> {
        let mut values = Vec::new();
        let mut rest = Vec::new();
        let mut words = std::mem::take(&mut self.words).into_iter();
        while let Some(word) = words.next() {
            if word == name {
                let value = words.next().with_context(|| format!("{name} needs a value after it"))?;
                values.push(value);
            } else if let Some(value) = word.strip_prefix(name).and_then(|tail| tail.strip_prefix('=')) {
                values.push(value.to_owned());
            } else {
                rest.push(word);
            }
        }
        self.words = rest;
        Ok(values)
    }

    /// The last `name VALUE`, parsed; `None` if it was not given.
    pub(crate) fn value<T: FromStr>(&mut self, name: &str) -> Result<Option<T>> {
        let Some(text) = self.values(name)?.pop() else { return Ok(None) };
        match text.parse() {
            Ok(value) => Ok(Some(value)),
            Err(_) => bail!("`{text}` is not a value that {name} can have"),
        }
    }

    /// The first word that is no option.
    pub(crate) fn positional(&mut self) -> Option<String> {
        let index = self.words.iter().position(|word| !word.starts_with('-'))?;
        Some(self.words.remove(index))
    }

    /// Refuses whatever nobody took.
    pub(crate) fn finish(self) -> Result<()> {
        match self.words.first() {
            None => Ok(()),
            Some(word) => bail!("`{word}` is not understood here. --help lists the options."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(line: &str) -> Arguments {
        Arguments::new(line.split_whitespace().map(str::to_owned).collect())
    }

    #[test]
    fn options_are_taken_in_any_order_and_spelling() {
        let mut given = arguments("fim --model a --limit=7 --keep-going --model=b");
        assert_eq!(given.positional().as_deref(), Some("fim"));
        assert_eq!(given.values("--model").unwrap(), ["a", "b"]);
        assert_eq!(given.value::<usize>("--limit").unwrap(), Some(7));
        assert!(given.flag("--keep-going"));
        assert!(!given.wants_help());
        given.finish().unwrap();
    }

    #[test]
    fn wrong_values_and_left_over_words_are_errors() {
        assert!(arguments("--limit seven").value::<usize>("--limit").is_err());
        assert!(arguments("--limit").value::<usize>("--limit").is_err());
        assert!(arguments("--frobnicate").finish().is_err());
    }
}
