//! The JSON schema of the configuration file, made from the types that read it. docs/config.schema.json is a copy, which a test keeps current.
//! It must not say anything that the types do not.

use super::types::{EngineConfig, ModelConfig, Roles};
use crate::settings::schema_of_settings;
use serde_json::{Value, json};

/// The schema.
pub(crate) fn schema() -> Value {
    let mut generator = schemars::SchemaGenerator::default();
    let roles = generator.subschema_for::<Roles>();
    let engine = generator.subschema_for::<EngineConfig>();
    let model = generator.subschema_for::<ModelConfig>();
    let mut properties = schema_of_settings();
    if let Some(properties) = properties.as_object_mut() {
        properties.insert("roles".to_owned(), roles.to_value());
        properties.insert(
            "engines".to_owned(),
            json!({
                "description": "Providers and servers, each with a name of your own.",
                "type": "object", "additionalProperties": engine,
            }),
        );
        properties.insert(
            "models".to_owned(),
            json!({
                "description": "Models behind engines, each with a name of your own.",
                "type": "object", "additionalProperties": model,
            }),
        );
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Weft's config.toml",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "$defs": generator.definitions(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_in_docs_is_current() {
        let copy = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/config.schema.json");
        let current = format!("{:#}\n", schema());
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(copy, &current).unwrap();
        }
        let shipped = std::fs::read_to_string(copy).unwrap_or_default();
        assert!(shipped == current, "run `UPDATE_EXPECT=1 cargo test -p weft schema`");
    }
}
