//! Anthropic's messages (<https://docs.anthropic.com/en/api/messages-streaming>). It has no call that fills in, so code is asked for in a
//! conversation.

use crate::ask::{
    Answer, Ask, Call, KeyHeader, Piece, Prompt, Usage, count, messages, set, stops, temperature, text,
};
use crate::frames::Framing;
use engine::{ChatRole, FinishReason};
use serde_json::{Value, json};

pub(super) fn call(ask: &Ask<'_>) -> Result<Call, String> {
    let Prompt::Chat(talk) = &ask.prompt else {
        return Err("Anthropic completes code by chat only: set the model's `fim` to \"chat\"".to_owned());
    };
    let system: Vec<&str> = talk
        .iter()
        .filter(|message| message.role == ChatRole::System)
        .map(|message| message.text.as_str())
        .collect();
    let said: Vec<_> = talk.iter().filter(|message| message.role != ChatRole::System).cloned().collect();
    let mut body = json!({
        "model": ask.model,
        "max_tokens": ask.max_tokens,
        "messages": messages(&said),
        "stream": true,
    });
    set(&mut body, "system", (!system.is_empty()).then(|| system.join("\n\n")));
    set(&mut body, "temperature", temperature(ask.own_temperature));
    set(&mut body, "stop_sequences", stops(ask));
    Ok(Call {
        path: "/v1/messages".to_owned(),
        headers: vec![("anthropic-version", "2023-06-01".to_owned())],
        key: KeyHeader::Named("x-api-key"),
        body,
        framing: Framing::Sse,
        answer: Answer::Anthropic,
    })
}

pub(super) fn read(event: &Value) -> Option<Vec<Piece>> {
    let piece = match text(event, "/type")? {
        "message_start" => Some(Piece::Usage(usage(event.pointer("/message/usage")?))),
        "content_block_delta" => match text(event, "/delta/type") {
            Some("text_delta") => Piece::text(text(event, "/delta/text")?),
            Some("thinking_delta") => Some(Piece::Thinking(text(event, "/delta/thinking")?.to_owned())),
            _ => None,
        },
        "message_delta" => {
            let mut pieces = vec![Piece::Usage(Usage {
                answer: count(event, "/usage/output_tokens"),
                ..Usage::default()
            })];
            pieces.extend(match text(event, "/delta/stop_reason") {
                None => None,
                Some("max_tokens" | "model_context_window_exceeded") => {
                    Some(Piece::Reason(FinishReason::Length))
                }
                Some("refusal") => Some(Piece::Filtered("refusal".to_owned())),
                Some(_) => Some(Piece::Reason(FinishReason::EndOfText)),
            });
            return Some(pieces);
        }
        "message_stop" => Some(Piece::End),
        // `ping`, and kinds of events that will come: clients are told to let them pass.
        _ => None,
    };
    Some(piece.into_iter().collect())
}

/// The tokens of the prompt are counted apart: new ones, those from the cache and those that went into it.
fn usage(usage: &Value) -> Usage {
    let cached = count(usage, "/cache_read_input_tokens").unwrap_or(0);
    let written = count(usage, "/cache_creation_input_tokens").unwrap_or(0);
    let prompt = count(usage, "/input_tokens").map(|new| new.saturating_add(cached).saturating_add(written));
    Usage { prompt, cached: Some(cached), answer: None }
}
