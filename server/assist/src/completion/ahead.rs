//! What is computed before anybody asks: the suggestion after the one that is shown, and prompts for the KV cache. The engine
//! gives it up for whatever somebody waits for. It must not be waited for.

use super::flight::For;
use super::line::Excerpts;
use super::{Request, Shared, Suggestion, line};
use documents::DocumentStore;
use std::sync::Arc;
use std::time::Duration;
use text::Edit;

/// A suggestion less likely to be right than this is seldom accepted, and what follows it not worth the work.
const LIKELY: f32 = 0.5;
/// The user pauses: what was found meanwhile may come into the prompt. On a machine that takes longer for a whole prompt, half
/// of that: it is much work for a pause that is over in a moment.
const PAUSE: Duration = Duration::from_secs(1);

/// Asks for what follows `shown`, as if it were accepted already, where this user accepts often enough.
pub(super) fn next(shared: &Arc<Shared>, request: &Request, shown: &Suggestion) {
    if shown.probability < LIKELY || !shared.settings().ahead {
        return;
    }
    let Some(request) = accepted(request, shown) else { return };
    if !shared.acceptance.foresee(&request) {
        return;
    }
    let shared = shared.clone();
    tokio::spawn(async move {
        let snapshot = request.snapshot.clone();
        // The new text is parsed, which takes a while for a large file.
        let parsed = tokio::task::spawn_blocking(move || snapshot.tree()).await;
        if parsed.is_ok() && !shared.flights.is_wanted(&request.snapshot.id) {
            Shared::start(&shared, request, For::Later);
        }
    });
}

/// Evaluates the prompt with what was found meanwhile, if nothing is asked in the document for a while.
pub(super) fn renew(shared: &Arc<Shared>, request: &Request) {
    if !shared.settings().ahead {
        return;
    }
    let (shared, request) = (shared.clone(), request.clone());
    tokio::spawn(async move {
        let before = shared.turns(&request.snapshot.id);
        let tokens = shared.settings().budget.prompt_tokens + shared.settings().excerpt_tokens;
        let half = shared
            .pace
            .seconds(tokens)
            .map(|seconds| Duration::from_secs_f64(seconds.clamp(0.0, 60.0) / 2.0));
        tokio::time::sleep(half.unwrap_or(PAUSE).max(PAUSE)).await;
        if shared.turns(&request.snapshot.id) == before {
            line::warm(&shared, &request, Excerpts::Newest).await;
        }
    });
}

/// Evaluates the prompt for `request` while its user still types: on a slow machine a prompt takes longer than a line. Once for a
/// document at a time, so that it is not begun again at each key.
pub(super) fn begin(shared: &Arc<Shared>, request: &Request) {
    let document = request.snapshot.id.clone();
    if !shared.settings().ahead || !shared.warming.insert(document.clone()) {
        return;
    }
    let (shared, request) = (shared.clone(), request.clone());
    tokio::spawn(async move {
        line::warm(&shared, &request, Excerpts::Held).await;
        shared.warming.remove(&document);
    });
}

/// The request after `shown` was accepted.
fn accepted(request: &Request, shown: &Suggestion) -> Option<Request> {
    let snapshot = &request.snapshot;
    let mut text = snapshot.text.clone();
    let range = request.cursor..request.cursor + shown.replace_after;
    text.apply(&Edit { range, new_text: shown.text.clone() }).ok()?;
    let language = snapshot.language.map_or("", |language| language.id());
    let store = DocumentStore::default();
    let snapshot = store.open(snapshot.id.clone(), language, snapshot.version, &text.to_string());
    Some(Request { snapshot, cursor: request.cursor + shown.text.len(), suggestions: 1 })
}
