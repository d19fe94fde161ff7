//! Loading a model, and its vocabulary: from segments to tokens, from tokens to bytes.
//! It must not decide what a prompt looks like.

use crate::beginning::TokenTable;
use crate::context::Context;
use crate::draft_model::DraftModel;
use crate::grammar::Grammars;
use crate::{DraftSource, LoadOptions};
use engine::{EngineError, Segment};
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::token::LlamaToken;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// A model with its context.
pub(crate) struct Loaded {
    pub(crate) context: Context,
    pub(crate) tokenizer: Tokenizer,
    /// Whether guesses of what comes next are copied from the prompt.
    pub(crate) copies: bool,
    /// What writes guesses.
    pub(crate) draft_model: Option<Box<DraftModel>>,
}

/// Loads the weights and makes a context.
pub(crate) fn load(
    options: &LoadOptions,
    mut progress: impl FnMut(f32) + 'static,
) -> Result<Loaded, EngineError> {
    let unusable =
        |reason: &str| EngineError::ModelUnusable { model: options.name.clone(), reason: reason.to_owned() };
    let model = weights(&options.path, &options.name, options.gpu_layers, move |fraction| {
        progress(fraction);
        true
    })?;
    let tokenizer = Tokenizer::load(&options.path).map_err(unusable)?;
    let context = Context::new(Arc::new(model), options.context_tokens, options.kv)
        .ok_or_else(|| unusable("there is not enough memory for its context; choose a smaller model"))?;
    let draft_model = match &options.drafts {
        DraftSource::Model(path) => DraftModel::load(path, options, &tokenizer)?.map(Box::new),
        DraftSource::Off | DraftSource::Copied => None,
    };
    Ok(Loaded { context, tokenizer, copies: options.drafts == DraftSource::Copied, draft_model })
}

/// Reads the weights of a GGUF file, so many layers of them onto the graphics card; where nothing is said, as many as the build puts there.
pub(crate) fn weights(
    path: &Path,
    name: &str,
    gpu_layers: Option<u32>,
    progress: impl FnMut(f32) -> bool + 'static,
) -> Result<LlamaModel, EngineError> {
    let unusable =
        |reason: &str| EngineError::ModelUnusable { model: name.to_owned(), reason: reason.to_owned() };
    if !path.is_file() {
        return Err(EngineError::ModelMissing { model: name.to_owned() });
    }
    let backend = backend().map_err(unusable)?;
    // Read, not mapped: llama.cpp arranges most weights anew for the processor, and the mapped file would stay in memory beside
    // them.
    let params = LlamaModelParams::default().with_use_mmap(false).with_progress_callback(progress);
    let params = within_limit(params, gpu_layers).map_err(unusable)?;
    LlamaModel::load_from_file(backend, path, &params)
        .map_err(|_| unusable("llama.cpp does not accept the file; `weft models pull` fetches a good copy"))
}

/// Keeps the model away from the graphics cards as far as its memory or the user wants that.
fn within_limit(params: LlamaModelParams, most: Option<u32>) -> Result<LlamaModelParams, &'static str> {
    let Some(most) = most else { return Ok(params) };
    // Before it is known how many layers there are llama.cpp has a negative number for all of them.
    let layers = u32::try_from(params.n_gpu_layers()).map_or(most, |layers| layers.min(most));
    let params = params.with_n_gpu_layers(layers);
    match layers {
        // Without a device it does not send long prompts there either.
        0 => params.with_devices(&[]).map_err(|_| "llama.cpp cannot be kept away from the graphics cards"),
        _ => Ok(params),
    }
}

/// The tokens of a prompt.
#[derive(Clone, Debug, Default)]
pub(crate) struct PromptTokens {
    /// Up to the tail.
    pub(crate) head: Vec<LlamaToken>,
    /// The segment that may be moved; empty without one.
    pub(crate) tail: Vec<LlamaToken>,
    /// What follows it: one token or more, unless the whole prompt is empty.
    pub(crate) end: Vec<LlamaToken>,
    /// How many tokens each segment gave.
    pub(crate) segment_tokens: Vec<u32>,
}

impl PromptTokens {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.head.len() + self.tail.len() + self.end.len()
    }
}

/// A model's vocabulary. It is a second, weightless load of the file, so that it can be shared between
/// threads while the context's thread owns the model.
#[derive(Clone)]
pub struct Tokenizer {
    model: Arc<LlamaModel>,
    table: Arc<OnceLock<TokenTable>>,
    grammars: Arc<OnceLock<Result<Grammars, String>>>,
}

impl Tokenizer {
    /// Reads the vocabulary of a GGUF file (tens of milliseconds).
    pub fn load(path: &Path) -> Result<Self, &'static str> {
        let params = LlamaModelParams::default().with_vocab_only(true);
        let model = LlamaModel::load_from_file(backend()?, path, &params)
            .map_err(|_| "llama.cpp cannot read the vocabulary of the file")?;
        Ok(Self { model: Arc::new(model), table: Arc::default(), grammars: Arc::default() })
    }

    /// The tokens of a prompt, divided at its tail if it has one. Special tokens are parsed only in segments
    /// that say so; a beginning-of-text token comes first where the model wants one, and only one where the prompt has it,
    /// as chat templates do.
    pub(crate) fn prompt(&self, segments: &[Segment], tail: Option<usize>) -> PromptTokens {
        let vocab = self.model.vocab();
        let mut tokens = Vec::new();
        if vocab.should_add_bos() {
            tokens.push(vocab.bos());
        }
        let mut segment_tokens = Vec::with_capacity(segments.len());
        let mut bounds = None;
        for (index, segment) in segments.iter().enumerate() {
            let before = tokens.len();
            vocab.tokenize_into(segment.text.as_bytes(), &mut tokens, false, segment.special);
            // The prompt brings its own.
            if index == 0 && before == 1 && tokens.first() == tokens.get(1) {
                tokens.remove(0);
            }
            if tail == Some(index) {
                bounds = Some(before..tokens.len());
            }
            segment_tokens.push(u32::try_from(tokens.len() - before).unwrap_or(u32::MAX));
        }
        // The logits of the last token are what the answer begins from, so it is always evaluated.
        let last = tokens.len().saturating_sub(1);
        let bounds = bounds.filter(|bounds| bounds.end <= last).unwrap_or(last..last);
        let end = tokens.split_off(bounds.end);
        let tail = tokens.split_off(bounds.start);
        PromptTokens { head: tokens, tail, end, segment_tokens }
    }

    /// The tokens of plain text.
    pub(crate) fn text(&self, text: &str) -> Vec<LlamaToken> {
        self.model.vocab().tokenize(text.as_bytes(), false, false)
    }

    /// The tokens of a text that stands alone, with those that the model wants around one.
    pub(crate) fn whole_text(&self, text: &str) -> Vec<LlamaToken> {
        self.model.vocab().tokenize(text.as_bytes(), true, false)
    }

    /// The vocabulary for grammars; arranged at the first call, which takes some tenths of a second for Qwen's 150,000 tokens.
    pub(crate) fn grammars(&self) -> Result<&Grammars, String> {
        let vocab = self.model.vocab();
        let arrange = || {
            // Chat models end their turn with the one, and a text with the other.
            let first = [vocab.eot(), vocab.eos()].into_iter().find(|token| token.0 >= 0);
            let all = vocab.tokens().filter(|&token| vocab.is_eog(token) && Some(token) != first);
            let ends: Vec<u32> = first.into_iter().chain(all).map(|token| token.0.cast_unsigned()).collect();
            // A control token is no text, whatever it is called.
            let bytes = |token| if self.is_end(token) { Vec::new() } else { self.bytes(token) };
            let name = |token| vocab.token_to_piece(token, true, None);
            Grammars::new(self.model.n_vocab().cast_unsigned(), bytes, name, &ends)
        };
        self.grammars.get_or_init(arrange).as_ref().map_err(Clone::clone)
    }

    /// The tokens of text in the order of their bytes; made at the first call, which takes nearly 0.1 s for Qwen's 150,000.
    pub(crate) fn table(&self) -> &TokenTable {
        self.table.get_or_init(|| {
            let texts = self.model.vocab().tokens().filter(|&token| !self.is_end(token));
            TokenTable::new(texts.map(|token| (token, self.bytes(token))))
        })
    }

    /// The ids of a prompt's tokens, for golden tests of prompts.
    pub fn token_ids(&self, segments: &[Segment]) -> Vec<i32> {
        let PromptTokens { head, tail, end, .. } = self.prompt(segments, None);
        head.into_iter().chain(tail).chain(end).map(|token| token.0).collect()
    }

    /// The ids of a text's tokens.
    pub fn tokenize(&self, text: &str, add_special: bool, parse_special: bool) -> Vec<i32> {
        let tokens = self.model.vocab().tokenize(text.as_bytes(), add_special, parse_special);
        tokens.into_iter().map(|token| token.0).collect()
    }

    /// The bytes of tokens, control tokens by their names. What is no token of the vocabulary has none.
    pub fn detokenize(&self, ids: &[i32]) -> Vec<u8> {
        let vocab = self.model.vocab();
        let known = ids.iter().filter(|id| (0..self.model.n_vocab()).contains(id));
        known.flat_map(|&id| vocab.token_to_piece(LlamaToken(id), true, None)).collect()
    }

    /// True when `token` ends a generation: an end token, or a control token that has no place in code.
    pub(crate) fn is_end(&self, token: LlamaToken) -> bool {
        let vocab = self.model.vocab();
        vocab.is_eog(token) || vocab.is_control(token)
    }

    /// How many tokens there are.
    pub(crate) fn count(&self) -> usize {
        usize::try_from(self.model.n_vocab()).unwrap_or(0)
    }

    /// A token's bytes, a control token's name.
    pub(crate) fn name(&self, token: LlamaToken) -> Vec<u8> {
        self.model.vocab().token_to_piece(token, true, None)
    }

    /// The bytes of a token; they need not be whole characters.
    pub(crate) fn bytes(&self, token: LlamaToken) -> Vec<u8> {
        self.model.vocab().token_to_piece(token, false, None)
    }
}

impl std::fmt::Debug for Tokenizer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Tokenizer").finish_non_exhaustive()
    }
}

/// llama.cpp is initialised once a process.
pub(crate) fn backend() -> Result<&'static LlamaBackend, &'static str> {
    static BACKEND: OnceLock<Option<LlamaBackend>> = OnceLock::new();
    BACKEND
        .get_or_init(|| {
            crate::log::to_tracing();
            #[cfg(feature = "dynamic-backends")]
            crate::modules::load();
            LlamaBackend::init().ok()
        })
        .as_ref()
        .ok_or("llama.cpp could not be initialised")
}
