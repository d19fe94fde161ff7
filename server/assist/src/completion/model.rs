//! From what an engine knows of a model to its fill-in-the-middle format.
//! It must not look at a model's name to choose tokens.

use super::Silence;
use ::prompt::{FimFormat, FimTokens, ModelFacts, NoFim};
use engine::{Engine, ModelInfo};

/// A model and the format of its prompts.
#[derive(Clone, Debug)]
pub struct DetectedModel {
    /// Its name.
    pub name: String,
    /// Its format.
    pub format: FimFormat,
    /// Tokens that its context holds.
    pub context_tokens: u32,
}

/// Asks the engine for the model and finds its format.
pub(super) async fn detect(engine: &dyn Engine, model: Option<&str>) -> Result<DetectedModel, Silence> {
    let info = engine.model_info(model).await.map_err(Silence::Engine)?;
    let (name, context_tokens) = (info.name.clone(), info.context_tokens);
    let format = fim_format(info).map_err(|error| Silence::NoFim(error.to_string()))?;
    Ok(DetectedModel { name, format, context_tokens })
}

/// The fill-in-the-middle format of a model.
///
/// # Errors
/// When the model has none: the message says so and names models that have one.
pub fn fim_format(info: ModelInfo) -> Result<FimFormat, NoFim> {
    ::prompt::detect(&facts(info))
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
