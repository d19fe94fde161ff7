//! `workspace/didChangeConfiguration`: the model that Copilot's clients choose. What else they set is about an account.

use tower_lsp::ls_types::DidChangeConfigurationParams;

use super::copilot::models::asked_for;
use super::models;
use crate::ext::edit::UseModelParams;
use crate::server::Server;

/// Where a client of Copilot's puts the name of a model.
const MODEL: &str = "/github/copilot/selectedCompletionModel";

pub(crate) fn handle(server: &Server, params: &DidChangeConfigurationParams) {
    let named = params.settings.pointer(MODEL).and_then(|name| name.as_str());
    let Some(name) = asked_for(server, named) else { return };
    if server.session().is_ok_and(|session| session.completer.model().as_deref() == Some(&name)) {
        return;
    }
    if let Err(error) = models::choose(server, UseModelParams { name }) {
        tracing::warn!(%error, "the model that the client chose cannot be used");
    }
}
