//! The models of the catalogue of which it knows the repository and the quantisation, but no size and no checksum: those are the hub's to
//! say when a model is fetched. What is known of their make is enough to say about how much memory they take.
//! It must not invent a size or a checksum.

use serde::Deserialize;

use super::CatalogueError;
use crate::memory::Shape;
use crate::names::{HubName, ModelName};

/// One model by its place on the hub.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HubEntry {
    /// The name that users type.
    pub name: String,
    /// Other names that mean the same model.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// One line for users: what it is good for.
    pub description: String,
    /// The licence of the weights, as its publisher names it.
    pub licence: String,
    /// The number of parameters as the publisher writes it.
    pub parameters: String,
    /// `OWNER/REPO`.
    pub repo: String,
    /// Which of the repository's models it is.
    pub quantisation: String,
    /// The format in which it fills in the middle, by its name in the `prompt` crate; none for models that only chat.
    #[serde(default)]
    pub fim: Option<String>,
    /// What the publisher's configuration says of its make, for the estimate of memory.
    #[serde(default)]
    pub make: Option<Parameters>,
}

/// The make of a model, from the publisher's `config.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// All weights, in millions.
    pub millions: u64,
    /// Those that one token uses, where that is a part: mixtures of experts.
    #[serde(default)]
    pub active_millions: Option<u64>,
    /// Layers.
    pub layers: u64,
    /// Heads of keys and values in each layer.
    pub kv_heads: u64,
    /// The width of a key's head and of a value's together.
    pub head_width: u64,
    /// The width of a layer's input.
    pub embedding: u64,
    /// Tokens of the vocabulary.
    pub vocabulary: u64,
}

impl HubEntry {
    /// Whether `name` is its name or one of its aliases, whatever the case.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        std::iter::once(&self.name).chain(&self.aliases).any(|known| known.eq_ignore_ascii_case(name))
    }

    /// Its name on the hub.
    #[must_use]
    pub fn hub_name(&self) -> HubName {
        match ModelName::parse(&format!("hf:{}:{}", self.repo, self.quantisation)) {
            Ok(ModelName::Hub(name)) => name,
            // Checked when the catalogue is read.
            _ => HubName { owner: String::new(), repo: self.repo.clone(), tag: None },
        }
    }

    /// What it takes, by estimate: the bytes of its file follow from its weights and the bits that its quantisation has for each.
    #[must_use]
    pub fn shape(&self) -> Option<Shape> {
        let make = self.make?;
        let bytes = |millions: u64| {
            millions.saturating_mul(centibits_per_weight(&self.quantisation)).saturating_mul(1250)
        };
        Some(make.shape(bytes(make.millions)))
    }
}

impl Parameters {
    /// The shape of a model of this make whose file has so many bytes.
    pub(crate) fn shape(&self, weights_bytes: u64) -> Shape {
        let active = self.active_millions.unwrap_or(self.millions);
        let read = u128::from(weights_bytes) * u128::from(active) / u128::from(self.millions.max(1));
        Shape {
            weights_bytes,
            read_per_token_bytes: u64::try_from(read).unwrap_or(u64::MAX),
            layers: self.layers,
            kv_width: self.layers.saturating_mul(self.kv_heads).saturating_mul(self.head_width),
            embedding: self.embedding,
            vocabulary: self.vocabulary,
            trained_tokens: None,
        }
    }
}

/// Hundredths of a bit for each weight of a whole file, metadata and the tensors of other types included: llama.cpp's own figures for an 8B model
/// (`tools/quantize/README.md` there).
fn centibits_per_weight(quantisation: &str) -> u64 {
    match quantisation {
        "Q8_0" => 850,
        "Q6_K" => 656,
        "F16" => 1600,
        // Q4_K_M, which is what the catalogue mostly names.
        _ => 489,
    }
}

pub(super) fn check(entry: &HubEntry) -> Result<(), CatalogueError> {
    let problem = |problem| Err(CatalogueError::Entry { model: entry.name.clone(), problem });
    match ModelName::parse(&format!("hf:{}:{}", entry.repo, entry.quantisation)) {
        Ok(ModelName::Hub(name)) if name.tag.is_some() => Ok(()),
        _ => problem("`repo` and `quantisation` must be OWNER/REPO and one such as Q4_K_M"),
    }
}
