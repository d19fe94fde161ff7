//! `cargo xtask bench`: measures the `weft` binary from outside, as its users would.
//!
//! It must not reach into Weft's crates: what is measured is what is shipped.

mod answers;
mod cases;
mod connection;
mod fim;
mod home;
mod http;
mod humaneval;
mod infill;
mod layout;
mod llama_server;
mod raw;
mod replay;
mod report;
mod runner;
mod score;
mod session;
mod statistics;
mod tables;
mod variants;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::arguments::Arguments;

pub(crate) fn run(mut arguments: Arguments) -> Result<ExitCode> {
    match arguments.positional().as_deref() {
        Some("fim") => fim::run(arguments),
        Some("humaneval") => humaneval::run(arguments),
        Some("layout") => layout::run(arguments),
        Some("raw") => raw::run(arguments),
        Some("replay") => replay::run(arguments),
        None if arguments.wants_help() => {
            let replay = replay::help().to_owned();
            let helps = [fim::help(), humaneval::help(), layout::help(), raw::help(), replay];
            println!("{}", helps.join("\n"));
            Ok(ExitCode::SUCCESS)
        }
        None => {
            bail!("say what to measure: `cargo xtask bench fim`, `humaneval`, `layout`, `raw` or `replay`")
        }
        Some(other) => {
            bail!(
                "there is no benchmark `{other}`; there are `fim`, `humaneval`, `layout`, `raw` and `replay`"
            )
        }
    }
}
