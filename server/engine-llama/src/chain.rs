//! llama.cpp's chain of samplers: a token by chance. One chain belongs to one answer, because it remembers its tokens.
//! It must not know requests beyond their sampler.

use crate::sampler::{Candidate, log_sum_exp};
use engine::{EngineError, Sampler};
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::token::data::LlamaTokenData;
use llama_cpp_2::token::data_array::LlamaTokenDataArray;

/// llama.cpp's own default: the repeat penalty looks back so many tokens.
const PENALTY_TOKENS: i32 = 64;

/// See the module's head.
pub(crate) struct Chain {
    sampler: LlamaSampler,
    /// Kept from token to token: it has an entry for each token of the vocabulary.
    candidates: LlamaTokenDataArray,
}

impl Chain {
    /// The chain of a sampler that has one and that [`check`] has let through.
    pub(crate) fn new(sampler: &Sampler, vocab_size: usize) -> Option<Self> {
        let &Sampler::Temperature { temperature, top_p, top_k, repeat_penalty, seed } = sampler else {
            return None;
        };
        let vocab = i32::try_from(vocab_size).ok()?;
        // The order is llama.cpp's own.
        let parts = [
            LlamaSampler::penalties(vocab, PENALTY_TOKENS, repeat_penalty, 0.0, 0.0),
            LlamaSampler::top_k(i32::try_from(top_k).unwrap_or(i32::MAX)),
            LlamaSampler::top_p(top_p, 1),
            LlamaSampler::temp(temperature),
            LlamaSampler::dist(seed.map_or(RANDOM_SEED, seed_of)),
        ];
        let candidates = LlamaTokenDataArray::new(Vec::with_capacity(vocab_size), false);
        Some(Self { sampler: LlamaSampler::chain(parts, true), candidates })
    }

    /// Draws the next token, and remembers it. `None` where there are no logits.
    pub(crate) fn draw(&mut self, logits: &[f32]) -> Option<Candidate> {
        let data = &mut self.candidates.data;
        data.clear();
        data.extend((0..).zip(logits).map(|(id, &logit)| LlamaTokenData::new(LlamaToken(id), logit, 0.0)));
        (self.candidates.sorted, self.candidates.selected) = (false, None);
        self.sampler.apply(&mut self.candidates);
        let token = self.candidates.selected_token()?;
        self.sampler.accept(token);
        let logit = logits.get(usize::try_from(token.0).ok()?)?;
        Some(Candidate { token, logprob: logit - log_sum_exp(logits.iter().copied()) })
    }
}

/// Refuses values that llama.cpp has no meaning for.
pub(crate) fn check(sampler: &Sampler) -> Result<(), EngineError> {
    let &Sampler::Temperature { temperature, top_p, repeat_penalty, .. } = sampler else { return Ok(()) };
    let refused = |what: &str| Err(EngineError::Refused { reason: format!("the sampler's {what}") });
    if !temperature.is_finite() || temperature < 0.0 {
        return refused("temperature must be 0 or more");
    }
    if !(top_p > 0.0 && top_p <= 1.0) {
        return refused("top_p must be above 0 and at most 1");
    }
    if !repeat_penalty.is_finite() || repeat_penalty <= 0.0 {
        return refused("repeat_penalty must be above 0");
    }
    Ok(())
}

/// LLAMA_DEFAULT_SEED of llama.h: a seed from the system.
const RANDOM_SEED: u32 = u32::MAX;

/// llama.cpp's seeds have 32 bits, and one of them means another.
fn seed_of(seed: u64) -> u32 {
    let [high, low] = [seed >> 32, seed & u64::from(u32::MAX)];
    u32::try_from(high ^ low).unwrap_or(0).min(RANDOM_SEED - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGITS: [f32; 6] = [1.0, 2.0, 1.5, 0.5, 0.9, -4.0];

    fn sampler(temperature: f32, top_p: f32, top_k: u32, repeat_penalty: f32, seed: u64) -> Sampler {
        Sampler::Temperature { temperature, top_p, top_k, repeat_penalty, seed: Some(seed) }
    }

    fn draw(sampler: &Sampler, count: usize) -> Vec<i32> {
        let mut chain = Chain::new(sampler, LOGITS.len()).unwrap();
        (0..count).map(|_| chain.draw(&LOGITS).unwrap().token.0).collect()
    }

    fn kinds(tokens: &[i32]) -> Vec<i32> {
        let mut kinds = tokens.to_vec();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    #[test]
    fn a_seed_decides_and_another_decides_otherwise() {
        let first = draw(&sampler(1.0, 1.0, 0, 1.0, 7), 60);
        assert_eq!(first, draw(&sampler(1.0, 1.0, 0, 1.0, 7), 60));
        assert_ne!(first, draw(&sampler(1.0, 1.0, 0, 1.0, 8), 60));
        // The upper half of a seed counts too.
        assert_ne!(first, draw(&sampler(1.0, 1.0, 0, 1.0, 7 | 1 << 40), 60));
        assert_eq!(kinds(&first), [0, 1, 2, 3, 4], "the unlikely one has a chance of 1 in 1000");
        let random =
            Sampler::Temperature { temperature: 1.0, top_p: 1.0, top_k: 0, repeat_penalty: 1.0, seed: None };
        assert_ne!(draw(&random, 60), draw(&random, 60));
    }

    #[test]
    fn each_part_of_the_chain_does_its_part() {
        assert_eq!(kinds(&draw(&sampler(0.0, 1.0, 0, 1.0, 1), 50)), [1], "no temperature: the likeliest");
        assert_eq!(kinds(&draw(&sampler(1.0, 1.0, 2, 1.0, 1), 80)), [1, 2], "the best two");
        // 0.39 and 0.24 of all.
        assert_eq!(kinds(&draw(&sampler(1.0, 0.6, 0, 1.0, 1), 80)), [1, 2], "the best 0.6");
        assert_eq!(kinds(&draw(&sampler(9.0, 1.0, 0, 1.0, 1), 80)).len(), 6, "hot");
        let penalised = draw(&sampler(0.0, 1.0, 0, 4.0, 1), 4);
        assert_eq!(penalised, [1, 2, 0, 4], "each that was said gives way to the next");
    }

    #[test]
    fn the_probability_is_the_models_own() {
        let mut chain = Chain::new(&sampler(0.0, 1.0, 1, 1.0, 1), LOGITS.len()).unwrap();
        let all: f32 = LOGITS.iter().map(|logit| logit.exp()).sum();
        let drawn = chain.draw(&LOGITS).unwrap();
        assert!((drawn.logprob.exp() - 2.0_f32.exp() / all).abs() < 1e-5, "{drawn:?}");
        assert_eq!(chain.draw(&[]), None);
    }

    #[test]
    fn other_samplers_have_no_chain_and_nonsense_is_refused() {
        assert!(Chain::new(&Sampler::Greedy, 6).is_none() && check(&Sampler::Greedy).is_ok());
        assert_eq!(check(&sampler(0.7, 0.9, 40, 1.1, 1)), Ok(()));
        for wrong in [
            sampler(-1.0, 1.0, 0, 1.0, 1),
            sampler(f32::NAN, 1.0, 0, 1.0, 1),
            sampler(1.0, 0.0, 0, 1.0, 1),
            sampler(1.0, 1.5, 0, 1.0, 1),
            sampler(1.0, 1.0, 0, 0.0, 1),
        ] {
            assert!(matches!(check(&wrong), Err(EngineError::Refused { .. })), "{wrong:?}");
        }
    }
}
