//! Google's Gemini (<https://ai.google.dev/api/generate-content>). It has no call that fills in, so code is asked for in a conversation.

use crate::ask::{Answer, Ask, Call, KeyHeader, Piece, Prompt, Usage, count, set, stops, temperature, text};
use crate::frames::Framing;
use engine::{ChatRole, FinishReason};
use serde_json::{Value, json};

pub(super) fn call(ask: &Ask<'_>) -> Result<Call, String> {
    let Prompt::Chat(talk) = &ask.prompt else {
        return Err("Gemini completes code by chat only: set the model's `fim` to \"chat\"".to_owned());
    };
    let parts = |role: ChatRole| -> Vec<Value> {
        let said = talk.iter().filter(|message| message.role == role);
        said.map(|message| json!({ "text": message.text })).collect()
    };
    let contents: Vec<Value> = talk
        .iter()
        .filter(|message| message.role != ChatRole::System)
        .map(|message| {
            let role = if message.role == ChatRole::Assistant { "model" } else { "user" };
            json!({ "role": role, "parts": [{ "text": message.text }] })
        })
        .collect();
    let mut settings = json!({ "maxOutputTokens": ask.max_tokens });
    set(&mut settings, "temperature", temperature(ask.temperature));
    set(&mut settings, "stopSequences", stops(ask));
    let mut body = json!({ "contents": contents, "generationConfig": settings });
    let system = parts(ChatRole::System);
    set(&mut body, "systemInstruction", (!system.is_empty()).then(|| json!({ "parts": system })));
    Ok(Call {
        path: format!("/v1beta/models/{}:streamGenerateContent?alt=sse", ask.model),
        headers: Vec::new(),
        key: KeyHeader::Named("x-goog-api-key"),
        body,
        framing: Framing::Sse,
        answer: Answer::Gemini,
    })
}

pub(super) fn read(event: &Value) -> Option<Vec<Piece>> {
    if let Some(reason) = text(event, "/promptFeedback/blockReason") {
        return Some(vec![Piece::Filtered(reason.to_owned())]);
    }
    let usage = event.get("usageMetadata");
    let candidate = event.pointer("/candidates/0");
    if usage.is_none() && candidate.is_none() {
        return None;
    }
    let mut pieces = Vec::new();
    let parts = candidate.and_then(|candidate| candidate.pointer("/content/parts")).and_then(Value::as_array);
    for part in parts.into_iter().flatten() {
        let thought = part.get("thought").and_then(Value::as_bool) == Some(true);
        match text(part, "/text") {
            Some(text) if thought => pieces.push(Piece::Thinking(text.to_owned())),
            Some(text) => pieces.extend(Piece::text(text)),
            None => {}
        }
    }
    if let Some(usage) = usage {
        pieces.push(Piece::Usage(Usage {
            prompt: count(usage, "/promptTokenCount"),
            cached: count(usage, "/cachedContentTokenCount"),
            answer: count(usage, "/candidatesTokenCount"),
        }));
    }
    match candidate.and_then(|candidate| text(candidate, "/finishReason")) {
        None => {}
        Some("STOP") => pieces.push(Piece::Reason(FinishReason::EndOfText)),
        Some("MAX_TOKENS") => pieces.push(Piece::Reason(FinishReason::Length)),
        Some(other) => pieces.push(Piece::Filtered(other.to_owned())),
    }
    Some(pieces)
}
