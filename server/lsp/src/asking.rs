//! Asking the model for an edit, outside of any conversation. It must not know what the answer is for.

use std::sync::Arc;

use assist::chat::{ChatEnd, Measure, Written, write};
use assist::edits::{AnswerEnd, EditPrompt, Room};
use engine::CancellationToken;
use tower_lsp::jsonrpc;
use tower_lsp::ls_types::NumberOrString;

use crate::Role;
use crate::ext::chat::{ChatProgress, WeftProgressParams};
use crate::failure;
use crate::outbound::Message;
use crate::server::Server;

/// The most tokens of an answer.
const ANSWER_TOKENS: u32 = 1024;

/// The window's model, and what it has room for.
pub(crate) struct Asking {
    model: Option<String>,
    measure: Arc<Measure>,
    budget: usize,
}

impl Asking {
    pub(crate) async fn new(server: &Server, role: Role) -> jsonrpc::Result<Self> {
        let session = server.session()?;
        let model = server.model_for(session, role);
        let conversations = server.chat.conversations()?;
        let (measure, budget) = conversations.room(model.as_deref(), ANSWER_TOKENS).await.map_err(failure)?;
        Ok(Self { model, measure, budget })
    }

    /// The tokens of a text, estimated.
    pub(crate) fn tokens(&self, text: &str) -> usize {
        self.measure.tokens(text)
    }

    /// The room of a prompt.
    pub(crate) fn room<'a>(&self, measure: &'a dyn Fn(&str) -> usize) -> Room<'a> {
        Room { budget: self.budget, measure }
    }

    /// Asks; the answer's pieces are told as they come. A dropped future stops the model.
    pub(crate) async fn ask(
        &self,
        server: &Server,
        prompt: &EditPrompt,
        token: Option<NumberOrString>,
    ) -> jsonrpc::Result<Written> {
        let cancel = CancellationToken::new();
        let _stop = cancel.clone().drop_guard();
        let mut tell = |text: &str| {
            let progress = ChatProgress::Text { text: text.to_owned() };
            if let (Some(token), Ok(value)) = (&token, serde_json::to_value(&progress)) {
                server.outbound.send(Message::Progress(WeftProgressParams { token: token.clone(), value }));
            }
        };
        let messages = (prompt.system.as_str(), prompt.user.as_str());
        let (engine, model) = (server.engine(), self.model.as_deref());
        let written = write(engine, &self.measure, model, messages, ANSWER_TOKENS, &cancel, &mut tell);
        written.await.map_err(failure)
    }
}

/// Whether the model had said all.
pub(crate) fn end_of(written: &Written) -> AnswerEnd {
    match written.end {
        ChatEnd::Done => AnswerEnd::Complete,
        ChatEnd::Length | ChatEnd::Stopped => AnswerEnd::Cut,
    }
}
