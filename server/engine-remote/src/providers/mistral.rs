//! Mistral and Codestral: `/v1/fim/completions` fills in, `/v1/chat/completions` talks; both answer as OpenAI's chats do
//! (<https://docs.mistral.ai/api>). Codestral's own address is <https://codestral.mistral.ai>.

use crate::ask::{Answer, Ask, Call, KeyHeader, Prompt, flat_prefix, messages, set, stops, temperature};
use crate::frames::Framing;
use serde_json::json;

pub(super) fn call(ask: &Ask<'_>) -> Result<Call, String> {
    let (path, mut body) = match &ask.prompt {
        Prompt::Chat(talk) => ("/v1/chat/completions", json!({ "messages": messages(talk) })),
        Prompt::Fill(fill) => {
            ("/v1/fim/completions", json!({ "prompt": flat_prefix(fill), "suffix": fill.suffix }))
        }
        Prompt::Text(_) => {
            return Err("Mistral takes no prompts in a model's format: set `fim` to \"native\"".to_owned());
        }
    };
    set(&mut body, "model", Some(ask.model));
    set(&mut body, "max_tokens", Some(ask.max_tokens));
    set(&mut body, "stream", Some(true));
    set(&mut body, "temperature", temperature(ask.temperature));
    set(&mut body, "stop", stops(ask));
    Ok(Call {
        path: path.to_owned(),
        headers: Vec::new(),
        key: KeyHeader::Bearer,
        body,
        framing: Framing::Sse,
        answer: Answer::OpenAi,
    })
}
