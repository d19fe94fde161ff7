//! Answers that are on their way. Typing what the model is just writing joins the answer instead of asking again.
//! It must not know how an answer is made.

use super::memory::Asked;
use super::{Request, Silence, Stats, Suggestion, Work};
use dashmap::DashMap;
use documents::DocumentId;
use engine::CancellationToken;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// An answer that nobody waits for is given up after this: editors cancel a request at each keystroke, and the next request
/// comes a moment later.
const GIVEN_UP_AFTER: Duration = Duration::from_millis(300);

/// Bytes that a user may be ahead of the model.
const MOST_BEYOND: usize = 12;

/// How far an answer has come.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress {
    /// What the model has written of the first suggestion.
    pub(super) raw: String,
    /// When its first token came.
    pub(super) first_token: Option<Instant>,
    /// The whole lines that can be shown already.
    pub(super) lines: Option<Suggestion>,
    /// What had been done when there were some.
    pub(super) so_far: Option<Arc<Work>>,
    /// The end.
    pub(super) outcome: Option<Result<Vec<Suggestion>, Silence>>,
}

/// One answer on its way.
#[derive(Debug)]
pub(super) struct Flight {
    asked: Asked,
    progress: watch::Receiver<Progress>,
    cancel: CancellationToken,
    waiting: AtomicUsize,
    /// Whether somebody was given its first lines: then the rest is what comes next.
    shown: AtomicBool,
    /// What it cost, until somebody is told.
    pub(super) work: Mutex<Option<Work>>,
    /// Who was given the first lines was told what they cost.
    told: AtomicBool,
}

/// The answers on their way, the last one of each document, and beside it one that is computed ahead.
#[derive(Debug, Default)]
pub(super) struct Flights {
    wanted: DashMap<DocumentId, Arc<Flight>>,
    ahead: DashMap<DocumentId, Arc<Flight>>,
}

/// Who an answer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum For {
    /// Somebody who waits.
    Now,
    /// Nobody yet.
    Later,
}

impl Flights {
    /// An answer on its way that `request` may be answered with. Who types on waits for it whatever was read meanwhile.
    pub(super) fn find(&self, request: &Request, workspace: u64) -> Option<Arc<Flight>> {
        let maps = [&self.wanted, &self.ahead];
        let flights = maps.iter().filter_map(|flights| Some(flights.get(&request.snapshot.id)?.clone()));
        let mut fitting = flights.filter(|flight| !flight.cancel.is_cancelled());
        fitting.find(|flight| match flight.asked.typed(request) {
            Some(typed) => flight.asked.workspace == workspace || !typed.is_empty(),
            None => false,
        })
    }

    /// Notes an answer; the one before it is given up.
    pub(super) fn begin(&self, document: &DocumentId, flight: Arc<Flight>, whom: For) {
        if let Some(before) = self.map(whom).insert(document.clone(), flight) {
            before.cancel.cancel();
        }
    }

    /// An answer has come to its end.
    pub(super) fn ended(&self, document: &DocumentId, flight: &Arc<Flight>, whom: For) {
        self.map(whom).remove_if(document, |_, held| Arc::ptr_eq(held, flight));
    }

    /// Gives up everything that is on its way.
    pub(super) fn clear(&self) {
        for flights in [&self.wanted, &self.ahead] {
            flights.retain(|_, flight| {
                flight.cancel.cancel();
                false
            });
        }
    }

    /// Gives up what is on its way for a document.
    pub(super) fn forget(&self, document: &DocumentId) {
        for flights in [&self.wanted, &self.ahead] {
            if let Some((_, flight)) = flights.remove(document) {
                flight.cancel.cancel();
            }
        }
    }

    /// Whether somebody waits for an answer in the document.
    pub(super) fn is_wanted(&self, document: &DocumentId) -> bool {
        self.wanted.contains_key(document)
    }

    fn map(&self, whom: For) -> &DashMap<DocumentId, Arc<Flight>> {
        match whom {
            For::Now => &self.wanted,
            For::Later => &self.ahead,
        }
    }
}

impl Flight {
    /// An answer to `asked` that tells how far it is through `progress`.
    pub(super) fn new(asked: Asked, progress: watch::Receiver<Progress>) -> Self {
        let cancel = CancellationToken::new();
        let (waiting, shown, told) = (AtomicUsize::new(0), AtomicBool::new(false), AtomicBool::new(false));
        Self { asked, progress, cancel, waiting, shown, work: Mutex::default(), told }
    }

    /// Tripped when the answer is given up.
    pub(super) fn token(&self) -> &CancellationToken {
        &self.cancel
    }

    /// The answer to `request`, as soon as it is there. From `by` on, if the model had begun to write by then, the whole
    /// lines will do that are there. `None` when this does not lead to what the request has typed.
    pub(super) async fn answer(
        self: &Arc<Self>,
        request: &Request,
        by: Option<Instant>,
    ) -> Option<Result<Vec<Suggestion>, Silence>> {
        let typed = self.asked.typed(request)?;
        let _waiting = Waiting::new(self);
        let mut progress = self.progress.clone();
        loop {
            let verdict = self.verdict(&progress.borrow_and_update(), &typed, by);
            match verdict {
                Verdict::Answer(answer) => {
                    self.shown.store(true, Ordering::SeqCst);
                    return Some(answer);
                }
                Verdict::Miss => return None,
                Verdict::Wait => {}
            }
            let by = by.filter(|by| *by > Instant::now());
            let time_is_up = async {
                match by {
                    Some(by) => tokio::time::sleep_until(by).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                changed = progress.changed() => changed.ok()?,
                () = time_is_up => {}
            }
        }
    }

    /// What it cost, each token told once: what was done so far while the model still writes, the rest at the end.
    pub(super) fn take_work(&self) -> Option<Work> {
        let whole = self.work.lock().unwrap_or_else(PoisonError::into_inner).take();
        let so_far = self.progress.borrow().so_far.clone();
        let was_told = |told: bool| self.told.swap(told, Ordering::SeqCst);
        match (whole, so_far) {
            (Some(whole), Some(so_far)) if was_told(false) => {
                Some(Work { stats: whole.stats.since(&so_far.stats), ..whole })
            }
            (None, Some(so_far)) if was_told(true) => {
                Some(Work { stats: Stats::default(), ..Work::clone(&so_far) })
            }
            (None, Some(so_far)) => Some(Work::clone(&so_far)),
            (whole, _) => whole,
        }
    }

    fn verdict(&self, progress: &Progress, typed: &str, by: Option<Instant>) -> Verdict {
        match &progress.outcome {
            // What the engine gave up for something else was not this request's wish.
            Some(Err(Silence::Cancelled)) => Verdict::Miss,
            Some(Err(silence)) if typed.is_empty() => Verdict::Answer(Err(silence.clone())),
            Some(Err(_)) => Verdict::Miss,
            Some(Ok(suggestions)) => match rest_of(suggestions, typed) {
                rest if rest.is_empty() => Verdict::Miss,
                rest => Verdict::Answer(Ok(rest)),
            },
            None if !leads_to(&progress.raw, typed) => Verdict::Miss,
            None => {
                let in_time = by.filter(|by| Instant::now() >= *by);
                let begun = in_time.is_some_and(|by| progress.first_token.is_some_and(|first| first <= by));
                let lines = progress.lines.iter().filter(|_| begun).cloned().collect::<Vec<_>>();
                match rest_of(&lines, typed) {
                    rest if rest.is_empty() => Verdict::Wait,
                    rest => Verdict::Answer(Ok(rest)),
                }
            }
        }
    }
}

/// Whether what the model has written so far may still be what was typed. While it has said nothing, an answer to a question a
/// word ago is waited for: asking anew at each key would never get past the prompt.
fn leads_to(raw: &str, typed: &str) -> bool {
    match typed.strip_prefix(raw) {
        Some(beyond) => beyond.len() <= MOST_BEYOND && !beyond.contains('\n'),
        None => raw.starts_with(typed),
    }
}

/// What is left of suggestions after `typed` was typed; those that do not begin with it are left out.
pub(super) fn rest_of(suggestions: &[Suggestion], typed: &str) -> Vec<Suggestion> {
    let rest = suggestions.iter().filter_map(|suggestion| {
        let rest = suggestion.text.strip_prefix(typed)?;
        (!rest.is_empty()).then(|| Suggestion { text: rest.to_owned(), ..suggestion.clone() })
    });
    rest.collect()
}

enum Verdict {
    Answer(Result<Vec<Suggestion>, Silence>),
    Miss,
    Wait,
}

/// Somebody who waits. When the last one leaves, the answer is given up a little later.
struct Waiting(Arc<Flight>);

impl Waiting {
    fn new(flight: &Arc<Flight>) -> Self {
        flight.waiting.fetch_add(1, Ordering::SeqCst);
        Self(flight.clone())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let flight = self.0.clone();
        let left = flight.waiting.fetch_sub(1, Ordering::SeqCst) == 1;
        let unfinished = left && flight.progress.borrow().outcome.is_none();
        // Without a runtime nothing is on its way any more.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if unfinished {
            runtime.spawn(async move {
                tokio::time::sleep(GIVEN_UP_AFTER).await;
                let shown = flight.shown.load(Ordering::SeqCst);
                if flight.waiting.load(Ordering::SeqCst) == 0 && !shown {
                    flight.cancel.cancel();
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_waited_for_while_it_may_be_what_is_typed() {
        let cases = [
            ("", "", true),
            ("", "total", true),
            ("", "a whole sentence", false),
            ("", "x\n", false),
            ("total", "to", true),
            ("to", "total", true),
            ("total", "tx", false),
            ("x", "total", false),
            ("a\nb", "a\n", true),
        ];
        for (raw, typed, expected) in cases {
            assert_eq!(leads_to(raw, typed), expected, "{raw:?} {typed:?}");
        }
    }
}
