//! Where the user has turned suggestions off. It must not know why.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use documents::DocumentId;

/// See the module's head.
#[derive(Debug, Default)]
pub(crate) struct Switches(Mutex<Off>);

#[derive(Debug, Default)]
struct Off {
    window: bool,
    documents: HashSet<DocumentId>,
}

impl Switches {
    /// Whether there are suggestions in a document.
    pub(crate) fn are_on(&self, document: &DocumentId) -> bool {
        let off = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        !off.window && !off.documents.contains(document)
    }

    /// Turns a document, or the window, to the other side; returns whether it is on then.
    pub(crate) fn toggle(&self, document: Option<&DocumentId>) -> bool {
        let mut off = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match document {
            None => {
                off.window = !off.window;
                !off.window
            }
            Some(document) => {
                let was_off = off.documents.remove(document);
                if !was_off {
                    off.documents.insert(document.clone());
                }
                was_off
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_and_its_documents_are_turned_off_each_for_itself() {
        let (switches, one, other) =
            (Switches::default(), DocumentId::new("file:///a"), DocumentId::new("file:///b"));
        assert!(!switches.toggle(Some(&one)));
        assert_eq!((switches.are_on(&one), switches.are_on(&other)), (false, true));
        assert!(!switches.toggle(None));
        assert!(!switches.are_on(&other));
        assert!(switches.toggle(None) && switches.toggle(Some(&one)));
        assert!(switches.are_on(&one));
    }
}
