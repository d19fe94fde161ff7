//! What is wrong in a configuration file, where, and what may have been meant. It must not end anything: the rest of the file holds.

use std::fmt;
use std::path::{Path, PathBuf};

/// See the module's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) file: PathBuf,
    /// Counted from 1; 0 for the file as a whole.
    pub(crate) line: usize,
    pub(crate) what: String,
}

impl Problem {
    pub(crate) fn new(file: &Path, line: usize, what: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, what: what.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(formatter, "{}: {}", self.file.display(), self.what),
            line => write!(formatter, "{}:{line}: {}", self.file.display(), self.what),
        }
    }
}

/// Less alike, and nobody meant it.
const ALIKE: f64 = 0.75;

/// What to add to a message on an unknown name.
pub(super) fn suggestion<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let mut known: Vec<&str> = known.into_iter().collect();
    let alike = known.iter().map(|known| (strsim::jaro_winkler(name, known), *known));
    match alike.max_by(|(one, _), (other, _)| one.total_cmp(other)) {
        Some((score, meant)) if score >= ALIKE => format!("; is `{meant}` meant?"),
        _ if known.is_empty() => String::new(),
        _ => {
            known.sort_unstable();
            format!(". Known are {}", known.join(", "))
        }
    }
}
