//! What a prompt needs to know about a model, as plain strings. Must not read a model file: an engine fills this in.

use std::collections::BTreeSet;

/// A model as its file describes it. Every string is the text that the vocabulary or the metadata holds, unchanged
/// (SentencePiece's `▁` included).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelFacts {
    /// What to call the model in messages. Never used to choose tokens.
    pub name: String,
    /// GGUF `general.architecture`, for example `qwen2`.
    pub architecture: Option<String>,
    /// GGUF `tokenizer.ggml.pre`, for example `qwen2` or `mellum`. It tells apart families whose special tokens have
    /// the same texts.
    pub pre_tokenizer: Option<String>,
    /// The fill-in-the-middle tokens that the metadata names.
    pub fim: FimTokens,
    /// The texts of the control and user-defined tokens of the vocabulary.
    pub special_tokens: BTreeSet<String>,
    /// GGUF `tokenizer.chat_template`.
    pub chat_template: Option<String>,
}

/// Texts of the tokens behind the GGUF keys `tokenizer.ggml.fim_{pre,suf,mid,pad,rep,sep}_token_id`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FimTokens {
    /// Opens the code before the cursor.
    pub pre: Option<String>,
    /// Opens the code after the cursor.
    pub suf: Option<String>,
    /// After it the model writes the middle.
    pub mid: Option<String>,
    /// Padding between files in training; also an end of generation.
    pub pad: Option<String>,
    /// Opens a repository's name.
    pub rep: Option<String>,
    /// Separates files of one repository.
    pub sep: Option<String>,
}

impl ModelFacts {
    /// Whether the vocabulary has a special token of exactly this text, as far as these facts say.
    #[must_use]
    pub fn has_token(&self, text: &str) -> bool {
        let FimTokens { pre, suf, mid, pad, rep, sep } = &self.fim;
        self.special_tokens.contains(text)
            || [pre, suf, mid, pad, rep, sep].iter().any(|token| token.as_deref() == Some(text))
    }
}
