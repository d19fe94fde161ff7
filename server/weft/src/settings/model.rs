//! The setting `model`. It must not look for the model: it is only read here.

use super::Setting;
use models::ModelName;
use std::path::Path;

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
            // The engine may run in another folder, so a relative path would mean something else to it.
            name if is_path(name) => std::path::absolute(name)
                .map(|path| Some(path.to_string_lossy().into_owned()))
                .map_err(|error| format!("a path that can be made absolute is expected ({error})")),
            name => Ok(Some(name.to_owned())),
        }
    }
}

/// Whether a model is named by the path of its file: a lone file name is looked for among the models.
pub(crate) fn is_path(name: &str) -> bool {
    let path = Path::new(name);
    // A file of a repository on the hub is named with slashes, too.
    matches!(ModelName::parse(name), Ok(ModelName::Plain(_)))
        && path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gguf"))
        && path.components().count() > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        assert_eq!(Model::parse(" qwen2.5-coder-0.5b "), Ok(Some("qwen2.5-coder-0.5b".to_owned())));
        assert_eq!(Model::parse("a.gguf"), Ok(Some("a.gguf".to_owned())));
        let here = std::env::current_dir().unwrap().join("models/a.gguf").to_string_lossy().into_owned();
        assert_eq!(Model::parse("models/a.gguf"), Ok(Some(here)));
        let hub = "hf:owner/repo:file-q8_0.gguf";
        assert_eq!(Model::parse(hub), Ok(Some(hub.to_owned())));
        assert!(Model::parse("  ").is_err());
    }
}
