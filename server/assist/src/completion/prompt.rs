//! From a request to the prompt that an engine takes: the file around the cursor, cut to the budget, in the
//! model's format. It must not ask an engine for token counts: sizes are estimated here and reported exactly later.

use super::{DetectedModel, PromptPart, Request, Settings, Stats, healing};
use ::prompt::{Budget, FimParts, Part, render_fim, window};
use engine::Segment;

/// Bytes of code a token, for the budget. Qwen2.5-Coder has 4.1 on held-out Python and Rust; a prompt that is a
/// little longer than planned is no harm, the context has room.
const BYTES_PER_TOKEN: usize = 4;

/// A prompt, and what each of its segments is.
#[derive(Clone, Debug)]
pub(super) struct BuiltPrompt {
    pub(super) segments: Vec<Segment>,
    /// The end of the code before the cursor, which is not in it but in the answer.
    pub(super) begins_with: String,
    pub(super) stops: Vec<String>,
    kinds: Vec<Part>,
}

/// Builds the prompt of a request.
pub(super) fn build(request: &Request, model: &DetectedModel, settings: &Settings) -> BuiltPrompt {
    let around = context::in_file(&request.snapshot, request.cursor);
    // A small context holds a small prompt; at most half of it, since the estimate may be off.
    let fitting = usize::try_from(model.context_tokens / 2).unwrap_or(usize::MAX);
    let budget = Budget { prompt_tokens: settings.budget.prompt_tokens.min(fitting), ..settings.budget };
    let measure = |text: &str| text.len().div_ceil(BYTES_PER_TOKEN);
    let window = window(&around.before, &around.after, &budget, &measure);
    let (prefix, suffix) = (window.prefix(&around.before), window.suffix(&around.after));
    let held = healing::cut(prefix, suffix, settings.healing);
    let (prefix, begins_with) = prefix.split_at_checked(prefix.len() - held).unwrap_or((prefix, ""));
    let parts = FimParts { prefix, suffix, ..FimParts::default() };
    let rendered = render_fim(&model.format, &parts);
    let kinds = rendered.segments.iter().map(|segment| segment.part).collect();
    let segments = rendered
        .segments
        .into_iter()
        .map(|segment| Segment { text: segment.text, special: segment.special })
        .collect();
    let begins_with = begins_with.to_owned();
    BuiltPrompt { segments, begins_with, stops: rendered.stops, kinds }
}

impl BuiltPrompt {
    /// The pieces with the token counts that the engine reported.
    pub(super) fn parts(&self, stats: &Stats) -> Vec<PromptPart> {
        let counts = stats.prompt.segment_tokens.iter().copied().chain(std::iter::repeat(0));
        let held = (!self.begins_with.is_empty()).then(|| PromptPart {
            part: "the answer begins with".to_owned(),
            tokens: 0,
            text: self.begins_with.clone(),
        });
        self.segments
            .iter()
            .zip(&self.kinds)
            .zip(counts)
            .map(|((segment, kind), tokens)| PromptPart {
                part: name(*kind),
                tokens,
                text: segment.text.clone(),
            })
            .chain(held)
            .collect()
    }
}

fn name(part: Part) -> String {
    match part {
        Part::Template => "template".to_owned(),
        Part::RepoName => "repository".to_owned(),
        Part::Path => "path".to_owned(),
        Part::Excerpt(index) => format!("excerpt {}", index + 1),
        Part::Prefix => "prefix".to_owned(),
        Part::Suffix => "suffix".to_owned(),
    }
}
