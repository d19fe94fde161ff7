//! Who waits in the queue, so that work at hand can make way. It must not hold the requests.

use engine::Priority;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many requests the worker has not begun yet, of those that others make way for.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    interactive: AtomicUsize,
    chat: AtomicUsize,
}

impl Waiting {
    /// A request comes into the queue.
    pub(crate) fn came(&self, priority: Priority) {
        if let Some(count) = self.count(priority) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The worker has taken it.
    pub(crate) fn taken(&self, priority: Priority) {
        if let Some(count) = self.count(priority) {
            count.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Whether somebody waits who comes before work of this priority.
    pub(crate) fn before(&self, priority: Priority) -> bool {
        let waits = |count: &AtomicUsize| count.load(Ordering::Relaxed) > 0;
        match priority {
            Priority::Interactive => false,
            Priority::Chat => waits(&self.interactive),
            Priority::Ahead => waits(&self.interactive) || waits(&self.chat),
        }
    }

    fn count(&self, priority: Priority) -> Option<&AtomicUsize> {
        match priority {
            Priority::Interactive => Some(&self.interactive),
            Priority::Chat => Some(&self.chat),
            Priority::Ahead => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_types_comes_before_who_reads_and_both_before_nobody() {
        use Priority::{Ahead, Chat, Interactive};
        for (waits, before) in
            [(Interactive, [false, true, true]), (Chat, [false, false, true]), (Ahead, [false; 3])]
        {
            let waiting = Waiting::default();
            waiting.came(waits);
            assert_eq!([Interactive, Chat, Ahead].map(|other| waiting.before(other)), before, "{waits:?}");
            waiting.taken(waits);
            assert!(!waiting.before(Ahead));
        }
    }
}
