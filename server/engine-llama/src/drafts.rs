//! What probably comes next, copied from where the same tokens stood before: in the prompt or in the answer so far. Evaluating a few
//! tokens at once costs little more than one, so a guess that is right spares whole steps of the model. It must not call
//! llama.cpp: it guesses, and is told how good the guess was.
//!
//! After prompt lookup decoding (Saxena 2023). Code repeats itself: names, argument lists, the arms of a match.

use llama_cpp_2::token::LlamaToken;

/// So many tokens must be the same before the place that is copied from. With fewer, most guesses are wrong.
const LEAST_MATCH: usize = 4;
/// Of a longer match nothing more is to be learnt.
const MOST_MATCH: usize = 12;
/// Tokens of a guess, by the match that it takes. With the one before them they make four or eight: llama.cpp's kernels for
/// processors take rows by fours, and one more costs as much as a step of its own.
const SHORT: usize = 3;
const LONG: usize = 7;
const LONG_MATCH: usize = 9;
/// Guesses of an answer in a row that were wrong from their first token on; then no more are made.
const MOST_WRONG: u32 = 2;

/// The guesses of one answer.
#[derive(Debug)]
pub(crate) struct Drafts {
    /// The prompt, and what was written before the answer at the end: the place that the answer goes on from.
    known: Vec<LlamaToken>,
    /// Where in `known` the text begins that the answer continues.
    written_from: usize,
    wrong_in_a_row: u32,
    /// Tokens guessed so far.
    pub(crate) guessed: u32,
    /// How many of them were right.
    pub(crate) right: u32,
}

impl Drafts {
    /// For an answer to a prompt of these `parts`. The answer continues the text that ends with `before`.
    pub(crate) fn new(parts: &[&[LlamaToken]], before: &[LlamaToken]) -> Self {
        let mut known = parts.concat();
        let written_from = known.len();
        known.extend_from_slice(before.get(before.len().saturating_sub(MOST_MATCH)..).unwrap_or_default());
        Self { known, written_from, wrong_in_a_row: 0, guessed: 0, right: 0 }
    }

    /// A token was written. What probably follows it; nothing where that is unlikely, or `room` has no place for it.
    pub(crate) fn after(&mut self, token: LlamaToken, room: usize) -> Vec<LlamaToken> {
        self.known.push(token);
        if self.wrong_in_a_row >= MOST_WRONG {
            return Vec::new();
        }
        let (length, from) = self.best_match();
        if length < LEAST_MATCH {
            return Vec::new();
        }
        // The longer the match, the further it goes on.
        let follows = self.known.get(from..).unwrap_or_default();
        let stops_at = if from < self.written_from { self.written_from - from } else { follows.len() };
        let most = room.min(stops_at);
        let tokens = if length >= LONG_MATCH && most >= LONG { LONG } else { SHORT };
        if most < tokens {
            return Vec::new();
        }
        follows.iter().take(tokens).copied().collect()
    }

    /// A guessed token was right, and is written.
    pub(crate) fn took(&mut self, token: LlamaToken) {
        self.known.push(token);
    }

    /// Of a guess of so many tokens, so many were right.
    pub(crate) fn judged(&mut self, guessed: usize, right: usize) {
        let count = |tokens: usize| u32::try_from(tokens).unwrap_or(u32::MAX);
        self.guessed += count(guessed);
        self.right += count(right);
        self.wrong_in_a_row = if right == 0 { self.wrong_in_a_row + 1 } else { 0 };
    }

    /// The longest run of tokens that also ends what is written, the last one of several: its length and where what follows it
    /// begins.
    fn best_match(&self) -> (usize, usize) {
        let known = self.known.as_slice();
        let most = (known.len() - self.written_from).min(MOST_MATCH);
        let Some(last) = known.last() else { return (0, 0) };
        let mut best = (0, 0);
        for end in (1..known.len()).rev().filter(|&end| known.get(end - 1) == Some(last)) {
            let same = (0..most.min(end))
                .take_while(|back| known.get(end - 1 - back) == known.get(known.len() - 1 - back));
            let length = same.count();
            if length > best.0 {
                best = (length, end);
            }
            if length >= MOST_MATCH {
                break;
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<LlamaToken> {
        text.bytes().map(|byte| LlamaToken(i32::from(byte))).collect()
    }

    fn text(tokens: &[LlamaToken]) -> String {
        tokens.iter().map(|token| char::from(u8::try_from(token.0).unwrap())).collect()
    }

    /// What is guessed after each token of an answer; `-` for nothing.
    fn guesses(prompt: &str, before: &str, answer: &str) -> String {
        let mut drafts = Drafts::new(&[&tokens(prompt)], &tokens(before));
        let guesses = tokens(answer).into_iter().map(|token| text(&drafts.after(token, 100)));
        guesses
            .map(|guess| if guess.is_empty() { "-".to_owned() } else { guess })
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn what_followed_the_same_tokens_is_guessed() {
        // Prompt, text before the answer, answer, the guess after each of its tokens.
        let cases = [
            ("abcdefghij", "", "abcd", "- - - efg"),
            ("abcdefghij", "", "xyz", "- - -"),
            // What stands before the cursor counts.
            ("abcdefghij", "abc", "d", "efg"),
            // A longer match goes on further.
            ("abcdefghijklmnopqr", "abcdefgh", "i", "jklmnop"),
            // The last of several places.
            ("abcd1xy_abcd2xy_", "", "abcd", "- - - 2xy"),
            // Unless another one has more in common.
            ("zabcd1xy_abcd2xy_", "", "zabcd", "- - - d1x 1xy"),
            // What is left of the prompt is too little.
            ("abcd12", "", "abcd", "- - - -"),
            // The answer's own text too.
            ("", "", "abcdXYZabcd", "- - - - - - - - - - XYZ"),
        ];
        for (prompt, before, answer, expected) in cases {
            assert_eq!(guesses(prompt, before, answer), expected, "{prompt:?} {before:?} {answer:?}");
        }
    }

    #[test]
    fn after_wrong_guesses_there_are_no_more() {
        let begin = || Drafts::new(&[&tokens("abcdefgh")], &tokens("abc"));
        let d = LlamaToken(i32::from(b'd'));
        assert!(begin().after(d, 2).is_empty(), "no room for three");
        let mut drafts = begin();
        assert_eq!(text(&drafts.after(d, 9)), "efg");
        drafts.judged(3, 0);
        drafts.judged(3, 1);
        drafts.judged(3, 0);
        let guesses: Vec<String> =
            tokens("abcd").into_iter().map(|token| text(&drafts.after(token, 9))).collect();
        // One that was wrong is forgiven; the answer's own text comes last and counts before the prompt's.
        assert_eq!(guesses, ["", "", "", "abc"]);
        drafts.judged(3, 0);
        let mut again = tokens("abcd").into_iter();
        assert!(again.all(|token| drafts.after(token, 9).is_empty()));
        assert_eq!((drafts.guessed, drafts.right), (12, 1));
    }
}
