//! `textDocument/inlineCompletion`: ghost text.
//!
//! Always `{items: […]}`, never null: Neovim keeps old ghost text on screen for null. An empty list has its
//! reason in `weft/trace`.

use super::ask::ask;
use crate::proto;
use crate::server::Server;
use assist::completion::{Request, Silence, Suggestion, Trace};
use documents::{DocumentId, DocumentStore, Snapshot};
use text::{Edit, PositionEncoding};
use tower_lsp::jsonrpc;
use tower_lsp::ls_types::{
    InlineCompletionItem, InlineCompletionList, InlineCompletionParams, InlineCompletionResponse,
    InlineCompletionTriggerKind, Range, SelectedCompletionInfo,
};

/// Suggestions for an explicit request, for the user to cycle through. An automatic one gets one.
const SUGGESTIONS_INVOKED: u32 = 3;

pub(crate) async fn handle(
    server: &Server,
    params: InlineCompletionParams,
) -> jsonrpc::Result<InlineCompletionResponse> {
    let session = server.session()?;
    let id = proto::document_id(&params.text_document_position.text_document.uri);
    let Some(snapshot) = server.documents.snapshot(&id) else {
        let trace = Trace::silent(id.as_str(), 0, &Silence::NotOpen);
        server.report(trace, Some(&Silence::NotOpen));
        return Ok(list(Vec::new()));
    };
    if let Some(silence) = server.silence_in(&id) {
        server.report(Trace::silent(id.as_str(), snapshot.version, &silence), Some(&silence));
        return Ok(list(Vec::new()));
    }
    let position = params.text_document_position.position;
    let site = site(&snapshot, position, params.context.selected_completion_info, session.encoding);
    let suggestions = if params.context.trigger_kind == InlineCompletionTriggerKind::INVOKED {
        SUGGESTIONS_INVOKED
    } else {
        1
    };
    // A cell's beginnings are in the cells before it.
    let (seen, cursor) = server.notebooks.whole(site.snapshot, site.cursor, &server.documents);
    let request = Request { snapshot: seen, cursor, suggestions };
    let _busy = server.copilot.busy(&server.outbound);
    let answer = ask(server, session, request, (&snapshot, site.placed.cursor)).await;
    let answer = if unchanged(server, &id, &snapshot) { answer } else { answer.outdated() };
    let made = answer.suggestions.iter().map(|suggestion| item(suggestion, &site.placed, &snapshot));
    let items = made.map(|item| server.copilot.with_acceptance(item, &id)).collect();
    server.report(answer.trace(), answer.silence.as_ref());
    Ok(list(items))
}

/// Where the suggestion is to stand, for the model and for the editor.
struct Place {
    /// The document, with the selected entry of the completion menu applied.
    snapshot: Snapshot,
    /// The cursor in it, in bytes.
    cursor: usize,
    placed: Placed,
}

struct Placed {
    encoding: PositionEncoding,
    /// The range that the item replaces, in the editor's document, and the text that it must begin with.
    range: Range,
    begins_with: String,
    /// The cursor in the editor's document, in bytes.
    cursor: usize,
}

fn site(
    snapshot: &Snapshot,
    position: tower_lsp::ls_types::Position,
    selected: Option<SelectedCompletionInfo>,
    encoding: PositionEncoding,
) -> Place {
    let cursor = snapshot.text.offset_of(proto::position(position), encoding);
    let Some(selected) = selected else {
        let placed =
            Placed { encoding, range: Range::new(position, position), begins_with: String::new(), cursor };
        return Place { snapshot: snapshot.clone(), cursor, placed };
    };
    // The menu's entry counts as typed: the suggestion continues it, and the item replaces what the entry would.
    let range = snapshot.text.range_of(
        proto::position(selected.range.start),
        proto::position(selected.range.end),
        encoding,
    );
    let after = range.start + selected.text.len();
    let mut text = snapshot.text.clone();
    let edit = Edit { range, new_text: selected.text.clone() };
    // The range was clamped to the text, so the edit fits.
    let applied = text.apply(&edit).is_ok();
    let language = snapshot.language.map_or("", |language| language.id());
    let preview =
        DocumentStore::default().open(snapshot.id.clone(), language, snapshot.version, &text.to_string());
    let placed = Placed { encoding, range: selected.range, begins_with: selected.text, cursor };
    Place { snapshot: preview, cursor: if applied { after } else { cursor }, placed }
}

fn item(suggestion: &Suggestion, placed: &Placed, snapshot: &Snapshot) -> InlineCompletionItem {
    let mut range = placed.range;
    if suggestion.replace_after > 0 {
        let end = snapshot.text.position_of(placed.cursor + suggestion.replace_after, placed.encoding);
        range.end = proto::lsp_position(end);
    }
    InlineCompletionItem {
        insert_text: format!("{}{}", placed.begins_with, suggestion.text),
        filter_text: None,
        range: Some(range),
        command: None,
        insert_text_format: None,
    }
}

fn unchanged(server: &Server, id: &DocumentId, snapshot: &Snapshot) -> bool {
    server.documents.snapshot(id).is_some_and(|now| now.revision == snapshot.revision)
}

fn list(items: Vec<InlineCompletionItem>) -> InlineCompletionResponse {
    InlineCompletionResponse::List(InlineCompletionList { items })
}
