//! Which token may come while an answer must begin with a given text. Pure functions: no llama.cpp, no state.
//! It must not know where the text comes from.
//!
//! A tokenizer would not end a token where a user stops typing: `return inv` and `return inventory` share no token but the
//! first. So the text's last word is left out of the prompt, and the model chooses among the tokens that agree with it.

use crate::sampler::{self, Candidate};
use llama_cpp_2::token::LlamaToken;

/// The tokens of a vocabulary, in the order of their bytes.
pub(crate) struct TokenTable {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy)]
struct Entry {
    start: usize,
    end: usize,
    token: LlamaToken,
}

/// What may come next while `rest` is still to be written.
#[derive(Debug, PartialEq)]
pub(crate) enum Next {
    /// These tokens hold all that is left and perhaps more, likeliest first.
    Over(Vec<Candidate>),
    /// No token holds all of it; this is the likeliest that holds a beginning of it.
    Within(LlamaToken),
    /// The vocabulary has no token for it.
    Nothing,
}

impl TokenTable {
    /// A table of tokens and their bytes. Tokens without bytes are left out.
    pub(crate) fn new(tokens: impl Iterator<Item = (LlamaToken, Vec<u8>)>) -> Self {
        let mut table = Self { bytes: Vec::new(), entries: Vec::new() };
        for (token, piece) in tokens.filter(|(_, piece)| !piece.is_empty()) {
            let start = table.bytes.len();
            table.bytes.extend_from_slice(&piece);
            table.entries.push(Entry { start, end: table.bytes.len(), token });
        }
        let bytes = &table.bytes;
        table.entries.sort_by_key(|entry| bytes.get(entry.start..entry.end));
        table
    }

    /// What may come next by `logits`, with at most `count` candidates.
    pub(crate) fn next(&self, rest: &[u8], logits: &[f32], count: usize) -> Next {
        let over = sampler::top_of(logits, self.that_begin_with(rest), count);
        if !over.is_empty() {
            return Next::Over(over);
        }
        let beginnings = (1..rest.len()).filter_map(|length| rest.get(..length));
        let within = beginnings.flat_map(|beginning| self.that_are(beginning));
        // The tokens are of different lengths, and the likeliest is the one that leads on to what the model has in mind.
        match sampler::top_of(logits, within, 1).first() {
            Some(best) => Next::Within(best.token),
            None => Next::Nothing,
        }
    }

    fn that_begin_with<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = LlamaToken> + Clone + 'a {
        self.starting_at(text).take_while(move |(bytes, _)| bytes.starts_with(text)).map(|(_, token)| token)
    }

    fn that_are<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = LlamaToken> + Clone + 'a {
        self.starting_at(text).take_while(move |(bytes, _)| *bytes == text).map(|(_, token)| token)
    }

    /// The entries from the first that is not before `text`.
    fn starting_at<'a>(
        &'a self,
        text: &'a [u8],
    ) -> impl Iterator<Item = (&'a [u8], LlamaToken)> + Clone + 'a {
        let first = self.entries.partition_point(|entry| self.bytes_of(*entry) < text);
        self.entries.iter().skip(first).map(|entry| (self.bytes_of(*entry), entry.token))
    }

    fn bytes_of(&self, entry: Entry) -> &[u8] {
        self.bytes.get(entry.start..entry.end).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIECES: [&[u8]; 9] =
        [b" inv", b" in", b"entory", b" inventory", b"en", b"", b" ", b"\xf0\x9f", b"\xf0\x9f\x98\x80"];
    /// The likelier, the later in the list.
    const LOGITS: [f32; 9] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];

    fn next(rest: &str) -> (&'static str, Vec<&'static [u8]>) {
        let tokens = PIECES
            .iter()
            .enumerate()
            .map(|(index, piece)| (LlamaToken(i32::try_from(index).unwrap()), piece.to_vec()));
        let piece = |token: LlamaToken| PIECES[usize::try_from(token.0).unwrap()];
        match TokenTable::new(tokens).next(rest.as_bytes(), &LOGITS, 3) {
            Next::Over(list) => ("over", list.iter().map(|candidate| piece(candidate.token)).collect()),
            Next::Within(token) => ("within", vec![piece(token)]),
            Next::Nothing => ("nothing", Vec::new()),
        }
    }

    #[test]
    fn a_token_over_the_end_is_preferred_to_a_likelier_one_within() {
        let cases: [(&str, &str, &[&[u8]]); 8] = [
            (" inv", "over", &[b" inventory", b" inv"]),
            (" i", "over", &[b" inventory", b" in", b" inv"]),
            (" inventory", "over", &[b" inventory"]),
            // Nothing has all of it: the likeliest of ` `, ` in` and ` inv`.
            (" invo", "within", &[b" "]),
            ("ente", "within", &[b"en"]),
            ("😀", "over", &[b"\xf0\x9f\x98\x80"]),
            // Half of a character is a beginning too.
            ("😁", "within", &[b"\xf0\x9f"]),
            ("x", "nothing", &[]),
        ];
        for (rest, kind, expected) in cases {
            assert_eq!(next(rest), (kind, expected.to_vec()), "{rest:?}");
        }
    }
}
