//! Where the text before the cursor is cut, so that the model may finish the word at the cursor with a token for the whole.
//! It must not know a vocabulary: that is the engine's part.
//!
//! A tokenizer joins what belongs together: `format_exception` is `format`, `_exception`. A user who has typed `format_excep`
//! leaves `format`, `_ex`, `cep`, after which `_exception` can come no more, and a model has seldom seen the rest on its
//! own. So the word is left out of the prompt, and the answer is made to begin with it (token healing).
//!
//! Measured with Qwen2.5-Coder 0.5B on 190 held-out places inside of words: the word is right in 81 % instead of 60 %, the
//! whole line in 29 % instead of 21 %. Taking the character before the word too, or only the end of the word from its last
//! underscore, gives no more lines and fewer words. After a blank (50 places), in an indentation (40) and after a dot or a
//! bracket (50) it gains nothing: the models are trained on texts that are split there.
//!
//! While a word is typed, the prompt stays the same to the byte, and with it the KV cache.

use serde::{Deserialize, Serialize};

/// What of the text before the cursor is left to the answer to begin with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Healing {
    /// Nothing.
    Off,
    /// A blank right before the cursor. To compare with: it gains nothing.
    Whitespace,
    /// The word that ends at the cursor.
    #[default]
    Word,
}

/// A longer word is no identifier but text of a language that has no blanks.
const MOST_BYTES: usize = 64;

/// How many bytes at the end of `before` are held back from the prompt; at a character boundary.
pub(super) fn cut(before: &str, after: &str, healing: Healing) -> usize {
    match healing {
        Healing::Off => 0,
        Healing::Whitespace => usize::from(before.ends_with([' ', '\t'])),
        Healing::Word => word(before, after),
    }
}

fn word(before: &str, after: &str) -> usize {
    // In the middle of a word nobody has just begun one.
    if after.starts_with(is_word) {
        return 0;
    }
    let start = before.trim_end_matches(is_word).len();
    let word = before.get(start..).unwrap_or_default();
    // Numbers have a token for each digit, or one for three: they end where they end.
    if word.starts_with(char::is_numeric) || word.len() > MOST_BYTES { 0 } else { word.len() }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_back() {
        // (before, after, at Word, at Whitespace)
        let cases = [
            ("", "", "", ""),
            ("return inv", "\n", "inv", ""),
            ("self.inv", ")", "inv", ""),
            ("self.", "\n", "", ""),
            ("call(", ")", "", ""),
            ("format_excep", "", "format_excep", ""),
            ("x = _", "", "_", ""),
            ("größe = é", "", "é", ""),
            ("x = 10", "", "", ""),
            ("x = 0xf", "", "", ""),
            ("vec2", "", "vec2", ""),
            ("inv", "entory", "", ""),
            ("return ", "\n", "", " "),
            ("    ", "\n", "", " "),
            ("\t", "\n", "", "\t"),
            ("x = 1\n", "", "", ""),
            ("# 文字", "", "文字", ""),
        ];
        for (before, after, word, blank) in cases {
            let held = |healing| &before[before.len() - cut(before, after, healing)..];
            assert_eq!(held(Healing::Word), word, "{before:?}");
            assert_eq!(held(Healing::Whitespace), blank, "{before:?}");
            assert_eq!(held(Healing::Off), "", "{before:?}");
        }
    }

    #[test]
    fn a_text_without_blanks_is_no_word() {
        assert_eq!(cut(&"a".repeat(MOST_BYTES), "", Healing::Word), MOST_BYTES);
        assert_eq!(cut(&"文".repeat(MOST_BYTES), "", Healing::Word), 0);
    }
}
