//! `textDocument/codeLens`: what can be asked about a function, above it. Only for editors that want it
//! (`initializationOptions.codeLens`): most people find a line above each function too much. It must not do anything: every lens is a command
//! that a code action has too.

use std::sync::Arc;

use documents::Snapshot;
use serde_json::{Value, json};
use syntax::{Definition, DefinitionKind};
use tower_lsp::jsonrpc;
use tower_lsp::ls_types::{CodeLens, CodeLensParams, Command, Range, TextDocumentIdentifier};

use crate::ext::command;
use crate::proto;
use crate::server::{Server, Session};

pub(crate) async fn handle(
    server: &Server,
    params: CodeLensParams,
) -> jsonrpc::Result<Option<Vec<CodeLens>>> {
    let session = server.session()?;
    let id = proto::document_id(&params.text_document.uri);
    let Some(snapshot) = server.documents.snapshot(&id) else { return Ok(None) };
    if !session.code_lens() || server.chat.is_document(&id) {
        return Ok(None);
    }
    let parsed = snapshot.clone();
    // An unfinished tree is parsed where blocking is allowed.
    let outline = tokio::task::spawn_blocking(move || parsed.outline()).await.ok().flatten();
    let Some(outline) = outline else { return Ok(None) };
    let definitions = outline.definitions();
    let wanted = definitions.iter().filter(|it| is_wanted(it, definitions));
    let lenses = wanted.flat_map(|it| lenses(session, &snapshot, &params.text_document, it));
    Ok(Some(lenses.collect()))
}

/// Functions and classes; not what is defined inside a function, which is a detail of it.
fn is_wanted(definition: &Definition, all: &[Arc<Definition>]) -> bool {
    use DefinitionKind::{Class, Enum, Function, Method, Struct, Trait};
    let is_function = |it: &Definition| matches!(it.kind, Function | Method);
    let is_type = matches!(definition.kind, Class | Struct | Enum | Trait);
    let mut outer = std::iter::successors(definition.parent, |&index| all.get(index)?.parent);
    let inside = outer.any(|index| all.get(index).is_some_and(|it| is_function(it)));
    (is_type || is_function(definition)) && definition.body.is_some() && !inside
}

fn lenses(
    session: &Session,
    snapshot: &Snapshot,
    document: &TextDocumentIdentifier,
    definition: &Definition,
) -> [CodeLens; 4] {
    let place = |offset| proto::lsp_position(snapshot.text.position_of(offset, session.encoding));
    let range = Range::new(place(definition.range.start), place(definition.range.end));
    // Lenses stand above the line on which their range begins.
    let above = Range::new(range.start, range.start);
    let edit = |kind: &str| json!({ "textDocument": document, "range": range, "kind": kind, "problems": [] });
    let explain = json!({ "textDocument": document, "selection": range, "text": "/explain", "send": true });
    [
        lens(above, "Weft: explain", command::CHAT_OPEN, explain),
        lens(above, "document", command::EDIT, edit("document")),
        lens(above, "tests", command::EDIT, edit("tests")),
        lens(above, "edit…", command::EDIT, edit("edit")),
    ]
}

fn lens(range: Range, title: &str, command: &str, argument: Value) -> CodeLens {
    let command =
        Command { title: title.to_owned(), command: command.to_owned(), arguments: Some(vec![argument]) };
    CodeLens { range, command: Some(command), data: None }
}
