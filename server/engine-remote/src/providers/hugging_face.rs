//! Hugging Face's inference providers, which have OpenAI's interface for conversations, and Text Generation Inference on an endpoint of one's
//! own, which continues prompts at `/generate_stream` (<https://huggingface.co/docs/text-generation-inference/reference/api_reference>).

use super::openai;
use crate::ask::{Answer, Ask, Call, KeyHeader, Piece, Prompt, Usage, count, set, temperature, text};
use crate::frames::Framing;
use engine::FinishReason;
use serde_json::{Value, json};

pub(super) fn call(ask: &Ask<'_>) -> Result<Call, String> {
    let prompt = match &ask.prompt {
        Prompt::Chat(_) => return Ok(openai::request(ask, "max_tokens", "/v1/chat/completions", "")),
        Prompt::Text(prompt) => prompt,
        Prompt::Fill(_) => {
            return Err(
                "Hugging Face has no call that fills in: set the model's `fim` to the name of its format, or to \"chat\""
                    .to_owned(),
            );
        }
    };
    let mut parameters = json!({ "max_new_tokens": ask.max_tokens, "return_full_text": false });
    // A temperature of 0 is an error there; without one the likeliest token is taken.
    set(&mut parameters, "temperature", temperature(ask.temperature).filter(|value| *value > 0.0));
    set(&mut parameters, "stop", (!ask.stops.is_empty()).then(|| json!(ask.stops)));
    Ok(Call {
        path: "/generate_stream".to_owned(),
        headers: Vec::new(),
        key: KeyHeader::Bearer,
        body: json!({ "inputs": prompt, "parameters": parameters }),
        framing: Framing::Sse,
        answer: Answer::Tgi,
    })
}

pub(super) fn read(event: &Value) -> Option<Vec<Piece>> {
    let token = event.get("token")?;
    let special = token.get("special").and_then(Value::as_bool) == Some(true);
    #[allow(clippy::cast_possible_truncation)] // A logarithm has few digits that matter.
    let logprob = token.get("logprob").and_then(Value::as_f64).unwrap_or(0.0) as f32;
    let said = text(token, "/text").filter(|text| !special && !text.is_empty());
    let mut pieces: Vec<Piece> =
        said.map(|text| Piece::Text { text: text.to_owned(), logprob }).into_iter().collect();
    if event.get("generated_text").is_some_and(|text| !text.is_null()) {
        let details = event.get("details").unwrap_or(&Value::Null);
        pieces.push(Piece::Usage(Usage {
            prompt: count(details, "/input_length"),
            cached: None,
            answer: count(details, "/generated_tokens"),
        }));
        let limit = text(details, "/finish_reason") == Some("length");
        pieces.push(Piece::Reason(if limit { FinishReason::Length } else { FinishReason::EndOfText }));
        pieces.push(Piece::End);
    }
    Some(pieces)
}
