//! What a GGUF file says of itself: the facts that prompts, the doctor and the memory estimate need.
//!
//! Must not do: read weights, keep the vocabulary, or trust the file. A broken or hostile file gives a
//! [`GgufError`] in bounded time and memory.
//!
//! Format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>, versions 2 and 3, little-endian.

mod reader;
mod tensors;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use reader::{Header, Value};

/// The header of a GGUF file, as far as Weft uses it. Texts that are not UTF-8 have U+FFFD in place of
/// the wrong bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GgufMetadata {
    /// The size of the whole file in bytes.
    pub file_bytes: u64,
    /// `general.architecture`, for example `qwen2`: how llama.cpp runs the model.
    pub architecture: Option<String>,
    /// `general.name`, as the publisher wrote it.
    pub name: Option<String>,
    /// `general.size_label`, for example `1.5B`.
    pub size_label: Option<String>,
    /// `general.file_type` in words, for example `Q4_K_M`.
    pub quantisation: Option<String>,
    /// The number of weights: the sum over the tensors.
    pub parameters: u64,
    /// The bytes of weights that one token uses a part of only, in mixtures of experts.
    pub expert_bytes: u64,
    /// The bytes of weights of which one token reads a row only.
    pub lookup_bytes: u64,
    /// The experts of each layer, and how many of them a token uses.
    pub experts: Option<(u64, u64)>,
    /// The tokens of context that the model was trained with.
    pub context_length: Option<u64>,
    /// The number of layers.
    pub block_count: Option<u64>,
    /// The width of a layer's input.
    pub embedding_length: Option<u64>,
    /// The query heads of each layer.
    pub head_count: Option<PerLayer>,
    /// The key and value heads of each layer; where the file does not say, as many as query heads.
    pub head_count_kv: Option<PerLayer>,
    /// The width of one key head; where the file does not say, `embedding_length` over the query heads.
    pub key_length: Option<u64>,
    /// The width of one value head; where the file does not say, `embedding_length` over the query heads.
    pub value_length: Option<u64>,
    /// The number of tokens in the vocabulary.
    pub vocabulary: u64,
    /// `tokenizer.ggml.model`, for example `gpt2` (byte-level BPE) or `llama` (SentencePiece).
    pub tokenizer: Option<String>,
    /// `tokenizer.ggml.pre`: how text is split before it is tokenized.
    pub pre_tokenizer: Option<String>,
    /// The tokens for filling in the middle that the file names. Many files name none although their
    /// vocabulary has them: look into `special_tokens` then.
    pub fim: FimTokens,
    /// The texts of every token that the vocabulary marks as control or user-defined: what code must
    /// never be able to say.
    pub special_tokens: BTreeSet<String>,
    /// The id of the token that begins a text.
    pub bos_token_id: Option<u64>,
    /// The id of the token that ends a text.
    pub eos_token_id: Option<u64>,
    /// The text of the token that begins a text, which chat templates write.
    pub bos_token: Option<String>,
    /// The text of the token that ends a text.
    pub eos_token: Option<String>,
    /// Whether the beginning token is to be put before a prompt, where the file says.
    pub add_bos: Option<bool>,
    /// The chat template, in Jinja.
    pub chat_template: Option<String>,
}

/// The texts of the tokens for filling in the middle, from `tokenizer.ggml.fim_*_token_id`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FimTokens {
    /// Before the text before the cursor.
    pub prefix: Option<String>,
    /// Before the text after the cursor.
    pub suffix: Option<String>,
    /// Before the text to generate.
    pub middle: Option<String>,
    /// Padding; some families also end a file with it.
    pub pad: Option<String>,
    /// Before a repository's name.
    pub repository: Option<String>,
    /// Before the path of each file.
    pub separator: Option<String>,
}

/// A number that a file gives once for all layers or for each layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PerLayer {
    /// The same for every layer.
    Same(u64),
    /// One number for each layer.
    Each(Vec<u64>),
}

impl PerLayer {
    /// The sum over all layers of a model that has `layers` of them.
    #[must_use]
    pub fn total(&self, layers: u64) -> u64 {
        match self {
            PerLayer::Same(one) => one.saturating_mul(layers),
            PerLayer::Each(each) => each.iter().fold(0, |sum, one| sum.saturating_add(*one)),
        }
    }

    /// The largest number of any layer.
    #[must_use]
    pub fn largest(&self) -> u64 {
        match self {
            PerLayer::Same(one) => *one,
            PerLayer::Each(each) => each.iter().copied().max().unwrap_or(0),
        }
    }
}

/// Why the metadata of a file cannot be read. The messages name the file.
#[derive(Debug, thiserror::Error)]
pub enum GgufError {
    /// The operating system refused.
    #[error("could not read {path}: {error}. Check that the file exists and that your user may read it")]
    Io {
        /// The file.
        path: String,
        /// The operating system's reason.
        #[source]
        error: std::io::Error,
    },
    /// The file does not begin as a GGUF file does.
    #[error(
        "{path} is not a GGUF file. Weft runs models in llama.cpp's GGUF format; get one with `weft models pull`"
    )]
    NotGguf {
        /// The file.
        path: String,
    },
    /// A version or byte order that this reader does not know.
    #[error("{path} is a GGUF file of an unsupported kind ({kind}). Get a newer conversion of the model")]
    Unsupported {
        /// The file.
        path: String,
        /// What is not supported.
        kind: String,
    },
    /// The file ends too early, or its header contradicts itself.
    #[error("{path} is a damaged GGUF file: {problem}. Delete it and download it again")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong.
        problem: String,
    },
}

/// Reads the header of the GGUF file at `path`. Takes milliseconds: the weights are not touched.
///
/// # Errors
/// When the file cannot be read, is not a GGUF file of version 2 or 3, or has a damaged header.
pub fn read_metadata(path: &Path) -> Result<GgufMetadata, GgufError> {
    let name = path.display().to_string();
    let io = |error| GgufError::Io { path: name.clone(), error };
    let file = File::open(path).map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    if !metadata.is_file() {
        return Err(GgufError::NotGguf { path: name });
    }
    let file_bytes = metadata.len();
    let header =
        reader::read_header(BufReader::with_capacity(1 << 16, file), file_bytes).map_err(|problem| {
            let path = name.clone();
            match problem {
                reader::Problem::Io(error) => GgufError::Io { path, error },
                reader::Problem::NotGguf => GgufError::NotGguf { path },
                reader::Problem::Unsupported(kind) => GgufError::Unsupported { path, kind },
                reader::Problem::Damaged(problem) => GgufError::Damaged { path, problem },
            }
        })?;
    Ok(interpret(header, file_bytes))
}

fn interpret(header: Header, file_bytes: u64) -> GgufMetadata {
    let Header { values, token_texts, special_tokens, vocabulary, tensors } = header;
    let values = Values(values);
    let architecture = values.text("general.architecture");
    let own = |key: &str| format!("{}.{key}", architecture.as_deref().unwrap_or_default());
    let number = |key: &str| values.number(&own(key));
    let token = |keys: &[&str]| {
        let id = keys.iter().find_map(|key| values.number(&format!("tokenizer.ggml.{key}")))?;
        token_texts.get(&id).cloned()
    };
    GgufMetadata {
        file_bytes,
        name: values.text("general.name"),
        size_label: values.text("general.size_label"),
        quantisation: values.number("general.file_type").map(quantisation_name),
        parameters: tensors.parameters,
        expert_bytes: tensors.expert_bytes,
        lookup_bytes: tensors.lookup_bytes,
        experts: number("expert_count").zip(number("expert_used_count")).filter(|(all, _)| *all > 0),
        context_length: number("context_length"),
        block_count: number("block_count"),
        embedding_length: number("embedding_length"),
        head_count: values.per_layer(&own("attention.head_count")),
        head_count_kv: values.per_layer(&own("attention.head_count_kv")),
        key_length: number("attention.key_length"),
        value_length: number("attention.value_length"),
        vocabulary,
        tokenizer: values.text("tokenizer.ggml.model"),
        pre_tokenizer: values.text("tokenizer.ggml.pre"),
        fim: FimTokens {
            prefix: token(&["fim_pre_token_id", "prefix_token_id"]),
            suffix: token(&["fim_suf_token_id", "suffix_token_id"]),
            middle: token(&["fim_mid_token_id", "middle_token_id"]),
            pad: token(&["fim_pad_token_id"]),
            repository: token(&["fim_rep_token_id"]),
            separator: token(&["fim_sep_token_id"]),
        },
        special_tokens,
        bos_token: token(&["bos_token_id"]),
        eos_token: token(&["eos_token_id"]),
        bos_token_id: values.number("tokenizer.ggml.bos_token_id"),
        eos_token_id: values.number("tokenizer.ggml.eos_token_id"),
        add_bos: values.flag("tokenizer.ggml.add_bos_token"),
        chat_template: values.text("tokenizer.chat_template"),
        architecture,
    }
}

/// The keys whose value is the id of a token that [`interpret`] wants as a text. The second three of those for filling in
/// the middle are the names that converters used before 2024-10.
const TOKEN_KEYS: [&str; 11] = [
    "tokenizer.ggml.bos_token_id",
    "tokenizer.ggml.eos_token_id",
    "tokenizer.ggml.fim_pre_token_id",
    "tokenizer.ggml.fim_suf_token_id",
    "tokenizer.ggml.fim_mid_token_id",
    "tokenizer.ggml.prefix_token_id",
    "tokenizer.ggml.suffix_token_id",
    "tokenizer.ggml.middle_token_id",
    "tokenizer.ggml.fim_pad_token_id",
    "tokenizer.ggml.fim_rep_token_id",
    "tokenizer.ggml.fim_sep_token_id",
];

struct Values(BTreeMap<String, Value>);

impl Values {
    fn text(&self, key: &str) -> Option<String> {
        match self.0.get(key)? {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    fn number(&self, key: &str) -> Option<u64> {
        match self.0.get(key)? {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    fn flag(&self, key: &str) -> Option<bool> {
        match self.0.get(key)? {
            Value::Flag(flag) => Some(*flag),
            _ => None,
        }
    }

    fn per_layer(&self, key: &str) -> Option<PerLayer> {
        match self.0.get(key)? {
            Value::Number(number) => Some(PerLayer::Same(*number)),
            Value::Numbers(numbers) => Some(PerLayer::Each(numbers.clone())),
            _ => None,
        }
    }
}

/// The names of `general.file_type`, from the enumeration `llama_ftype` of llama.cpp's `llama.h`.
fn quantisation_name(file_type: u64) -> String {
    let name = match file_type {
        0 => "F32",
        1 => "F16",
        2 => "Q4_0",
        3 => "Q4_1",
        7 => "Q8_0",
        8 => "Q5_0",
        9 => "Q5_1",
        10 => "Q2_K",
        11 => "Q3_K_S",
        12 => "Q3_K_M",
        13 => "Q3_K_L",
        14 => "Q4_K_S",
        15 => "Q4_K_M",
        16 => "Q5_K_S",
        17 => "Q5_K_M",
        18 => "Q6_K",
        19 => "IQ2_XXS",
        20 => "IQ2_XS",
        21 => "Q2_K_S",
        22 => "IQ3_XS",
        23 => "IQ3_XXS",
        24 => "IQ1_S",
        25 => "IQ4_NL",
        26 => "IQ3_S",
        27 => "IQ3_M",
        28 => "IQ2_S",
        29 => "IQ2_M",
        30 => "IQ4_XS",
        31 => "IQ1_M",
        32 => "BF16",
        36 => "TQ1_0",
        37 => "TQ2_0",
        38 => "MXFP4",
        other => return format!("type {other}"),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests;
