//! Asking for suggestions as Copilot's older methods describe a place. It must not know what becomes of them.

use assist::completion::{Request, Silence, Suggestion, Trace};
use documents::{DocumentId, DocumentStore, Snapshot};
use text::PositionEncoding;
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{Position, Range};

use super::super::ask::ask;
use crate::ext::copilot::Doc;
use crate::proto;
use crate::server::Server;

/// Suggestions, and the place that they are for.
pub(super) struct Offers {
    pub(super) suggestions: Vec<Suggestion>,
    snapshot: Snapshot,
    cursor: usize,
    encoding: PositionEncoding,
}

/// Asks for some. No suggestions have their reason in `weft/trace`.
pub(super) async fn offers(server: &Server, doc: &Doc, wanted: u32) -> Result<Option<Offers>> {
    let session = server.session()?;
    let id = DocumentId::new(&doc.uri);
    let open = server.documents.snapshot(&id);
    let revision = open.as_ref().map(|open| open.revision);
    let Some(snapshot) = snapshot(doc, open) else {
        server.report(Trace::silent(id.as_str(), 0, &Silence::NotOpen), Some(&Silence::NotOpen));
        return Ok(None);
    };
    if let Some(silence) = server.silence_in(&id) {
        server.report(Trace::silent(id.as_str(), snapshot.version, &silence), Some(&silence));
        return Ok(None);
    }
    let encoding = session.encoding;
    let cursor = snapshot.text.offset_of(proto::position(doc.position), encoding);
    let request = Request { snapshot: snapshot.clone(), cursor, suggestions: wanted };
    let _busy = server.copilot.busy(&server.outbound);
    let answer = ask(server, session, request, (&snapshot, cursor)).await;
    let now = server.documents.snapshot(&id).map(|open| open.revision);
    let answer = if now == revision { answer } else { answer.outdated() };
    server.report(answer.trace(), answer.silence.as_ref());
    Ok(Some(Offers { suggestions: answer.suggestions, snapshot, cursor, encoding }))
}

/// The document as the client has it: some send the whole text along, open or not.
fn snapshot(doc: &Doc, open: Option<Snapshot>) -> Option<Snapshot> {
    let Some(source) = &doc.source else { return open };
    if let Some(open) = open.filter(|open| open.text.to_string() == *source) {
        return Some(open);
    }
    let version = i32::try_from(doc.version).unwrap_or(i32::MAX);
    Some(DocumentStore::default().open(DocumentId::new(&doc.uri), &doc.language_id, version, source))
}

impl Offers {
    /// What stands on the line before the cursor.
    pub(super) fn before(&self) -> String {
        let text = &self.snapshot.text;
        text.slice(text.line_start(text.line_of(self.cursor))..self.cursor)
    }

    /// From the beginning of the line to the end of what a suggestion replaces.
    pub(super) fn range_of_line(&self, suggestion: &Suggestion) -> Range {
        let range = self.range(suggestion);
        Range::new(Position::new(range.start.line, 0), range.end)
    }

    /// What a suggestion replaces.
    pub(super) fn range(&self, suggestion: &Suggestion) -> Range {
        let at = |offset| proto::lsp_position(self.snapshot.text.position_of(offset, self.encoding));
        Range::new(at(self.cursor), at(self.cursor + suggestion.replace_after))
    }

    /// The document.
    pub(super) fn document(&self) -> &DocumentId {
        &self.snapshot.id
    }
}
