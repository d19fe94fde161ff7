//! Another `weft serve`, elsewhere: the same protocol as with the engine on this machine, so that prompts keep their tokens, their KV cache and
//! their guidance. It must not start one.

use crate::options::EngineOptions;
use crate::remote::pause;
use crate::secret::Secret;
use crate::weft_serve::{Endpoint, WeftServe};
use crate::{client, failure::Failure};
use engine::{
    CancellationToken, Engine, EngineError, Event, EventStream, GenerateRequest, ModelInfo, RemoteCause,
};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// A model of another `weft serve`. Cheap to clone.
#[derive(Clone, Debug)]
pub struct RemoteWeft {
    options: EngineOptions,
    /// Its name there; none for that engine's own default.
    model: Option<String>,
    /// Made at the first request: reading the system's certificates takes a while.
    http: Arc<OnceLock<Result<reqwest::Client, Failure>>>,
}

impl RemoteWeft {
    /// A model there. Nothing is sent yet. [`EngineOptions::kind`] is not looked at.
    pub fn new(options: EngineOptions, model: Option<String>) -> Self {
        Self { options, model, http: Arc::default() }
    }

    fn connect(&self) -> Result<(WeftServe, Secret), EngineError> {
        let name = &self.options.name;
        let key = (self.options.key)()
            .map_err(|reason| EngineError::remote(name, RemoteCause::Configuration, reason))?
            .unwrap_or_default();
        let http = self.http.get_or_init(|| client::client(&self.options)).clone();
        let http = http.map_err(|failure| failure.into_error(name, &[&key]))?;
        let token = key.expose().to_owned();
        let base = self.options.base_url.trim_end_matches('/').to_owned();
        Ok((WeftServe::at(http, base, Endpoint { port: 0, token }), key))
    }

    /// The failures of that engine's process are failures of a provider here: nothing is started again.
    fn translate(&self, error: EngineError, key: &Secret) -> EngineError {
        let name = &self.options.name;
        let failure = match error {
            EngineError::Stopped { reason } | EngineError::NotStarted { reason } => {
                Failure::new(RemoteCause::Network, reason)
            }
            EngineError::Refused { reason } if reason.contains("token") || reason.contains("401") => {
                Failure::new(RemoteCause::Auth, reason)
            }
            EngineError::Refused { reason } => Failure::new(RemoteCause::BadRequest, reason),
            EngineError::Failed { reason } => Failure::new(RemoteCause::Unreadable, reason),
            EngineError::ModelMissing { model } => Failure::new(
                RemoteCause::BadRequest,
                format!("it has no model {model}; `weft models pull {model}` there fetches it"),
            ),
            // Not `weft serve` but what stands before it.
            EngineError::Remote(remote) => Failure::new(remote.cause, remote.reason),
            other => return other,
        };
        failure.into_error(name, &[key])
    }

    /// The events of a call, which is made again where that can help and nothing of its answer has come: behind a load balancer the next
    /// engine answers then.
    fn stream(
        &self,
        cancel: CancellationToken,
        call: impl Fn(&WeftServe) -> EventStream + Send + 'static,
    ) -> EventStream {
        let (client, key) = match self.connect() {
            Ok(connected) => connected,
            Err(error) => return stream::iter([Err(error)]).boxed(),
        };
        let wait = self.options.timeouts.first_token;
        let calling = Calling { events: call(&client), wait, attempt: 0, begun: false, over: false };
        let (this, again) = (self.clone(), move || call(&client));
        let state = (this, calling, again, key);
        let events = stream::unfold(state, |(this, mut calling, again, key)| async move {
            if calling.over {
                return None;
            }
            let event = loop {
                let event = match timeout(calling.wait, calling.events.next()).await {
                    Ok(event) => event?.map_err(|error| this.translate(error, &key)),
                    Err(_) => Err(this.late(calling.wait)),
                };
                if calling.begun || calling.attempt >= this.options.retries || !passes(&event) {
                    break event;
                }
                sleep(pause(calling.attempt)).await;
                calling.attempt += 1;
                calling.events = again();
            };
            let event = if calling.begun { event.map_err(in_the_middle) } else { event };
            match &event {
                Ok(Event::Token { .. }) => calling.wait = this.options.timeouts.between_tokens,
                Ok(_) => {}
                Err(_) => calling.over = true,
            }
            calling.begun |= !matches!(event, Ok(Event::Loading { .. }));
            Some((event, (this, calling, again, key)))
        });
        events.take_until(cancel.cancelled_owned()).boxed()
    }

    fn late(&self, wait: Duration) -> EngineError {
        let reason = format!("it said nothing for {} s", wait.as_secs_f64());
        EngineError::remote(&self.options.name, RemoteCause::Timeout, reason)
    }
}

/// A call, and how far it is.
struct Calling {
    events: EventStream,
    /// How long the next event may take.
    wait: Duration,
    attempt: u32,
    /// Whether something of the answer has come.
    begun: bool,
    over: bool,
}

/// A connection that breaks when a part of the answer is there already.
fn in_the_middle(error: EngineError) -> EngineError {
    match error {
        EngineError::Remote(remote) if remote.cause == RemoteCause::Network => {
            let reason = format!("the answer broke off in the middle: {}; ask again", remote.reason);
            EngineError::remote(&remote.engine, remote.cause, reason)
        }
        other => other,
    }
}

/// Whether a failure may be gone when the same is asked again.
fn passes(event: &Result<Event, EngineError>) -> bool {
    let Err(EngineError::Remote(remote)) = event else { return false };
    matches!(remote.cause, RemoteCause::Network | RemoteCause::Overload)
}

impl Engine for RemoteWeft {
    fn model_info(&self, _model: Option<&str>) -> BoxFuture<'_, Result<ModelInfo, EngineError>> {
        async move {
            let (client, key) = self.connect()?;
            let wait = self.options.timeouts.first_token;
            match timeout(wait, client.model_info(self.model.as_deref())).await {
                Ok(info) => info.map_err(|error| self.translate(error, &key)),
                Err(_) => Err(self.late(wait)),
            }
        }
        .boxed()
    }

    fn prepare(&self, _model: Option<&str>) -> EventStream {
        let model = self.model.clone();
        self.stream(CancellationToken::new(), move |client| client.prepare(model.as_deref()))
    }

    fn generate(&self, request: GenerateRequest, cancel: CancellationToken) -> EventStream {
        let request = GenerateRequest { model: self.model.clone(), ..request };
        let call_cancel = cancel.clone();
        self.stream(cancel, move |client| client.generate(&request, call_cancel.clone()))
    }
}
