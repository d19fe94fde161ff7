//! Loading the model ahead of its first use, shown as progress in the editor.
//! It must not hold up a request: requests wait for the model at the engine, not here.

use crate::outbound::{Message, Outbound};
use engine::{Engine, Event};
use futures::StreamExt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tower_lsp::ls_types::MessageType;

/// Watches the model being loaded, one load at a time.
#[derive(Debug, Default)]
pub(crate) struct LoadWatch {
    running: Arc<AtomicBool>,
    next_id: AtomicU64,
    /// When the model was last known to be in memory.
    ready: Arc<Mutex<Option<Instant>>>,
}

/// The engine is not asked again so soon after it said that the model is there: requests come at every keystroke.
const TRUSTED_FOR: Duration = Duration::from_secs(20);

impl LoadWatch {
    /// Asks the engine for the model, unless that is under way. Nothing shows when it is in memory already.
    /// A failure is not reported here: the request that needs the model says it.
    pub(crate) fn start(
        &self,
        engine: Arc<dyn Engine>,
        model: Option<String>,
        outbound: &Outbound,
        show: bool,
    ) {
        let trusted = |ready: &Option<Instant>| ready.is_some_and(|at| at.elapsed() < TRUSTED_FOR);
        if trusted(&lock(&self.ready)) || self.running.swap(true, Ordering::SeqCst) {
            return;
        }
        let ready = self.ready.clone();
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let finished = ResetOnDrop(self.running.clone());
        let outbound = outbound.clone();
        tokio::spawn(async move {
            let _finished = finished;
            let mut events = engine.prepare(model.as_deref());
            let mut shown = None;
            let mut outcome = "stopped";
            let mut loaded = false;
            while let Some(event) = events.next().await {
                match event {
                    Ok(Event::Loading { .. }) if !show => loaded = true,
                    Ok(Event::Loading { model, fraction }) => {
                        loaded = true;
                        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0 to 100
                        let percentage = (fraction.clamp(0.0, 1.0) * 100.0) as u32;
                        match shown {
                            None => {
                                let title = format!("Weft: loading the model {model}");
                                outbound.send(Message::ProgressBegin { id, title });
                            }
                            Some(before) if before == percentage => continue,
                            Some(_) => outbound.send(Message::ProgressReport { id, percentage }),
                        }
                        shown = Some(percentage);
                    }
                    Ok(Event::Ready) => {
                        outcome = "ready";
                        *lock(&ready) = Some(Instant::now());
                        if loaded {
                            tell_notice(&*engine, model.as_deref(), &outbound).await;
                        }
                    }
                    Ok(_) => {}
                    Err(error) => {
                        tracing::warn!(%error, "the model could not be loaded ahead");
                        outcome = "failed";
                    }
                }
            }
            if shown.is_some() {
                outbound.send(Message::ProgressEnd { id, message: outcome.to_owned() });
            }
        });
    }

    /// The engine is gone, and the model with it: the next request looks again.
    pub(crate) fn forget(&self) {
        *lock(&self.ready) = None;
    }
}

/// Says what was reduced of a model that was just loaded.
async fn tell_notice(engine: &dyn Engine, model: Option<&str>, outbound: &Outbound) {
    // A model that cannot be asked says so to the request that needs it.
    let notice = engine.model_info(model).await.ok().and_then(|info| info.notice());
    if let Some(notice) = notice {
        outbound.send(Message::Show(MessageType::WARNING, format!("Weft: {notice}")));
    }
}

fn lock(ready: &Mutex<Option<Instant>>) -> MutexGuard<'_, Option<Instant>> {
    ready.lock().unwrap_or_else(PoisonError::into_inner)
}

struct ResetOnDrop(Arc<AtomicBool>);

impl Drop for ResetOnDrop {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}
