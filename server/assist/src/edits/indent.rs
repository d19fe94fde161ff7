//! The indentation of an answer, as it must be in the file: the file's kind of white space and unit, from the column where
//! the region begins. It must not change anything but the white space that begins a line.

use super::lines::trim_blank;

/// How a text is indented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Tab,
    /// With so many spaces.
    Spaces(usize),
}

impl Unit {
    /// How the lines of a file are indented; none if none of them is.
    pub(super) fn of(lines: &[impl AsRef<str>]) -> Option<Self> {
        let mut tabs = 0;
        let mut spaces = Vec::new();
        let mut before = 0;
        for line in lines.iter().map(AsRef::as_ref).filter(|line| !line.trim().is_empty()) {
            let width = line.len() - line.trim_start_matches(' ').len();
            if line.starts_with('\t') {
                tabs += 1;
            } else {
                // Comments of several lines and arguments below a bracket are indented by other amounts.
                if width > before && matches!(width - before, 2 | 3 | 4 | 8) {
                    spaces.push(width - before);
                }
                before = width;
            }
        }
        let indented = lines.iter().filter(|line| line.as_ref().starts_with(' ')).count();
        if tabs > indented {
            return Some(Self::Tab);
        }
        let count = |unit: usize| spaces.iter().filter(|it| **it == unit).count();
        [2, 4, 3, 8]
            .into_iter()
            .filter(|unit| count(*unit) > 0)
            .max_by_key(|unit| (count(*unit), *unit))
            .map(Self::Spaces)
    }

    pub(super) fn text(self) -> String {
        match self {
            Self::Tab => "\t".to_owned(),
            Self::Spaces(width) => " ".repeat(width),
        }
    }
}

/// The white space that begins a line.
pub(super) fn indentation(line: &str) -> &str {
    line.get(..line.len() - line.trim_start_matches([' ', '\t']).len()).unwrap_or_default()
}

/// The lines of an answer, indented to stand in the place of `old` in a file that is indented by `unit`.
///
/// `base` is the white space that its first line is to begin with.
pub(super) fn fitted(new: &[String], old: &[String], base: &str, unit: Option<Unit>) -> Vec<String> {
    let styled = in_style(new, unit);
    let plain = shifted(&styled, old, base, unit);
    let Some(Unit::Spaces(wanted)) = unit else { return plain };
    let Some(Unit::Spaces(written)) = Unit::of(new) else { return plain };
    if written == wanted {
        return plain;
    }
    // A model that has its own idea of the unit: measured by the lines that it meant to keep.
    let scaled: Vec<String> = styled.iter().map(|line| scale(line, written, wanted)).collect();
    let scaled = shifted(&scaled, old, base, unit);
    if kept(&scaled, old) > kept(&plain, old) { scaled } else { plain }
}

fn kept(new: &[String], old: &[String]) -> usize {
    new.iter().filter(|line| !line.trim().is_empty() && old.contains(line)).count()
}

fn scale(line: &str, written: usize, wanted: usize) -> String {
    let width = indentation(line).len();
    let (levels, rest) = (width / written, width % written);
    format!("{}{}", " ".repeat(levels * wanted + rest), line.trim_start())
}

/// Tabs for spaces or spaces for tabs.
fn in_style(lines: &[String], unit: Option<Unit>) -> Vec<String> {
    let Some(unit) = unit else { return lines.to_vec() };
    let written = match Unit::of(lines) {
        Some(Unit::Spaces(width)) => width,
        _ => 4,
    };
    let convert = |line: &String| {
        let white = indentation(line);
        let content = line.get(white.len()..).unwrap_or_default();
        match unit {
            Unit::Tab if white.contains(' ') && !content.starts_with('*') => {
                let columns = white.chars().map(|it| if it == '\t' { written } else { 1 }).sum::<usize>();
                format!("{}{}{content}", "\t".repeat(columns / written), " ".repeat(columns % written))
            }
            Unit::Spaces(width) if white.contains('\t') => {
                let columns = white.chars().map(|it| if it == '\t' { width } else { 1 }).sum::<usize>();
                format!("{}{content}", " ".repeat(columns))
            }
            _ => line.clone(),
        }
    };
    lines.iter().map(convert).collect()
}

/// Moves the lines so that the first one begins with `base`.
fn shifted(lines: &[String], old: &[String], base: &str, unit: Option<Unit>) -> Vec<String> {
    let filled = trim_blank(lines);
    let Some(first) = lines.get(filled.start) else { return lines.to_vec() };
    let written = indentation(first);
    if written == base {
        return lines.to_vec();
    }
    if only_first_is_off(lines, old, base, filled.start) {
        let mut lines = lines.to_vec();
        if let Some(first) = lines.get_mut(filled.start) {
            *first = format!("{base}{}", first.trim_start());
        }
        return lines;
    }
    let tab = if unit == Some(Unit::Tab) { '\t' } else { ' ' };
    let deeper = base.strip_prefix(written);
    let move_line = |line: &String| {
        if line.trim().is_empty() {
            return String::new();
        }
        let white = indentation(line);
        let content = line.get(white.len()..).unwrap_or_default();
        if let Some(rest) = white.strip_prefix(written) {
            return format!("{base}{rest}{content}");
        }
        // A line that stands further left than the first one.
        match deeper {
            Some(added) => format!("{added}{line}"),
            None => {
                let columns = base.len() as isize + white.len() as isize - written.len() as isize;
                let columns = usize::try_from(columns).unwrap_or(0);
                format!("{}{content}", tab.to_string().repeat(columns))
            }
        }
    };
    lines.iter().map(move_line).collect()
}

/// Whether the model lost the indentation of its first line and of no other, as happens when it goes on after "```python".
fn only_first_is_off(lines: &[String], old: &[String], base: &str, first: usize) -> bool {
    let (Some(line), Some(old_first)) = (lines.get(first), old.iter().find(|line| !line.trim().is_empty()))
    else {
        return false;
    };
    let word = |line: &str| line.split_whitespace().next().map(str::to_owned);
    if !indentation(line).is_empty() || base.is_empty() || word(line) != word(old_first) {
        return false;
    }
    let others = lines.get(first + 1..).unwrap_or_default();
    let others: Vec<&String> = others.iter().filter(|line| !line.trim().is_empty()).collect();
    let inside = others.iter().all(|line| indentation(line).len() >= base.len());
    inside && others.iter().any(|line| old.contains(line))
}
