//! When to ask: at once where the engine is quicker than the user, else when the user seems to pause.
//! It must not ask anything itself.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Between two keystrokes, before any were seen.
const USUAL: Duration = Duration::from_millis(150);
/// A longer interval is a pause and tells nothing of how quickly somebody types.
const PAUSE: Duration = Duration::from_millis(600);
/// The longest wait.
const LONGEST: Duration = Duration::from_millis(250);
/// Who struck a key within this time is typing.
const TYPING: Duration = Duration::from_secs(5);
/// The weight of the last interval and of the last answer.
const LAST: f64 = 0.2;

/// How a user types, and how quickly answers come.
#[derive(Debug, Default)]
pub(super) struct Rhythm(Mutex<Measured>);

#[derive(Debug, Default)]
struct Measured {
    last_key: Option<Instant>,
    /// Seconds between keystrokes.
    interval: Option<f64>,
    /// Seconds from asking the engine to the end of a suggestion's first line.
    answer: Option<f64>,
}

impl Rhythm {
    /// A key was struck.
    pub(super) fn typed(&self, now: Instant) {
        let mut measured = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let since = measured.last_key.map(|last| now.saturating_duration_since(last));
        if let Some(since) = since.filter(|since| *since < PAUSE) {
            blend(&mut measured.interval, since.as_secs_f64());
        }
        measured.last_key = Some(now);
    }

    /// Whether somebody types, as opposed to asking somewhere: several keys in a row, the last of them a moment ago.
    pub(super) fn is_typing(&self, now: Instant) -> bool {
        let measured = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = measured.last_key.map(|last| now.saturating_duration_since(last));
        measured.interval.is_some() && last.is_some_and(|last| last < TYPING)
    }

    /// An answer took so long.
    pub(super) fn answered(&self, took: Duration) {
        let mut measured = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        blend(&mut measured.answer, took.as_secs_f64());
    }

    /// How long to wait for another keystroke before the engine is asked.
    pub(super) fn wait(&self, now: Instant) -> Duration {
        let measured = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let interval = measured.interval.map_or(USUAL, Duration::from_secs_f64);
        // An answer that comes before the next key is never wasted.
        let quick = measured.answer.is_some_and(|answer| answer < interval.as_secs_f64());
        match measured.last_key {
            Some(last) if !quick => interval.min(LONGEST).saturating_sub(now.saturating_duration_since(last)),
            _ => Duration::ZERO,
        }
    }
}

fn blend(held: &mut Option<f64>, now: f64) {
    *held = Some(held.map_or(now, |held| held + LAST * (now - held)));
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: Duration = Duration::from_millis(100);

    /// Somebody who types ten keys, one each 100 ms, with an engine that answers so quickly.
    fn typist(answer: Duration) -> (Rhythm, Instant) {
        let rhythm = Rhythm::default();
        let mut now = Instant::now();
        for _ in 0..10 {
            now += KEY;
            rhythm.typed(now);
        }
        rhythm.answered(answer);
        (rhythm, now)
    }

    #[test]
    fn a_slow_engine_waits_for_a_pause_of_the_users_own_length() {
        let (rhythm, now) = typist(Duration::from_secs(1));
        let near = |wait: Duration, wanted: u64| {
            wait.abs_diff(Duration::from_millis(wanted)) < Duration::from_millis(2)
        };
        assert!(near(rhythm.wait(now), 100), "{:?}", rhythm.wait(now));
        assert!(near(rhythm.wait(now + KEY * 2 / 5), 60), "time that has passed counts");
        assert_eq!(rhythm.wait(now + KEY * 3), Duration::ZERO, "the pause is there already");
    }

    #[test]
    fn who_types_and_who_only_asks() {
        let (rhythm, now) = typist(Duration::from_secs(1));
        assert!(rhythm.is_typing(now + KEY));
        assert!(!rhythm.is_typing(now + Duration::from_secs(6)));
        let changed_once = Rhythm::default();
        changed_once.typed(now);
        assert!(!changed_once.is_typing(now + KEY));
    }

    #[test]
    fn a_quick_engine_is_asked_at_once() {
        let (rhythm, now) = typist(Duration::from_millis(50));
        assert_eq!(rhythm.wait(now), Duration::ZERO);
    }

    #[test]
    fn pauses_do_not_slow_the_rhythm_down_and_nobody_waits_long() {
        let (rhythm, now) = typist(Duration::from_secs(1));
        rhythm.typed(now + Duration::from_secs(20));
        let wait = rhythm.wait(now + Duration::from_secs(20));
        assert!(wait < Duration::from_millis(110), "{wait:?}");
        let slow = Rhythm::default();
        let mut now = Instant::now();
        for _ in 0..20 {
            now += Duration::from_millis(550);
            slow.typed(now);
        }
        assert_eq!(slow.wait(now), LONGEST);
        assert_eq!(Rhythm::default().wait(now), Duration::ZERO, "nothing was typed: somebody asked");
    }
}
