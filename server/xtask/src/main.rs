//! Weft's development commands, run as `cargo xtask COMMAND`; one module a command.
//!
//! This crate knows nothing of Weft's own crates: it builds and runs the `weft` binary as a user
//! would. It must stay small, because it is compiled before anything else on a fresh machine.
#![allow(clippy::print_stdout, reason = "a command-line tool talks on stdout")]

mod arguments;
mod bench;
mod cache;
mod check;
mod containers;
mod cuda;
mod demo;
mod editors;
mod package;
mod portable;
mod process;
mod setup;
mod test;
mod tidy;
mod weft;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::arguments::Arguments;

const HELP: &str = "\
Weft's development commands.

Usage: cargo xtask COMMAND [OPTIONS]

Commands:
  demo        Install what is missing, build weft, fetch the small model, show real completions
  test        Everything that CI checks; what it can it keeps for the next time
  setup       Install what building and testing need (part of `demo` and `test`)
  e2e         Drive real editors (Neovim, Helix, VS Code) and the chat page; part of `test`
  page        Build the chat page beside the weft binary, for `weft ui`
  package     Pack the VS Code extension, or a weft that runs on any machine of this platform
  check       Test what is no part of `test`: builds for graphics cards and for any machine, docs/team's containers
  tidy        Check the rules that clippy cannot see: crate arrows, file headers, layout
  bench fim   Measure completions on held-out fill-in-the-middle cases, variant by variant
  bench humaneval  Measure single-line infilling by running tests
  bench replay  Measure the waiting for suggestions while someone types

Options:
  -h, --help  Help; after a command, that command's own help

Environment:
  WEFT_CACHE_DIR  Folder for the build, models and tools (default: ~/.cache/weft)
";

fn main() -> ExitCode {
    match dispatch(std::env::args().skip(1).collect()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(mut arguments: Vec<String>) -> Result<ExitCode> {
    if arguments.is_empty() {
        print!("{HELP}");
        return Ok(ExitCode::from(2));
    }
    let command = arguments.remove(0);
    let arguments = Arguments::new(arguments);
    match command.as_str() {
        "-h" | "--help" | "help" => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        "demo" => demo::run(arguments),
        "test" => test::run(arguments),
        "e2e" => editors::run(arguments),
        "page" => editors::page(arguments),
        "package" => package::run(arguments),
        "setup" => setup::run(arguments),
        "check" => check::run(arguments),
        "tidy" => tidy::run(arguments),
        "bench" => bench::run(arguments),
        other => bail!("there is no command `{other}`. `cargo xtask --help` lists the commands."),
    }
}
