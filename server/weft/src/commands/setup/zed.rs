//! Zed: edit predictions from an OpenAI-compatible server, which `weft serve --port` is. Its settings.json has comments, which are kept.
//! Zed shows no inline completion of language servers, so `weft lsp` is of no use to it. The settings are those of Zed's documentation.

use anyhow::Result;
use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstInputValue, CstObject, CstRootNode};

use super::plan::{Plan, read_text};
use super::surroundings::Surroundings;

/// The port that the settings name; docs/api.md has the same.
const PORT: u16 = 8080;

/// Zed's name of the kind of server.
const PROVIDER: &str = "open_ai_compatible_api";

pub(super) fn plan(at: &Surroundings) -> Result<Plan> {
    let folder = if cfg!(windows) { "Zed" } else { "zed" };
    let path = at.config.join(folder).join("settings.json");
    let text = read_text(&path)?.unwrap_or_else(|| Ok(String::new()));
    let model = ::models::catalogue().default_model().map_or("", |model| model.name.as_str());
    match text.and_then(|text| merged(&text, model)) {
        Ok(after) => {
            let mut plan = Plan::default();
            plan.write(path, after)?;
            plan.next = vec![format!("Weft must be running for Zed: `{} serve --port {PORT}`.", at.weft)];
            Ok(plan)
        }
        Err(why) => Ok(Plan::by_hand(format!(
            "{} is left as it is: {why}. By hand it is this, with `{} serve --port {PORT}` running:\n\n{}",
            path.display(),
            at.weft,
            merged("", model).unwrap_or_default()
        ))),
    }
}

/// The user's settings with Weft in them.
///
/// # Errors
/// Why not, for people.
pub(super) fn merged(text: &str, model: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return merged("{}\n", model);
    }
    let root = CstRootNode::parse(text, &ParseOptions::default())
        .map_err(|error| format!("it is not JSON as Zed reads it ({error})"))?;
    let settings = root.object_value().ok_or("it holds no object")?;
    let address = format!("http://127.0.0.1:{PORT}/v1/completions");
    let predictions = match settings.get("edit_predictions") {
        None => {
            settings.append("edit_predictions", CstInputValue::Object(Vec::new()));
            settings.object_value("edit_predictions").ok_or("it cannot be added to")?
        }
        Some(property) => property.object_value().ok_or("its `edit_predictions` is no object")?,
    };
    if let Some(provider) = text_of(&predictions, "provider") {
        let ours = predictions.object_value(PROVIDER).and_then(|server| text_of(&server, "api_url"));
        if provider == PROVIDER && ours.as_deref() == Some(address.as_str()) {
            return Ok(text.to_owned());
        }
        return Err(format!("its edit predictions come from `{provider}`, which you have chosen"));
    }
    if predictions.get(PROVIDER).is_some() {
        return Err(format!("its `edit_predictions` have a `{PROVIDER}` already"));
    }
    predictions.append("provider", CstInputValue::String(PROVIDER.to_owned()));
    predictions.append(
        PROVIDER,
        CstInputValue::Object(vec![
            ("api_url".to_owned(), CstInputValue::String(address)),
            ("model".to_owned(), CstInputValue::String(model.to_owned())),
            ("prompt_format".to_owned(), CstInputValue::String("qwen".to_owned())),
            ("max_output_tokens".to_owned(), CstInputValue::Number("64".to_owned())),
        ]),
    );
    Ok(root.to_string())
}

fn text_of(object: &CstObject, name: &str) -> Option<String> {
    object.get(name)?.value()?.as_string_lit()?.decoded_value().ok()
}
