//! `cargo xtask bench`: measures the `weft` binary from outside, as its users would.
//!
//! It must not reach into Weft's crates: what is measured is what is shipped.

mod cases;
mod fim;
mod score;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::arguments::Arguments;

pub(crate) fn run(mut arguments: Arguments) -> Result<ExitCode> {
    match arguments.positional().as_deref() {
        Some("fim") => fim::run(arguments),
        None if arguments.wants_help() => {
            print!("{}", fim::HELP);
            Ok(ExitCode::SUCCESS)
        }
        None => bail!("say what to measure: `cargo xtask bench fim`"),
        Some(other) => bail!("there is no benchmark `{other}`; there is `cargo xtask bench fim`"),
    }
}
