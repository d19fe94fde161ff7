//! A TOML file as a table, and the line that each key stands on. It must not know any key.

use super::Problem;
use serde::Deserialize;
use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use toml::de::{DeTable, DeValue};

/// A file with more is some other file.
const MOST_PROBLEMS: usize = 100;

/// The keys that lead to a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Path(Vec<String>);

impl Path {
    pub(super) fn of(keys: &[&str]) -> Self {
        Self(keys.iter().map(|key| (*key).to_owned()).collect())
    }

    pub(super) fn with(&self, key: &str) -> Self {
        let mut keys = self.0.clone();
        keys.push(key.to_owned());
        Self(keys)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.join("."))
    }
}

/// See the module's head.
#[derive(Debug)]
pub(super) struct Document {
    path: PathBuf,
    pub(super) table: toml::Table,
    lines: HashMap<Path, usize>,
}

impl Document {
    /// Reads a file; none where there is none. What is no TOML is left out, and told.
    pub(super) fn read(path: &std::path::Path, problems: &mut Vec<Problem>) -> Option<Self> {
        match std::fs::read_to_string(path) {
            Ok(text) => Some(Self::parse(path, &text, problems)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => {
                problems.push(Problem::new(path, 0, format!("it cannot be read: {error}")));
                None
            }
        }
    }

    pub(super) fn parse(path: &std::path::Path, text: &str, problems: &mut Vec<Problem>) -> Self {
        let mut text = text.to_owned();
        // A line that cannot be read is blanked, and the rest read again.
        while let Some((at, message)) = first_error(&text) {
            let line = text.get(..at).unwrap_or(&text).matches('\n').count() + 1;
            problems.push(Problem::new(path, line, format!("this is no TOML: {message}")));
            let start = text.get(..at).unwrap_or_default().rfind('\n').map_or(0, |end| end + 1);
            let end =
                text.get(start..).unwrap_or_default().find('\n').map_or(text.len(), |length| start + length);
            if problems.len() >= MOST_PROBLEMS
                || text.get(start..end).is_none_or(|line| line.trim().is_empty())
            {
                text.clear();
                break;
            }
            text.replace_range(start..end, &" ".repeat(end - start));
        }
        let (table, _) = DeTable::parse_recoverable(&text);
        let line_at = |at: usize| text.get(..at).unwrap_or(&text).matches('\n').count() + 1;
        let mut lines = HashMap::new();
        note_lines(table.get_ref(), &Path::of(&[]), &line_at, &mut lines);
        let table = toml::Table::deserialize(toml::Deserializer::from(table)).unwrap_or_else(|error| {
            problems.push(Problem::new(path, 0, format!("it cannot be used: {}", error.message())));
            toml::Table::new()
        });
        Self { path: path.to_owned(), table, lines }
    }

    /// The line of a key, counted from 1.
    pub(super) fn line(&self, at: &Path) -> usize {
        self.lines.get(at).copied().unwrap_or(0)
    }

    pub(super) fn problem(&self, at: &Path, what: impl Into<String>) -> Problem {
        Problem::new(&self.path, self.line(at), what)
    }
}

/// Where a text is no TOML, and why.
fn first_error(text: &str) -> Option<(usize, String)> {
    let error = DeTable::parse(text).err()?;
    let at = error.span().map_or(0, |span| span.start.min(text.len()));
    Some((at, error.message().trim().to_owned()))
}

fn note_lines(
    table: &DeTable<'_>,
    above: &Path,
    line_at: &dyn Fn(usize) -> usize,
    lines: &mut HashMap<Path, usize>,
) {
    for (key, value) in table {
        let at = above.with(key.get_ref());
        if let DeValue::Table(inner) = value.get_ref() {
            note_lines(inner, &at, line_at, lines);
        }
        lines.insert(at, line_at(key.span().start));
    }
}
