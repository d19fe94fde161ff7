//! Code in the middle: from what stands around the cursor to an answer, in the model's own fill-in-the-middle format.
//! It must not know a dialect. What does not fit is left out: the farthest code, the first of the other files.

use crate::Api;
use crate::answer::Answer;
use crate::generation::Generation;
use crate::problem::Problem;
use engine::{EngineError, GenerateRequest, Guidance, ModelInfo, Priority, Sampler, Segment};
use prompt::{
    Budget, FileExcerpt, FimFormat, FimParts, FimPrompt, FimTokens, ModelFacts, NoFim, detect, render_fim,
    window,
};

/// Tokens of the file in a prompt at most, as in llama-server (its default `n_batch`), of which a quarter is code after the cursor.
const FILE_TOKENS: usize = 2048;
/// An answer's tokens where nobody says.
const ANSWER_TOKENS: u32 = 256;
/// What llama-server calls the repository and the file that is edited.
const REPOSITORY: &str = "myproject";
const FILE: &str = "filename";
/// Code has three or four bytes a token; what was too much is seen when the tokens are counted.
const BYTES_PER_TOKEN: usize = 3;

/// What is to be filled in.
#[derive(Clone, Debug)]
pub(crate) struct Hole {
    /// The code before the cursor.
    pub(crate) prefix: String,
    /// The code after the cursor.
    pub(crate) suffix: String,
    /// Other code: a path and a text, the most relevant last.
    pub(crate) files: Vec<(String, String)>,
    pub(crate) sampler: Sampler,
    /// 0 evaluates the prompt for the next request and nothing else.
    pub(crate) max_tokens: Option<u32>,
    pub(crate) stops: Vec<String>,
}

/// What came of it.
pub(crate) struct Filling {
    pub(crate) answer: Answer,
    /// Whether something was left out of the prompt.
    pub(crate) truncated: bool,
}

/// The model's format.
pub(crate) fn format_of(info: ModelInfo) -> Result<FimFormat, NoFim> {
    detect(&ModelFacts {
        name: info.name,
        architecture: info.architecture,
        pre_tokenizer: info.pre_tokenizer,
        fim: FimTokens {
            pre: info.fim.prefix,
            suf: info.fim.suffix,
            mid: info.fim.middle,
            pad: info.fim.padding,
            rep: info.fim.repository,
            sep: info.fim.file_separator,
        },
        special_tokens: info.special_tokens,
        chat_template: info.chat_template,
    })
}

/// Asks a model; `model` is a name of [`crate::Host::resolve`].
pub(crate) async fn fill(api: &Api, model: &str, hole: Hole) -> Result<Filling, Problem> {
    let info = api.engine.model_info(Some(model)).await?;
    let context = info.context_tokens;
    let format = format_of(info)?;
    let max_tokens = hole.max_tokens.unwrap_or(ANSWER_TOKENS).min(context / 2);
    let room = context.saturating_sub(max_tokens);
    let mut share = Share { file: FILE_TOKENS.min(room as usize), all: room as usize };
    let (prompt, segments, truncated) = loop {
        let (prompt, truncated) = fit(&format, &hole, share);
        let segments: Vec<Segment> = prompt
            .segments
            .iter()
            .map(|segment| Segment { text: segment.text.clone(), special: segment.special })
            .collect();
        let tokens = api.host.count_tokens(model, segments.clone()).await?;
        if tokens <= room {
            break (prompt, segments, truncated);
        }
        // The bytes a token were guessed, and are fewer: again with as much less, and some more.
        let smaller = |size: usize| size * (room as usize) / (tokens as usize).max(1) * 15 / 16;
        let next = Share { file: share.file.min(smaller(share.all)), all: smaller(share.all) };
        if next.all < 8 {
            return Err(EngineError::ContextOverflow { tokens, limit: room }.into());
        }
        share = next;
    };
    let mut stops = prompt.stops;
    stops.extend(hole.stops);
    let request = GenerateRequest {
        fill: None,
        messages: Vec::new(),
        model: Some(model.to_owned()),
        segments,
        begins_with: String::new(),
        max_tokens,
        sampler: hole.sampler,
        grammar: None,
        guidance: Guidance::default(),
        avoid: Vec::new(),
        stops,
        tail: prompt.tail,
        // What is only evaluated is for later.
        priority: if max_tokens == 0 { Priority::Ahead } else { Priority::Interactive },
    };
    let answer = Answer::text(Generation::begin(api, request).await?);
    Ok(Filling { answer, truncated })
}

/// Tokens for parts of a prompt.
#[derive(Clone, Copy, Debug)]
struct Share {
    file: usize,
    all: usize,
}

/// The prompt of what fits, and whether that is less than there is.
fn fit(format: &FimFormat, hole: &Hole, share: Share) -> (FimPrompt, bool) {
    let measure = |text: &str| text.len().div_ceil(BYTES_PER_TOKEN);
    let budget = Budget { prompt_tokens: share.file, prefix_percent: 75, suffix_percent: 25 };
    let window = window(&hole.prefix, &hole.suffix, &budget, &measure);
    let (prefix, suffix) = (window.prefix(&hole.prefix), window.suffix(&hole.suffix));
    let mut left = share.all.saturating_sub(window.prefix_tokens + window.suffix_tokens);
    // From the last: clients put what is most relevant, and newest, at the end.
    let mut fitting: Vec<FileExcerpt<'_>> = Vec::new();
    for (path, text) in hole.files.iter().rev() {
        let size = measure(text) + measure(path) + 4;
        if size > left {
            break;
        }
        left -= size;
        fitting.push(FileExcerpt { path, text });
    }
    fitting.reverse();
    let truncated = prefix.len() < hole.prefix.len()
        || suffix.len() < hole.suffix.len()
        || fitting.len() < hole.files.len();
    let shown = !fitting.is_empty();
    let parts = FimParts {
        repo_name: shown.then_some(REPOSITORY),
        files: &fitting,
        path: shown.then_some(FILE),
        prefix,
        suffix,
    };
    (render_fim(format, &parts), truncated)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hole(prefix: &str, suffix: &str, files: &[(&str, &str)]) -> Hole {
        Hole {
            prefix: prefix.into(),
            suffix: suffix.into(),
            files: files.iter().map(|&(path, text)| (path.into(), text.into())).collect(),
            sampler: Sampler::Greedy,
            max_tokens: None,
            stops: Vec::new(),
        }
    }

    fn shown(hole: &Hole, file: usize, all: usize) -> (String, bool) {
        let format = format_of(engine::FakeEngine::qwen()).unwrap();
        let (prompt, truncated) = fit(&format, hole, Share { file, all });
        (prompt.segments.iter().map(|segment| segment.text.as_str()).collect(), truncated)
    }

    #[test]
    fn other_files_stand_before_the_file_as_llama_server_writes_them() {
        let (text, truncated) = shown(&hole("a = ", "\n", &[("x.py", "b = 1\n")]), 100, 200);
        assert_eq!(
            (text.as_str(), truncated),
            (
                "<|repo_name|>myproject\n<|file_sep|>x.py\nb = 1\n<|file_sep|>filename\n\
                 <|fim_prefix|>a = <|fim_suffix|>\n<|fim_middle|>",
                false
            )
        );
    }

    #[test]
    fn what_does_not_fit_is_the_farthest_and_the_first() {
        let long = "value = compute(value)\n".repeat(100);
        let (text, truncated) = shown(&hole(&format!("{long}last = "), "\n", &[]), 60, 60);
        assert!(truncated && text.ends_with("last = <|fim_suffix|>\n<|fim_middle|>"), "{text}");
        assert!(text.len() < 400, "{text}");
        let (text, truncated) = shown(&hole("a", "b", &[("old", &long), ("new", "c = 1\n")]), 60, 60);
        assert!(truncated && !text.contains("old") && text.contains("new\nc = 1"), "{text}");
    }
}
