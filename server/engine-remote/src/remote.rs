//! A model behind a provider, as an engine: one request, sent again where that helps, and its answer as events. It must not know any
//! provider's format.

use crate::ask::{Ask, Call, Piece};
use crate::client;
use crate::failure::Failure;
use crate::frames::{BadFrame, Frame, Frames};
use crate::options::{Completion, EngineOptions, ModelOptions, Timeouts};
use crate::providers;
use crate::secret::Secret;
use crate::teller::Teller;
use engine::{
    CancellationToken, Engine, EngineError, Event, EventStream, GenerateRequest, Input, ModelInfo,
    RemoteCause,
};
use futures::channel::mpsc::{UnboundedSender, unbounded};
use futures::future::BoxFuture;
use futures::{FutureExt, Stream, StreamExt, stream};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// A provider that can be asked. Cheap to clone.
#[derive(Clone, Debug)]
pub struct RemoteEngine {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    options: EngineOptions,
    /// Made at the first request: reading the system's certificates takes a while.
    client: OnceLock<Result<reqwest::Client, Failure>>,
}

/// One of a provider's models. Cheap to clone.
#[derive(Clone, Debug)]
pub struct RemoteModel {
    engine: RemoteEngine,
    options: ModelOptions,
}

/// The longest error text that is read.
const MOST_ERROR_BYTES: usize = 64 * 1024;
/// The first pause before a request is sent again; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(400);
/// The counts of tokens follow the end of an answer at once, if they come at all.
const LAST_WORDS: Duration = Duration::from_secs(2);

impl RemoteEngine {
    /// A provider. Nothing is sent yet.
    pub fn new(options: EngineOptions) -> Self {
        Self { inner: Arc::new(Inner { options, client: OnceLock::new() }) }
    }

    /// One of its models.
    pub fn model(&self, options: ModelOptions) -> RemoteModel {
        RemoteModel { engine: self.clone(), options }
    }

    fn client(&self) -> Result<&reqwest::Client, Failure> {
        let made = self.inner.client.get_or_init(|| client::client(&self.inner.options));
        made.as_ref().map_err(Clone::clone)
    }
}

impl RemoteModel {
    async fn run(
        self,
        request: GenerateRequest,
        events: UnboundedSender<Result<Event, EngineError>>,
    ) -> Result<(), EngineError> {
        let options = &self.engine.inner.options;
        // It may have to ask a keyring, or its user.
        let source = options.key.clone();
        let key = tokio::task::spawn_blocking(move || source()).await;
        let key = key
            .unwrap_or_else(|_| Err("its key could not be read".to_owned()))
            .map_err(|reason| EngineError::remote(&options.name, RemoteCause::Configuration, reason))?;
        let mut teller = Teller::new(&request, events);
        let answered = self.ask(&request, key.as_ref(), &mut teller).await;
        let secrets = options.headers.iter().map(|(_, value)| value).chain(key.as_ref());
        answered.map_err(|failure| failure.into_error(&options.name, &secrets.collect::<Vec<_>>()))
    }

    /// Asks until there is an answer, or no hope or time for one.
    async fn ask(
        &self,
        request: &GenerateRequest,
        key: Option<&Secret>,
        teller: &mut Teller,
    ) -> Result<(), Failure> {
        let options = &self.engine.inner.options;
        let model = &self.options;
        let ask = Ask::new(request, &model.model, model.temperature, model.context_tokens);
        let call = providers::call(options, &ask)
            .map_err(|reason| Failure::new(RemoteCause::Configuration, reason))?;
        let deadline = Instant::now() + options.timeouts.first_token;
        let mut attempt = 0;
        loop {
            let failure = match self.attempt(&call, key, deadline, teller).await {
                Ok(()) => return Ok(()),
                Err(failure) => failure,
            };
            // What has been shown cannot be taken back.
            if teller.has_begun() || !failure.again || attempt >= options.retries {
                return Err(failure);
            }
            let pause = failure.retry_after.unwrap_or_else(|| pause(attempt));
            if Instant::now() + pause >= deadline {
                return Err(with_wait(failure));
            }
            tracing::debug!(engine = options.name, cause = failure.cause.code(), "asking again");
            sleep(pause).await;
            attempt += 1;
        }
    }

    async fn attempt(
        &self,
        call: &Call,
        key: Option<&Secret>,
        deadline: Instant,
        teller: &mut Teller,
    ) -> Result<(), Failure> {
        let options = &self.engine.inner.options;
        let request = client::request(self.engine.client()?, options, call, key)?;
        let late = || no_answer(&options.timeouts);
        let response = timeout_at(deadline, request.send()).await.map_err(|_| late())?;
        let response = response.map_err(|error| client::network(&error))?;
        let status = response.status();
        if !status.is_success() {
            let headers = response.headers().clone();
            let body = timeout_at(deadline, error_text(response)).await.map_err(|_| late())?;
            return Err(Failure::of_answer(status.as_u16(), &headers, &body));
        }
        let chunks = response.bytes_stream().map(|chunk| chunk.map_err(|error| client::network(&error)));
        self.read(call, chunks, deadline, teller).await
    }

    /// Reads an answer to its end. Only pieces of the answer count as progress: a provider that sends signs of life and nothing
    /// else is as good as silent.
    async fn read(
        &self,
        call: &Call,
        chunks: impl Stream<Item = Result<impl AsRef<[u8]>, Failure>>,
        first: Instant,
        teller: &mut Teller,
    ) -> Result<(), Failure> {
        let timeouts = &self.engine.inner.options.timeouts;
        let mut chunks = std::pin::pin!(chunks);
        let mut frames = Frames::new(call.framing);
        let mut deadline = first;
        loop {
            let chunk = match timeout_at(deadline, chunks.next()).await {
                Ok(chunk) => chunk,
                // The answer is whole, only its counts are missing.
                Err(_) if teller.has_reason() => break,
                Err(_) if teller.has_begun() => return Err(silence(timeouts)),
                Err(_) => return Err(no_answer(timeouts)),
            };
            let (frames, last) = match chunk {
                Some(chunk) => {
                    let events = frames.push(chunk?.as_ref());
                    (events.map_err(unreadable)?, false)
                }
                // An event that was cut says nothing; that the answer has no end does.
                None => (frames.finish().ok().flatten().into_iter().collect(), true),
            };
            let before = teller.pieces();
            let ended = take(call, &frames, last, teller)?;
            if ended || teller.has_stopped() {
                break;
            }
            if last {
                return if teller.has_reason() { break } else { Err(broken(teller)) };
            }
            if teller.has_reason() {
                deadline = deadline.min(Instant::now() + LAST_WORDS);
            } else if teller.pieces() > before {
                deadline = Instant::now() + timeouts.between_tokens;
            }
        }
        teller.finish();
        Ok(())
    }
}

/// Hands the pieces of events on. True when nothing follows.
fn take(call: &Call, frames: &[Frame], last: bool, teller: &mut Teller) -> Result<bool, Failure> {
    for frame in frames {
        let Some(pieces) = providers::read(call.answer, &frame.data) else {
            if last {
                return Ok(false);
            }
            return Err(Failure::new(RemoteCause::Unreadable, "an event is not what was expected"));
        };
        for piece in pieces {
            match piece {
                Piece::Text { text, logprob } => teller.text(&text, logprob),
                Piece::Thinking(text) => teller.thinking(&text),
                Piece::Usage(usage) => teller.usage(usage),
                Piece::Reason(reason) => teller.reason(reason),
                Piece::End => return Ok(true),
                Piece::Filtered(why) => return Err(Failure::new(RemoteCause::Filtered, why)),
                Piece::Error(error) => return Err(Failure::of_event(&error)),
            }
            if teller.has_stopped() {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The work goes with the stream, and the connection with the work: at once, even where whoever listened keeps what is left.
fn until_cancelled(events: EventStream, cancel: CancellationToken) -> EventStream {
    stream::unfold((events, cancel), |(mut events, cancel)| async move {
        let event = tokio::select! {
            biased;
            () = cancel.cancelled() => None,
            event = events.next() => event,
        };
        event.map(|event| (event, (events, cancel)))
    })
    .boxed()
}

/// How long to wait before asking again.
pub(crate) fn pause(attempt: u32) -> Duration {
    // Up to a quarter more, so that many windows do not come back at once.
    FIRST_PAUSE * 2_u32.saturating_pow(attempt.min(6)) * (100 + fastrand::u32(0..25)) / 100
}

/// Says when the provider may be asked again.
fn with_wait(mut failure: Failure) -> Failure {
    if let Some(after) = failure.retry_after {
        failure.reason =
            format!("{}; it wants to be asked again in {} s", failure.reason, after.as_secs_f64().ceil());
    }
    failure
}

fn no_answer(timeouts: &Timeouts) -> Failure {
    let seconds = timeouts.first_token.as_secs_f64();
    Failure::new(RemoteCause::Timeout, format!("nothing of the answer came within {seconds} s"))
}

fn silence(timeouts: &Timeouts) -> Failure {
    let seconds = timeouts.between_tokens.as_secs_f64();
    Failure::new(RemoteCause::Timeout, format!("the answer stood still for {seconds} s"))
}

fn broken(teller: &Teller) -> Failure {
    if !teller.has_begun() {
        return Failure::new(RemoteCause::Network, "the answer broke off before it began").again();
    }
    Failure::new(RemoteCause::Network, "the answer broke off in the middle")
}

fn unreadable(bad: BadFrame) -> Failure {
    let what = match bad {
        BadFrame::NotText => "it is not text",
        BadFrame::TooLong => "an event has no end",
    };
    Failure::new(RemoteCause::Unreadable, what)
}

async fn error_text(response: reqwest::Response) -> String {
    let mut chunks = response.bytes_stream();
    let mut bytes = Vec::new();
    while let Some(Ok(chunk)) = chunks.next().await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() >= MOST_ERROR_BYTES {
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Engine for RemoteModel {
    fn model_info(&self, _model: Option<&str>) -> BoxFuture<'_, Result<ModelInfo, EngineError>> {
        let options = &self.options;
        let (input, fim_family) = match &options.completion {
            Completion::Native => (Input::Fill, None),
            Completion::Template(family) => (Input::Text, Some(family.clone())),
            Completion::Chat => (Input::Messages, None),
        };
        let info = ModelInfo {
            name: options.name.clone(),
            context_tokens: options.context_tokens,
            chat_context_tokens: options.context_tokens,
            input,
            fim_family,
            ..ModelInfo::default()
        };
        std::future::ready(Ok(info)).boxed()
    }

    fn prepare(&self, _model: Option<&str>) -> EventStream {
        stream::iter([Ok(Event::Ready)]).boxed()
    }

    fn generate(&self, request: GenerateRequest, cancel: CancellationToken) -> EventStream {
        let (events, told) = unbounded();
        let failed = events.clone();
        let model = self.clone();
        let work = async move {
            if let Err(error) = model.run(request, events).await {
                drop(failed.unbounded_send(Err(error)));
            }
        };
        // Whoever reads the events drives the work, and its failure comes behind what it has told.
        let events = stream::select(told, work.into_stream().filter_map(|()| async { None }));
        until_cancelled(events.boxed(), cancel)
    }
}
