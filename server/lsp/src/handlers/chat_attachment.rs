//! `weft/chat/attachment`: what went along with a question, with its text, out of the conversation that is kept.
//!
//! It must not read the file that it came from: it hands out what was sent, as it was, and nothing else.

use tower_lsp::jsonrpc;

use super::chat_send::{message_id, session_id};
use crate::ext::chat::{AttachmentAnswer, AttachmentParams, ChatAttachment};
use crate::failure;
use crate::server::Server;

pub(crate) fn handle(server: &Server, params: &AttachmentParams) -> jsonrpc::Result<AttachmentAnswer> {
    let conversations = server.chat.conversations()?;
    let (session, message) = (session_id(&params.session_id)?, message_id(&params.message_id)?);
    let attachments = conversations.store().message_in(session, message).map_err(failure)?.attachments;
    let Some(attachment) = attachments.get(params.index) else {
        return Err(failure(format!(
            "nothing that went along with this message has the number {}: there are {}, counted from 0",
            params.index,
            attachments.len()
        )));
    };
    let model = server.session()?.completer.model();
    let tokens = conversations.tokens_of(model.as_deref(), attachment);
    Ok(AttachmentAnswer {
        attachment: ChatAttachment::new(attachment, tokens),
        path: attachment.path.clone(),
        language: attachment.language.clone(),
        text: attachment.text.clone(),
    })
}
