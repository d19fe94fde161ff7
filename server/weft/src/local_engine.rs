//! The engine on this machine, as editors and commands see it: `weft serve`, found or started, and started
//! again after it was lost.
//!
//! It must not run models itself. A lost engine is reported to whoever was waiting; the next request starts a
//! new one, with a growing pause where it keeps dying.

use crate::paths::Paths;
use crate::serve::state_file::ServeFile;
use crate::serve::{ALREADY_RUNNING, READY};
use engine::{CancellationToken, Engine, EngineError, Event, EventStream, GenerateRequest, ModelInfo};
use engine_remote::{Endpoint, PROTOCOL, WeftServe};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

/// How long a fresh engine may take until it can be found. It loads no model before that.
const START_TIMEOUT: Duration = Duration::from_secs(20);
/// Losses within this time count together.
const LOSS_WINDOW: Duration = Duration::from_secs(60);
/// The engine's log begins anew beyond this size.
const MOST_LOG_BYTES: u64 = 1024 * 1024;
/// Losses that are forgiven at once.
const LOSSES_FORGIVEN: usize = 2;

/// See the module's head. Cheap to clone.
#[derive(Clone)]
pub(crate) struct LocalEngine {
    inner: Arc<Inner>,
}

struct Inner {
    paths: Paths,
    /// The program to start as the engine. Found out at the beginning: once an update has replaced the file, the
    /// system no longer knows where this process came from.
    program: std::io::Result<PathBuf>,
    client: tokio::sync::Mutex<Option<WeftServe>>,
    /// When engines were lost, and which. All that was asked of one is lost with it, and counts once.
    losses: Mutex<Vec<(Instant, Endpoint)>>,
}

impl LocalEngine {
    pub(crate) fn new(paths: Paths) -> Self {
        Self {
            inner: Arc::new(Inner {
                paths,
                program: std::env::current_exe(),
                client: tokio::sync::Mutex::default(),
                losses: Mutex::default(),
            }),
        }
    }

    /// Starts `weft serve` with these arguments, in the background, and waits until it can be found.
    pub(crate) async fn serve(paths: &Paths, arguments: &[&str]) -> Result<WeftServe, EngineError> {
        start(paths, &std::env::current_exe(), arguments).await
    }

    /// The running engine, if there is one. Starts none.
    pub(crate) async fn running(paths: &Paths) -> Option<WeftServe> {
        let file = ServeFile::read(&paths.serve_file())?;
        let client = WeftServe::new(file.endpoint()).ok()?;
        client.status().await.is_ok().then_some(client)
    }
}

impl Inner {
    /// The running engine; starts one where there is none. Costs one loopback round trip where there is.
    async fn connect(&self) -> Result<WeftServe, EngineError> {
        let mut client = self.client.lock().await;
        if let Some(known) = client.as_ref()
            && known.status().await.is_ok()
        {
            return Ok(known.clone());
        }
        *client = None;
        let connected = match find(&self.paths).await {
            Some(found) => found,
            None => {
                self.pause_after_losses()?;
                start(&self.paths, &self.program, &[]).await?
            }
        };
        *client = Some(connected.clone());
        Ok(connected)
    }

    /// Notes a loss, so that the next call looks for the engine anew.
    fn note_loss(&self, of: &Endpoint, error: &EngineError) {
        let mut losses = self.losses.lock().unwrap_or_else(PoisonError::into_inner);
        if error.is_stopped() && losses.iter().all(|(_, lost)| lost != of) {
            losses.push((Instant::now(), of.clone()));
        }
    }

    /// An engine that dies again and again, from a broken model or too little memory, must not be started at
    /// every keystroke: from the third loss within a minute on, each one doubles the pause.
    fn pause_after_losses(&self) -> Result<(), EngineError> {
        let mut losses = self.losses.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        losses.retain(|(at, _)| now.duration_since(*at) < LOSS_WINDOW);
        let (Some((last, _)), Some(excess @ 1..)) =
            (losses.last(), losses.len().checked_sub(LOSSES_FORGIVEN))
        else {
            return Ok(());
        };
        let pause = pause_after(excess);
        let waited = now.duration_since(*last);
        if waited >= pause {
            return Ok(());
        }
        Err(EngineError::NotStarted {
            reason: format!(
                "it stopped {} times within a minute. It is tried again in {} s; {} may say why, a smaller model \
                 may help",
                losses.len(),
                (pause - waited).as_secs() + 1,
                self.paths.serve_log().display()
            ),
        })
    }
}

fn pause_after(excess: usize) -> Duration {
    let doublings = u32::try_from(excess).unwrap_or(u32::MAX).min(5);
    Duration::from_secs(2_u64.saturating_pow(doublings))
}

/// The engine that `serve.json` names, if it answers and is of this version.
async fn find(paths: &Paths) -> Option<WeftServe> {
    let client = WeftServe::new(ServeFile::read(&paths.serve_file())?.endpoint()).ok()?;
    let status = client.status().await.ok()?;
    if status.version == env!("CARGO_PKG_VERSION") && status.protocol == PROTOCOL {
        return Some(client);
    }
    // Left over from before an update: it speaks an older protocol.
    tracing::info!(version = status.version, "replacing an engine of another version");
    client.stop().await.ok()?;
    None
}

/// Starts an engine that outlives this process, and waits until it can be found.
async fn start(
    paths: &Paths,
    program: &std::io::Result<PathBuf>,
    arguments: &[&str],
) -> Result<WeftServe, EngineError> {
    let not_started = |reason: String| EngineError::NotStarted { reason };
    let program =
        program.as_ref().map_err(|error| not_started(format!("weft cannot find itself: {error}")))?;
    paths
        .create_run()
        .map_err(|error| not_started(format!("{} cannot be created: {error}", paths.run.display())))?;
    // Several windows may start one at once, and one that is just leaving may still hold the lock: the loser
    // looks for the winner.
    let deadline = Instant::now() + START_TIMEOUT;
    loop {
        let line = tokio::time::timeout(START_TIMEOUT, launch(paths, program, arguments)).await;
        let line = line
            .map_err(|_| not_started(format!("it did not answer within {} s", START_TIMEOUT.as_secs())))?
            .map_err(|error| not_started(error.to_string()))?;
        match line.trim() {
            READY | ALREADY_RUNNING => {
                if let Some(client) = find(paths).await {
                    return Ok(client);
                }
            }
            _ => {
                let log = paths.serve_log();
                return Err(not_started(format!("it ended at once; {} says why", log.display())));
            }
        }
        if Instant::now() > deadline {
            let lock = paths.serve_lock();
            return Err(not_started(format!(
                "another engine holds {} but does not answer; end it with `weft stop` or by its process",
                lock.display()
            )));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Launches the process and returns the first line that it prints.
async fn launch(paths: &Paths, program: &Path, arguments: &[&str]) -> std::io::Result<String> {
    let log = open_log(&paths.serve_log())?;
    let mut command = Command::new(program);
    command.arg("serve").args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
    // Out of the editor's process group: closing the editor's terminal must not end everybody's engine.
    #[cfg(unix)]
    command.process_group(0);
    let mut child = command.spawn()?;
    let mut line = String::new();
    if let Some(stdout) = child.stdout.take() {
        BufReader::new(stdout).read_line(&mut line).await?;
    }
    // Reaps it, should it end while this process lives.
    tokio::spawn(async move { child.wait().await });
    Ok(line)
}

/// Appends, because what the last engine said before it died is what one wants to read; begins anew when it is long.
fn open_log(path: &Path) -> std::io::Result<std::fs::File> {
    let long = std::fs::metadata(path).is_ok_and(|log| log.len() > MOST_LOG_BYTES);
    if long {
        std::fs::File::create(path)
    } else {
        std::fs::OpenOptions::new().create(true).append(true).open(path)
    }
}

impl Engine for LocalEngine {
    fn model_info(&self, model: Option<&str>) -> BoxFuture<'_, Result<ModelInfo, EngineError>> {
        let model = model.map(str::to_owned);
        async move { self.inner.connect().await?.model_info(model.as_deref()).await }.boxed()
    }

    fn prepare(&self, model: Option<&str>) -> EventStream {
        let model = model.map(str::to_owned);
        self.stream(CancellationToken::new(), move |client| client.prepare(model.as_deref()))
    }

    fn embed(&self, model: &str, texts: Vec<String>) -> BoxFuture<'_, Result<Vec<Vec<f32>>, EngineError>> {
        let model = model.to_owned();
        async move { self.inner.connect().await?.embed(&model, &texts).await }.boxed()
    }

    fn generate(&self, request: GenerateRequest, cancel: CancellationToken) -> EventStream {
        self.stream(cancel.clone(), move |client| client.generate(&request, cancel))
    }
}

impl LocalEngine {
    fn stream(
        &self,
        cancel: CancellationToken,
        call: impl FnOnce(WeftServe) -> EventStream + Send + 'static,
    ) -> EventStream {
        let connecting = self.inner.clone();
        let events = async move {
            match connecting.connect().await {
                Ok(client) => {
                    let endpoint = client.endpoint().clone();
                    let noting = move |event: &Result<Event, EngineError>| {
                        if let Err(error) = event {
                            connecting.note_loss(&endpoint, error);
                        }
                    };
                    call(client).inspect(noting).boxed()
                }
                Err(error) => stream::iter([Err(error)]).boxed(),
            }
        };
        events.flatten_stream().take_until(cancel.cancelled_owned()).boxed()
    }
}

/// For `weft ps`: where the engine is said to be, whether or not it answers.
pub(crate) fn endpoint_on_file(paths: &Paths) -> Option<(Endpoint, u32)> {
    ServeFile::read(&paths.serve_file()).map(|file| (file.endpoint(), file.pid))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_and_is_bounded() {
        let seconds: Vec<u64> = [1, 2, 3, 5, 50].map(|excess| pause_after(excess).as_secs()).to_vec();
        assert_eq!(seconds, [2, 4, 8, 32, 32]);
    }

    #[test]
    fn the_first_losses_are_forgiven_and_later_ones_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::in_folder(folder.path());
        let engine = LocalEngine::new(paths);
        let gone = EngineError::Stopped { reason: "killed".into() };
        let nth = |number: u16| Endpoint { port: number, token: "secret".into() };
        for number in 1..=2 {
            // Whatever else was asked of the same engine is lost with it.
            for _ in 0..5 {
                engine.inner.note_loss(&nth(number), &gone);
            }
            assert_eq!(engine.inner.pause_after_losses(), Ok(()));
        }
        engine.inner.note_loss(&nth(3), &EngineError::Cancelled);
        assert_eq!(engine.inner.pause_after_losses(), Ok(()));
        engine.inner.note_loss(&nth(3), &gone);
        let error = engine.inner.pause_after_losses().unwrap_err().to_string();
        assert!(error.contains("3 times") && error.contains("tried again in 2 s"), "{error}");
    }
}
