//! Which models must leave memory for another one. Pure functions, and one look at the machine.
//! It must not unload anything.

use crate::machine::free_memory;
use tokio::time::Instant;

/// How much memory models may take together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Budget {
    /// What the machine has free, besides what they have.
    Free,
    /// So many bytes.
    Bytes(u64),
}

/// A model that takes memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) bytes: u64,
    /// Whether somebody waits for an answer of it.
    pub(super) busy: bool,
    pub(super) last_used: Instant,
}

/// It does not fit, even alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLarge {
    pub(super) needed: u64,
    pub(super) available: u64,
}

impl Budget {
    /// Bytes for all models together, when those in memory take `held`; none where the machine does not say.
    pub(super) fn bytes(self, held: u64) -> Option<u64> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::Free => free_memory().map(|free| free.saturating_add(held)),
        }
    }
}

/// The indexes of the models that must leave for one of `needed` bytes: those that nobody has used for longest, and those at work
/// only where nothing else helps; they leave when their last answer is written.
pub(super) fn make_room(held: &[Held], needed: u64, available: Option<u64>) -> Result<Vec<usize>, TooLarge> {
    let Some(available) = available else { return Ok(Vec::new()) };
    if needed > available {
        return Err(TooLarge { needed, available });
    }
    let mut order: Vec<usize> = (0..held.len()).collect();
    order.sort_by_key(|&index| held.get(index).map(|it| (it.busy, it.last_used)));
    let mut taken: u64 = held.iter().map(|it| it.bytes).sum();
    let mut leaving = Vec::new();
    for index in order {
        if taken.saturating_add(needed) <= available {
            break;
        }
        taken = taken.saturating_sub(held.get(index).map_or(0, |it| it.bytes));
        leaving.push(index);
    }
    Ok(leaving)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn who_was_not_used_for_longest_leaves_and_who_works_only_at_last() {
        let now = Instant::now();
        let held = |bytes: u64, busy: bool, age: u64| Held {
            bytes,
            busy,
            last_used: now.checked_sub(Duration::from_secs(age)).unwrap_or(now),
        };
        let models = [held(4, false, 10), held(3, true, 50), held(2, false, 30)];
        let cases = [
            (1, Some(10), Ok(vec![])),
            (2, Some(10), Ok(vec![2])),
            (5, Some(10), Ok(vec![2, 0])),
            (10, Some(10), Ok(vec![2, 0, 1])),
            (11, Some(10), Err(TooLarge { needed: 11, available: 10 })),
            (u64::MAX, None, Ok(vec![])),
        ];
        for (needed, available, expected) in cases {
            assert_eq!(make_room(&models, needed, available), expected, "{needed}");
        }
    }

    #[test]
    fn what_models_have_is_theirs_to_give() {
        assert_eq!(Budget::Bytes(7).bytes(5), Some(7));
        let (without, with) = (Budget::Free.bytes(0), Budget::Free.bytes(1 << 60));
        assert!(without.zip(with).is_none_or(|(without, with)| without < with));
    }
}
