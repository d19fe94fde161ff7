//! How many threads the next batch is computed with: what the machine has to spare, by its load and by the engine's own
//! measurements. It must not call llama.cpp or read a clock: it is told what was measured, and tested so.
//!
//! Threads wait for each other at every operation of the model. One that shares its core with a compiler makes a token ten
//! times slower than one thread less would: with one busy process on two cores, two threads fall from 45 tokens a second to
//! 2, one thread stays at 41. So the count follows the load, and a batch that takes much longer than its like is broken off and done
//! with fewer.

use crate::Threads;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// A core counts as free though others use this much of it: something always runs.
const SLACK: f32 = 0.3;
/// A batch is broken off after so many times what its like took, and this.
const PATIENCE: f64 = 3.0;
const GRACE: Duration = Duration::from_millis(40);
/// A batch that was not broken off is slow from here on.
const SLOW: f64 = 1.7;
/// How long fewer threads are used after a batch was too slow; twice as long each time in a row.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(32);
/// The weight of the last measurement.
const LAST: f64 = 0.25;
/// Every so many batches of a size, a neighbouring count is tried: on many machines half of the cores are no cores.
const TRY_EVERY: u32 = 48;
/// Tokens behind which a batch counts as another kind; then three times as many, seven times, and so on.
const DEPTH: usize = 2048;
/// A count must be so much faster than a smaller one to be worth its threads.
const WORTH: f64 = 0.95;

/// Batches that cost about the same: of about one size, 1, 2, up to 4, up to 8 tokens and so on, behind about as many others.
/// Far down a conversation every token looks back at thousands; that is no sign of a busy machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Kind {
    size: u32,
    depth: u32,
}

impl Kind {
    /// The kind of a batch of so many tokens behind so many others.
    pub(crate) fn of(tokens: usize, behind: usize) -> Self {
        let size = tokens.max(1).next_power_of_two().trailing_zeros();
        Self { size, depth: (behind / DEPTH + 1).ilog2() }
    }
}

/// See the module's head.
pub(crate) struct Policy {
    wanted: Threads,
    cores: u32,
    /// The cores that others leave, as last seen; none before anything is known.
    free: Option<f32>,
    /// The most threads until then, because a batch was too slow.
    held: Option<Held>,
    /// Milliseconds that a batch of its kind takes with a count of threads.
    costs: HashMap<(Kind, u32), f64>,
    /// Batches of a kind so far, and the count that is best for it.
    classes: HashMap<Kind, Class>,
}

#[derive(Clone, Copy)]
struct Held {
    most: u32,
    until: Instant,
    pause: Duration,
}

#[derive(Clone, Copy, Default)]
struct Class {
    batches: u32,
    best: Option<u32>,
    /// Whether the next neighbour to be tried is the larger one.
    upwards: bool,
}

impl Policy {
    /// A policy for a machine with so many cores.
    pub(crate) fn new(wanted: Threads, cores: u32) -> Self {
        Self {
            wanted,
            cores: cores.max(1),
            free: None,
            held: None,
            costs: HashMap::new(),
            classes: HashMap::new(),
        }
    }

    /// Notes how many cores are at work for others.
    pub(crate) fn others_use(&mut self, cores: f32) {
        #[allow(clippy::cast_precision_loss)] // A few hundred at most.
        let all = self.cores as f32;
        self.free = Some((all - cores).max(0.0));
    }

    /// The threads for a batch.
    pub(crate) fn threads(&mut self, kind: Kind, now: Instant) -> u32 {
        let most = match self.wanted {
            Threads::Fixed(count) => return count.max(1),
            Threads::Adaptive => self.most(now),
        };
        let class = self.classes.entry(kind).or_default();
        class.batches += 1;
        let best = class.best.unwrap_or(most).min(most);
        if class.batches.is_multiple_of(TRY_EVERY) {
            class.upwards = !class.upwards;
            let neighbour = if class.upwards { best + 1 } else { best.saturating_sub(1) };
            return neighbour.clamp(1, most);
        }
        best
    }

    /// How long a batch may take before it is broken off; none with one thread, which is the least, or where nothing is known.
    pub(crate) fn patience(&self, kind: Kind, threads: u32) -> Option<Duration> {
        if threads < 2 || matches!(self.wanted, Threads::Fixed(_)) {
            return None;
        }
        let cost = self.costs.get(&(kind, threads))?;
        Some(Duration::from_secs_f64(cost * PATIENCE / 1000.0) + GRACE)
    }

    /// Notes what a batch took.
    pub(crate) fn took(&mut self, kind: Kind, threads: u32, took: Duration, now: Instant) {
        let cost = took.as_secs_f64() * 1000.0;
        let known = self.costs.get(&(kind, threads)).copied();
        if threads > 1 && known.is_some_and(|known| cost > known * SLOW + GRACE.as_secs_f64() * 1000.0) {
            self.too_slow(threads, now);
            return;
        }
        if self.held.is_some_and(|held| now >= held.until && threads > held.most) {
            self.held = None;
        }
        // Quicker is what the machine can do; slower may be what it is busy with.
        let next =
            known.map_or(cost, |known| if cost < known { cost } else { known + LAST * (cost - known) });
        self.costs.insert((kind, threads), next);
        self.choose(kind);
    }

    /// A batch was broken off, or should have been.
    pub(crate) fn too_slow(&mut self, threads: u32, now: Instant) {
        let pause = match self.held {
            Some(held) if now < held.until => held.pause,
            Some(held) => (held.pause * 2).min(LONGEST_PAUSE),
            None => FIRST_PAUSE,
        };
        self.held = Some(Held { most: threads.saturating_sub(1).max(1), until: now + pause, pause });
    }

    /// The most threads that the machine has to spare.
    fn most(&self, now: Instant) -> u32 {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        // Between 0 and the number of cores.
        let most = match self.free {
            // Nothing is known of the others yet: one core is left to them.
            None => self.cores - 1,
            Some(free) => (free + SLACK).floor() as u32,
        };
        let held = self.held.filter(|held| now < held.until).map_or(u32::MAX, |held| held.most);
        most.min(held).clamp(1, self.cores)
    }

    /// Settles the best count of a kind: the fewest threads of those that are about as fast as the fastest.
    fn choose(&mut self, kind: Kind) {
        let costs = || (1..=self.cores).filter_map(|count| Some((count, *self.costs.get(&(kind, count))?)));
        let fastest = costs().map(|(_, cost)| cost).fold(f64::INFINITY, f64::min);
        let best = costs().find(|(_, cost)| cost * WORTH <= fastest).map(|(count, _)| count);
        // The largest that was measured may not be the best there is.
        let largest = costs().next_back().map(|(count, _)| count);
        let best = best.filter(|best| Some(*best) != largest);
        self.classes.entry(kind).or_default().best = best;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one() -> Kind {
        Kind::of(1, 0)
    }

    /// A machine whose batches take what they take: each token costs `token_ms` of one core, shared by the threads as far as
    /// there are free cores, and ten times that when there are fewer.
    struct Machine {
        policy: Policy,
        cores: u32,
        now: Instant,
        /// Whether the policy is told of the others.
        seen: bool,
        others: f32,
    }

    impl Machine {
        fn new(cores: u32, seen: bool) -> Self {
            let policy = Policy::new(Threads::Adaptive, cores);
            Self { policy, cores, now: Instant::now(), seen, others: 0.0 }
        }

        /// Computes so many batches of one token. Returns the threads of each and the milliseconds of all.
        fn batches(&mut self, count: usize) -> (Vec<u32>, f64) {
            let mut used = Vec::new();
            let mut all = 0.0;
            while used.len() < count {
                if self.seen {
                    self.policy.others_use(self.others);
                }
                let threads = self.policy.threads(one(), self.now);
                let crowded = threads as f32 + self.others > self.cores as f32 + 0.4;
                let alone = 20.0 / f64::from(threads);
                let took = if crowded && threads > 1 { alone * 20.0 } else { alone };
                let patience = self
                    .policy
                    .patience(one(), threads)
                    .map_or(f64::INFINITY, |it| it.as_secs_f64() * 1000.0);
                let spent = took.min(patience);
                self.now += Duration::from_secs_f64(spent / 1000.0);
                all += spent;
                if took > patience {
                    self.policy.too_slow(threads, self.now);
                    continue;
                }
                self.policy.took(one(), threads, Duration::from_secs_f64(took / 1000.0), self.now);
                used.push(threads);
            }
            (used, all)
        }
    }

    #[test]
    fn it_starts_below_the_cores_and_takes_them_when_they_are_free() {
        let mut machine = Machine::new(4, false);
        assert_eq!(machine.batches(2).0, [3, 3], "nothing is known of the others");
        machine.seen = true;
        assert_eq!(machine.batches(2).0, [4, 4]);
        machine.others = 2.0;
        assert_eq!(machine.batches(2).0, [2, 2]);
        machine.others = 4.0;
        assert_eq!(machine.batches(2).0, [1, 1]);
        machine.others = 0.1;
        assert_eq!(machine.batches(2).0, [4, 4], "it recovers at once when the load is seen to be gone");
        assert_eq!(Machine::new(1, true).batches(1).0, [1]);
    }

    #[test]
    fn a_load_that_is_not_seen_is_felt() {
        let mut machine = Machine::new(2, true);
        machine.batches(5);
        // The next look at the load comes later than the load.
        machine.seen = false;
        machine.others = 2.0;
        let (used, took) = machine.batches(50);
        assert!(used.iter().all(|&threads| threads == 1), "{used:?}");
        assert!(
            took < 50.0 * 20.0 + 100.0,
            "one batch was broken off, the others cost what one thread takes: {took}"
        );
    }

    #[test]
    fn tries_with_more_threads_become_rare_while_the_load_lasts() {
        let mut machine = Machine::new(2, true);
        machine.batches(5);
        machine.seen = false;
        machine.others = 1.0;
        let (_, took) = machine.batches(5000);
        assert!(took < 5000.0 * 20.0 * 1.02, "2 % at most is lost on tries: {took}");
        machine.others = 0.0;
        machine.batches(3000);
        assert_eq!(machine.batches(1).0, [2], "when the load is gone it comes back by itself");
    }

    #[test]
    fn threads_that_gain_nothing_are_given_back() {
        let mut policy = Policy::new(Threads::Adaptive, 8);
        policy.others_use(0.0);
        let now = Instant::now();
        let mut used = 0;
        for _ in 0..2000 {
            used = policy.threads(one(), now);
            // Memory is the limit: from four threads on nothing gets faster.
            policy.took(one(), used, Duration::from_millis(u64::from(40 / used.min(4))), now);
        }
        assert!((4..=5).contains(&used), "{used}");
    }

    #[test]
    fn prompts_and_single_tokens_have_their_own_counts() {
        let mut policy = Policy::new(Threads::Adaptive, 2);
        policy.others_use(0.0);
        let now = Instant::now();
        for threads in [1, 2] {
            policy.took(one(), threads, Duration::from_millis(20), now);
            policy.took(Kind::of(128, 0), threads, Duration::from_millis(u64::from(1000 / threads)), now);
        }
        assert_eq!((policy.threads(one(), now), policy.threads(Kind::of(100, 0), now)), (1, 2));
    }

    #[test]
    fn what_the_user_wants_is_what_is_used() {
        let mut policy = Policy::new(Threads::Fixed(3), 2);
        policy.others_use(2.0);
        let now = Instant::now();
        assert_eq!((policy.threads(one(), now), policy.patience(one(), 3)), (3, None));
        assert_eq!(Policy::new(Threads::Fixed(0), 2).threads(one(), now), 1);
    }

    #[test]
    fn batches_of_a_size_and_a_depth_are_of_one_kind() {
        let sizes = [0, 1, 2, 3, 4, 5, 100, 128].map(|tokens| Kind::of(tokens, 0).size);
        assert_eq!(sizes, [0, 0, 1, 2, 2, 3, 7, 7]);
        let depths = [0, 2047, 2048, 6143, 6144, 14_335, 14_336].map(|behind| Kind::of(1, behind).depth);
        assert_eq!(depths, [0, 0, 1, 1, 2, 2, 3]);
    }

    #[test]
    fn a_long_conversation_is_no_busy_machine() {
        let mut policy = Policy::new(Threads::Adaptive, 2);
        policy.others_use(0.0);
        let now = Instant::now();
        // A completion's batch and one far down a conversation, which takes five times as long, in turn.
        for _ in 0..40 {
            for (behind, took) in [(500, 400), (9000, 2000)] {
                let kind = Kind::of(64, behind);
                let threads = policy.threads(kind, now);
                let took = Duration::from_millis(took);
                assert!(policy.patience(kind, threads).is_none_or(|patience| took < patience));
                policy.took(kind, threads, took, now);
            }
        }
        assert_eq!(policy.threads(Kind::of(64, 500), now), 2);
    }
}
