//! DeepSeek: OpenAI's interface, and filling in at the beta address (<https://api-docs.deepseek.com/guides/fim_completion>).

use super::openai;
use crate::ask::{Ask, Call};

pub(super) fn call(ask: &Ask<'_>) -> Result<Call, String> {
    Ok(openai::request(ask, "max_tokens", "/chat/completions", "/beta/completions"))
}
