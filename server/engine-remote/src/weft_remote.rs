//! Another `weft serve`, elsewhere: the same protocol as with the engine on this machine, so that prompts keep their tokens, their KV cache and
//! their guidance. It must not start one.

use crate::options::EngineOptions;
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
use tokio::time::timeout;

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
            other => return other,
        };
        failure.into_error(name, &[key])
    }

    fn stream(&self, cancel: CancellationToken, call: impl FnOnce(&WeftServe) -> EventStream) -> EventStream {
        let (client, key) = match self.connect() {
            Ok(connected) => connected,
            Err(error) => return stream::iter([Err(error)]).boxed(),
        };
        let this = self.clone();
        let state = (call(&client), this.options.timeouts.first_token, false);
        let events = stream::unfold(state, move |(mut events, wait, over)| {
            let (this, key) = (this.clone(), key.clone());
            async move {
                if over {
                    return None;
                }
                let event = match timeout(wait, events.next()).await {
                    Ok(event) => event?.map_err(|error| this.translate(error, &key)),
                    Err(_) => Err(this.late(wait)),
                };
                let next = match &event {
                    Ok(Event::Token { .. }) => this.options.timeouts.between_tokens,
                    _ => wait,
                };
                let over = event.is_err();
                Some((event, (events, next, over)))
            }
        });
        events.take_until(cancel.cancelled_owned()).boxed()
    }

    fn late(&self, wait: Duration) -> EngineError {
        let reason = format!("it said nothing for {} s", wait.as_secs_f64());
        EngineError::remote(&self.options.name, RemoteCause::Timeout, reason)
    }
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
        self.stream(CancellationToken::new(), |client| client.prepare(self.model.as_deref()))
    }

    fn generate(&self, request: GenerateRequest, cancel: CancellationToken) -> EventStream {
        let request = GenerateRequest { model: self.model.clone(), ..request };
        self.stream(cancel.clone(), |client| client.generate(&request, cancel))
    }
}
