//! `checkStatus`, `signIn`, `signOut` and their like: the model is always signed in. Tokens that come along are not looked at.

use tower_lsp::jsonrpc::Result;

use crate::ext::copilot::StatusAnswer;
use crate::server::Server;

pub(crate) fn check_status(server: &Server) -> Result<StatusAnswer> {
    Ok(StatusAnswer { status: "OK", user: Some(user(server)?) })
}

pub(crate) fn sign_in(server: &Server) -> Result<StatusAnswer> {
    Ok(StatusAnswer { status: "AlreadySignedIn", user: Some(user(server)?) })
}

/// Clients ask for nothing more then, which is what the user wants.
pub(crate) fn sign_out() -> StatusAnswer {
    StatusAnswer { status: "NotSignedIn", user: None }
}

/// Who is signed in. With blanks, so that no client takes it for the name of an account whose picture it could fetch.
fn user(server: &Server) -> Result<String> {
    Ok(match super::models::current(server)? {
        Some((model, true)) => format!("the local model {model}"),
        // One of an engine elsewhere, which the user has configured, or one that is yet to be fetched.
        Some((model, false)) => format!("the model {model}"),
        None => "the local model".to_owned(),
    })
}
