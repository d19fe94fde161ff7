//! `textDocument/codeAction`: what can be done at the cursor, in code and in Weft's own documents. It must not do it: every action is a
//! command.

use assist::edits::{File, region};
use documents::Snapshot;
use serde_json::{Value, json};
use tower_lsp::jsonrpc;
use tower_lsp::ls_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, CodeActionResponse, Command, Range,
};

use crate::chat_document::page::{Kind, Page, code_block_at};
use crate::chat_document::{latest_code, proposal};
use crate::ext::command;
use crate::proto;
use crate::server::{Server, Session};

/// Actions that change no code.
const CHAT: CodeActionKind = CodeActionKind::new("weft.chat");

/// What is offered.
pub(crate) const KINDS: [CodeActionKind; 3] =
    [CodeActionKind::QUICKFIX, CodeActionKind::REFACTOR_REWRITE, CHAT];

pub(crate) fn handle(
    server: &Server,
    params: &CodeActionParams,
) -> jsonrpc::Result<Option<CodeActionResponse>> {
    let session = server.session()?;
    let id = proto::document_id(&params.text_document.uri);
    let Some(snapshot) = server.documents.snapshot(&id) else { return Ok(None) };
    let mut actions = if server.chat.is_document(&id) {
        in_chat(server, session, &snapshot, params)
    } else {
        in_code(session, &snapshot, params)
    };
    if let Some(only) = &params.context.only {
        actions.retain(|action| only.iter().any(|wanted| is_of(action.kind.as_ref(), wanted)));
    }
    Ok(Some(actions.into_iter().map(CodeActionOrCommand::CodeAction).collect()))
}

/// Whether a kind is the wanted one or below it.
fn is_of(kind: Option<&CodeActionKind>, wanted: &CodeActionKind) -> bool {
    let (Some(kind), wanted) = (kind.map(CodeActionKind::as_str), wanted.as_str()) else { return false };
    wanted.is_empty() || kind == wanted || kind.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('.'))
}

fn in_code(session: &Session, snapshot: &Snapshot, params: &CodeActionParams) -> Vec<CodeAction> {
    let document = &params.text_document;
    let edit = |kind: &str, problems: Vec<Value>| json!({ "textDocument": document, "range": params.range, "kind": kind, "problems": problems });
    let explain = json!({ "textDocument": document, "selection": meant(session, snapshot, params), "text": "/explain", "send": true });
    let mut actions = vec![action("Weft: explain", CHAT, command::CHAT_OPEN, explain)];
    let problems = params.context.diagnostics.iter();
    let problems: Vec<Value> =
        problems.map(|it| json!({ "range": it.range, "message": it.message })).collect();
    if !problems.is_empty() {
        let fix = edit("fix", problems);
        let mut fix = action("Weft: fix", CodeActionKind::QUICKFIX, command::EDIT, fix);
        fix.diagnostics = Some(params.context.diagnostics.clone());
        actions.push(fix);
    }
    let rewrites = [("Weft: document", "document"), ("Weft: write tests", "tests"), ("Weft: edit…", "edit")];
    actions.extend(rewrites.map(|(title, kind)| {
        action(title, CodeActionKind::REFACTOR_REWRITE, command::EDIT, edit(kind, Vec::new()))
    }));
    actions
}

/// The selection, or the definition around the cursor.
fn meant(session: &Session, snapshot: &Snapshot, params: &CodeActionParams) -> Range {
    let (start, end) = (proto::position(params.range.start), proto::position(params.range.end));
    let selected = snapshot.text.range_of(start, end, session.encoding);
    let path = snapshot.path.as_deref().map_or_else(String::new, |path| session.relative(path));
    let file = File { path: &path, text: &snapshot.text, language: snapshot.language };
    let lines = region(&file, selected).range;
    let place = |offset| proto::lsp_position(snapshot.text.position_of(offset, session.encoding));
    Range::new(place(lines.start), place(lines.end))
}

fn in_chat(
    server: &Server,
    session: &Session,
    snapshot: &Snapshot,
    params: &CodeActionParams,
) -> Vec<CodeAction> {
    let text = snapshot.text.to_string();
    let cursor = snapshot.text.offset_of(proto::position(params.range.start), session.encoding);
    let place = json!({ "textDocument": params.text_document, "position": params.range.start });
    if let Kind::Proposal(id) = Page::read(&text).kind {
        return decisions(&id, &text, cursor);
    }
    let mut actions = Vec::new();
    if server.writing.contains(&snapshot.id) {
        actions.push(action("Weft: stop", CHAT, command::CHAT_STOP, place));
    } else {
        actions.push(action("Weft: send", CHAT, command::CHAT_SEND, place));
    }
    if let Some(code) = code_block_at(&text, cursor) {
        let current = latest_code(server).map(|code| json!({ "uri": code.id.as_str() }));
        let apply = json!({ "code": code, "textDocument": current });
        actions.push(action("Weft: apply", CodeActionKind::REFACTOR_REWRITE, command::EDIT_APPLY, apply));
    }
    actions
}

fn decisions(id: &str, text: &str, cursor: usize) -> Vec<CodeAction> {
    let (undecided, under) = proposal::blocks_at(text, cursor);
    if undecided.is_empty() {
        return Vec::new();
    }
    let kind = || CodeActionKind::REFACTOR_REWRITE;
    let mut actions = vec![action("Weft: accept all", kind(), command::EDIT_ACCEPT, json!({ "id": id }))];
    if let Some(block) = under {
        let this = json!({ "id": id, "blocks": [block] });
        actions.push(action("Weft: accept this block", kind(), command::EDIT_ACCEPT, this.clone()));
        if undecided.len() > 1 {
            actions.push(action("Weft: reject this block", kind(), command::EDIT_REJECT, this));
        }
    }
    actions.push(action("Weft: reject", kind(), command::EDIT_REJECT, json!({ "id": id })));
    actions
}

fn action(title: &str, kind: CodeActionKind, command: &str, argument: Value) -> CodeAction {
    let command =
        Command { title: title.to_owned(), command: command.to_owned(), arguments: Some(vec![argument]) };
    CodeAction { title: title.to_owned(), kind: Some(kind), command: Some(command), ..CodeAction::default() }
}
