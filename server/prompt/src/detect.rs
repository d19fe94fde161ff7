//! Which fill-in-the-middle format a model has: by the tokens of its metadata, then by its vocabulary. Must not look at
//! the model's name: repackaged and merged models have names that say nothing about their tokens.

use std::collections::BTreeSet;

use thiserror::Error;

use crate::families::{FAMILIES, FROM_METADATA};
use crate::family::{Family, Layout, TokenTexts};
use crate::model::ModelFacts;

/// A family's format with the token texts of one model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FimFormat {
    /// The family, whose template is used.
    pub family: &'static Family,
    /// Text of the prefix token in the vocabulary.
    pub prefix: String,
    /// Text of the suffix token in the vocabulary.
    pub suffix: String,
    /// Text of the middle token in the vocabulary; `None` where the format has none.
    pub middle: Option<String>,
    /// The layout of its prompts: the family's, unless another one is to be tried.
    pub layout: Layout,
    /// Whether other files can be shown: the vocabulary has the tokens for them, or they need none.
    pub files: bool,
    /// Texts that a tokenizer may take for special tokens; code must not be parsed as one of them.
    pub(crate) guarded: BTreeSet<String>,
}

impl FimFormat {
    /// The format of a family whose vocabulary cannot be looked at, as behind a remote server. Which family it is must
    /// come from the configuration or the server, not from guessing by the model's name.
    #[must_use]
    pub fn of_family(id: &str) -> Option<FimFormat> {
        let family = FAMILIES.iter().find(|family| family.id == id)?;
        let texts = family.tokens.first()?;
        let mut format =
            FimFormat::new(family, texts.prefix, texts.suffix, texts.middle, &ModelFacts::default());
        format.files = true;
        Some(format)
    }

    /// The same format with another layout.
    #[must_use]
    pub fn with_layout(&self, layout: Layout) -> FimFormat {
        FimFormat { layout, ..self.clone() }
    }

    fn new(
        family: &'static Family,
        prefix: &str,
        suffix: &str,
        middle: Option<&str>,
        facts: &ModelFacts,
    ) -> FimFormat {
        let own = [prefix, suffix].into_iter().chain(middle);
        let guarded = own
            .chain(family.stops.iter().copied())
            .chain(family.file_tokens.iter().copied())
            .chain(facts.special_tokens.iter().map(String::as_str))
            .filter(|text| looks_special(text))
            .map(str::to_owned)
            .collect();
        FimFormat {
            family,
            layout: family.layout,
            prefix: prefix.to_owned(),
            suffix: suffix.to_owned(),
            middle: middle.map(str::to_owned),
            files: family.file_tokens.iter().all(|token| facts.has_token(token)),
            guarded,
        }
    }
}

/// The model cannot fill in the middle.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "{model} cannot complete code: its vocabulary has no fill-in-the-middle tokens, so it was not trained to write \
     between the code before and after the cursor. Choose a model that was, such as qwen2.5-coder-0.5b or \
     qwen2.5-coder-1.5b: `weft models pull qwen2.5-coder-1.5b`"
)]
pub struct NoFim {
    /// The model's name as it was given.
    pub model: String,
}

/// Finds the format of a model.
///
/// # Errors
/// [`NoFim`] if neither its metadata nor its vocabulary has the tokens of one.
pub fn detect(facts: &ModelFacts) -> Result<FimFormat, NoFim> {
    from_metadata(facts).or_else(|| from_vocabulary(facts)).ok_or_else(|| NoFim { model: facts.name.clone() })
}

fn from_metadata(facts: &ModelFacts) -> Option<FimFormat> {
    let prefix = facts.fim.pre.as_deref()?;
    let suffix = facts.fim.suf.as_deref()?;
    let middle = facts.fim.mid.as_deref();
    let named = |texts: &TokenTexts| {
        texts.prefix == prefix && texts.suffix == suffix && (texts.middle.is_none() || texts.middle == middle)
    };
    let family = FAMILIES.iter().find_map(|family| {
        let texts = family.tokens.iter().find(|texts| named(texts))?;
        marked(family, facts).then_some((family, texts.middle))
    });
    match (family, middle) {
        (Some((family, middle)), _) => Some(FimFormat::new(family, prefix, suffix, middle, facts)),
        (None, Some(middle)) => Some(FimFormat::new(&FROM_METADATA, prefix, suffix, Some(middle), facts)),
        (None, None) => None,
    }
}

fn from_vocabulary(facts: &ModelFacts) -> Option<FimFormat> {
    let present = |texts: &&TokenTexts| {
        facts.has_token(texts.prefix)
            && facts.has_token(texts.suffix)
            && texts.middle.is_none_or(|middle| facts.has_token(middle))
    };
    FAMILIES.iter().find_map(|family| {
        let texts = family.tokens.iter().find(present)?;
        marked(family, facts).then(|| FimFormat::new(family, texts.prefix, texts.suffix, texts.middle, facts))
    })
}

fn marked(family: &Family, facts: &ModelFacts) -> bool {
    family.markers.iter().all(|marker| marker.holds(facts))
}

/// Vocabularies also list runs of white space and stop texts such as `\n+++++ ` here, which code may contain.
fn looks_special(text: &str) -> bool {
    let text = text.trim_start_matches('▁');
    text.len() > 2
        && ((text.starts_with('<') && text.ends_with('>')) || (text.starts_with('[') && text.ends_with(']')))
}
