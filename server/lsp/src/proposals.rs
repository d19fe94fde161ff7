//! The proposals of a window: changes that were shown and are waiting for the user. It must not change a document.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use assist::edits::{Proposal, only};
use documents::DocumentId;

/// Proposals that are kept; older ones are forgotten.
const MOST: usize = 32;

/// See the module's head.
#[derive(Default)]
pub(crate) struct Proposals(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    next: u64,
    waiting: VecDeque<Waiting>,
}

/// A proposal and what of it is still to be decided.
#[derive(Clone)]
pub(crate) struct Waiting {
    pub(crate) id: String,
    pub(crate) document: DocumentId,
    /// Only the blocks that are left.
    pub(crate) proposal: Proposal,
}

impl Proposals {
    /// Keeps a proposal.
    pub(crate) fn keep(&self, document: DocumentId, proposal: Proposal) -> Waiting {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.next += 1;
        let waiting = Waiting { id: format!("edit-{}", kept.next), document, proposal };
        kept.waiting.push_front(waiting.clone());
        kept.waiting.truncate(MOST);
        waiting
    }

    /// A proposal; none if it is decided or too old.
    pub(crate) fn get(&self, id: &str) -> Option<Waiting> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.waiting.iter().find(|waiting| waiting.id == id).cloned()
    }

    /// Takes blocks out, because they were accepted or rejected; returns how many are left. `None` means all.
    pub(crate) fn decided(&self, id: &str, blocks: Option<&[usize]>) -> usize {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(at) = kept.waiting.iter().position(|waiting| waiting.id == id) else { return 0 };
        let Some(waiting) = kept.waiting.get_mut(at) else { return 0 };
        let left: Vec<usize> = waiting
            .proposal
            .blocks
            .iter()
            .map(|block| block.index)
            .filter(|index| blocks.is_some_and(|blocks| !blocks.contains(index)))
            .collect();
        if left.is_empty() {
            kept.waiting.remove(at);
        } else {
            waiting.proposal = only(&waiting.proposal, &left);
        }
        left.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assist::edits::diff;
    use text::Text;

    #[test]
    fn blocks_are_decided_one_by_one() {
        let proposals = Proposals::default();
        let document = DocumentId::new("file:///a.py");
        let base = Text::new("a\nb\nc\nd\ne\n");
        let id = proposals.keep(document, diff("a.py", &base, "A\nb\nC\nd\nE\n")).id;
        assert_eq!(proposals.get(&id).map(|it| it.proposal.blocks.len()), Some(3));
        assert_eq!(proposals.decided(&id, Some(&[1])), 2);
        assert_eq!(proposals.decided(&id, Some(&[7])), 2, "there is no such block");
        assert_eq!(proposals.decided(&id, None), 0);
        assert!(proposals.get(&id).is_none());
    }
}
