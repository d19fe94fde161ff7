//! How a token is chosen from the logits. Pure functions: no llama.cpp, no state.
//! It must not know requests or text beyond what a candidate's bytes are.

use llama_cpp_2::token::LlamaToken;

/// A token that may come next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Candidate {
    pub(crate) token: LlamaToken,
    /// Natural logarithm of its probability over the whole vocabulary.
    pub(crate) logprob: f32,
}

impl Candidate {
    fn probability(self) -> f32 {
        self.logprob.exp()
    }
}

/// The `count` likeliest tokens, likeliest first.
pub(crate) fn top(logits: &[f32], count: usize) -> Vec<Candidate> {
    best(logits.iter().copied().enumerate(), count)
        .into_iter()
        .filter_map(|(index, logprob)| {
            Some(Candidate { token: LlamaToken(i32::try_from(index).ok()?), logprob })
        })
        .collect()
}

/// The same among `tokens` only: their probabilities are under the condition that one of them comes.
pub(crate) fn top_of(
    logits: &[f32],
    tokens: impl Iterator<Item = LlamaToken> + Clone,
    count: usize,
) -> Vec<Candidate> {
    let logit = |token: LlamaToken| Some((token, *logits.get(usize::try_from(token.0).ok()?)?));
    best(tokens.filter_map(logit), count)
        .into_iter()
        .map(|(token, logprob)| Candidate { token, logprob })
        .collect()
}

fn best<T: Copy>(logits: impl Iterator<Item = (T, f32)> + Clone, count: usize) -> Vec<(T, f32)> {
    let log_sum = log_sum_exp(logits.clone().map(|(_, logit)| logit));
    let mut best: Vec<(T, f32)> = Vec::with_capacity(count + 1);
    for (token, logit) in logits {
        if best.len() == count && best.last().is_none_or(|&(_, least)| logit <= least) {
            continue;
        }
        let place = best.partition_point(|&(_, held)| held >= logit);
        best.insert(place, (token, logit));
        best.truncate(count);
    }
    best.into_iter().map(|(token, logit)| (token, logit - log_sum)).collect()
}

/// llama.cpp's infill rule, as its `llama_sampler_init_infill` documents it: end when the end tokens together
/// are likely against the text (3 · p_end · n > p_text, n candidates); join candidates of which one begins
/// with the other; forget what is then below 0.2; end when nothing is left. `None` means: end here.
///
/// `candidates` is likeliest first, and short (llama-server keeps 40).
pub(crate) fn infill(
    candidates: &[Candidate],
    is_end: impl Fn(LlamaToken) -> bool,
    bytes: impl Fn(LlamaToken) -> Vec<u8>,
) -> Option<Candidate> {
    let (ends, texts): (Vec<_>, Vec<_>) = candidates.iter().partition(|candidate| is_end(candidate.token));
    let ends: f32 = ends.into_iter().map(|candidate: Candidate| candidate.probability()).sum();
    let text: f32 = texts.iter().map(|candidate: &Candidate| candidate.probability()).sum();
    #[allow(clippy::cast_precision_loss)] // At most a few dozen candidates.
    if 3.0 * ends * candidates.len() as f32 > text {
        return None;
    }
    let pieces: Vec<Vec<u8>> = texts.iter().map(|candidate| bytes(candidate.token)).collect();
    let mut weights: Vec<f32> = texts.iter().map(|candidate| candidate.probability()).collect();
    for first in 0..texts.len() {
        for second in 0..texts.len() {
            if first == second || weights[first] == 0.0 || weights[second] == 0.0 {
                continue;
            }
            if pieces[second].starts_with(&pieces[first]) {
                let (into, from) =
                    if weights[second] > weights[first] { (second, first) } else { (first, second) };
                weights[into] += weights[from];
                weights[from] = 0.0;
            }
        }
    }
    let (best, &weight) = weights.iter().enumerate().max_by(|left, right| left.1.total_cmp(right.1))?;
    let total = text + ends;
    if weight / total < 0.2 { None } else { texts.get(best).copied() }
}

/// The logarithm of what the logits' exponentials add up to.
pub(crate) fn log_sum_exp(logits: impl Iterator<Item = f32> + Clone) -> f32 {
    let largest = logits.clone().fold(f32::NEG_INFINITY, f32::max);
    largest + logits.map(|logit| (logit - largest).exp()).sum::<f32>().ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn top_is_sorted_and_its_probabilities_are_of_the_whole_vocabulary() {
        let best = top(&[0.0, 2.0, 1.0, -50.0], 2);
        assert_eq!(best.iter().map(|candidate| candidate.token.0).collect::<Vec<_>>(), [1, 2]);
        let expected = 2.0_f32.exp() / (1.0 + 2.0_f32.exp() + 1.0_f32.exp());
        assert!((best[0].probability() - expected).abs() < 1e-6);
    }

    #[test]
    fn the_top_of_some_tokens_shares_the_probability_among_them() {
        let tokens = [LlamaToken(3), LlamaToken(1), LlamaToken(9)];
        let best = top_of(&[9.0, 2.0, 9.0, 3.0], tokens.into_iter(), 5);
        assert_eq!(best.iter().map(|candidate| candidate.token.0).collect::<Vec<_>>(), [3, 1]);
        assert!((best.iter().map(|candidate| candidate.probability()).sum::<f32>() - 1.0).abs() < 1e-6);
        assert_eq!(top_of(&[1.0], std::iter::empty(), 5), []);
    }

    fn choose(list: &[(&str, f32)]) -> Option<String> {
        let candidates: Vec<Candidate> = list
            .iter()
            .enumerate()
            .map(|(index, &(_, probability))| Candidate {
                token: LlamaToken(i32::try_from(index).unwrap()),
                logprob: probability.ln(),
            })
            .collect();
        let piece = |token: LlamaToken| list[usize::try_from(token.0).unwrap()].0;
        infill(&candidates, |token| piece(token) == "<end>", |token| piece(token).as_bytes().to_vec())
            .map(|candidate| piece(candidate.token).to_owned())
    }

    #[test]
    fn infill_ends_early_joins_prefixes_and_refuses_the_unlikely() {
        type Case<'a> = (&'a [(&'a str, f32)], Option<&'a str>);
        let cases: &[Case<'_>] = &[
            (&[("foo", 0.9), ("<end>", 0.01)], Some("foo")),
            (&[("foo", 0.6), ("<end>", 0.2), ("bar", 0.1)], None),
            // Three spellings of one beginning are one candidate.
            (&[("x", 0.18), ("pri", 0.15), ("print", 0.14), ("y", 0.1)], Some("pri")),
            (&[("a", 0.15), ("b", 0.15), ("c", 0.15), ("d", 0.15), ("e", 0.15), ("f", 0.15)], None),
        ];
        for (list, expected) in cases {
            assert_eq!(choose(list).as_deref(), *expected, "{list:?}");
        }
    }
}
