//! `textDocument/completion` in a chat document: what `@` and `/` can be followed by. It must not look for candidates itself.

use documents::Snapshot;
use tower_lsp::jsonrpc;
use tower_lsp::ls_types::{
    CompletionItem, CompletionItemKind, CompletionList, CompletionResponse, CompletionTextEdit, Range,
    TextEdit,
};

use super::page::{Page, Speaker};
use crate::ext::chat::{ChatContext, CompleteParams};
use crate::handlers::chat_complete::{self, byte_offset};
use crate::proto;
use crate::server::Server;

/// The candidates at a cursor, in bytes of the document; none outside of a question.
pub(crate) async fn complete(
    server: &Server,
    snapshot: &Snapshot,
    cursor: usize,
) -> jsonrpc::Result<Option<CompletionResponse>> {
    let session = server.session()?;
    let text = snapshot.text.to_string();
    let page = Page::read(&text);
    let section = page.section_at(cursor).and_then(|index| page.sections.get(index));
    let Some(section) = section.filter(|it| it.speaker == Speaker::You && it.body.start <= cursor) else {
        return Ok(None);
    };
    let question = text.get(section.body.clone()).unwrap_or_default().to_owned();
    let before = text.get(section.body.start..cursor).unwrap_or_default();
    let offset = before.encode_utf16().count();
    let params = CompleteParams { text: question.clone(), offset, context: ChatContext::default() };
    let found = chat_complete::handle(server, params).await?;
    let (start, end) = (byte_offset(&question, found.start), byte_offset(&question, found.end));
    let typed = question.get(start..end).unwrap_or_default();
    let place = |offset: usize| {
        proto::lsp_position(snapshot.text.position_of(section.body.start + offset, session.encoding))
    };
    let range = Range::new(place(start), place(end));
    let items = found.items.into_iter().enumerate().map(|(number, item)| CompletionItem {
        kind: Some(match item.kind {
            "command" => CompletionItemKind::EVENT,
            "file" => CompletionItemKind::FILE,
            "folder" => CompletionItemKind::FOLDER,
            "symbol" => CompletionItemKind::REFERENCE,
            _ => CompletionItemKind::KEYWORD,
        }),
        label: item.label,
        detail: Some(item.detail),
        // In the order in which they were found.
        sort_text: Some(format!("{number:03}")),
        // A name in the middle of a path is found too, and menus compare beginnings.
        filter_text: Some(if item.insert_text.starts_with(typed) {
            item.insert_text.clone()
        } else {
            format!("{typed} {}", item.insert_text)
        }),
        text_edit: Some(CompletionTextEdit::Edit(TextEdit { range, new_text: item.insert_text })),
        ..CompletionItem::default()
    });
    Ok(Some(CompletionResponse::List(CompletionList { is_incomplete: true, items: items.collect() })))
}
