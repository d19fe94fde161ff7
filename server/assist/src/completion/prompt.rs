//! From a request to the prompt that an engine takes: the file around the cursor and excerpts of others, cut to the budget,
//! in the model's format. It must not ask an engine for token counts: sizes are estimated here and reported exactly later.

use super::healing::{self, Healing};
use super::pace::Pace;
use super::{DetectedModel, ExcerptTrace, Format, PromptPart, Request, Settings, Stats};
use ::prompt::{
    Budget, FileExcerpt, FillIn, FimFormat, FimParts, Part, fill_in, render_fim, render_flat, window,
};
use context::{Excerpt, Gathered, LeftOut, Limits, pack};
use engine::{ChatMessage, ChatRole, Fill, FillExtra, Segment};

/// A prompt, and what each of its segments is.
#[derive(Clone, Debug, Default)]
pub(super) struct BuiltPrompt {
    pub(super) segments: Vec<Segment>,
    /// See [`engine::GenerateRequest::fill`].
    pub(super) fill: Option<Fill>,
    /// See [`engine::GenerateRequest::messages`].
    pub(super) messages: Vec<ChatMessage>,
    /// The end of the code before the cursor, which is not in it but in the answer.
    pub(super) begins_with: String,
    pub(super) stops: Vec<String>,
    /// See [`engine::GenerateRequest::tail`].
    pub(super) tail: Option<usize>,
    /// The excerpts in it, in its order.
    pub(super) excerpts: Vec<Excerpt>,
    /// Those that are not.
    pub(super) left_out: Vec<LeftOut>,
    kinds: Vec<Part>,
}

/// Which excerpts a prompt is to have.
#[derive(Clone, Debug)]
pub(super) enum Choice {
    /// The best of what was found. What is still wanted of those of the last prompt, `before`, stays where it was.
    Free { before: Vec<Excerpt> },
    /// These, whatever was found.
    Held(Vec<Excerpt>),
}

/// Builds the prompt of a request. Sizes are the model's own counts where it has counted a text before, else estimated by
/// the bytes that make one of its tokens.
pub(super) fn build(
    request: &Request,
    model: &DetectedModel,
    settings: &Settings,
    gathered: Gathered,
    choice: Choice,
    pace: &Pace,
) -> BuiltPrompt {
    let bytes_per_token = pace.bytes_per_token();
    let around = context::in_file(&request.snapshot, request.cursor);
    // A small context holds a small prompt; at most half of it, since the estimate may be off.
    let fitting = usize::try_from(model.context_tokens / 2).unwrap_or(usize::MAX);
    let budget = Budget { prompt_tokens: settings.budget.prompt_tokens.min(fitting), ..settings.budget };
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let measure = |text: &str| (text.len() as f64 / bytes_per_token).ceil() as usize;
    let counted = |text: &str| pace.tokens_of(text).unwrap_or_else(|| measure(text));
    let window = window(&around.before, &around.after, &budget, &measure);
    let (prefix, suffix) = (window.prefix(&around.before), window.suffix(&around.after));
    // Only an engine that sees tokens can be made to begin with a word.
    let healing = if model.format.is_own() { settings.healing } else { Healing::Off };
    let held = healing::cut(prefix, suffix, healing);
    let (prefix, begins_with) = prefix.split_at_checked(prefix.len() - held).unwrap_or((prefix, ""));

    let near = format!("{prefix}{suffix}");
    let room = settings.excerpt_tokens.min(fitting.saturating_sub(budget.file_tokens()));
    let before = match &choice {
        Choice::Free { before } => before,
        Choice::Held(held) => held,
    };
    let packed = pack(gathered.excerpts, &Limits { tokens: room, before, near: &near, measure: &counted });
    let found = packed.excerpts.into_iter().map(|(excerpt, _)| excerpt);
    let excerpts: Vec<Excerpt> = match choice {
        Choice::Free { .. } => found.collect(),
        Choice::Held(held) => held,
    };
    let text =
        Text { prefix, suffix, path: gathered.path.as_deref(), repository: gathered.repository.as_deref() };
    let rendered = match &model.format {
        Format::Tokens(format) => {
            let layout = settings.layout.unwrap_or(format.layout);
            tokens(&format.with_layout(layout), &text, &excerpts, request)
        }
        Format::Text(format) => flat(format, &text, &excerpts, request),
        Format::Fill => fill(&text, &excerpts),
        Format::Messages => messages(&text, &excerpts),
    };
    BuiltPrompt { begins_with: begins_with.to_owned(), excerpts, left_out: packed.left_out, ..rendered }
}

/// The file around the cursor as it is shown, and where it is.
#[derive(Clone, Copy)]
struct Text<'a> {
    prefix: &'a str,
    suffix: &'a str,
    path: Option<&'a str>,
    repository: Option<&'a str>,
}

fn files_of(excerpts: &[Excerpt]) -> Vec<FileExcerpt<'_>> {
    excerpts.iter().map(|excerpt| FileExcerpt { path: &excerpt.path, text: &excerpt.text }).collect()
}

/// Hands the parts of a prompt in a model's own format to `render`.
fn with_parts<T>(
    format: &FimFormat,
    text: &Text<'_>,
    excerpts: &[Excerpt],
    request: &Request,
    render: impl FnOnce(&FimParts<'_>) -> T,
) -> T {
    // Without other files the prompt is the bare file: that is what the models know best.
    let shown = if format.files && text.path.is_some() { excerpts } else { &[] };
    let files = files_of(shown);
    let commented = if shown.is_empty() { comments(excerpts, request) } else { String::new() };
    let prefix = format!("{commented}{}", text.prefix);
    render(&FimParts {
        repo_name: text.repository.filter(|_| !files.is_empty()),
        path: text.path.filter(|_| !files.is_empty()),
        files: &files,
        prefix: &prefix,
        suffix: text.suffix,
    })
}

fn tokens(format: &FimFormat, text: &Text<'_>, excerpts: &[Excerpt], request: &Request) -> BuiltPrompt {
    let rendered = with_parts(format, text, excerpts, request, |parts| render_fim(format, parts));
    BuiltPrompt {
        kinds: rendered.segments.iter().map(|segment| segment.part).collect(),
        segments: rendered
            .segments
            .into_iter()
            .map(|segment| Segment { text: segment.text, special: segment.special })
            .collect(),
        stops: rendered.stops,
        tail: rendered.tail,
        ..BuiltPrompt::default()
    }
}

/// The prompt as one string. What in the code looks like one of the format's tokens is broken up.
fn flat(format: &FimFormat, text: &Text<'_>, excerpts: &[Excerpt], request: &Request) -> BuiltPrompt {
    let flat = with_parts(format, text, excerpts, request, |parts| render_flat(format, parts));
    BuiltPrompt {
        segments: vec![Segment { text: flat.text, special: true }],
        kinds: vec![Part::Template],
        stops: flat.stops,
        ..BuiltPrompt::default()
    }
}

fn fill(text: &Text<'_>, excerpts: &[Excerpt]) -> BuiltPrompt {
    let shown = excerpts.iter().enumerate().map(|(index, excerpt)| (Part::Excerpt(index), &*excerpt.text));
    let shown = shown.chain([(Part::Prefix, text.prefix), (Part::Suffix, text.suffix)]);
    let (kinds, segments) =
        shown.map(|(kind, text)| (kind, Segment { text: text.to_owned(), special: false })).unzip();
    let extra =
        excerpts.iter().map(|excerpt| FillExtra { name: excerpt.path.clone(), text: excerpt.text.clone() });
    let fill =
        Fill { prefix: text.prefix.to_owned(), suffix: text.suffix.to_owned(), extra: extra.collect() };
    BuiltPrompt { segments, kinds, fill: Some(fill), ..BuiltPrompt::default() }
}

fn messages(text: &Text<'_>, excerpts: &[Excerpt]) -> BuiltPrompt {
    let files = files_of(excerpts);
    let (path, prefix, suffix) = (text.path, text.prefix, text.suffix);
    let FillIn { system, user } = fill_in(&FimParts { repo_name: None, path, files: &files, prefix, suffix });
    let messages = [
        ChatMessage { role: ChatRole::System, text: system },
        ChatMessage { role: ChatRole::User, text: user },
    ];
    BuiltPrompt {
        segments: messages
            .iter()
            .map(|message| Segment { text: message.text.clone(), special: false })
            .collect(),
        kinds: vec![Part::Template; messages.len()],
        messages: messages.into(),
        ..BuiltPrompt::default()
    }
}

/// Excerpts for a family that knows no other files: as comments above the file.
fn comments(excerpts: &[Excerpt], request: &Request) -> String {
    let mark = request.snapshot.language.map_or("#", |language| language.line_comment());
    let mut text = String::new();
    for excerpt in excerpts {
        for line in std::iter::once(excerpt.path.as_str()).chain(excerpt.text.lines()) {
            text.push_str(format!("{mark} {line}").trim_end());
            text.push('\n');
        }
        text.push('\n');
    }
    text
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
                part: self.name(*kind),
                tokens,
                text: segment.text.clone(),
            })
            .chain(held)
            .collect()
    }

    /// Bytes and tokens of all the code in it, as the engine counted it.
    pub(super) fn counted(&self, stats: &Stats) -> (usize, u32) {
        let counts =
            self.segments.iter().zip(&stats.prompt.segment_tokens).filter(|(segment, _)| !segment.special);
        counts.fold((0, 0), |(bytes, tokens), (segment, count)| (bytes + segment.text.len(), tokens + count))
    }

    /// The excerpts in it that the engine counted, with their tokens.
    pub(super) fn counted_excerpts(&self, stats: &Stats) -> Vec<(&str, u32)> {
        let counts = self.kinds.iter().zip(&self.segments).zip(&stats.prompt.segment_tokens);
        let excerpts = counts.filter(|((kind, _), _)| matches!(kind, Part::Excerpt(_)));
        excerpts.map(|((_, segment), tokens)| (segment.text.as_str(), *tokens)).collect()
    }

    /// The code before the cursor that is in it.
    pub(super) fn prefix(&self) -> &str {
        let at = self.kinds.iter().position(|kind| *kind == Part::Prefix);
        at.and_then(|at| self.segments.get(at)).map_or("", |segment| &segment.text)
    }

    /// What was chosen and what was not, with the tokens that the engine reported.
    pub(super) fn excerpt_traces(&self, stats: &Stats) -> Vec<ExcerptTrace> {
        let chosen = self.excerpts.iter().enumerate().map(|(index, excerpt)| {
            let counts = self.kinds.iter().zip(&stats.prompt.segment_tokens);
            let tokens = counts
                .filter(|(kind, _)| **kind == Part::Excerpt(index))
                .map(|(_, count)| *count)
                .reduce(u32::saturating_add);
            trace(excerpt, tokens, None)
        });
        chosen
            .chain(self.left_out.iter().map(|left| trace(&left.excerpt, None, Some(left.why.to_string()))))
            .collect()
    }

    fn name(&self, part: Part) -> String {
        match part {
            Part::Template => "template".to_owned(),
            Part::RepoName => "repository".to_owned(),
            Part::Path => "path".to_owned(),
            Part::Excerpt(index) => self.excerpts.get(index).map_or_else(
                || format!("excerpt {}", index + 1),
                |excerpt| {
                    format!(
                        "excerpt {} ({}, score {:.2}): {}",
                        index + 1,
                        excerpt.source,
                        excerpt.score,
                        excerpt.reason
                    )
                },
            ),
            Part::Prefix => "prefix".to_owned(),
            Part::Suffix => "suffix".to_owned(),
        }
    }
}

fn trace(excerpt: &Excerpt, tokens: Option<u32>, left_out: Option<String>) -> ExcerptTrace {
    ExcerptTrace {
        path: excerpt.path.clone(),
        lines: (excerpt.lines.start, excerpt.lines.end),
        source: excerpt.source.name().to_owned(),
        reason: excerpt.reason.clone(),
        score: excerpt.score,
        tokens,
        left_out,
    }
}
