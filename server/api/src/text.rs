//! A text that is continued as it stands, with no template around it.
//! It must not parse the text for special tokens. A prompt that a client has written in the model's own fill-in-the-middle format is
//! taken apart instead, and put together again from its parts.

use crate::Api;
use crate::answer::Answer;
use crate::chat::chat_context;
use crate::fim::{self, Hole};
use crate::generation::{Generation, most_tokens};
use crate::options::Sampling;
use crate::problem::Problem;
use engine::{GenerateRequest, Grammar, Guidance, Priority, Segment};
use prompt::FimFormat;

/// What is to be continued.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) prompt: String,
    pub(crate) sampling: Sampling,
    pub(crate) grammar: Option<Grammar>,
    pub(crate) max_tokens: Option<u32>,
    pub(crate) stops: Vec<String>,
}

/// Asks a model; `model` is a name of [`crate::Host::resolve`].
pub(crate) async fn go_on(api: &Api, model: &str, text: Text) -> Result<Answer, Problem> {
    let info = api.engine.model_info(Some(model)).await?;
    let context = chat_context(&info);
    let format = fim::format_of(info).ok();
    if let Some((prefix, suffix)) = format.as_ref().and_then(|format| middle(format, &text.prompt)) {
        let hole = Hole {
            prefix: prefix.to_owned(),
            suffix: suffix.to_owned(),
            files: Vec::new(),
            sampler: text.sampling.for_code()?,
            max_tokens: text.max_tokens,
            stops: text.stops,
        };
        return Ok(fim::fill(api, model, hole).await?.answer);
    }
    let segments = vec![Segment { text: text.prompt, special: false }];
    let max_tokens = most_tokens(api, model, &segments, text.max_tokens, context).await?;
    let request = GenerateRequest {
        fill: None,
        messages: Vec::new(),
        model: Some(model.to_owned()),
        segments,
        begins_with: String::new(),
        max_tokens,
        sampler: text.sampling.for_text()?,
        grammar: text.grammar,
        guidance: Guidance::default(),
        avoid: Vec::new(),
        stops: text.stops,
        tail: None,
        priority: Priority::Chat,
    };
    Ok(Answer::text(Generation::begin(api, request).await?))
}

/// The code before and after the cursor of a prompt in prefix-suffix-middle order, with each token once.
fn middle<'t>(format: &FimFormat, prompt: &'t str) -> Option<(&'t str, &'t str)> {
    let middle = format.middle.as_deref()?;
    let inner = prompt.trim_end_matches('\n').strip_prefix(format.prefix.as_str())?.strip_suffix(middle)?;
    let (prefix, suffix) = inner.split_once(format.suffix.as_str())?;
    let once = [format.prefix.as_str(), format.suffix.as_str(), middle]
        .iter()
        .all(|token| !prefix.contains(token) && !suffix.contains(token));
    once.then_some((prefix, suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_in_the_models_format_is_taken_apart_and_another_is_text() {
        let format = fim::format_of(engine::FakeEngine::qwen()).unwrap();
        let of = |prompt: &'static str| middle(&format, prompt);
        assert_eq!(of("<|fim_prefix|>a = <|fim_suffix|>\nb<|fim_middle|>"), Some(("a = ", "\nb")));
        assert_eq!(of("def f(<|fim_prefix|>"), None);
        assert_eq!(of("<|fim_prefix|>a<|fim_suffix|>b<|fim_suffix|>c<|fim_middle|>"), None);
        assert_eq!(of("plain text"), None);
    }
}
