//! Which version a program is. It must not install anything.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::process;

/// The first line of `program --version`.
pub(super) fn first_line(program: &Path) -> Result<String> {
    let output = process::capture(process::command(program).arg("--version"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    match text.lines().next() {
        Some(line) if output.status.success() => Ok(line.to_owned()),
        _ => bail!(
            "{} does not run: {}",
            program.display(),
            String::from_utf8_lossy(&output.stderr).lines().next().unwrap_or("it says nothing")
        ),
    }
}

/// A program of the system that is new enough.
pub(super) fn on_path(program: &str, least: (u32, u32)) -> Result<PathBuf> {
    let wanted = format!("{program} {}.{} or newer on the PATH", least.0, least.1);
    if !process::in_path(program) {
        bail!("the tests need {wanted}, and there is none: install it the way your system does");
    }
    let path = PathBuf::from(program);
    let line = first_line(&path)?;
    match of_line(&line) {
        Some(version) if version >= least => Ok(path),
        _ => bail!("the tests need {wanted}; the one that is there says `{line}`: install a newer one"),
    }
}

/// The first two numbers of a version in a line such as `NVIM v0.12.4` or `helix 25.07.1`.
fn of_line(line: &str) -> Option<(u32, u32)> {
    let word = line.split_whitespace().find(|word| word.contains('.'))?;
    let mut numbers = word.trim_start_matches('v').split(['.', '-', '+']);
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_editors_write_them() {
        let cases = [
            ("NVIM v0.12.4", Some((0, 12))),
            ("NVIM v0.13.0-dev+12", Some((0, 13))),
            ("helix 25.07.1 (a05c151b)", Some((25, 7))),
            ("something else", None),
        ];
        for (line, expected) in cases {
            assert_eq!(of_line(line), expected, "{line}");
        }
    }
}
