//! Special tokens in user code, for backends that take a prompt only as one flat string and parse special tokens
//! wherever they stand. Must not be used where pieces can be tokenized one by one: there nothing needs changing.

use crate::detect::FimFormat;
use crate::render::{FimParts, Part, render_fim};

/// A prompt as one string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlatPrompt {
    /// The text to send.
    pub text: String,
    /// Texts at which the generation has ended.
    pub stops: Vec<String>,
    /// How many special tokens' texts in user code were broken up.
    pub broken: usize,
}

/// The first text in `code` that the format's tokenizer could take for a special token.
#[must_use]
pub fn contains_special<'f>(format: &'f FimFormat, code: &str) -> Option<&'f str> {
    // Nearly all code is clean: one pass over the bytes before a search for each token.
    if !code.contains(['<', '[']) {
        return None;
    }
    format
        .guarded
        .iter()
        .filter_map(|token| code.find(spelled(token)).map(|at| (at, token.as_str())))
        .min_by_key(|(at, token)| (*at, std::cmp::Reverse(token.len())))
        .map(|(_, token)| token)
}

/// Renders a prompt into one string in which every special token is the template's. A special token's text in user
/// code is broken up by a space after its first character (`<|fim_middle|>` becomes `< |fim_middle|>`), which no
/// tokenizer parses as the token and which the model can still read.
#[must_use]
pub fn render_flat(format: &FimFormat, parts: &FimParts<'_>) -> FlatPrompt {
    let prompt = render_fim(format, parts);
    let mut text = String::new();
    let mut broken = 0;
    let mut after_prefix_token = false;
    for segment in &prompt.segments {
        if segment.special {
            // The vocabulary's `▁` at the front of a token is a space in text, and nothing at the start of one.
            match segment.text.strip_prefix('▁') {
                Some(rest) if text.is_empty() => text.push_str(rest),
                Some(rest) => {
                    text.push(' ');
                    text.push_str(rest);
                }
                None => text.push_str(&segment.text),
            }
            after_prefix_token = segment.text == format.prefix;
            continue;
        }
        if after_prefix_token {
            text.push_str(format.family.flat_space);
            after_prefix_token = false;
        }
        if segment.part == Part::Template {
            text.push_str(&segment.text);
        } else {
            let (clean, count) = break_up(format, &segment.text);
            text.push_str(&clean);
            broken += count;
        }
    }
    FlatPrompt { text, stops: prompt.stops, broken }
}

fn break_up(format: &FimFormat, code: &str) -> (String, usize) {
    let mut code = code.to_owned();
    let mut count = 0;
    // Each round puts a space into one occurrence and can create none: no token begins with its first character and a
    // space.
    while let Some(token) = contains_special(format, &code) {
        let token = spelled(token);
        let Some(first) = token.chars().next() else { break };
        let apart = format!("{first} {}", &token[first.len_utf8()..]);
        count += code.matches(token).count();
        code = code.replace(token, &apart);
    }
    (code, count)
}

fn spelled(token: &str) -> &str {
    token.strip_prefix('▁').unwrap_or(token)
}
