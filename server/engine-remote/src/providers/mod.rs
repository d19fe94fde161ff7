//! One file a provider: what is sent to it, and what its answers mean. They must not do IO.

mod anthropic;
mod azure;
mod deepseek;
mod gemini;
mod hugging_face;
mod llama_server;
mod mistral;
mod ollama;
mod openai;

use crate::ask::{Answer, Ask, Call, Piece};
use crate::options::{EngineOptions, Kind};
use serde_json::Value;

/// The request for an answer. The error says why there can be none.
pub(crate) fn call(options: &EngineOptions, ask: &Ask<'_>) -> Result<Call, String> {
    match options.kind {
        Kind::OpenAi => openai::call(options, ask),
        Kind::LlamaServer => llama_server::call(ask),
        Kind::Azure => azure::call(options, ask),
        Kind::Anthropic => anthropic::call(ask),
        Kind::Gemini => gemini::call(ask),
        Kind::Mistral => mistral::call(ask),
        Kind::DeepSeek => deepseek::call(ask),
        Kind::Ollama => ollama::call(ask),
        Kind::HuggingFace => hugging_face::call(ask),
    }
}

/// What one event of an answer says. None: it is not what such a provider sends.
pub(crate) fn read(answer: Answer, data: &str) -> Option<Vec<Piece>> {
    // How OpenAI's streams end, and those of whoever took its interface over.
    if data.trim() == "[DONE]" {
        return Some(vec![Piece::End]);
    }
    let event: Value = serde_json::from_str(data).ok()?;
    if !event.is_object() {
        return None;
    }
    if let Some(error) = event.get("error").filter(|error| !error.is_null()) {
        // Text Generation Inference has the kind of error beside it.
        return Some(vec![Piece::Error(if error.is_object() { error.clone() } else { event })]);
    }
    match answer {
        Answer::OpenAi => openai::read(&event),
        Answer::Infill => llama_server::read(&event),
        Answer::Anthropic => anthropic::read(&event),
        Answer::Gemini => gemini::read(&event),
        Answer::Ollama => ollama::read(&event),
        Answer::Tgi => hugging_face::read(&event),
    }
}
