//! What a setup would do, before it does anything. It must not write.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// See the module's head.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Files that become others.
    pub(super) changes: Vec<Change>,
    /// A program that is run.
    pub(super) run: Option<Program>,
    /// What Weft cannot do, why, and what to add by hand.
    pub(super) by_hand: Vec<String>,
    /// What is left to do for the user once it is made.
    pub(super) next: Vec<String>,
}

impl Plan {
    /// Nothing but something to do by hand.
    pub(super) fn by_hand(text: String) -> Self {
        Self { by_hand: vec![text], ..Self::default() }
    }

    /// Whether it would do nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.run.is_none()
    }

    /// A file is to have a text; nothing is added where it has it.
    pub(super) fn write(&mut self, path: PathBuf, after: String) -> Result<()> {
        let before = read(&path)?;
        if before.as_deref() != Some(after.as_bytes()) {
            self.changes.push(Change { path, before, after });
        }
        Ok(())
    }
}

/// A file that becomes another.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) path: PathBuf,
    /// None: there is no such file yet.
    pub(super) before: Option<Vec<u8>>,
    pub(super) after: String,
}

/// A program with its arguments.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) name: &'static str,
    pub(super) arguments: Vec<String>,
}

impl Program {
    /// Runs it to its end.
    pub(super) fn run(&self) -> Result<()> {
        let status = Command::new(self.name).args(&self.arguments).status().with_context(|| {
            format!("`{}` cannot be started; is it on the PATH? The command is: {self}", self.name)
        })?;
        if !status.success() {
            bail!("`{self}` failed ({status}); what it said stands above");
        }
        Ok(())
    }
}

impl fmt::Display for Program {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.name, self.arguments.join(" "))
    }
}

/// A file's bytes; none where there is no file.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
    }
}

/// A file's text; none where there is no file, an error for people where it is no text.
pub(super) fn read_text(path: &Path) -> Result<Option<Result<String, String>>> {
    let text = |bytes| String::from_utf8(bytes).map_err(|_| "it is not text in UTF-8".to_owned());
    Ok(read(path)?.map(text))
}
