//! What only clients of Copilot's are told. It must not decide when.

use tower_lsp::Client;

use crate::ext::copilot::{
    DidChangeStatus, OldStatus, PanelSolution, PanelSolutionsDone, Solution, SolutionsDone, Status,
    StatusNotification,
};

/// A notification in Copilot's protocol.
#[derive(Clone, Debug)]
pub(crate) enum Notice {
    /// How it is.
    Status(Status),
    /// A suggestion for a panel.
    Solution(Solution),
    /// A panel has all of its suggestions.
    Done(SolutionsDone),
}

impl Notice {
    /// Sends it; the status in both spellings, because each client knows one.
    pub(crate) async fn send(self, client: &Client) {
        match self {
            Self::Status(status) => {
                client.send_notification::<StatusNotification>(OldStatus::from(&status)).await;
                client.send_notification::<DidChangeStatus>(status).await;
            }
            Self::Solution(solution) => client.send_notification::<PanelSolution>(solution).await,
            Self::Done(done) => client.send_notification::<PanelSolutionsDone>(done).await,
        }
    }
}
