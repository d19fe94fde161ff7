//! A busy machine: as many processes that never rest as there are cores.
//!
//! It must leave none behind: each ends when its input does, so also when the one who started it is killed.

use std::io::Read as _;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};

/// The hidden option that makes this program such a process.
pub(super) const OPTION: &str = "--spin";

/// What else the machine does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Load {
    Quiet,
    Busy,
}

/// What was given to `--load`.
pub(super) fn parse(text: &str) -> Result<Vec<Load>> {
    let mut loads = Vec::new();
    for word in text.split(',').map(str::trim) {
        let load = match word {
            "quiet" => Load::Quiet,
            "busy" => Load::Busy,
            other => bail!("`{other}` is no load: there are quiet and busy"),
        };
        if !loads.contains(&load) {
            loads.push(load);
        }
    }
    Ok(loads)
}

impl std::fmt::Display for Load {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Quiet => "quiet",
            Self::Busy => "busy",
        })
    }
}

/// The processes. They end with this.
pub(super) struct Spinners {
    children: Vec<Child>,
}

impl Spinners {
    /// Starts what `load` takes: none for a quiet machine.
    pub(super) fn start(load: Load) -> Result<Self> {
        let count = match load {
            Load::Quiet => 0,
            Load::Busy => std::thread::available_parallelism()?.get(),
        };
        let program = std::env::current_exe()?;
        let mut spinners = Self { children: Vec::new() };
        for _ in 0..count {
            let mut command = Command::new(&program);
            command.args(["bench", "replay", OPTION]);
            let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn();
            spinners.children.push(child.context("cannot make the machine busy")?);
        }
        Ok(spinners)
    }
}

impl Drop for Spinners {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// What such a process does.
pub(super) fn spin() -> ! {
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let mut number = 1_u64;
    loop {
        number = std::hint::black_box(number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loads_are_named() {
        assert_eq!(parse("quiet,busy").unwrap(), [Load::Quiet, Load::Busy]);
        assert_eq!(parse("busy, busy").unwrap(), [Load::Busy]);
        assert!(parse("idle").is_err() && parse("").is_err());
    }
}
