//! The kept conversations: `weft/chat/sessions`, `session`, `rename`, `delete` and `export`. They block for a millisecond or so on the
//! database.

use assist::chat::ChatStats;
use assist::chat::prompt::Header;
use assist::chat::store::{MessageState, Role, StoredMessage, to_markdown};
use tower_lsp::jsonrpc;

use super::chat_send::session_id;
use crate::ext::chat::{
    ChatAttachment, ChatMessage, ExportAnswer, RenameParams, SessionAnswer, SessionEntry, SessionParams,
    SessionsAnswer, SessionsParams,
};
use crate::failure;
use crate::server::Server;

/// Conversations that a list shows.
const MOST: u32 = 200;

pub(crate) fn list(server: &Server, params: &SessionsParams) -> jsonrpc::Result<SessionsAnswer> {
    let conversations = server.chat.conversations()?;
    let store = conversations.store();
    let query = params.query.as_deref().map(str::trim).filter(|query| !query.is_empty());
    let found = match query {
        Some(query) => {
            let matches = store.search_sessions(query, MOST).map_err(failure)?;
            matches.into_iter().map(|found| found.session).collect()
        }
        None => store.sessions(None, MOST).map_err(failure)?,
    };
    // One that was begun and never used says nothing.
    let sessions = found.into_iter().filter(|session| session.messages > 0).map(|session| SessionEntry {
        id: session.id.0.to_string(),
        title: session.title,
        updated: session.updated,
        messages: session.messages,
    });
    Ok(SessionsAnswer { sessions: sessions.collect() })
}

pub(crate) fn show(server: &Server, params: &SessionParams) -> jsonrpc::Result<SessionAnswer> {
    let conversations = server.chat.conversations()?;
    let id = session_id(&params.id)?;
    let session = conversations.store().session(id).map_err(failure)?;
    let messages = conversations.store().messages(id).map_err(failure)?;
    let model = server.session()?.completer.model();
    let tokens = |attachment: &_| conversations.tokens_of(model.as_deref(), attachment);
    let messages = messages.into_iter().map(|message| wire(message, &tokens)).collect();
    Ok(SessionAnswer { id: params.id.clone(), title: session.title, messages })
}

pub(crate) fn rename(server: &Server, params: &RenameParams) -> jsonrpc::Result<()> {
    let conversations = server.chat.conversations()?;
    conversations.store().rename_session(session_id(&params.id)?, params.title.trim()).map_err(failure)
}

pub(crate) fn delete(server: &Server, params: &SessionParams) -> jsonrpc::Result<()> {
    let conversations = server.chat.conversations()?;
    conversations.store().delete_session(session_id(&params.id)?).map_err(failure)
}

pub(crate) fn export(server: &Server, params: &SessionParams) -> jsonrpc::Result<ExportAnswer> {
    let conversations = server.chat.conversations()?;
    let id = session_id(&params.id)?;
    let session = conversations.store().session(id).map_err(failure)?;
    let messages = conversations.store().messages(id).map_err(failure)?;
    Ok(ExportAnswer { markdown: to_markdown(&session, &messages, &jiff::tz::TimeZone::system()) })
}

fn wire(message: StoredMessage, tokens: &dyn Fn(&assist::mentions::Attachment) -> usize) -> ChatMessage {
    let header: Header =
        message.header.and_then(|header| serde_json::from_value(header).ok()).unwrap_or_default();
    let rules = header.rules.iter().map(|rule| format!("{}: {}", rule.path, rule.why));
    let notes = rules.chain(header.compacted()).chain(header.notices.clone()).collect();
    let stats = message.stats.and_then(|stats| serde_json::from_value::<ChatStats>(stats).ok());
    ChatMessage {
        id: message.id.0.to_string(),
        role: match message.role {
            Role::User => "user",
            Role::Assistant => "assistant",
        },
        attachments: message
            .attachments
            .iter()
            .map(|attachment| ChatAttachment::new(attachment, tokens(attachment)))
            .collect(),
        text: message.text,
        thinking: message.thinking,
        notes,
        state: match message.state {
            MessageState::Streaming => "streaming",
            MessageState::Done => "done",
            MessageState::Stopped => "stopped",
            MessageState::Failed => "failed",
        },
        stats: stats.map(Into::into),
        error: message.failure,
    }
}
