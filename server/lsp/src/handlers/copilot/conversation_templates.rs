//! `conversation/templates`: the commands that a question may begin with, the user's own prompt files among them.

use assist::chat::commands;
use tower_lsp::jsonrpc::Result;

use crate::ext::chat::ChatContext;
use crate::ext::copilot_chat::Template;
use crate::server::Server;
use crate::world::world;

pub(crate) fn handle(server: &Server) -> Result<Vec<Template>> {
    let session = server.session()?;
    let world = world(server, session, ChatContext::default(), &server.chat.names);
    let files = server.chat.conversations()?.prompt_files(&world);
    let template = |item: commands::CommandItem| Template {
        id: item.name,
        short_description: item.description.clone(),
        description: item.description,
        scopes: ["chat-panel"],
    };
    Ok(commands::complete("", &files).into_iter().map(template).collect())
}
