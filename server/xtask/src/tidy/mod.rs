//! `cargo xtask tidy`: the rules of ARCHITECTURE.md and CONTRIBUTING.md that clippy cannot see.
//!
//! A check is a function from a [`Checkout`] to violations, so that its tests can show it a bad one.
//! No check here repeats what rustfmt or clippy do already.

mod checkout;
mod dependencies;
mod layout;
mod protocol;
mod sources;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::arguments::Arguments;
use crate::cache;
use crate::tidy::checkout::Checkout;

const HELP: &str = "\
Check the rules that clippy cannot see: which crate may know which, what a file must open with,
what may stand where. Each violation is printed as path:line: what, why, what to do.

Usage: cargo xtask tidy
";

/// One broken rule at one place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Violation {
    path: String,
    /// From 1.
    line: usize,
    what: String,
    why: &'static str,
    remedy: String,
}

pub(crate) fn run(mut arguments: Arguments) -> Result<ExitCode> {
    if arguments.wants_help() {
        print!("{HELP}");
        return Ok(ExitCode::SUCCESS);
    }
    arguments.finish()?;
    check(&cache::workspace_root()?)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints every violation in the checkout at `root`; an error if there is one.
pub(crate) fn check(root: &Path) -> Result<()> {
    let checkout = Checkout::read(root)?;
    let violations = violations(&checkout);
    for violation in &violations {
        println!("{violation}");
    }
    match violations.len() {
        0 => {
            println!(
                "tidy: {} crates and {} files keep the rules",
                checkout.crates.len(),
                checkout.files.len()
            );
            Ok(())
        }
        1 => bail!("a rule is broken (see above)"),
        count => bail!("{count} rules are broken (see above)"),
    }
}

/// Everything that is wrong, by path and line.
fn violations(checkout: &Checkout) -> Vec<Violation> {
    let mut violations = dependencies::check(checkout);
    violations.extend(sources::check(checkout));
    violations.extend(layout::check(checkout));
    violations.extend(protocol::check(checkout));
    violations.sort();
    violations
}

impl Violation {
    /// A violation whose place is filled in later.
    fn nowhere() -> Self {
        Self { path: String::new(), line: 1, what: String::new(), why: "", remedy: String::new() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, what, why, remedy } = self;
        write!(f, "{path}:{line}: {what}: {why}. {remedy}")
    }
}
