//! Keeps an answer while it streams by. Must not change or hold back an event: what cannot be kept is said once, and the answer goes on.

use std::sync::Arc;

use futures::StreamExt as _;
use futures::stream::{BoxStream, Stream};

use super::line::{ChatEnd, ChatEvent};
use super::store::{MessageId, MessageState, Piece, SessionId, Store, StoreError};

/// Passes the events of an answer on, each one kept before it is passed. `tell` is called with the first failure of the store. When the
/// stream is dropped, the answer is kept as stopped.
pub fn record(
    store: Arc<Store>,
    session: SessionId,
    answer: MessageId,
    events: impl Stream<Item = ChatEvent> + Send + 'static,
    tell: impl FnMut(&StoreError) + Send + 'static,
) -> BoxStream<'static, ChatEvent> {
    let keeper = Keeper { store, session, answer, tell: Box::new(tell), failed: false, ended: false };
    events
        .scan(keeper, |keeper, event| {
            keeper.keep(&event);
            std::future::ready(Some(event))
        })
        .boxed()
}

struct Keeper {
    store: Arc<Store>,
    session: SessionId,
    answer: MessageId,
    tell: Box<dyn FnMut(&StoreError) + Send>,
    failed: bool,
    ended: bool,
}

impl Keeper {
    fn keep(&mut self, event: &ChatEvent) {
        // After a failed piece the text would have a hole.
        if self.failed && !matches!(event, ChatEvent::Finished(_) | ChatEvent::Failed(_)) {
            return;
        }
        let kept = match event {
            ChatEvent::Loading { .. } => Ok(()),
            ChatEvent::Started(started) => json(&started.header).and_then(|header| {
                self.store.set_header(self.answer, &header)?;
                self.store.set_compaction(self.session, &json(&started.compaction)?)
            }),
            ChatEvent::Thinking { text } => self.store.append(self.answer, Piece::Thinking(text)),
            ChatEvent::Text { text } => self.store.append(self.answer, Piece::Text(text)),
            ChatEvent::Finished(stats) => {
                self.ended = true;
                let state = match stats.end {
                    ChatEnd::Stopped => MessageState::Stopped,
                    ChatEnd::Done | ChatEnd::Length => MessageState::Done,
                };
                json(stats).and_then(|stats| self.store.finish_answer(self.answer, state, Some(&stats), None))
            }
            ChatEvent::Failed(failure) => {
                self.ended = true;
                let failure = failure.to_string();
                self.store.finish_answer(self.answer, MessageState::Failed, None, Some(&failure))
            }
        };
        self.check(kept);
    }

    fn check(&mut self, kept: Result<(), StoreError>) {
        if let Err(error) = kept
            && !std::mem::replace(&mut self.failed, true)
        {
            (self.tell)(&error);
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        if !self.ended {
            let kept = self.store.finish_answer(self.answer, MessageState::Stopped, None, None);
            self.check(kept);
        }
    }
}

fn json(value: &impl serde::Serialize) -> Result<serde_json::Value, StoreError> {
    serde_json::to_value(value).map_err(|error| StoreError::Database(error.to_string()))
}
