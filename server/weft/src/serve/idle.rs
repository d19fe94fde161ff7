//! When the engine was last needed.
//! It must not end anything: it only says when the time has come.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Counts the work at hand.
#[derive(Debug)]
pub(crate) struct Activity(Mutex<State>);

#[derive(Debug)]
struct State {
    active: usize,
    last: Instant,
}

impl Default for Activity {
    fn default() -> Self {
        Self(Mutex::new(State { active: 0, last: Instant::now() }))
    }
}

/// Work at hand; it ends when this is dropped.
pub(crate) struct Busy(std::sync::Arc<Activity>);

impl Activity {
    /// Work begins.
    pub(crate) fn begin(self: &std::sync::Arc<Self>) -> Busy {
        self.change(1);
        Busy(self.clone())
    }

    /// How much work is at hand.
    pub(crate) fn active(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).active
    }

    /// Returns once there was no work for `limit`.
    pub(crate) async fn idle_for(&self, limit: Duration) {
        loop {
            let due = {
                let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                if state.active > 0 { Instant::now() + limit } else { state.last + limit }
            };
            if due <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(due).await;
        }
    }

    fn change(&self, by: isize) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.active = state.active.saturating_add_signed(by);
        state.last = Instant::now();
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.change(-1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[tokio::test(start_paused = true)]
    async fn the_time_counts_from_the_end_of_the_last_work() {
        let activity = Arc::new(Activity::default());
        let started = Instant::now();
        let busy = activity.begin();
        let waiting = tokio::spawn({
            let activity = activity.clone();
            async move { activity.idle_for(Duration::from_secs(10)).await }
        });
        tokio::time::sleep(Duration::from_secs(25)).await;
        assert!(!waiting.is_finished(), "work is at hand");
        drop(busy);
        waiting.await.unwrap();
        assert_eq!(started.elapsed().as_secs(), 35);
    }
}
