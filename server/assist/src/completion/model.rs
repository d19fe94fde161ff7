//! From what an engine knows of a model to its fill-in-the-middle format.
//! It must not look at a model's name to choose tokens.

use super::Silence;
use ::prompt::{FAMILIES, FimFormat, FimTokens, ModelFacts, NoFim};
use engine::{Engine, Input, ModelInfo};

/// A model and the format of its prompts.
#[derive(Clone, Debug)]
pub struct DetectedModel {
    /// Its name.
    pub name: String,
    /// Its format.
    pub format: Format,
    /// Tokens that its context holds.
    pub context_tokens: u32,
}

/// What a prompt is made of.
#[derive(Clone, Debug)]
pub enum Format {
    /// Pieces that are tokenized one by one.
    Tokens(FimFormat),
    /// One string with the format's tokens in it.
    Text(FimFormat),
    /// The code before and after the cursor.
    Fill,
    /// A question to a chat model.
    Messages,
}

impl Format {
    /// Whether the model computes for this user alone, so that work ahead costs no money.
    pub(super) fn is_own(&self) -> bool {
        matches!(self, Self::Tokens(_))
    }
}

/// Asks the engine for the model and finds its format.
pub(super) async fn detect(engine: &dyn Engine, model: Option<&str>) -> Result<DetectedModel, Silence> {
    let info = engine.model_info(model).await.map_err(Silence::Engine)?;
    let (name, context_tokens) = (info.name.clone(), info.context_tokens);
    let format = match info.input {
        Input::Tokens => Format::Tokens(fim_format(info).map_err(|error| Silence::NoFim(error.to_string()))?),
        Input::Text => Format::Text(family(&name, info.fim_family.as_deref())?),
        Input::Fill => Format::Fill,
        Input::Messages => Format::Messages,
    };
    Ok(DetectedModel { name, format, context_tokens })
}

/// The fill-in-the-middle format of a model.
///
/// # Errors
/// When the model has none: the message says so and names models that have one.
pub fn fim_format(info: ModelInfo) -> Result<FimFormat, NoFim> {
    ::prompt::detect(&facts(info))
}

/// The format that the configuration names for a model whose vocabulary cannot be looked at.
fn family(model: &str, named: Option<&str>) -> Result<FimFormat, Silence> {
    named.and_then(FimFormat::of_family).ok_or_else(|| {
        let known: Vec<&str> = FAMILIES.iter().map(|family| family.id).collect();
        Silence::NoFim(format!(
            "{model} has no known format for filling in ({}). Set its `fim` to one of {}, or to \"chat\"",
            named.unwrap_or("none is named"),
            known.join(", ")
        ))
    })
}

fn facts(info: ModelInfo) -> ModelFacts {
    ModelFacts {
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
    }
}
