//! The man page and the shells' completions, made from the command line's own definition.

use crate::cli::Cli;
use anyhow::{Context, Result};
use clap::CommandFactory;
use clap_complete::Shell;
use std::io::Write;
use std::process::ExitCode;

/// Prints the man page in roff: `weft man > weft.1`.
pub(crate) fn man() -> Result<ExitCode> {
    let mut page = Vec::new();
    let command = Cli::command();
    clap_mangen::Man::new(command.clone()).render(&mut page).context("the man page cannot be made")?;
    // Each command in full, so that one page says everything.
    for subcommand in command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set()) {
        let mut section = clap_mangen::roff::Roff::new();
        section.control("SH", [format!("weft {}", subcommand.get_name()).to_uppercase().as_str()]);
        page.extend(section.to_roff().into_bytes());
        let man = clap_mangen::Man::new(subcommand.clone());
        man.render_description_section(&mut page).context("the man page cannot be made")?;
        man.render_options_section(&mut page).context("the man page cannot be made")?;
    }
    print(&page)
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
