//! What the last prompts tell of the machine and the model: how large a prompt the machine can afford, and how many bytes of code make a
//! token. It must not ask the engine anything.

use ::prompt::Budget;
use engine::PromptStats;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Mutex, PoisonError};

/// Fewer tokens tell nothing of the speed: a batch costs about the same however little is in it.
const LEAST_TOKENS: u32 = 96;
/// What a whole prompt may take on a machine that can afford more than the settings' size.
const SECONDS: f64 = 1.0;
/// The largest prompt is so many times the settings' one. Twice each step, so that the size, and with it the beginning of the prompt, seldom
/// changes.
const STEPS: [usize; 3] = [4, 2, 1];
/// The weight of the last measurement.
const LAST: f64 = 0.3;

/// Bytes of code a token before anything was counted: Qwen2.5-Coder has 4.1 on held-out Python and Rust.
const BYTES_PER_TOKEN: f64 = 4.0;
/// The measure moves in steps, so that the prompt's beginning does not move with every count.
const DENSITY_STEP: f64 = 0.25;

/// Texts whose tokens are remembered.
const MOST_TEXTS: usize = 4096;

/// What was measured so far.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// Tokens a second that prompts were evaluated with; none before the first measurement.
    speed: Mutex<Option<f64>>,
    /// Bytes a token; none before the first count.
    density: Mutex<Option<f64>>,
    /// The tokens of texts, by their hashes: excerpts come back in prompt after prompt.
    texts: Mutex<HashMap<u64, u32>>,
}

impl Pace {
    /// Forgets it all: another model is another speed and another tokenizer.
    pub(super) fn forget(&self) {
        *self.speed.lock().unwrap_or_else(PoisonError::into_inner) = None;
        *self.density.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.texts.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Notes how many tokens a text of so many bytes was. Short texts say little.
    pub(super) fn counted(&self, bytes: usize, tokens: u32) {
        if tokens < LEAST_TOKENS {
            return;
        }
        #[allow(clippy::cast_precision_loss)] // A prompt has some thousand bytes.
        let now = (bytes as f64 / f64::from(tokens)).clamp(1.0, 8.0);
        let mut density = self.density.lock().unwrap_or_else(PoisonError::into_inner);
        *density = Some(density.map_or(now, |before| before + LAST * (now - before)));
    }

    /// Notes how many tokens a text is that may be in a prompt again.
    pub(super) fn counted_text(&self, text: &str, tokens: u32) {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if texts.len() >= MOST_TEXTS {
            texts.clear();
        }
        texts.insert(hash_of(text), tokens);
    }

    /// The tokens of a text that the model has counted.
    pub(super) fn tokens_of(&self, text: &str) -> Option<usize> {
        let texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        texts.get(&hash_of(text)).and_then(|tokens| usize::try_from(*tokens).ok())
    }

    /// The bytes of code that make a token, by the model's own counts.
    pub(super) fn bytes_per_token(&self) -> f64 {
        let density = self.density.lock().unwrap_or_else(PoisonError::into_inner);
        // Rounded down: a prompt is rather too small than too large.
        density.map_or(BYTES_PER_TOKEN, |density| ((density / DENSITY_STEP).floor() * DENSITY_STEP).max(1.0))
    }

    /// Notes what a prompt cost.
    pub(super) fn measured(&self, stats: &PromptStats) {
        let tokens = stats.tokens.saturating_sub(stats.cached_tokens);
        if tokens < LEAST_TOKENS || stats.prompt_ms <= 0.0 {
            return;
        }
        let now = f64::from(tokens) / (stats.prompt_ms / 1000.0);
        let mut pace = self.speed.lock().unwrap_or_else(PoisonError::into_inner);
        *pace = Some(pace.map_or(now, |before| before + LAST * (now - before)));
    }

    /// How long a prompt of so many tokens takes, in seconds; none before anything was measured.
    pub(super) fn seconds(&self, tokens: usize) -> Option<f64> {
        let pace = (*self.speed.lock().unwrap_or_else(PoisonError::into_inner))?;
        #[allow(clippy::cast_precision_loss)] // A few thousand.
        Some(tokens as f64 / pace)
    }

    /// The budget and the room for excerpts, of which `budget` and `excerpts` are the least.
    pub(super) fn sizes(&self, budget: &Budget, excerpts: usize) -> (Budget, usize) {
        let pace = self.speed.lock().unwrap_or_else(PoisonError::into_inner).unwrap_or(0.0);
        #[allow(clippy::cast_precision_loss)] // A few thousand.
        let affordable =
            |factor: &&usize| ((budget.prompt_tokens + excerpts) * **factor) as f64 <= pace * SECONDS;
        let factor = STEPS.iter().find(affordable).copied().unwrap_or(1);
        (Budget { prompt_tokens: budget.prompt_tokens * factor, ..*budget }, excerpts * factor)
    }
}

fn hash_of(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fast_machine_gets_larger_prompts_and_a_slow_one_the_least() {
        let budget = Budget { prompt_tokens: 768, prefix_percent: 75, suffix_percent: 25 };
        let size = |tokens: u32, cached_tokens: u32, prompt_ms: f64| {
            let pace = Pace::default();
            pace.measured(&PromptStats { tokens, cached_tokens, prompt_ms, ..PromptStats::default() });
            let (budget, excerpts) = pace.sizes(&budget, 256);
            (budget.prompt_tokens, excerpts)
        };
        assert_eq!(size(768, 0, 10_000.0), (768, 256), "a slow processor");
        assert_eq!(size(768, 0, 1000.0), (768, 256), "a fast processor");
        assert_eq!(size(768, 0, 350.0), (1536, 512), "a laptop's graphics");
        assert_eq!(size(768, 0, 80.0), (3072, 1024), "a card");
        assert_eq!(size(768, 700, 1.0), (768, 256), "too few tokens to tell");
        assert_eq!(size(0, 0, 0.0), (768, 256));
    }

    #[test]
    fn the_measure_is_the_models_own_after_the_first_prompt() {
        let pace = Pace::default();
        assert!((pace.bytes_per_token() - 4.0).abs() < 1e-9);
        pace.counted(10, 9);
        assert!((pace.bytes_per_token() - 4.0).abs() < 1e-9, "too short to tell");
        pace.counted(660, 200);
        assert!((pace.bytes_per_token() - 3.25).abs() < 1e-9);
        assert_eq!(pace.tokens_of("def f(): ..."), None);
        pace.counted_text("def f(): ...", 5);
        assert_eq!(pace.tokens_of("def f(): ..."), Some(5));
    }
}
