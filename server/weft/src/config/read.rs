//! A table of a file as one of Weft's types, key by key: what cannot be used is told and left out. It must not know any type.

use super::document::{Document, Path};
use super::problem::{Problem, suggestion};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

/// Reads a table. All fields of the type must have defaults.
pub(super) fn table<T: DeserializeOwned + Default + JsonSchema>(
    file: &Document,
    at: &Path,
    table: &toml::Table,
    problems: &mut Vec<Problem>,
) -> T {
    let known = known::<T>();
    let mut usable = toml::Table::new();
    for (key, value) in table {
        let here = at.with(key);
        if !known.iter().any(|known| known == key) {
            let meant = suggestion(key, known.iter().map(String::as_str));
            problems.push(file.problem(&here, format!("there is no key `{key}` in [{at}]{meant}")));
            continue;
        }
        let alone = toml::Table::from_iter([(key.clone(), value.clone())]);
        match toml::Value::Table(alone).try_into::<T>() {
            Ok(_) => _ = usable.insert(key.clone(), value.clone()),
            Err(error) => {
                let what = format!("`{key}` in [{at}] cannot be used: {}", error.message().trim());
                problems.push(file.problem(&here, what));
            }
        }
    }
    toml::Value::Table(usable).try_into().unwrap_or_default()
}

/// The keys that a type has.
fn known<T: JsonSchema>() -> Vec<String> {
    let schema = schemars::schema_for!(T);
    let properties = schema.get("properties").and_then(serde_json::Value::as_object);
    properties.into_iter().flat_map(|properties| properties.keys().cloned()).collect()
}
