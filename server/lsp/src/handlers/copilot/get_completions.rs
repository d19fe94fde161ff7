//! `getCompletions` and `getCompletionsCycling`: ghost text for clients from before LSP had it.
//!
//! copilot.lua refuses a range that does not begin with the line, copilot.el a version other than the one it asked about.

use tower_lsp::jsonrpc::Result;

use super::offer::offers;
use crate::ext::copilot::{Completion, CompletionsAnswer, Doc};
use crate::server::Server;

/// Suggestions to cycle through.
const SEVERAL: u32 = 3;

pub(crate) async fn one(server: &Server, doc: Doc) -> Result<CompletionsAnswer> {
    handle(server, doc, 1).await
}

pub(crate) async fn several(server: &Server, doc: Doc) -> Result<CompletionsAnswer> {
    handle(server, doc, SEVERAL).await
}

async fn handle(server: &Server, doc: Doc, wanted: u32) -> Result<CompletionsAnswer> {
    let Some(offers) = offers(server, &doc, wanted).await? else { return Ok(CompletionsAnswer::default()) };
    let before = offers.before();
    let completions = offers.suggestions.iter().map(|suggestion| {
        let text = format!("{before}{}", suggestion.text);
        Completion {
            uuid: server.copilot.feedback.offer(offers.document(), &text),
            text,
            display_text: suggestion.text.clone(),
            position: doc.position,
            range: offers.range_of_line(suggestion),
            doc_version: doc.version,
        }
    });
    Ok(CompletionsAnswer { completions: completions.collect() })
}
