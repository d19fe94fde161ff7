//! What the chat knows of the editor at one moment: the documents of the session and what the client passed along.
//! It must not resolve anything.

use std::sync::Arc;

use assist::mentions::{Current, Files, Problem, Severity, System, Visible, World};
use documents::Snapshot;
use text::PositionEncoding;
use tower_lsp::ls_types::Range;

use crate::ext::chat::{ChatContext, ChatProblem};
use crate::proto;
use crate::server::{Server, Session};

/// The world of a request. `files` keeps the names of the workspace's files between requests.
pub(crate) fn world(server: &Server, session: &Session, context: ChatContext, files: &Files) -> Arc<World> {
    let encoding = session.encoding;
    let document = context.text_document.and_then(|document| {
        let id = proto::document_id(&document.uri);
        server.documents.snapshot(&id).or_else(|| Snapshot::from_file(&id.path()?).ok())
    });
    let visible = document.as_ref().map_or_else(Vec::new, |document| {
        let ranges = context.visible.unwrap_or_default();
        ranges.iter().map(|range| Visible { document: document.clone(), lines: lines(range) }).collect()
    });
    let problems = context.problems.map(|all| all.into_iter().filter_map(problem).collect());
    let mut code = server.documents.snapshots();
    code.retain(|document| !server.chat.is_document(&document.id));
    Arc::new(World {
        roots: session.workspace.roots(),
        index: session.workspace.workspace().index.clone(),
        files: files.clone(),
        open: code,
        current: document.map(|document| current(document, context.selection.as_ref(), encoding)),
        visible,
        problems,
        terminal: context.terminal,
        clipboard: context.clipboard,
        edits: session.workspace.workspace().history.edits(),
        system: System::of_process(),
        network: session.network.unwrap_or_else(|| (server.pages.network)()),
        fetch: server.pages.fetch.clone(),
        embed: server.embed(),
    })
}

fn current(document: Snapshot, selection: Option<&Range>, encoding: PositionEncoding) -> Current {
    let selection = selection.map_or(0..0, |range| {
        document.text.range_of(proto::position(range.start), proto::position(range.end), encoding)
    });
    Current { document, cursor: selection.end, selection }
}

fn lines(range: &Range) -> std::ops::Range<u32> {
    // A range that ends at the beginning of a line shows nothing of it.
    let last = if range.end.character == 0 { range.end.line } else { range.end.line.saturating_add(1) };
    range.start.line..last.max(range.start.line.saturating_add(1))
}

fn problem(problem: ChatProblem) -> Option<Problem> {
    let severity = match problem.severity {
        Some(1) => Severity::Error,
        Some(3) => Severity::Information,
        Some(4) => Severity::Hint,
        _ => Severity::Warning,
    };
    Some(Problem {
        path: proto::document_id(&problem.uri).path()?,
        line: problem.range.start.line,
        severity,
        message: problem.message,
        source: problem.source,
    })
}
