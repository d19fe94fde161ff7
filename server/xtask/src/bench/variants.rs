//! What is compared: llama-server's own `/infill`, Weft with some of its sources, or answers of long ago.
//!
//! It must not know which sources there are: their names go to Weft as they are written.

use std::path::PathBuf;

use anyhow::{Result, bail};
use serde_json::{Map, Value, json};

pub(super) const HELP: &str = "\
Variants, separated by commas:
  infill         The bare text around the cursor through llama-server's /infill
  all            Weft as it is
  in-file        Weft without any text from elsewhere
  -A, -A+B       Weft without the source A (and B)
  oracle         Weft, which is told the definitions that the answer needs: what context could win at most
  NAME=FILE      Answers of an earlier run: a file of lines with \"id\" and \"completion\"
  …/KEY=VALUE    Appended to one of Weft's: an initialization option, with dots for depth,
                 as in all/healing=off or in-file/promptTokens=1024";

/// One of the things compared.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Variant {
    /// As it was written; its column in the tables.
    pub(super) name: String,
    pub(super) asked: Asked,
}

/// Who is asked.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Asked {
    /// llama-server's `/infill`.
    Infill,
    /// `weft lsp` with these initialization options.
    Weft(Value),
    /// The same, told where the definitions are that the case needs.
    Oracle(Value),
    /// Nobody: the answers are in a file.
    Given(PathBuf),
}

impl Variant {
    /// The variant that this one is a version of, if its name says so: `all` for `-similar`, and what
    /// stands before the first `/`.
    pub(super) fn base(&self) -> Option<&str> {
        match self.name.split_once('/') {
            Some((base, _)) => Some(base),
            None => (self.name == "oracle" || self.name.starts_with('-')).then_some("all"),
        }
    }

    /// Whether it lacks something that its base has, so that the base is what gains and loses.
    pub(super) fn is_ablation(&self) -> bool {
        self.name.starts_with('-')
    }
}

/// Reads what was given to `--variants`.
pub(super) fn parse(text: &str) -> Result<Vec<Variant>> {
    let mut variants: Vec<Variant> = Vec::new();
    for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let variant = variant(name)?;
        if variants.iter().any(|other| other.name == variant.name) {
            bail!("the variant `{}` is there twice", variant.name);
        }
        variants.push(variant);
    }
    if variants.is_empty() {
        bail!("there is no variant to measure");
    }
    Ok(variants)
}

fn variant(text: &str) -> Result<Variant> {
    let named = |asked| Ok(Variant { name: text.to_owned(), asked });
    if text == "infill" {
        return named(Asked::Infill);
    }
    if let Some((name, file)) = text.split_once('=')
        && !name.contains('/')
    {
        return Ok(Variant { name: name.to_owned(), asked: Asked::Given(file.into()) });
    }
    let mut words = text.split('/');
    let mut options = Map::new();
    let base = words.next().unwrap_or_default();
    match base {
        "all" | "weft" | "oracle" => {}
        "in-file" => set(&mut options, "context.off", json!(["all"])),
        base => match base.strip_prefix('-') {
            Some(sources) if !sources.is_empty() => {
                set(&mut options, "context.off", json!(sources.split('+').collect::<Vec<_>>()));
            }
            _ => bail!("`{text}` is no variant.\n{HELP}"),
        },
    }
    for word in words {
        let Some((key, value)) = word.split_once('=') else {
            bail!("`{word}` in the variant `{text}` is not KEY=VALUE");
        };
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        set(&mut options, key, value);
    }
    let options = Value::Object(options);
    named(if base == "oracle" { Asked::Oracle(options) } else { Asked::Weft(options) })
}

/// Sets one of the initialization options; dots lead into objects.
pub(super) fn set_option(options: &mut Value, key: &str, value: Value) {
    if let Value::Object(options) = options {
        set(options, key, value);
    }
}

/// Sets `key`, whose dots lead into objects, made where they are missing.
fn set(options: &mut Map<String, Value>, key: &str, value: Value) {
    let Some((first, rest)) = key.split_once('.') else {
        options.insert(key.to_owned(), value);
        return;
    };
    let inner = options.entry(first).or_insert_with(|| json!({}));
    if !inner.is_object() {
        *inner = json!({});
    }
    if let Value::Object(inner) = inner {
        set(inner, rest, value);
    }
}

/// Whether Weft with these options looks beyond the open file.
pub(super) fn looks_beyond_the_file(options: &Value) -> bool {
    let off = options.pointer("/context/off").and_then(Value::as_array);
    !off.is_some_and(|sources| sources.iter().any(|source| source == "all"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_become_initialization_options() {
        let text = "infill, all,oracle,in-file,-similar+recent-edits,all/healing=off/promptTokens=900,\
                    in-file/context.limit=2,old=some/where.jsonl";
        let variants = parse(text).unwrap();
        let names: Vec<&str> = variants.iter().map(|variant| variant.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "infill",
                "all",
                "oracle",
                "in-file",
                "-similar+recent-edits",
                "all/healing=off/promptTokens=900",
                "in-file/context.limit=2",
                "old"
            ]
        );
        let asked: Vec<Asked> = variants.iter().map(|variant| variant.asked.clone()).collect();
        assert_eq!(
            asked,
            [
                Asked::Infill,
                Asked::Weft(json!({})),
                Asked::Oracle(json!({})),
                Asked::Weft(json!({"context": {"off": ["all"]}})),
                Asked::Weft(json!({"context": {"off": ["similar", "recent-edits"]}})),
                Asked::Weft(json!({"healing": "off", "promptTokens": 900})),
                Asked::Weft(json!({"context": {"off": ["all"], "limit": 2}})),
                Asked::Given("some/where.jsonl".into()),
            ]
        );
        let bases: Vec<Option<&str>> = variants.iter().map(Variant::base).collect();
        assert_eq!(bases, [None, None, Some("all"), None, Some("all"), Some("all"), Some("in-file"), None]);
        assert!(!looks_beyond_the_file(&json!({"context": {"off": ["all"]}})));
        assert!(looks_beyond_the_file(&json!({"context": {"off": ["similar"]}})));
    }

    #[test]
    fn what_is_no_variant_is_refused() {
        for text in ["", "-", "everything", "all/healing", "all,all"] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }
}
