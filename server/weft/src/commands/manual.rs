//! The man page and the shells' completions, made from the command line's own definition.

use crate::cli::{AFTER_HELP, Cli};
use anyhow::{Context, Result};
use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
use std::io::Write;
use std::process::ExitCode;

/// Prints the man page in roff: `weft man > weft.1`. One page says everything, so each command is a section.
pub(crate) fn man() -> Result<ExitCode> {
    let page = page().context("the man page cannot be made")?;
    print(&page)
}

fn page() -> std::io::Result<Vec<u8>> {
    let mut page = Vec::new();
    let command = Cli::command();
    let man = Man::new(command.clone());
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    for subcommand in command.get_subcommands() {
        command_section(subcommand, "weft", &mut page)?;
    }
    let mut examples = Roff::new();
    examples.control("SH", ["EXAMPLES AND ENVIRONMENT"]);
    // The lines as they are written.
    examples.control("nf", []);
    examples.text([roman(AFTER_HELP)]);
    examples.control("fi", []);
    page.extend(examples.to_roff().into_bytes());
    man.render_version_section(&mut page)?;
    Ok(page)
}

/// A command and the commands below it.
fn command_section(command: &clap::Command, parent: &str, page: &mut Vec<u8>) -> std::io::Result<()> {
    let name = format!("{parent} {}", command.get_name());
    let mut section = Roff::new();
    section.control("SH", [name.to_uppercase().as_str()]);
    page.extend(section.to_roff().into_bytes());
    let man = Man::new(command.clone());
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    for subcommand in command.get_subcommands() {
        command_section(subcommand, &name, page)?;
    }
    Ok(())
}

/// Prints a shell's completion script.
pub(crate) fn completions(shell: Shell) -> Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "weft", &mut script);
    print(&script)
}

fn print(bytes: &[u8]) -> Result<ExitCode> {
    std::io::stdout().write_all(bytes)?;
    Ok(ExitCode::SUCCESS)
}
