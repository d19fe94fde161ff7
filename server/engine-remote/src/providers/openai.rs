//! OpenAI and every server with its interface: OpenRouter, Groq, Together, LM Studio, vLLM, llama-server, Weft itself. Conversations go to
//! `/chat/completions`, prompts in a model's format to `/completions`
//! (<https://platform.openai.com/docs/api-reference>).

use crate::ask::{
    Answer, Ask, Call, KeyHeader, Piece, Prompt, Usage, count, flat_prefix, messages, set, stops,
    temperature, text,
};
use crate::frames::Framing;
use crate::options::{EngineOptions, Kind};
use engine::FinishReason;
use serde_json::{Value, json};

pub(super) fn call(options: &EngineOptions, ask: &Ask<'_>) -> Result<Call, String> {
    // OpenAI's own newer models refuse the older name, and other servers do not know the newer one.
    let own = Kind::OpenAi.base_url() == Some(options.base_url.trim_end_matches('/'));
    let most = if own { "max_completion_tokens" } else { "max_tokens" };
    Ok(request(ask, most, "/chat/completions", "/completions"))
}

/// The request, to a server that has the calls at these paths.
pub(super) fn request(ask: &Ask<'_>, most: &str, chat: &str, completions: &str) -> Call {
    let (path, mut body) = match &ask.prompt {
        Prompt::Chat(talk) => {
            let mut body = json!({ "messages": messages(talk) });
            set(&mut body, most, Some(ask.max_tokens));
            (chat, body)
        }
        Prompt::Fill(fill) => {
            let prompt = flat_prefix(fill);
            (completions, json!({ "prompt": prompt, "suffix": fill.suffix, "max_tokens": ask.max_tokens }))
        }
        Prompt::Text(prompt) => (completions, json!({ "prompt": prompt, "max_tokens": ask.max_tokens })),
    };
    set(&mut body, "model", Some(ask.model));
    set(&mut body, "stream", Some(true));
    set(&mut body, "stream_options", Some(json!({ "include_usage": true })));
    set(&mut body, "temperature", temperature(ask.temperature));
    set(&mut body, "stop", stops(ask));
    Call {
        path: path.to_owned(),
        headers: Vec::new(),
        key: KeyHeader::Bearer,
        body,
        framing: Framing::Sse,
        answer: Answer::OpenAi,
    }
}

/// A chunk of a chat (`delta`) or of a completion (`text`).
pub(super) fn read(event: &Value) -> Option<Vec<Piece>> {
    let choices = event.get("choices");
    let usage = event.get("usage").filter(|usage| !usage.is_null());
    if choices.is_none() && usage.is_none() {
        return None;
    }
    let mut pieces = Vec::new();
    if let Some(choice) = choices.and_then(|choices| choices.get(0)) {
        // What a model thinks has several names, none of them OpenAI's.
        let thoughts = ["/delta/reasoning_content", "/delta/reasoning"];
        let thought =
            thoughts.iter().find_map(|pointer| text(choice, pointer)).filter(|text| !text.is_empty());
        pieces.extend(thought.map(|text| Piece::Thinking(text.to_owned())));
        let said = text(choice, "/delta/content").or_else(|| text(choice, "/text"));
        pieces.extend(said.and_then(Piece::text));
        pieces.extend(parts(choice));
        let refusal = text(choice, "/delta/refusal");
        pieces.extend(refusal.and_then(Piece::text));
        match text(choice, "/finish_reason") {
            None => {}
            Some("length" | "model_length") => pieces.push(Piece::Reason(FinishReason::Length)),
            Some("content_filter") => pieces.push(Piece::Filtered("content_filter".to_owned())),
            Some("error") => pieces.push(Piece::Error(json!({ "message": "finish_reason error" }))),
            Some(_) => pieces.push(Piece::Reason(FinishReason::EndOfText)),
        }
    }
    if let Some(usage) = usage {
        pieces.push(Piece::Usage(Usage {
            prompt: count(usage, "/prompt_tokens"),
            cached: count(usage, "/prompt_tokens_details/cached_tokens")
                .or_else(|| count(usage, "/prompt_cache_hit_tokens")),
            answer: count(usage, "/completion_tokens"),
        }));
    }
    Some(pieces)
}

/// Mistral's thinking models send a list of parts instead of a text.
fn parts(choice: &Value) -> Vec<Piece> {
    let Some(parts) = choice.pointer("/delta/content").and_then(Value::as_array) else { return Vec::new() };
    let mut pieces = Vec::new();
    for part in parts {
        pieces.extend(text(part, "/text").and_then(Piece::text));
        let thoughts = part.get("thinking").and_then(Value::as_array).into_iter().flatten();
        let thoughts = thoughts.filter_map(|thought| text(thought, "/text"));
        pieces.extend(thoughts.map(|text| Piece::Thinking(text.to_owned())));
    }
    pieces
}
