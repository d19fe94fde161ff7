//! What the API has done, in Prometheus' text format, under the names that llama-server uses.
//! It must not hold anything of a request but its figures.

use engine::{Finish, PromptStats};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Counters since the start.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    totals: Mutex<Totals>,
    processing: AtomicUsize,
    requests: AtomicU64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    prompt_tokens: u64,
    cached_tokens: u64,
    prompt_seconds: f64,
    predicted_tokens: u64,
    predicted_seconds: f64,
    /// Tokens a second of the last request.
    prompt_speed: f64,
    predicted_speed: f64,
}

/// A request at work; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Processing(Arc<Metrics>);

impl Metrics {
    /// A request begins.
    pub(crate) fn begin(self: &Arc<Self>) -> Processing {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.processing.fetch_add(1, Ordering::Relaxed);
        Processing(self.clone())
    }

    /// A prompt was evaluated.
    pub(crate) fn prompt(&self, stats: &PromptStats) {
        let evaluated = u64::from(stats.tokens.saturating_sub(stats.cached_tokens));
        let mut totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        totals.prompt_tokens += evaluated;
        totals.cached_tokens += u64::from(stats.cached_tokens);
        totals.prompt_seconds += stats.prompt_ms / 1000.0;
        totals.prompt_speed = speed(evaluated, stats.prompt_ms);
    }

    /// An answer was written.
    pub(crate) fn finish(&self, finish: &Finish) {
        let mut totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        totals.predicted_tokens += u64::from(finish.tokens);
        totals.predicted_seconds += finish.generate_ms / 1000.0;
        totals.predicted_speed = speed(u64::from(finish.tokens), finish.generate_ms);
    }

    /// All of it as text.
    pub(crate) fn text(&self, models_loaded: usize) -> String {
        let totals = *self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = String::new();
        let mut add = |kind: &str, name: &str, help: &str, value: String| {
            out.push_str(&format!("# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n"));
        };
        let counter = "counter";
        add(
            counter,
            "llamacpp:prompt_tokens_total",
            "Prompt tokens evaluated.",
            totals.prompt_tokens.to_string(),
        );
        add(
            counter,
            "llamacpp:prompt_seconds_total",
            "Seconds spent on prompts.",
            totals.prompt_seconds.to_string(),
        );
        add(
            counter,
            "llamacpp:tokens_predicted_total",
            "Tokens generated.",
            totals.predicted_tokens.to_string(),
        );
        add(
            counter,
            "llamacpp:tokens_predicted_seconds_total",
            "Seconds spent on generating.",
            totals.predicted_seconds.to_string(),
        );
        add(
            counter,
            "weft:prompt_tokens_cached_total",
            "Prompt tokens found in the KV cache.",
            totals.cached_tokens.to_string(),
        );
        let requests = self.requests.load(Ordering::Relaxed);
        add(counter, "weft:requests_total", "Generations asked for.", requests.to_string());
        let gauge = "gauge";
        add(
            gauge,
            "llamacpp:prompt_tokens_seconds",
            "Prompt tokens a second, last request.",
            totals.prompt_speed.to_string(),
        );
        add(
            gauge,
            "llamacpp:predicted_tokens_seconds",
            "Generated tokens a second, last request.",
            totals.predicted_speed.to_string(),
        );
        let processing = self.processing.load(Ordering::Relaxed);
        add(gauge, "llamacpp:requests_processing", "Requests at work.", processing.to_string());
        add(gauge, "weft:models_loaded", "Models in memory.", models_loaded.to_string());
        out
    }
}

impl Drop for Processing {
    fn drop(&mut self) {
        self.0.processing.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Tokens a second; 0 where no time has passed.
pub(crate) fn speed(tokens: u64, milliseconds: f64) -> f64 {
    #[allow(clippy::cast_precision_loss)] // Far below 2^52 tokens.
    let tokens = tokens as f64;
    if milliseconds > 0.0 { tokens * 1000.0 / milliseconds } else { 0.0 }
}
