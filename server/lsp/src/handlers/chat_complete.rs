//! `weft/chat/complete` and `weft/chat/resolve`: what can be typed into a message, and what it would bring along.

use assist::chat::commands;
use assist::mentions::{CandidateKind, complete, typed_at};
use tower_lsp::jsonrpc;

use crate::ext::chat::{
    ChatAttachment, CompleteAnswer, CompleteItem, CompleteParams, ResolveAnswer, ResolveParams,
    ResolveProblem,
};
use crate::failure;
use crate::server::Server;
use crate::world::world;

/// Candidates of one menu.
const MOST: usize = 50;

pub(crate) async fn handle(server: &Server, params: CompleteParams) -> jsonrpc::Result<CompleteAnswer> {
    let session = server.session()?;
    let conversations = server.chat.conversations()?;
    let world = world(server, session, params.context, &server.chat.names);
    let text = params.text;
    let cursor = byte_offset(&text, params.offset);
    // It may read the names of all files.
    let found = tokio::task::spawn_blocking(move || {
        let files = || conversations.prompt_files(&world);
        items(&text, cursor, &files, &|typed| complete(typed, &world, MOST))
    });
    found.await.map_err(failure)
}

/// What can stand at a cursor (a byte offset) of a message. `candidates` gives those for what was typed behind `@`.
pub(crate) fn items(
    text: &str,
    cursor: usize,
    files: &dyn Fn() -> commands::PromptFiles,
    candidates: &dyn Fn(&str) -> Vec<assist::mentions::Candidate>,
) -> CompleteAnswer {
    let units = |bytes: usize| text.get(..bytes).unwrap_or_default().encode_utf16().count();
    if let Some(name) = command_at(text, cursor) {
        let found = commands::complete(name, &files());
        let items = found.into_iter().map(|item| CompleteItem {
            insert_text: format!("/{} ", item.name),
            label: format!("/{}", item.name),
            detail: item.description,
            kind: "command",
        });
        let start = cursor - name.len() - 1;
        return CompleteAnswer { start: units(start), end: units(cursor), items: items.collect() };
    }
    let Some(range) = typed_at(text, cursor) else {
        return CompleteAnswer { start: units(cursor), end: units(cursor), items: Vec::new() };
    };
    let typed = text.get(range.clone()).unwrap_or_default();
    let items = candidates(typed).into_iter().map(|candidate| {
        // What wants something behind it is not followed by a blank.
        let goes_on = candidate.insert.ends_with([':', '/']);
        CompleteItem {
            insert_text: format!("@{}{}", candidate.insert, if goes_on { "" } else { " " }),
            label: format!("@{}", candidate.label),
            detail: candidate.detail,
            kind: match candidate.kind {
                CandidateKind::Keyword => "keyword",
                CandidateKind::File => "file",
                CandidateKind::Folder => "folder",
                CandidateKind::Symbol(_) => "symbol",
            },
        }
    });
    CompleteAnswer { start: units(range.start - 1), end: units(range.end), items: items.collect() }
}

/// The name of a command that is being typed: only at the beginning of a message.
fn command_at(text: &str, cursor: usize) -> Option<&str> {
    let before = text.get(..cursor)?.trim_start();
    let name = before.strip_prefix('/')?;
    name.chars().all(|one| one.is_alphanumeric() || matches!(one, '-' | '_')).then_some(name)
}

/// From UTF-16 units to bytes; past the end is the end.
pub(crate) fn byte_offset(text: &str, units: usize) -> usize {
    let mut left = units;
    for (at, one) in text.char_indices() {
        if left == 0 {
            return at;
        }
        left = left.saturating_sub(one.len_utf16());
    }
    text.len()
}

pub(crate) async fn resolve(server: &Server, params: ResolveParams) -> jsonrpc::Result<ResolveAnswer> {
    let session = server.session()?;
    let conversations = server.chat.conversations()?;
    let world = world(server, session, params.context, &server.chat.names);
    let model = session.completer.model();
    let preview = conversations.preview(&params.text, model.as_deref(), &world).await.map_err(failure)?;
    let attachments = preview.attachments.iter().zip(&preview.tokens);
    let problems = preview.problems.into_iter();
    Ok(ResolveAnswer {
        attachments: attachments.map(|(one, tokens)| ChatAttachment::new(one, *tokens)).collect(),
        problems: problems
            .map(|(mention, error)| ResolveProblem { mention, message: error.to_string() })
            .collect(),
        tokens: preview.total,
        budget: preview.budget,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_one_at_the_beginning_only() {
        assert_eq!(command_at("/exp", 4), Some("exp"));
        assert_eq!(command_at("/", 1), Some(""));
        assert_eq!(command_at("see /exp", 8), None);
        assert_eq!(command_at("/explain this", 13), None);
    }

    #[test]
    fn offsets_count_utf_16() {
        assert_eq!(byte_offset("a🦀b", 3), 5);
        assert_eq!(byte_offset("a🦀b", 9), 6);
    }
}
