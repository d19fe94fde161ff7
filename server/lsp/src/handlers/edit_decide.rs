//! `weft/edit/accept` and `weft/edit/reject`: what becomes of a proposal's blocks. The editor makes the change, in one step.

use assist::edits::{Proposal, accept_all, only, rebase};
use documents::Snapshot;
use tower_lsp::jsonrpc;
use tower_lsp::ls_types::{
    CreateFile, CreateFileOptions, DocumentChangeOperation, DocumentChanges, OneOf,
    OptionalVersionedTextDocumentIdentifier, Range, ResourceOp, TextDocumentEdit, TextEdit, Uri,
    WorkspaceEdit,
};

use crate::ext::edit::{AcceptAnswer, BlocksParams, RejectAnswer};
use crate::failure;
use crate::proposals::Waiting;
use crate::proto;
use crate::server::{Server, Session};

pub(crate) async fn accept(server: &Server, params: BlocksParams) -> jsonrpc::Result<AcceptAnswer> {
    let session = server.session()?;
    let waiting = waiting(server, &params.id)?;
    let part = match &params.blocks {
        Some(blocks) => only(&waiting.proposal, blocks),
        None => waiting.proposal.clone(),
    };
    if part.blocks.is_empty() {
        return Err(failure("the proposal has no such block any more: it was accepted or rejected already"));
    }
    let refused = |reason: String| AcceptAnswer {
        applied: false,
        reason: Some(reason),
        left: waiting.proposal.blocks.len(),
    };
    let open = server.documents.snapshot(&waiting.document);
    let on_disk = || Snapshot::from_file(&waiting.document.path()?).ok();
    let now = open.clone().or_else(on_disk);
    let is_new = now.is_none();
    if is_new && part.base.len_bytes() > 0 {
        return Ok(refused("the file is gone, so the edit was not made".to_owned()));
    }
    let part = match &now {
        Some(now) => match rebase(&part, &now.text, now.language) {
            Ok(part) => part,
            Err(error) => return Ok(refused(error.to_string())),
        },
        None => part,
    };
    let edit = workspace_edit(session, &waiting, &part, open.as_ref(), is_new)?;
    match server.outbound.apply_edit(edit).await {
        Ok(()) => {
            let left = server.proposals.decided(&params.id, params.blocks.as_deref());
            Ok(AcceptAnswer { applied: true, reason: None, left })
        }
        Err(reason) => Ok(refused(reason)),
    }
}

pub(crate) fn reject(server: &Server, params: &BlocksParams) -> jsonrpc::Result<RejectAnswer> {
    waiting(server, &params.id)?;
    Ok(RejectAnswer { left: server.proposals.decided(&params.id, params.blocks.as_deref()) })
}

fn waiting(server: &Server, id: &str) -> jsonrpc::Result<Waiting> {
    server.proposals.get(id).ok_or_else(|| {
        failure(
            "there is no such proposal any more: it was decided, or many newer ones came. Ask for it again",
        )
    })
}

fn workspace_edit(
    session: &Session,
    waiting: &Waiting,
    part: &Proposal,
    open: Option<&Snapshot>,
    is_new: bool,
) -> jsonrpc::Result<WorkspaceEdit> {
    let uri: Uri =
        waiting.document.as_str().parse().map_err(|_| failure("the document has no usable URI"))?;
    let position = |offset: usize| proto::lsp_position(part.base.position_of(offset, session.encoding));
    let edits = accept_all(part).into_iter().map(|edit| {
        let range = Range::new(position(edit.range.start), position(edit.range.end));
        OneOf::Left(TextEdit { range, new_text: edit.new_text })
    });
    let edit = TextDocumentEdit {
        text_document: OptionalVersionedTextDocumentIdentifier {
            uri: uri.clone(),
            version: open.map(|document| document.version),
        },
        edits: edits.collect(),
    };
    let changes = if is_new {
        let options = CreateFileOptions { overwrite: Some(false), ignore_if_exists: Some(true) };
        let create = CreateFile { uri, options: Some(options), annotation_id: None };
        DocumentChanges::Operations(vec![
            DocumentChangeOperation::Op(ResourceOp::Create(create)),
            DocumentChangeOperation::Edit(edit),
        ])
    } else {
        DocumentChanges::Edits(vec![edit])
    };
    Ok(WorkspaceEdit { document_changes: Some(changes), ..WorkspaceEdit::default() })
}
