//! A llama-server of our own: started, waited for, killed with its owner.
//!
//! It must not know what it is asked.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::http;
use crate::process;

/// How long loading the model may take.
const LOAD_TIMEOUT: Duration = Duration::from_secs(180);

/// Where llama-server is and what it is to run.
pub(super) struct Options {
    pub(super) program: PathBuf,
    pub(super) model: PathBuf,
    pub(super) threads: Option<usize>,
    /// What else is on its command line.
    pub(super) arguments: Vec<String>,
    /// Where its log goes.
    pub(super) log: PathBuf,
}

/// A running llama-server.
pub(super) struct LlamaServer {
    child: Child,
    port: u16,
}

impl LlamaServer {
    /// Starts it and waits until it has loaded the model.
    pub(super) fn start(options: &Options) -> Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let log = fs::File::create(&options.log)
            .with_context(|| format!("cannot write {}", options.log.display()))?;
        let mut command = process::command(&options.program);
        if let Some(folder) = options.program.parent() {
            // It comes with its libraries beside it.
            command.env("LD_LIBRARY_PATH", folder);
        }
        command.arg("-m").arg(&options.model).args(["--host", "127.0.0.1", "--port", &port.to_string()]);
        if let Some(threads) = options.threads {
            command.args(["-t", &threads.to_string()]);
        }
        command.args(&options.arguments).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = command.spawn();
        let child = child.with_context(|| format!("cannot start `{}`", process::shown(&command)))?;
        let mut server = Self { child, port };
        server.wait_until_ready(&options.log)?;
        Ok(server)
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    fn wait_until_ready(&mut self, log: &Path) -> Result<()> {
        let deadline = Instant::now() + LOAD_TIMEOUT;
        while !http::get(self.port, "/health").is_ok_and(|response| response.status == 200) {
            if let Some(status) = self.child.try_wait()? {
                let text = fs::read_to_string(log).unwrap_or_default();
                let end: Vec<&str> = text.lines().rev().take(5).collect();
                bail!("llama-server ended ({status}). Its last words, newest first:\n{}", end.join("\n"));
            }
            if Instant::now() > deadline {
                bail!("llama-server did not get ready within {} s", LOAD_TIMEOUT.as_secs());
            }
            sleep(Duration::from_millis(100));
        }
        Ok(())
    }
}

impl Drop for LlamaServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
