//! llama.cpp's own server: `/infill` puts the code into the loaded model's format, with other files in it; the rest is OpenAI's interface
//! (tools/server/README.md of llama.cpp).

use super::openai;
use crate::ask::{Answer, Ask, Call, KeyHeader, Piece, Prompt, Usage, count, set, stops, temperature, text};
use crate::frames::Framing;
use engine::FinishReason;
use serde_json::{Value, json};

pub(super) fn call(ask: &Ask<'_>) -> Result<Call, String> {
    let Prompt::Fill(fill) = &ask.prompt else {
        return Ok(openai::request(ask, "max_tokens", "/v1/chat/completions", "/v1/completions"));
    };
    let extra: Vec<Value> =
        fill.extra.iter().map(|extra| json!({ "filename": extra.name, "text": extra.text })).collect();
    let mut body = json!({
        "input_prefix": fill.prefix,
        "input_suffix": fill.suffix,
        "input_extra": extra,
        "n_predict": ask.max_tokens,
        "cache_prompt": true,
        "stream": true,
    });
    set(&mut body, "temperature", temperature(ask.temperature));
    set(&mut body, "stop", stops(ask));
    Ok(Call {
        path: "/infill".to_owned(),
        headers: Vec::new(),
        key: KeyHeader::Bearer,
        body,
        framing: Framing::Sse,
        answer: Answer::Infill,
    })
}

pub(super) fn read(event: &Value) -> Option<Vec<Piece>> {
    let mut pieces: Vec<Piece> = Piece::text(text(event, "/content")?).into_iter().collect();
    if event.get("stop").and_then(Value::as_bool) == Some(true) {
        pieces.push(Piece::Usage(Usage {
            prompt: count(event, "/tokens_evaluated"),
            cached: count(event, "/timings/cache_n").or_else(|| count(event, "/tokens_cached")),
            answer: count(event, "/tokens_predicted"),
        }));
        let limit = text(event, "/stop_type") == Some("limit");
        pieces.push(Piece::Reason(if limit { FinishReason::Length } else { FinishReason::EndOfText }));
        pieces.push(Piece::End);
    }
    Some(pieces)
}
