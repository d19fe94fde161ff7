//! The lock that keeps a second engine from starting, and how an engine with the local API takes the place of one without.
//! It must not end a process by force.

use super::state_file::ServeFile;
use crate::paths::Paths;
use anyhow::{Context, Result, bail};
use engine_remote::WeftServe;
use fs4::fs_std::FileExt;
use std::fs::File;
use std::time::{Duration, Instant};

/// An engine that was asked to leave does so at once; one that editors start in between leaves too.
const TAKEOVER: Duration = Duration::from_secs(15);

/// Takes the lock, if it is free. The system gives it back when the process ends, however it ends.
pub(crate) fn try_lock(paths: &Paths) -> Result<Option<File>> {
    paths.create_run().with_context(|| format!("{} cannot be created", paths.run.display()))?;
    let lock = std::fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(paths.serve_lock())
        .with_context(|| format!("{} cannot be opened", paths.serve_lock().display()))?;
    let free = FileExt::try_lock_exclusive(&lock).context("the engine's lock cannot be taken")?;
    Ok(free.then_some(lock))
}

/// Takes the lock from the engine that editors have started: it is asked to leave, and they find the new one at their next
/// request. An engine that serves the API itself stays.
pub(crate) async fn take_over(paths: &Paths) -> Result<File> {
    let deadline = Instant::now() + TAKEOVER;
    loop {
        if let Some(lock) = try_lock(paths)? {
            return Ok(lock);
        }
        if let Some(file) = ServeFile::read(&paths.serve_file()) {
            if let Some(api) = file.api {
                bail!(
                    "the local API is on already, at {api} (process {}); end it with `weft stop` first",
                    file.pid
                );
            }
            if let Ok(running) = WeftServe::new(file.endpoint()) {
                // It may be gone already.
                let _ = running.stop().await;
            }
        }
        if Instant::now() > deadline {
            bail!(
                "another engine holds {} and does not leave; end it with `weft stop` or by its process",
                paths.serve_lock().display()
            );
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
