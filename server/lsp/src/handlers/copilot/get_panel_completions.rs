//! `getPanelCompletions`: several suggestions, each a notification. Some clients insert the text at the end of the line, whatever the
//! range, so it is only what is new.

use tower_lsp::jsonrpc::Result;

use super::offer::offers;
use crate::copilot::Notice;
use crate::ext::copilot::{DocumentParams, PanelAnswer, Solution, SolutionsDone};
use crate::outbound::Message;
use crate::server::Server;

/// Suggestions in a panel.
const IN_PANEL: u32 = 3;

pub(crate) async fn handle(server: &Server, params: DocumentParams) -> Result<PanelAnswer> {
    let DocumentParams { doc, panel_id } = params;
    let mut count = 0;
    if let Some(offers) = offers(server, &doc, IN_PANEL).await? {
        count = offers.suggestions.len();
        for suggestion in &offers.suggestions {
            server.outbound.send(Message::Copilot(Notice::Solution(Solution {
                panel_id: panel_id.clone(),
                solution_id: server.copilot.feedback.offer(offers.document(), &suggestion.text),
                score: suggestion.probability,
                completion_text: suggestion.text.clone(),
                display_text: suggestion.text.clone(),
                range: offers.range(suggestion),
                doc_version: doc.version,
            })));
        }
    }
    let done = SolutionsDone { panel_id, status: "OK".to_owned() };
    server.outbound.send(Message::Copilot(Notice::Done(done)));
    Ok(PanelAnswer { solution_count_target: count })
}
