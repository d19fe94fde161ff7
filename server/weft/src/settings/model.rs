//! The setting `model`. It must not look for the model: it is only read here.

use super::Setting;

/// which model completes code, by its name in `weft models list` or as the path of a .gguf file
pub(crate) struct Model;

impl Setting for Model {
    type Value = Option<String>;
    const KEY: &'static str = "model";
    const ENVIRONMENT: &'static str = "WEFT_MODEL";
    const DOC: &'static str =
        "which model completes code, by its name in `weft models list` or as the path of a .gguf file";

    fn default() -> Self::Value {
        None
    }

    fn parse(text: &str) -> Result<Self::Value, String> {
        match text.trim() {
            "" => Err("a name is expected".to_owned()),
            name => Ok(Some(name.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        assert_eq!(Model::parse(" qwen2.5-coder-0.5b "), Ok(Some("qwen2.5-coder-0.5b".to_owned())));
        assert!(Model::parse("  ").is_err());
    }
}
