//! What the language server of a page is made of: as `weft lsp`, with the models of this very process.
//! It must not start another engine.

use super::Ui;
use crate::commands::page_options;
use std::sync::Arc;

/// For one page.
pub(super) fn options(ui: &Ui) -> lsp::Options {
    let host = ui.engine.host.clone();
    let loaded = move |name: &str| host.loaded().iter().any(|model| model.name == name);
    page_options(&ui.paths, ui.command_line.clone(), Arc::new(ui.engine.clone()), loaded)
}
