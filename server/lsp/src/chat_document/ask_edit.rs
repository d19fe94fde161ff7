//! Edits in editors without a panel: what is to change is asked for in a document, and the proposal is shown in another.

use std::sync::Arc;

use tower_lsp::jsonrpc;
use tower_lsp::ls_types::MessageType;

use super::page::Kind;
use super::{open, proposal, tell};
use crate::ext::edit::{ApplyParams, ProposeKind, ProposeParams};
use crate::failure;
use crate::handlers::{edit_apply, edit_propose};
use crate::outbound::Message;
use crate::proto;
use crate::server::Server;

/// Proposes an edit and shows it. Without an instruction, where one is needed, a document asks for it. Returns before the model is asked.
///
/// # Errors
/// When the document is not open, or the one that asks cannot be written.
pub(crate) async fn edit(server: &Arc<Server>, params: ProposeParams) -> jsonrpc::Result<()> {
    let id = proto::document_id(&params.text_document.uri);
    if server.documents.snapshot(&id).is_none() {
        return Err(failure(
            "the document is not open, so there is nothing to edit: open it in the editor first",
        ));
    }
    if params.kind == ProposeKind::Edit && params.instruction.trim().is_empty() {
        return ask(server, &params).await;
    }
    in_background(server, propose(server.clone(), params));
    Ok(())
}

/// Proposes what a code block says and shows it. Returns before that.
pub(crate) fn apply(server: &Arc<Server>, params: ApplyParams) {
    let of_block = |server: Arc<Server>| async move {
        let proposed = edit_apply::handle(&server, params).await?;
        let waiting = server.proposals.get(&proposed.id);
        proposal::show(&server, &waiting.ok_or_else(|| failure("the proposal is gone"))?).await
    };
    in_background(server, of_block(server.clone()));
}

/// Runs the instruction of a document that asked for one.
///
/// # Errors
/// When there is no instruction, or what it was for is not known any more.
pub(crate) fn run(server: &Arc<Server>, json: &str, instruction: String) -> jsonrpc::Result<()> {
    if instruction.is_empty() {
        return Err(failure("write below `## You` what is to change, then send again"));
    }
    let mut params: ProposeParams = serde_json::from_str(json).map_err(|_| {
        failure("the first line of this document does not say any more what is to change; use \"Weft: edit…\" again")
    })?;
    params.instruction = instruction;
    in_background(server, propose(server.clone(), params));
    Ok(())
}

async fn ask(server: &Server, params: &ProposeParams) -> jsonrpc::Result<()> {
    let json = serde_json::to_string(&params).map_err(failure)?;
    let id = proto::document_id(&params.text_document.uri);
    let path = id.path().map_or_else(
        || Ok(id.as_str().to_owned()),
        |path| server.session().map(|session| session.relative(&path)),
    )?;
    let line = params.range.start.line + 1;
    let content = format!(
        "{}\n*Say below what is to change in `{path}` at line {line}, then use the code action \"Weft: send\" or the command \
         `weft.chat.send`. Nothing changes before you accept it.*\n\n## You\n\n\n",
        Kind::Instruction(json).comment()
    );
    open(server, &format!("edit {path}"), &content, content.len() - 1).await.map(|_| ())
}

async fn propose(server: Arc<Server>, params: ProposeParams) -> jsonrpc::Result<()> {
    let waiting = edit_propose::propose(&server, params).await?;
    proposal::show(&server, &waiting).await
}

fn in_background(server: &Arc<Server>, work: impl Future<Output = jsonrpc::Result<()>> + Send + 'static) {
    let server = server.clone();
    let text = "Weft: the change is being worked out; it opens when it is there".to_owned();
    server.outbound.send(Message::Show(MessageType::INFO, text));
    tokio::spawn(async move {
        if let Err(error) = work.await {
            tell(&server, &error);
        }
    });
}
