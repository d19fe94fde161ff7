//! `copilot/models`: the models that are on this machine.

use tower_lsp::jsonrpc::Result;

use crate::ext::copilot::Model;
use crate::server::Server;

pub(crate) fn handle(server: &Server) -> Result<Vec<Model>> {
    let current = server.session()?.completer.model();
    let installed = server.models(current.as_deref()).into_iter().filter(|model| model.installed);
    Ok(installed
        .map(|model| Model {
            id: model.name.clone(),
            model_name: model.name.clone(),
            model_family: model.name,
            scopes: vec!["completion", "chat-panel", "inline"],
            preview: false,
            default: model.current,
            is_chat_default: model.current,
            is_chat_fallback: model.current,
        })
        .collect())
}

/// The model in use, and whether it is on this machine; none where nothing says which it is.
pub(super) fn current(server: &Server) -> Result<Option<(String, bool)>> {
    let current = server.session()?.completer.model();
    let known = server.models(current.as_deref()).into_iter().find(|model| model.current);
    Ok(known.map(|model| (model.name, model.installed)).or(current.map(|name| (name, false))))
}

/// The model that a client asks for, where it is one of this machine's; clients also name those of Copilot's.
pub(crate) fn asked_for(server: &Server, name: Option<&str>) -> Option<String> {
    let name = name.filter(|name| !name.is_empty())?;
    let known = server.models(None);
    known.into_iter().find(|model| model.installed && model.name == name).map(|model| model.name)
}
