//! What a session has only for clients of Copilot's protocol: whether the client is one, what became of suggestions, the status that it
//! shows, and the answers that are being written. It must not hold a method's behaviour: that is one file each in handlers/copilot/.

mod feedback;
mod methods;
mod notice;
mod status;

pub(crate) use feedback::{Counts, Fate, Feedback};
pub(crate) use methods::add_methods;
pub(crate) use notice::Notice;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use assist::completion::Silence;
use documents::DocumentId;
use engine::CancellationToken;
use status::{Busy, Light};
use tower_lsp::ls_types::{InlineCompletionItem, NumberOrString};

use crate::ext::copilot::acceptance;
use crate::outbound::Outbound;

/// See the module's head.
#[derive(Debug, Default)]
pub(crate) struct Copilot {
    is_client: AtomicBool,
    light: Light,
    /// What became of suggestions.
    pub(crate) feedback: Feedback,
    answers: Mutex<HashMap<NumberOrString, Answer>>,
}

/// An answer that is being written.
#[derive(Debug)]
struct Answer {
    conversation: String,
    cancel: CancellationToken,
}

impl Copilot {
    /// Whether the client is one of Copilot's.
    pub(crate) fn introduced(&self, is_client: bool) {
        self.is_client.store(is_client, Ordering::SeqCst);
    }

    /// The first status.
    pub(crate) fn greet(&self, outbound: &Outbound) {
        if self.is_client() {
            self.light.show(outbound);
        }
    }

    /// Says that a suggestion is being made, until the result is dropped.
    pub(crate) fn busy<'a>(&'a self, outbound: &'a Outbound) -> Option<Busy<'a>> {
        self.is_client().then(|| self.light.busy(outbound))
    }

    /// Says how a request ended, where that is about more than the request.
    pub(crate) fn learn(&self, silence: Option<&Silence>, outbound: &Outbound) {
        if self.is_client() {
            self.light.learn(silence, outbound);
        }
    }

    /// An item with the command that its client runs when it was accepted; others' clients would not know the command.
    pub(crate) fn with_acceptance(
        &self,
        mut item: InlineCompletionItem,
        document: &DocumentId,
    ) -> InlineCompletionItem {
        if self.is_client() {
            item.command = Some(acceptance(&self.feedback.offer(document, &item.insert_text)));
        }
        item
    }

    /// An answer begins; its token stops it.
    pub(crate) fn begin(&self, token: NumberOrString, conversation: String, cancel: CancellationToken) {
        self.answers().insert(token, Answer { conversation, cancel });
    }

    /// It has ended.
    pub(crate) fn end(&self, token: &NumberOrString) {
        self.answers().remove(token);
    }

    /// Stops the answer of a token.
    pub(crate) fn stop(&self, token: &NumberOrString) {
        if let Some(answer) = self.answers().remove(token) {
            answer.cancel.cancel();
        }
    }

    /// Stops what is being written in a conversation.
    pub(crate) fn stop_conversation(&self, id: &str) {
        self.answers().retain(|_, answer| {
            if answer.conversation == id {
                answer.cancel.cancel();
            }
            answer.conversation != id
        });
    }

    fn is_client(&self) -> bool {
        self.is_client.load(Ordering::SeqCst)
    }

    fn answers(&self) -> std::sync::MutexGuard<'_, HashMap<NumberOrString, Answer>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
