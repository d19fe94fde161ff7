//! Ollama's own interface: `/api/generate` fills in where the model's template can, `/api/chat` talks; a JSON object a line
//! (<https://github.com/ollama/ollama/blob/main/docs/api.md>). Its OpenAI interface cannot set the size of the context.

use crate::ask::{
    Answer, Ask, Call, KeyHeader, Piece, Prompt, Usage, count, flat_prefix, messages, set, stops,
    temperature, text,
};
use crate::frames::Framing;
use engine::FinishReason;
use serde_json::{Value, json};

pub(super) fn call(ask: &Ask<'_>) -> Result<Call, String> {
    let mut options = json!({ "num_predict": ask.max_tokens, "num_ctx": ask.context_tokens });
    set(&mut options, "temperature", temperature(ask.temperature));
    set(&mut options, "stop", stops(ask));
    let (path, mut body) = match &ask.prompt {
        Prompt::Chat(talk) => ("/api/chat", json!({ "messages": messages(talk) })),
        Prompt::Fill(fill) => {
            ("/api/generate", json!({ "prompt": flat_prefix(fill), "suffix": fill.suffix }))
        }
        // `raw`: the text has the model's tokens already.
        Prompt::Text(prompt) => ("/api/generate", json!({ "prompt": prompt, "raw": true })),
    };
    set(&mut body, "model", Some(ask.model));
    set(&mut body, "stream", Some(true));
    set(&mut body, "options", Some(options));
    Ok(Call {
        path: path.to_owned(),
        headers: Vec::new(),
        key: KeyHeader::Bearer,
        body,
        framing: Framing::Lines,
        answer: Answer::Ollama,
    })
}

pub(super) fn read(event: &Value) -> Option<Vec<Piece>> {
    let done = event.get("done")?.as_bool()?;
    let thought = text(event, "/message/thinking").or_else(|| text(event, "/thinking"));
    let thought = thought.filter(|text| !text.is_empty()).map(|text| Piece::Thinking(text.to_owned()));
    let said = text(event, "/message/content").or_else(|| text(event, "/response")).and_then(Piece::text);
    let mut pieces: Vec<Piece> = thought.into_iter().chain(said).collect();
    if done {
        pieces.push(Piece::Usage(Usage {
            prompt: count(event, "/prompt_eval_count"),
            cached: None,
            answer: count(event, "/eval_count"),
        }));
        let limit = text(event, "/done_reason") == Some("length");
        pieces.push(Piece::Reason(if limit { FinishReason::Length } else { FinishReason::EndOfText }));
        pieces.push(Piece::End);
    }
    Some(pieces)
}
