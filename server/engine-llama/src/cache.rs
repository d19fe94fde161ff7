//! What the KV cache of the context holds, and how much of it a new prompt can keep.
//! It must not call llama.cpp: it is bookkeeping, and tested as such.

use llama_cpp_2::token::LlamaToken;

/// How many leading tokens of `prompt` need not be evaluated again, given that `cached` are in the cache.
/// At least the last token is always evaluated, because its logits are what the generation starts from.
pub(crate) fn reusable(cached: &[LlamaToken], prompt: &[LlamaToken]) -> usize {
    let common = cached.iter().zip(prompt).take_while(|(held, wanted)| held == wanted).count();
    common.min(prompt.len().saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_common_prefix_is_kept_but_never_the_last_token() {
        let cases: &[(&[i32], &[i32], usize)] = &[
            (&[], &[1, 2], 0),
            (&[1, 2, 3], &[1, 2, 4], 2),
            (&[1, 2, 3], &[1, 2, 3], 2),
            (&[1, 2, 3, 4], &[1, 2], 1),
            (&[9], &[1], 0),
            (&[1], &[], 0),
        ];
        for (cached, prompt, expected) in cases {
            let tokens = |ids: &[i32]| ids.iter().copied().map(LlamaToken).collect::<Vec<_>>();
            assert_eq!(reusable(&tokens(cached), &tokens(prompt)), *expected, "{cached:?} {prompt:?}");
        }
    }
}
