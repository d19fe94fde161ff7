//! Loading the model ahead of its first use, shown as progress in the editor.
//! It must not hold up a request: requests wait for the model at the engine, not here.

use crate::outbound::{Message, Outbound};
use engine::{Engine, Event};
use futures::StreamExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Watches the model being loaded, one load at a time.
#[derive(Debug, Default)]
pub(crate) struct LoadWatch {
    running: Arc<AtomicBool>,
    next_id: AtomicU64,
}

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
        if self.running.swap(true, Ordering::SeqCst) {
            return;
        }
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let finished = ResetOnDrop(self.running.clone());
        let outbound = outbound.clone();
        tokio::spawn(async move {
            let _finished = finished;
            let mut events = engine.prepare(model.as_deref());
            let mut shown = None;
            let mut outcome = "stopped";
            while let Some(event) = events.next().await {
                match event {
                    Ok(Event::Loading { model, fraction }) if show => {
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
                    Ok(Event::Ready) => outcome = "ready",
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
}

struct ResetOnDrop(Arc<AtomicBool>);

impl Drop for ResetOnDrop {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}
