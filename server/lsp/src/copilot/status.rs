//! The status that Copilot's clients show: busy, well, or what is wrong. It must not decide what is wrong: requests do.

use std::sync::{Mutex, MutexGuard, PoisonError};

use assist::completion::Silence;

use super::Notice;
use crate::ext::copilot::{Status, StatusKind};
use crate::outbound::{Message, Outbound};

/// See the module's head.
#[derive(Debug)]
pub(super) struct Light(Mutex<State>);

#[derive(Debug)]
struct State {
    requests: usize,
    kind: StatusKind,
    message: String,
    told: Option<Status>,
}

impl Default for Light {
    fn default() -> Self {
        Self(Mutex::new(State { requests: 0, kind: StatusKind::Normal, message: String::new(), told: None }))
    }
}

impl Light {
    /// Tells the status as it is.
    pub(super) fn show(&self, outbound: &Outbound) {
        tell(&mut self.state(), outbound);
    }

    /// A request is on its way until the result is dropped.
    pub(super) fn busy<'a>(&'a self, outbound: &'a Outbound) -> Busy<'a> {
        let mut state = self.state();
        state.requests += 1;
        tell(&mut state, outbound);
        Busy { light: self, outbound }
    }

    /// Takes from the end of a request what is about more than the request.
    pub(super) fn learn(&self, silence: Option<&Silence>, outbound: &Outbound) {
        let (kind, message) = match silence {
            None | Some(Silence::Dropped(_) | Silence::BareName) => (StatusKind::Normal, String::new()),
            Some(Silence::Engine(error)) => {
                let kind = if error.is_stopped() { StatusKind::Warning } else { StatusKind::Error };
                (kind, error.to_string())
            }
            Some(Silence::NoFim(message)) => (StatusKind::Error, message.clone()),
            Some(Silence::Off) => (StatusKind::Inactive, "suggestions are turned off".to_owned()),
            Some(
                Silence::Superseded
                | Silence::Cancelled
                | Silence::Outdated
                | Silence::NotOpen
                | Silence::ChatDocument,
            ) => return,
        };
        let mut state = self.state();
        (state.kind, state.message) = (kind, message);
        tell(&mut state, outbound);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends the status if it is another one than before.
fn tell(state: &mut State, outbound: &Outbound) {
    let now = Status { busy: state.requests > 0, kind: state.kind, message: state.message.clone() };
    if state.told.as_ref() != Some(&now) {
        outbound.send(Message::Copilot(Notice::Status(now.clone())));
        state.told = Some(now);
    }
}

/// A request on its way.
#[derive(Debug)]
pub(crate) struct Busy<'a> {
    light: &'a Light,
    outbound: &'a Outbound,
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        let mut state = self.light.state();
        state.requests = state.requests.saturating_sub(1);
        tell(&mut state, self.outbound);
    }
}
