//! Sending a question of a chat document: which one, what it replaces, and what is written below it when there is no answer.

use std::sync::Arc;
use std::time::Duration;

use assist::chat::commands::Action;
use assist::chat::store::{MessageId, Role, SessionId};
use assist::chat::{Outgoing, Sent};
use documents::DocumentId;
use tower_lsp::jsonrpc;
use tower_lsp::ls_types::{Position, TextDocumentIdentifier};

use super::page::{self, Kind, Page, PageEdit};
use super::{Changed, Written, ask_edit, change, latest_code, tell, write};
use crate::ext::chat::ChatContext;
use crate::ext::command::OpenArgument;
use crate::failure;
use crate::handlers::chat_send::act;
use crate::proto;
use crate::server::Server;
use crate::world::world;

/// Between two tries of a change that the editor refused.
const AGAIN: Duration = Duration::from_millis(150);

/// Tries of a change that must be made.
const TRIES: usize = 40;

/// A question of a document.
struct Question {
    /// Its section.
    index: usize,
    text: String,
    session: Option<i64>,
    /// Questions of the conversation before it.
    asked_before: usize,
}

/// Sends the question at a cursor, else the last one. The answer is written when this has returned.
///
/// # Errors
/// When there is no question or something is being written into the document. What is wrong with the question itself is written below it.
pub(crate) fn start(server: &Arc<Server>, id: &DocumentId, cursor: Option<Position>) -> jsonrpc::Result<()> {
    let session = server.session()?;
    if !server.chat.is_document(id) {
        return Err(failure("this is no chat document; the command weft.chat.open makes one"));
    }
    let snapshot = server.documents.snapshot(id).ok_or_else(|| {
        failure("the chat document is not open with Weft: let the editor use Weft for Markdown")
    })?;
    let text = snapshot.text.to_string();
    let page = Page::read(&text);
    let cursor = cursor.map(|at| snapshot.text.offset_of(proto::position(at), session.encoding));
    let index = page.question_at(cursor).ok_or_else(|| {
        failure("there is no question in this document: write one below a line that says `## You`")
    })?;
    let said = page.said(index);
    let session = match page.kind {
        Kind::Chat(session) => session,
        Kind::Instruction(json) => return ask_edit::run(server, &json, said),
        Kind::Proposal(_) => {
            return Err(failure(
                "this document shows a change; ask in a chat document, which weft.chat.open makes",
            ));
        }
    };
    let written = server.writing.begin(id).ok_or_else(|| {
        failure(
            "an answer is being written into this document; stop it first (\"Weft: stop\" or weft.chat.stop)",
        )
    })?;
    let question =
        Question { index, text: said, session, asked_before: Page::read(&text).asked_before(index) };
    let (server, id) = (server.clone(), id.clone());
    tokio::spawn(async move { ask(&server, &id, question, written).await });
    Ok(())
}

async fn ask(server: &Server, id: &DocumentId, question: Question, written: Written) {
    let index = question.index;
    let refuse =
        |why: String| change_surely(server, id, move |text| Some(Page::read(text).refuse(index, &why)));
    let done = match send(server, question, &written).await {
        Ok(Sent::Answer(answering)) => {
            let session = Some(answering.session.0);
            match change_surely(server, id, |text| Some(Page::read(text).begin(index, session))).await {
                Ok(()) => write::follow(server, id, answering, &written).await,
                Err(error) => Err(error),
            }
        }
        Ok(Sent::Help(text)) => reply(server, id, index, &text).await,
        Ok(Sent::Action(Action::Clear)) => {
            let opened = super::open_chat::open_chat(server, OpenArgument::default()).await;
            opened.map(|_| ()).map_err(|error| error.message.into_owned())
        }
        Ok(Sent::Action(action)) => match act(server, action) {
            Ok(text) => reply(server, id, index, &text).await,
            Err(error) => refuse(error.message.into_owned()).await,
        },
        Err(why) => refuse(why).await,
    };
    if let Err(why) = done {
        tell(server, &failure(why));
    }
}

async fn send(server: &Server, question: Question, written: &Written) -> Result<Sent, String> {
    let said = |error: jsonrpc::Error| error.message.into_owned();
    let session = server.session().map_err(said)?;
    let conversations = server.chat.conversations().map_err(said)?;
    let conversation = question.session.map(SessionId);
    let replaces: Option<MessageId> = match conversation {
        Some(id) => {
            let messages = conversations.store().messages(id).map_err(|error| error.to_string())?;
            let mut asked = messages.iter().filter(|message| message.role == Role::User);
            asked.nth(question.asked_before).map(|message| message.id)
        }
        None => None,
    };
    let code = latest_code(server).and_then(|code| code.id.as_str().parse().ok());
    let context = ChatContext {
        text_document: code.map(|uri| TextDocumentIdentifier { uri }),
        ..ChatContext::default()
    };
    let outgoing = Outgoing {
        session: conversation,
        text: question.text,
        model: server.model_for(session, crate::Role::Chat),
        replaces,
        regenerate: false,
    };
    let world = world(server, session, context, &server.chat.names);
    let sent = conversations.send(outgoing, world, written.cancel.clone()).await;
    sent.map_err(|error| error.to_string())
}

/// Writes an answer that needs no model.
async fn reply(server: &Server, id: &DocumentId, index: usize, text: &str) -> Result<(), String> {
    change_surely(server, id, |page| Some(Page::read(page).begin(index, None))).await?;
    change_surely(server, id, |page| page::finish(page, text.trim())).await
}

/// Makes a change; one that the editor refuses, because the user typed meanwhile, is made anew.
pub(super) async fn change_surely(
    server: &Server,
    id: &DocumentId,
    plan: impl Fn(&str) -> Option<Vec<PageEdit>>,
) -> Result<(), String> {
    let mut why = String::new();
    for _ in 0..TRIES {
        match change(server, id, &plan).await {
            Changed::Done => return Ok(()),
            Changed::Gone => {
                return Err("the place of the answer is gone from the chat document".to_owned());
            }
            Changed::Closed => "the chat document was closed".clone_into(&mut why),
            Changed::Refused(reason) => why = reason,
        }
        tokio::time::sleep(AGAIN).await;
    }
    Err(why)
}
