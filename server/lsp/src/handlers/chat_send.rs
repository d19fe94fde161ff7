//! `weft/chat/send`: a question, its answer as a stream, and the whole of it at the end.
//!
//! A dropped request stops the answer; what had come is kept.

use assist::chat::commands::Action;
use assist::chat::store::{MessageId, SessionId};
use assist::chat::{Answering, ChatEnd, ChatEvent, ChatStats, Outgoing, Sent};
use engine::CancellationToken;
use futures::StreamExt as _;
use tower_lsp::jsonrpc;
use tower_lsp::ls_types::NumberOrString;

use crate::Role;
use crate::ext::chat as wire;
use crate::ext::chat::{ChatProgress, SendAnswer, SendParams};
use crate::failure;
use crate::outbound::Message;
use crate::server::Server;
use crate::world::world;

pub(crate) async fn handle(server: &Server, params: SendParams) -> jsonrpc::Result<SendAnswer> {
    let session = server.session()?;
    let conversations = server.chat.conversations()?;
    let world = world(server, session, params.context, &server.chat.names);
    let outgoing = Outgoing {
        session: params.session_id.as_deref().map(session_id).transpose()?,
        text: params.text,
        model: params.model.or_else(|| server.model_for(session, Role::Chat)),
        replaces: params.replaces.as_deref().map(message_id).transpose()?,
        regenerate: params.regenerate,
    };
    let cancel = CancellationToken::new();
    let _stop = cancel.clone().drop_guard();
    let token = params.partial_result_token;
    match conversations.send(outgoing, world, cancel).await.map_err(failure)? {
        Sent::Answer(answering) => Ok(follow(server, answering, token).await),
        Sent::Help(text) => Ok(without_model(text)),
        Sent::Action(action) => Ok(without_model(act(server, action)?)),
    }
}

/// Passes an answer on until its end.
async fn follow(server: &Server, answering: Answering, token: Option<NumberOrString>) -> SendAnswer {
    let Answering { session, question, answer, attachments, tokens, notes, model, mut events } = answering;
    let tell = |progress: ChatProgress| {
        if let (Some(token), Ok(value)) = (&token, serde_json::to_value(&progress)) {
            server.outbound.send(Message::Progress(wire::WeftProgressParams { token: token.clone(), value }));
        }
    };
    tell(ChatProgress::Started {
        session_id: session.0.to_string(),
        message_id: question.0.to_string(),
        answer_id: answer.0.to_string(),
        attachments: attachments
            .iter()
            .zip(&tokens)
            .map(|(attachment, tokens)| wire::ChatAttachment::new(attachment, *tokens))
            .collect(),
        notes,
        model,
    });
    let mut whole = SendAnswer {
        session_id: session.0.to_string(),
        message_id: question.0.to_string(),
        answer_id: answer.0.to_string(),
        state: "stopped",
        text: String::new(),
        thinking: String::new(),
        stats: None,
        error: None,
    };
    while let Some(event) = events.next().await {
        match event {
            ChatEvent::Loading { fraction } => tell(ChatProgress::Loading { fraction }),
            ChatEvent::Started(started) => {
                let notices = started.header.compacted().into_iter().chain(started.header.notices);
                notices.for_each(|text| tell(ChatProgress::Note { text }));
            }
            ChatEvent::Thinking { text } => {
                whole.thinking.push_str(&text);
                tell(ChatProgress::Thinking { text });
            }
            ChatEvent::Text { text } => {
                whole.text.push_str(&text);
                tell(ChatProgress::Text { text });
            }
            ChatEvent::Finished(stats) => {
                whole.state = if stats.end == ChatEnd::Stopped { "stopped" } else { "done" };
                whole.stats = Some(stats.into());
            }
            ChatEvent::Failed(failure) => {
                whole.state = "failed";
                whole.error = Some(failure.to_string());
            }
        }
    }
    whole
}

/// Commands that are not for the model. What they do to the view is the client's part; the text says what happened.
pub(crate) fn act(server: &Server, action: Action) -> jsonrpc::Result<String> {
    match action {
        Action::Clear => Ok("A new conversation begins with your next question.".to_owned()),
        Action::Model { name: Some(name) } => {
            server.session()?.completer.use_model(name.clone());
            Ok(format!("This window uses the model {name} from now on."))
        }
        Action::Model { name: None } => {
            let current = server.session()?.completer.model();
            let models = server.models(current.as_deref());
            let line = |model: &crate::ModelEntry| {
                let used = if model.current { " (in use)" } else { "" };
                format!("- `{}`{used}\n", model.name)
            };
            let installed: String = models.iter().filter(|model| model.installed).map(line).collect();
            Ok(format!("Installed models; `/model NAME` uses one:\n\n{installed}"))
        }
        Action::Edit { .. } => {
            Err(failure("/edit changes a file: select code in the editor and use its edit command"))
        }
        Action::Ask(_) | Action::Help => Err(failure("the command cannot be carried out here")),
    }
}

fn without_model(text: String) -> SendAnswer {
    SendAnswer {
        session_id: String::new(),
        message_id: String::new(),
        answer_id: String::new(),
        state: "done",
        text,
        thinking: String::new(),
        stats: None,
        error: None,
    }
}

/// Ids travel as strings, because JSON's numbers are not whole ones everywhere.
pub(crate) fn session_id(id: &str) -> jsonrpc::Result<SessionId> {
    id.parse().map(SessionId).map_err(|_| failure(format!("`{id}` is the id of no conversation")))
}

pub(crate) fn message_id(id: &str) -> jsonrpc::Result<MessageId> {
    id.parse().map(MessageId).map_err(|_| failure(format!("`{id}` is the id of no message")))
}

impl From<ChatStats> for wire::ChatStats {
    fn from(stats: ChatStats) -> Self {
        Self {
            prompt_tokens: stats.prompt_tokens,
            cached_tokens: stats.cached_tokens,
            first_token_ms: stats.first_token_ms,
            tokens: stats.tokens,
            tokens_per_second: stats.tokens_per_second,
        }
    }
}
