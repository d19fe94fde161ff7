//! Models that failed a moment ago and have another one to stand in for them: at a keystroke nobody waits for the same time-out
//! again. It must not decide which model stands in.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A model that failed is left alone for so long.
const REST: Duration = Duration::from_secs(30);

/// See the module's head.
#[derive(Debug, Default)]
pub(super) struct Resting(Mutex<HashMap<String, Instant>>);

impl Resting {
    /// Notes that a model failed.
    pub(super) fn failed(&self, model: &str, now: Instant) {
        let mut failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failed.retain(|_, at| now.duration_since(*at) < REST);
        failed.insert(model.to_owned(), now);
    }

    /// Whether a model is left alone for now.
    pub(super) fn is_resting(&self, model: &str, now: Instant) -> bool {
        let failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failed.get(model).is_some_and(|at| now.duration_since(*at) < REST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_failed_rests_for_a_while() {
        let (resting, now) = (Resting::default(), Instant::now());
        assert!(!resting.is_resting("claude", now));
        resting.failed("claude", now);
        assert!(resting.is_resting("claude", now + REST / 2) && !resting.is_resting("other", now));
        assert!(!resting.is_resting("claude", now + REST));
    }
}
