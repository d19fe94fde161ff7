//! The shape of a family's fill-in-the-middle format: a template as data. Must not hold any one family's tokens.

use serde::{Deserialize, Serialize};

use crate::model::ModelFacts;

/// Models that were trained on one fill-in-the-middle format.
#[derive(Debug, PartialEq, Eq)]
pub struct Family {
    /// Short name for configuration and traces, for example `qwen2.5-coder`.
    pub id: &'static str,
    /// Models known to use it.
    pub models: &'static str,
    /// Where the format is published.
    pub source: &'static str,
    /// The texts that the three tokens can have in a vocabulary, the usual ones first.
    pub tokens: &'static [TokenTexts],
    /// What tells this family from others with the same three tokens: all must hold.
    pub markers: &'static [Marker],
    /// Tokens that the template needs to show other files; without them in the vocabulary files are left out.
    pub file_tokens: &'static [&'static str],
    /// The prompt.
    pub template: &'static [Piece],
    /// Texts at which a generation has ended. For servers that are given texts: a local engine also stops at the
    /// model's own end-of-generation tokens.
    pub stops: &'static [&'static str],
    /// What a tokenizer writes by itself between the prefix token and the code when it is given the pieces one by one,
    /// and a flat prompt must therefore spell out (SentencePiece's leading space).
    pub flat_space: &'static str,
    /// The layout of its prompts, chosen by measurement (`cargo xtask bench layout`).
    pub layout: Layout,
}

/// How a prompt is laid out for the KV cache: what a keystroke makes the engine evaluate again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// The family's order. Everything from the change on is evaluated again. For families that were not measured.
    #[default]
    Exact,
    /// The family's order, and the code below the cursor's line is moved instead of evaluated again.
    MovedTail,
    /// The code after the cursor before the code before it, so that typing only appends: for models trained on it.
    SuffixFirst,
}

/// The texts of a format's tokens as they stand in the vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenTexts {
    /// Opens the code before the cursor.
    pub prefix: &'static str,
    /// Opens the code after the cursor.
    pub suffix: &'static str,
    /// After it the model writes; `None` where the model simply goes on after the prefix.
    pub middle: Option<&'static str>,
}

/// One condition on a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// The vocabulary has a special token of this text.
    Token(&'static str),
    /// The architecture's name begins so.
    Architecture(&'static str),
    /// The pre-tokenizer is this one.
    PreTokenizer(&'static str),
    /// There is a chat template and it contains this.
    ChatTemplate(&'static str),
}

impl Marker {
    /// Whether the model meets the condition.
    #[must_use]
    pub fn holds(self, facts: &ModelFacts) -> bool {
        match self {
            Marker::Token(text) => facts.has_token(text),
            Marker::Architecture(start) => {
                facts.architecture.as_deref().is_some_and(|architecture| architecture.starts_with(start))
            }
            Marker::PreTokenizer(name) => facts.pre_tokenizer.as_deref() == Some(name),
            Marker::ChatTemplate(part) => {
                facts.chat_template.as_deref().is_some_and(|template| template.contains(part))
            }
        }
    }
}

/// A piece of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// The format's prefix token.
    PrefixToken,
    /// The format's suffix token.
    SuffixToken,
    /// The format's middle token, if it has one.
    MiddleToken,
    /// Another single token, by its text.
    Token(&'static str),
    /// Text of the template in which special tokens are to be parsed (chat turns).
    Parsed(&'static str),
    /// Plain text of the template.
    Text(&'static str),
    /// The repository's name.
    RepoName,
    /// The file's path: inside `EachFile` that file's, elsewhere the edited file's.
    Path,
    /// The file's text, ended by a line feed; only inside `EachFile`.
    FileText,
    /// The code before the cursor.
    Prefix,
    /// The code after the cursor.
    Suffix,
    /// These pieces if the repository's name is known.
    IfRepoName(&'static [Piece]),
    /// These pieces if the edited file's path is known.
    IfPath(&'static [Piece]),
    /// These pieces if other files are shown and the edited file's path is known.
    IfFiles(&'static [Piece]),
    /// These pieces for each other file, in order.
    EachFile(&'static [Piece]),
}
