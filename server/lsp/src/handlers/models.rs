//! `weft/models` and `weft/useModel`: which models there are, and which one this window asks.

use tower_lsp::jsonrpc;

use crate::ext::edit::{ModelsAnswer, UseModelParams};
use crate::failure;
use crate::server::Server;

pub(crate) fn list(server: &Server) -> jsonrpc::Result<ModelsAnswer> {
    let current = server.session()?.completer.model();
    Ok(ModelsAnswer { models: server.models(current.as_deref()) })
}

pub(crate) fn choose(server: &Server, params: UseModelParams) -> jsonrpc::Result<()> {
    let session = server.session()?;
    let known = server.models(None);
    let is_file = params.name.ends_with(".gguf");
    if !is_file && !known.iter().any(|model| model.installed && model.name == params.name) {
        let installed: Vec<&str> =
            known.iter().filter(|model| model.installed).map(|model| model.name.as_str()).collect();
        return Err(failure(format!(
            "the model {} is not on this machine. Installed are: {}. `weft models pull {}` fetches it",
            params.name,
            installed.join(", "),
            params.name
        )));
    }
    session.completer.use_model(params.name);
    server.load.forget();
    server.warm_up(session);
    Ok(())
}
