//! JetBrains: a template for the plugin LSP4IJ, which only its own dialog can import. It must not touch an IDE's settings.

use std::path::Path;

use anyhow::Result;

use super::plan::Plan;
use super::surroundings::Surroundings;

/// The template's files.
macro_rules! template {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../editors/jetbrains/lsp4ij/", $path)))),*]
    };
}

/// The template; a test compares the list with editors/jetbrains.
pub(super) const TEMPLATE: &[(&str, &str)] = template![
    "README.md",
    "clientSettings.json",
    "initializationOptions.json",
    "installer.json",
    "settings.json",
    "template.json",
];

pub(super) fn plan(at: &Surroundings, to: Option<&Path>) -> Result<Plan> {
    let folder = match to {
        Some(to) => std::path::absolute(to)?,
        None => at.own.join("jetbrains"),
    };
    let mut plan = Plan::default();
    for (path, text) in TEMPLATE {
        plan.write(folder.join(path), with_program(text, &at.weft))?;
    }
    plan.next = vec![format!(
        "Then, in the IDE (2024.2 or newer):\n\
         1. Settings → Plugins → Marketplace: install LSP4IJ, 0.20 or newer.\n\
         2. Settings → Languages & Frameworks → Language Servers → +.\n\
         3. Template → \"Import from custom template…\": choose {}\n\
         4. OK. Suggestions are ghost text; Tab takes them.",
        folder.display()
    )];
    Ok(plan)
}

/// The template with the program's path where `weft` alone is not found. A path with a blank or a quote would need the quoting of two
/// languages, so it is left to the dialog.
fn with_program(text: &str, weft: &str) -> String {
    let plain = |one: char| one.is_ascii_alphanumeric() || "/._-+".contains(one);
    if weft == "weft" || !weft.chars().all(plain) {
        return text.to_owned();
    }
    text.replace("weft lsp", &format!("{weft} lsp"))
}
