//! Writing an answer into its document while it comes, in pieces, and the figures at the end.
//!
//! It must not lose text: what the editor refuses is written with the next piece, and all of it is kept in the conversation anyway.

use std::fmt::Write as _;
use std::time::Duration;

use assist::chat::{Answering, ChatEnd, ChatEvent, ChatStats};
use documents::DocumentId;
use futures::StreamExt as _;
use tokio::sync::mpsc;

use super::pieces::Pieces;
use super::send::change_surely;
use super::{Changed, Written, change, page};
use crate::server::Server;

/// What comes within it is one change of the document.
const PIECE: Duration = Duration::from_millis(150);

/// Writes an answer until its end.
///
/// # Errors
/// Where it cannot be written any more, for the user.
pub(super) async fn follow(
    server: &Server,
    id: &DocumentId,
    answering: Answering,
    written: &Written,
) -> Result<(), String> {
    let head = head(&answering);
    let session = answering.session.0;
    // The answer goes on while the editor makes a change: a stream works only while it is read.
    let (sender, mut came) = mpsc::unbounded_channel();
    let mut events = answering.events;
    tokio::spawn(async move {
        while let Some(event) = events.next().await {
            if sender.send(event).is_err() {
                break;
            }
        }
    });
    let mut pieces = Pieces::default();
    if !head.is_empty() {
        pieces.text(&head);
    }
    let (mut waiting, mut is_first, mut below) = (String::new(), true, None);
    let mut is_open = true;
    while is_open {
        let until = tokio::time::Instant::now() + PIECE;
        loop {
            match tokio::time::timeout_at(until, came.recv()).await {
                Ok(Some(event)) => take(event, &mut pieces, &mut below),
                Ok(None) => is_open = false,
                Err(_) => break,
            }
            if !is_open {
                break;
            }
        }
        waiting.push_str(&if is_open { pieces.take() } else { pieces.take_all() });
        if waiting.is_empty() {
            continue;
        }
        match change(server, id, |text| page::piece(text, &waiting, is_first)).await {
            Changed::Done => {
                waiting.clear();
                is_first = false;
            }
            Changed::Gone => {
                written.cancel.cancel();
                return Err(format!(
                    "the place of the answer is gone from the chat document, so it was stopped; what came is kept in \
                     conversation {session}"
                ));
            }
            Changed::Refused(_) | Changed::Closed => {}
        }
    }
    let kept = |why: String| format!("{why}; the answer is kept in conversation {session}");
    if !waiting.is_empty() {
        change_surely(server, id, |text| page::piece(text, &waiting, is_first)).await.map_err(kept)?;
    }
    let below = below.unwrap_or_else(|| "*stopped*".to_owned());
    change_surely(server, id, |text| page::finish(text, &below)).await.map_err(kept)
}

fn take(event: ChatEvent, pieces: &mut Pieces, below: &mut Option<String>) {
    match event {
        ChatEvent::Loading { .. } => {}
        ChatEvent::Started(started) => {
            let notices: Vec<String> =
                started.header.compacted().into_iter().chain(started.header.notices).collect();
            for notice in notices {
                pieces.text(&format!("*{notice}*\n\n"));
            }
        }
        ChatEvent::Thinking { text } => pieces.thinking(&text),
        ChatEvent::Text { text } => pieces.text(&text),
        ChatEvent::Finished(stats) => *below = Some(figures(&stats)),
        ChatEvent::Failed(failure) => *below = Some(format!("> **Failed:** {failure}")),
    }
}

/// What went along with the question.
fn head(answering: &Answering) -> String {
    let with = answering.attachments.iter().zip(&answering.tokens);
    let with: Vec<String> =
        with.map(|(attachment, tokens)| format!("{} ({tokens} tokens)", attachment.title)).collect();
    let mut head = String::new();
    if !with.is_empty() {
        let _ = writeln!(head, "*with {}*\n", with.join(", "));
    }
    for note in &answering.notes {
        let _ = writeln!(head, "*{note}*\n");
    }
    head
}

fn figures(stats: &ChatStats) -> String {
    let mut parts = Vec::new();
    match stats.end {
        ChatEnd::Stopped => parts.push("stopped".to_owned()),
        ChatEnd::Length => parts.push("cut: the answer became too long".to_owned()),
        ChatEnd::Done => {}
    }
    if let Some(rate) = stats.tokens_per_second {
        parts.push(format!("{rate:.1} tokens/s"));
    }
    if let Some(first) = stats.first_token_ms {
        parts.push(format!("first token after {:.1} s", first / 1000.0));
    }
    parts.push(format!("{} prompt tokens, {} of them cached", stats.prompt_tokens, stats.cached_tokens));
    format!("*{}*", parts.join(" · "))
}
