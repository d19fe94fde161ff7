//! What the KV cache of the context holds, and how much of it a new prompt can keep.
//! It must not call llama.cpp: it is bookkeeping, and tested as such.
//!
//! A slot is the last prompt of one place of one document. It has two sequences of llama.cpp: the head, which is the prompt up
//! to the code after the cursor, and the tail, which is that code. In prefix-suffix-middle order every keystroke moves the
//! tail, so its cells are kept apart, moved to where they belong now, and shared with the head's sequence while an answer
//! is written. Between two requests the head's sequence holds the head and nothing else.

use llama_cpp_2::token::LlamaToken;

/// Places that are kept. llama.cpp shares the cells of all of them, and the oldest goes when there is no room.
pub(crate) const SLOTS: usize = 8;
/// The end of a slot's head that typing may replace. Where more would be lost, the slot stays and another begins like it.
const REWRITTEN_TOKENS: usize = 64;
/// Less in common is not worth a copy: all prompts of a repository begin alike.
const LEAST_COMMON: usize = 16;
/// A tail may be moved while no more tokens than these differ before it from those that it was evaluated behind.
const MOST_DRIFT: usize = 128;
/// Of a tail that has lost its first lines, those that the cursor has gone past, this many tokens must be left.
const LEAST_TAIL: usize = 8;

/// The slots of a context.
#[derive(Debug)]
pub(crate) struct Slots {
    slots: Vec<Slot>,
    clock: u64,
}

/// One place's prompt, as far as it is in the cache.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    /// The tokens of the head's sequence, from position 0.
    pub(crate) head: Vec<LlamaToken>,
    /// The tail's sequence.
    pub(crate) tail: Tail,
    /// An answer is being written in it that goes on after other work: it stays as it is.
    pub(crate) busy: bool,
    used: u64,
}

/// Code after a cursor, evaluated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tail {
    /// Its tokens.
    pub(crate) tokens: Vec<LlamaToken>,
    /// The position of the first of them.
    pub(crate) start: usize,
    /// The head that it was evaluated behind.
    pub(crate) behind: Vec<LlamaToken>,
}

/// Where a prompt is to go, and what it finds there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Into this slot, of whose head so many tokens are kept.
    Continue { slot: usize, keep: usize },
    /// Into this slot, which is given up, after so many tokens of the head of another one are shared with it.
    Branch { slot: usize, from: usize, keep: usize },
}

/// What of a held tail a prompt can keep: from which of its tokens on, and how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct KeptTail {
    pub(crate) skip: usize,
    pub(crate) count: usize,
}

impl Slots {
    pub(crate) fn new() -> Self {
        Self { slots: std::iter::repeat_with(Slot::default).take(SLOTS).collect(), clock: 0 }
    }

    pub(crate) fn get(&self, slot: usize) -> Option<&Slot> {
        self.slots.get(slot)
    }

    /// The slot, which counts as used now.
    pub(crate) fn touch(&mut self, slot: usize) -> Option<&mut Slot> {
        self.clock += 1;
        let clock = self.clock;
        let slot = self.slots.get_mut(slot)?;
        slot.used = clock;
        Some(slot)
    }

    /// Where a prompt is to go: where most of it is found.
    pub(crate) fn choose(&self, head: &[LlamaToken], tail: &[LlamaToken]) -> Choice {
        let found = self.slots.iter().enumerate().map(|(index, slot)| {
            let keep = common(&slot.head, head);
            // Of a short prompt, at the beginning of a file, half of it is enough.
            let same_place = keep >= LEAST_COMMON || (keep > 0 && keep * 2 >= head.len());
            let goes_on = same_place && !slot.busy && slot.head.len() - keep <= REWRITTEN_TOKENS;
            let moved = if goes_on { slot.kept_tail(head, tail).count } else { 0 };
            (keep + moved, slot.used, index, keep, goes_on)
        });
        let Some((_, _, best, keep, goes_on)) = found.max() else {
            return Choice::Branch { slot: 0, from: 0, keep: 0 };
        };
        if goes_on {
            return Choice::Continue { slot: best, keep };
        }
        let free = (0..self.slots.len()).filter(|&index| !self.get(index).is_some_and(|slot| slot.busy));
        let oldest = free.filter(|&index| index != best || keep < LEAST_COMMON);
        let slot = oldest.min_by_key(|&index| self.used(index)).unwrap_or(best);
        let keep = if keep < LEAST_COMMON || slot == best { 0 } else { keep };
        Choice::Branch { slot, from: best, keep }
    }

    /// The slot that was not used for longest, apart from `but`, those that are busy and those that hold nothing.
    pub(crate) fn oldest_but(&self, but: usize) -> Option<usize> {
        let held = |slot: &Slot| !slot.busy && (!slot.head.is_empty() || !slot.tail.tokens.is_empty());
        let others = self.slots.iter().enumerate().filter(|(index, slot)| *index != but && held(slot));
        others.min_by_key(|(_, slot)| slot.used).map(|(index, _)| index)
    }

    /// The slot that was used last, if its tail was moved since it was evaluated.
    pub(crate) fn inexact(&self) -> Option<usize> {
        let (index, slot) = self.slots.iter().enumerate().max_by_key(|(_, slot)| slot.used)?;
        (!slot.tail.tokens.is_empty() && slot.tail.behind != slot.head).then_some(index)
    }

    /// The slot holds nothing any more.
    pub(crate) fn empty(&mut self, slot: usize) {
        if let Some(slot) = self.slots.get_mut(slot) {
            *slot = Slot::default();
        }
    }

    /// Nothing is held any more.
    pub(crate) fn clear(&mut self) {
        *self = Self { clock: self.clock, ..Self::new() };
    }

    fn used(&self, slot: usize) -> u64 {
        self.get(slot).map_or(0, |slot| slot.used)
    }
}

impl Slot {
    /// What of the tail can serve as the beginning of `tail` behind `head`.
    pub(crate) fn kept_tail(&self, head: &[LlamaToken], tail: &[LlamaToken]) -> KeptTail {
        let held = &self.tail;
        let drift = head.len().max(held.behind.len()) - common(&held.behind, head);
        if tail.is_empty() || held.tokens.is_empty() || drift > MOST_DRIFT {
            return KeptTail::default();
        }
        let from =
            |skip: usize| KeptTail { skip, count: common(held.tokens.get(skip..).unwrap_or_default(), tail) };
        let whole = from(0);
        if whole.count > 0 {
            return whole;
        }
        // The cursor went down a few lines: the tail begins later in what is held.
        let enough = |kept: &KeptTail| kept.count >= LEAST_TAIL.min(tail.len());
        (1..held.tokens.len()).map(from).find(enough).unwrap_or_default()
    }
}

/// The length of the longest common beginning.
fn common(one: &[LlamaToken], other: &[LlamaToken]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(ids: impl IntoIterator<Item = i32>) -> Vec<LlamaToken> {
        ids.into_iter().map(LlamaToken).collect()
    }

    /// Slots whose heads were used in this order.
    fn slots(heads: &[Vec<LlamaToken>]) -> Slots {
        let mut slots = Slots::new();
        for (index, head) in heads.iter().enumerate() {
            slots.touch(index).unwrap().head = head.clone();
        }
        slots
    }

    #[test]
    fn a_prompt_goes_where_it_was_typed_and_else_into_a_slot_of_its_own() {
        let first = tokens(0..200);
        let second = tokens(500..700);
        let slots = slots(&[first.clone(), second]);
        let typed = |head: &[LlamaToken]| slots.choose(head, &[]);
        assert_eq!(typed(&tokens(0..210)), Choice::Continue { slot: 0, keep: 200 }, "typing appends");
        assert_eq!(typed(&tokens(0..190)), Choice::Continue { slot: 0, keep: 190 }, "a few tokens deleted");
        assert_eq!(typed(&tokens((500..690).chain(0..4))), Choice::Continue { slot: 1, keep: 190 });
        // The cursor jumped up in the file: the place below is kept, and its beginning is shared.
        assert_eq!(typed(&tokens((0..100).chain(7..9))), Choice::Branch { slot: 2, from: 0, keep: 100 });
        assert_eq!(typed(&tokens(900..950)), Choice::Branch { slot: 2, from: 1, keep: 0 }, "another file");
    }

    #[test]
    fn without_a_free_slot_the_oldest_is_given_up() {
        let heads: Vec<Vec<LlamaToken>> = (0..8).map(|at| tokens(at * 1000..at * 1000 + 200)).collect();
        let mut slots = slots(&heads);
        assert_eq!(slots.choose(&tokens(9000..9100), &[]), Choice::Branch { slot: 0, from: 7, keep: 0 });
        slots.touch(0);
        assert_eq!(slots.choose(&tokens(9000..9100), &[]), Choice::Branch { slot: 1, from: 0, keep: 0 });
        // What is branched from is not what is given up.
        assert_eq!(slots.choose(&tokens(1000..1020), &[]), Choice::Branch { slot: 2, from: 1, keep: 20 });
        assert_eq!(slots.oldest_but(1), Some(2));
        slots.clear();
        assert_eq!(slots.oldest_but(0), None);
        assert_eq!(slots.choose(&tokens(0..1), &[]), Choice::Branch { slot: 0, from: 7, keep: 0 });
    }

    #[test]
    fn a_busy_slot_is_neither_continued_nor_given_up() {
        let heads: Vec<Vec<LlamaToken>> = (0..8).map(|at| tokens(at * 1000..at * 1000 + 200)).collect();
        let mut slots = slots(&heads);
        slots.touch(0).unwrap().busy = true;
        for at in 1..8 {
            slots.touch(at);
        }
        assert_eq!(slots.choose(&tokens(0..300), &[]), Choice::Branch { slot: 1, from: 0, keep: 200 });
        assert_eq!(slots.choose(&tokens(9000..9100), &[]), Choice::Branch { slot: 1, from: 7, keep: 0 });
        assert_eq!(slots.oldest_but(1), Some(2));
        slots.touch(0).unwrap().busy = false;
        assert_eq!(slots.choose(&tokens(0..300), &[]), Choice::Continue { slot: 0, keep: 200 });
    }

    #[test]
    fn a_place_with_the_tail_is_better_than_one_with_a_little_more_of_the_head() {
        let mut slots = slots(&[tokens(0..200), tokens((0..210).chain(5000..5100))]);
        let tail = tokens(5000..5100);
        slots.touch(0).unwrap().tail = Tail { tokens: tail.clone(), start: 200, behind: tokens(0..200) };
        assert_eq!(slots.choose(&tokens(0..210), &tail), Choice::Continue { slot: 0, keep: 200 });
        assert_eq!(slots.choose(&tokens(0..210), &[]), Choice::Branch { slot: 2, from: 1, keep: 210 });
    }

    #[test]
    fn short_prompts_are_told_apart_by_half_of_them() {
        let slots = slots(&[tokens(0..10)]);
        assert_eq!(slots.choose(&tokens((0..6).chain(90..95)), &[]), Choice::Continue { slot: 0, keep: 6 });
        assert_eq!(
            slots.choose(&tokens((0..3).chain(90..95)), &[]),
            Choice::Branch { slot: 1, from: 0, keep: 0 }
        );
    }

    #[test]
    fn a_tail_is_kept_as_long_as_little_differs_before_it() {
        let tail = tokens(5000..5040);
        let held = Tail { tokens: tail.clone(), start: 200, behind: tokens(0..200) };
        let slot = Slot { head: tokens(0..200), tail: held, ..Slot::default() };
        let kept = |head: std::ops::Range<i32>, tail: &[LlamaToken]| {
            let KeptTail { skip, count } = slot.kept_tail(&tokens(head), tail);
            (skip, count)
        };
        assert_eq!(kept(0..200, &tail), (0, 40));
        assert_eq!(kept(0..260, &tail), (0, 40), "a few lines were typed");
        assert_eq!(kept(0..400, &tail), (0, 0), "a page was written");
        assert_eq!(kept(0..200, &tokens(5000..5030)), (0, 30), "its end was cut");
        assert_eq!(kept(0..200, &tokens((5000..5030).chain(0..9))), (0, 30), "its end is another");
        assert_eq!(kept(0..220, &tokens(5012..5040)), (12, 28), "the cursor went down");
        assert_eq!(kept(0..200, &tokens(5036..5060)), (0, 0), "too little is left");
        assert_eq!(kept(0..200, &tokens(7..9)), (0, 0));
        assert_eq!(kept(0..200, &[]), (0, 0));
    }

    #[test]
    fn a_moved_tail_is_inexact_until_it_is_evaluated_again() {
        let mut slots = Slots::new();
        assert_eq!(slots.inexact(), None);
        let slot = slots.touch(3).unwrap();
        slot.head = tokens(0..5);
        slot.tail = Tail { tokens: tokens(7..9), start: 5, behind: tokens(0..5) };
        assert_eq!(slots.inexact(), None);
        slots.touch(3).unwrap().head = tokens(0..6);
        assert_eq!(slots.inexact(), Some(3));
        slots.touch(1);
        assert_eq!(slots.inexact(), None, "nobody is at that place any more");
    }
}
