//! A new chat document, with a question that has begun.

use std::path::PathBuf;
use std::sync::Arc;

use assist::mentions::quoted;
use tower_lsp::jsonrpc;
use tower_lsp::ls_types::Range;

use super::page::Kind;
use super::{open, opened, send, tell};
use crate::ext::command::OpenArgument;
use crate::proto;
use crate::server::Server;

const HOW: &str = "*Write a question below, then send it with the code action \"Weft: send\" or the command `weft.chat.send`; `@` mentions \
                   files and symbols, `/` begins a command.*";

/// Makes a chat document and shows it.
///
/// # Errors
/// When it cannot be written.
pub(crate) async fn open_chat(server: &Server, argument: OpenArgument) -> jsonrpc::Result<PathBuf> {
    let mention = mention(server, &argument)?;
    let begun = [argument.text.trim(), mention.as_str()].join(" ").trim().to_owned();
    let head = format!("{}\n{HOW}\n\n## You\n\n{begun}", Kind::Chat(None).comment());
    // There is a blank to go on behind, and a line for the cursor to stand on.
    let blank = if begun.is_empty() { "" } else { " " };
    let content = format!("{head}{blank}\n");
    open(server, &begun, &content, content.len() - 1).await
}

/// Makes a chat document and sends its question as soon as the editor has opened it. Returns before that.
pub(crate) fn open_and_send(server: &Arc<Server>, argument: OpenArgument) {
    let server = server.clone();
    tokio::spawn(async move {
        let sent = async {
            let path = open_chat(&server, argument).await?;
            let document = opened(&server, &path).await?;
            send::start(&server, &document.id, None)
        };
        if let Err(error) = sent.await {
            tell(&server, &error);
        }
    });
}

/// The file and the lines that a question is about, as they are mentioned; empty without a file.
fn mention(server: &Server, argument: &OpenArgument) -> jsonrpc::Result<String> {
    let Some(document) = &argument.text_document else { return Ok(String::new()) };
    let id = proto::document_id(&document.uri);
    let Some(path) = id.path().filter(|_| !server.chat.is_document(&id)) else { return Ok(String::new()) };
    let path = quoted(&server.session()?.relative(&path));
    let lines = argument.selection.as_ref().and_then(lines).map_or_else(String::new, |(first, last)| {
        if first == last { format!(":{first}") } else { format!(":{first}-{last}") }
    });
    Ok(format!("@{path}{lines}"))
}

/// The first and the last line, counted from 1; none where nothing is selected.
fn lines(range: &Range) -> Option<(u32, u32)> {
    if range.start == range.end {
        return None;
    }
    // A selection that ends at the beginning of a line has nothing of it.
    let last = if range.end.character == 0 { range.end.line } else { range.end.line + 1 };
    Some((range.start.line + 1, last.max(range.start.line + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tower_lsp::ls_types::Position;

    #[test]
    fn lines_are_counted_from_one() {
        let of = |from: (u32, u32), to: (u32, u32)| {
            lines(&Range::new(Position::new(from.0, from.1), Position::new(to.0, to.1)))
        };
        assert_eq!(of((9, 0), (14, 0)), Some((10, 14)));
        assert_eq!(of((9, 2), (9, 4)), Some((10, 10)));
        assert_eq!(of((9, 2), (9, 2)), None);
    }
}
