//! The latest request of a document wins: a new one ends the one before it.
//! It must not know what a request does.

use super::Silence;
use dashmap::DashMap;
use documents::DocumentId;
use engine::CancellationToken;

/// The running request of each document.
#[derive(Debug, Default)]
pub(super) struct Latest {
    running: DashMap<DocumentId, CancellationToken>,
}

/// A request's turn. Its token is tripped when it is superseded, cancelled, or dropped.
pub(super) struct Turn {
    token: CancellationToken,
    caller: CancellationToken,
}

impl Latest {
    /// Begins a request and ends the document's running one.
    pub(super) fn begin(&self, document: &DocumentId, caller: &CancellationToken) -> Turn {
        let token = caller.child_token();
        if let Some(previous) = self.running.insert(document.clone(), token.clone()) {
            previous.cancel();
        }
        Turn { token, caller: caller.clone() }
    }

    /// Ends the document's running request.
    pub(super) fn forget(&self, document: &DocumentId) {
        if let Some((_, running)) = self.running.remove(document) {
            running.cancel();
        }
    }
}

impl Turn {
    /// Tripped when the request is to end.
    pub(super) fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// Why the token is tripped.
    pub(super) fn why_ended(&self) -> Silence {
        if self.caller.is_cancelled() { Silence::Cancelled } else { Silence::Superseded }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.token.cancel();
    }
}
