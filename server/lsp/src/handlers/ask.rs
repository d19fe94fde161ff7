//! Asking for a suggestion, for every method that shows one.
//! It must not decide what becomes of the answer, nor report it: the methods do.

use crate::server::{Server, Session};
use assist::completion::{Answer, Request, Silence, Trace};
use documents::{DocumentId, Snapshot};
use engine::CancellationToken;

/// Asks the completer. `seen` is the editor's own document with the cursor in it, in bytes; the request's may differ, where an
/// entry of a menu is tried out.
pub(super) async fn ask(
    server: &Server,
    session: &Session,
    request: Request,
    seen: (&Snapshot, usize),
) -> Answer {
    let (snapshot, cursor) = seen;
    let mut cancelled =
        ReportIfDropped { server, id: snapshot.id.clone(), version: snapshot.version, armed: true };
    server.refresh(session);
    server.warm_up(session);
    session.workspace.looked_at(snapshot, cursor);
    let answer = session.completer.complete(request, CancellationToken::new()).await;
    cancelled.armed = false;
    answer
}

/// A cancelled request's future is dropped by the framework; its trace must not be lost with it.
struct ReportIfDropped<'a> {
    server: &'a Server,
    id: DocumentId,
    version: i32,
    armed: bool,
}

impl Drop for ReportIfDropped<'_> {
    fn drop(&mut self) {
        if self.armed {
            let trace = Trace::silent(self.id.as_str(), self.version, &Silence::Cancelled);
            self.server.report(trace, Some(&Silence::Cancelled));
        }
    }
}
