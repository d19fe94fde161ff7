//! `conversation/create`, `/turn`, `/destroy`: a question is answered with its ids at once; the words come by `$/progress`.

use std::sync::Arc;

use assist::chat::store::SessionId;
use assist::chat::{Answering, ChatEnd, ChatEvent, Outgoing, SendError, Sent};
use engine::CancellationToken;
use futures::StreamExt as _;
use serde_json::Value;
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{NumberOrString, Range, TextDocumentIdentifier};

use super::super::chat_send::{act, session_id};
use super::{models, references};
use crate::Role;
use crate::ext::chat::{ChatContext, WeftProgressParams};
use crate::ext::copilot::OK;
use crate::ext::copilot_chat::{
    ConversationParams, Reference, TurnAnswer, TurnParams, TurnProgress, TurnResult, Warning,
};
use crate::failure;
use crate::outbound::Message;
use crate::server::Server;
use crate::world::world;

pub(crate) async fn create(server: &Arc<Server>, mut params: TurnParams) -> Result<TurnAnswer> {
    let text = questions(&params);
    if text.trim().is_empty() {
        return begin_empty(server, &params);
    }
    params.conversation_id = String::new();
    ask(server, params, text).await
}

pub(crate) async fn turn(server: &Arc<Server>, params: TurnParams) -> Result<TurnAnswer> {
    let text = text_of(&params.message);
    ask(server, params, text).await
}

/// The client is done with it: nothing more is written. It stays among the user's conversations, as those of other editors do.
pub(crate) fn destroy(server: &Server, params: &ConversationParams) -> &'static str {
    server.copilot.stop_conversation(&params.conversation_id);
    OK
}

/// Some clients begin a conversation without a question.
fn begin_empty(server: &Server, params: &TurnParams) -> Result<TurnAnswer> {
    let root = server.session()?.workspace.roots().into_iter().next();
    let root = root.map(|root| root.to_string_lossy().into_owned());
    let session = server.chat.conversations()?.store().create_session(root.as_deref()).map_err(failure)?;
    let told = Telling::new(server, params.work_done_token.as_ref(), session.0.to_string(), String::new());
    told.tell("begin", String::new());
    told.tell("end", String::new());
    Ok(told.answer())
}

async fn ask(server: &Arc<Server>, params: TurnParams, text: String) -> Result<TurnAnswer> {
    let cancel = CancellationToken::new();
    let token = params.work_done_token.clone();
    let (sent, warnings) = send(server, params, &text, &cancel).await?;
    let answering = match sent {
        Sent::Answer(answering) => answering,
        Sent::Help(text) => return Ok(say(server, token.as_ref(), text)),
        Sent::Action(action) => return Ok(say(server, token.as_ref(), act(server, action)?)),
    };
    let (conversation, turn) = (answering.session.0.to_string(), answering.question.0.to_string());
    if let Some(token) = &token {
        server.copilot.begin(token.clone(), conversation.clone(), cancel);
    }
    let server = server.clone();
    let answer = TurnAnswer { conversation_id: conversation.clone(), turn_id: turn.clone() };
    tokio::spawn(async move {
        let told = Telling::new(&server, token.as_ref(), conversation, turn);
        follow(&told, answering, warnings).await;
        if let Some(token) = &token {
            server.copilot.end(token);
        }
    });
    Ok(answer)
}

/// Sends a question with its references. Those that bring nothing, such as a buffer without a file, are left out and told: clients add them
/// without being asked.
async fn send(
    server: &Server,
    params: TurnParams,
    text: &str,
    cancel: &CancellationToken,
) -> Result<(Sent, Vec<String>)> {
    let session = server.session()?;
    let conversations = server.chat.conversations()?;
    let known = Some(params.conversation_id.as_str()).filter(|id| !id.is_empty());
    let conversation: Option<SessionId> = known.map(session_id).transpose()?;
    let model =
        models::asked_for(server, params.model.as_deref()).or_else(|| server.model_for(session, Role::Chat));
    let mut mentions: Vec<String> =
        params.references.iter().filter_map(|it| references::mention(session, it)).collect();
    let mut warnings = Vec::new();
    let context = context(&params);
    loop {
        let outgoing = Outgoing {
            session: conversation,
            text: with_mentions(text, &mentions),
            model: model.clone(),
            ..Outgoing::default()
        };
        let world = world(server, session, context.clone(), &server.chat.names);
        match conversations.send(outgoing, world, cancel.clone()).await {
            Ok(sent) => return Ok((sent, warnings)),
            Err(SendError::Mentions(problems)) => {
                let before = mentions.len();
                mentions.retain(|mention| !problems.iter().any(|(typed, _)| typed == mention));
                if mentions.len() == before {
                    return Err(failure(SendError::Mentions(problems)));
                }
                warnings.extend(problems.iter().map(|(_, error)| error.to_string()));
            }
            Err(error) => return Err(failure(error)),
        }
    }
}

fn with_mentions(text: &str, mentions: &[String]) -> String {
    if mentions.is_empty() { text.to_owned() } else { format!("{text}\n\n{}", mentions.join(" ")) }
}

/// The document that is being edited, and what is selected in it.
fn context(params: &TurnParams) -> ChatContext {
    let named = params.text_document.as_ref().map(|document| document.uri.as_str());
    let uri = named.or(params.doc.as_ref().map(|doc| doc.uri.as_str()));
    let cursor = params.doc.as_ref().map(|doc| Range::new(doc.position, doc.position));
    ChatContext {
        text_document: uri.and_then(|uri| uri.parse().ok()).map(|uri| TextDocumentIdentifier { uri }),
        selection: params.selection.or(cursor),
        ..ChatContext::default()
    }
}

/// The last question; what was said before it stands above, because the client has it from a conversation that is gone.
fn questions(params: &TurnParams) -> String {
    let Some((last, before)) = params.turns.split_last() else { return text_of(&params.message) };
    let mut text = String::new();
    for turn in before {
        for (who, said) in [
            ("I asked", text_of(&turn.request)),
            ("The answer was", turn.response.clone().unwrap_or_default()),
        ] {
            if !said.trim().is_empty() {
                text.push_str(&format!("{who}: {}\n\n", said.trim()));
            }
        }
    }
    text + &text_of(&last.request)
}

/// A text, or the texts of a list of parts.
fn text_of(message: &Value) -> String {
    match message {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts = parts.iter().filter_map(|part| part.get("text")?.as_str());
            texts.collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}

/// Says what needs no model.
fn say(server: &Server, token: Option<&NumberOrString>, text: String) -> TurnAnswer {
    let told = Telling::new(server, token, String::new(), String::new());
    told.tell("begin", String::new());
    told.tell("report", text);
    told.tell("end", String::new());
    told.answer()
}

/// Passes an answer on until its end.
async fn follow(told: &Telling<'_>, answering: Answering, warnings: Vec<String>) {
    told.tell("begin", String::new());
    let mut first = told.progress("report", String::new());
    first.references =
        answering.attachments.iter().filter_map(references::reference).collect::<Vec<Reference>>();
    first.warnings = warnings.into_iter().map(|message| Warning { message }).collect();
    told.send(&first);
    let mut events = answering.events;
    let mut last = told.progress("end", String::new());
    while let Some(event) = events.next().await {
        match event {
            ChatEvent::Text { text } => told.tell("report", text),
            ChatEvent::Failed(failure) => {
                last.result = Some(TurnResult { error: Warning { message: failure.to_string() } });
            }
            ChatEvent::Finished(stats) if stats.end == ChatEnd::Length => {
                let message =
                    "the answer is cut: the model may write no more at once. Ask it to go on".to_owned();
                last.warnings.push(Warning { message });
            }
            ChatEvent::Loading { .. }
            | ChatEvent::Started(_)
            | ChatEvent::Thinking { .. }
            | ChatEvent::Finished(_) => {}
        }
    }
    told.send(&last);
}

/// Where the words of an answer go.
struct Telling<'a> {
    server: &'a Server,
    token: Option<&'a NumberOrString>,
    conversation: String,
    turn: String,
}

impl<'a> Telling<'a> {
    fn new(
        server: &'a Server,
        token: Option<&'a NumberOrString>,
        conversation: String,
        turn: String,
    ) -> Self {
        Self { server, token, conversation, turn }
    }

    fn answer(self) -> TurnAnswer {
        TurnAnswer { conversation_id: self.conversation, turn_id: self.turn }
    }

    fn progress(&self, kind: &'static str, reply: String) -> TurnProgress {
        TurnProgress {
            kind,
            conversation_id: self.conversation.clone(),
            turn_id: self.turn.clone(),
            reply,
            references: Vec::new(),
            warnings: Vec::new(),
            annotations: Vec::new(),
            hide_text: false,
            result: None,
        }
    }

    fn tell(&self, kind: &'static str, reply: String) {
        self.send(&self.progress(kind, reply));
    }

    fn send(&self, progress: &TurnProgress) {
        if let (Some(token), Ok(value)) = (self.token, serde_json::to_value(progress)) {
            let params = WeftProgressParams { token: token.clone(), value };
            self.server.outbound.send(Message::Progress(params));
        }
    }
}
