//! The lines between `---` at the head of a rule or prompt file: names and values. Must not be taken for YAML: rule files have globs there
//! that YAML refuses (`globs: *.py`), so lines are read as they are meant.

/// A file's front matter and the text behind it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct FrontMatter<'a> {
    /// Names and values, in order. A list has several values.
    fields: Vec<(&'a str, Vec<&'a str>)>,
    /// What stands behind it.
    pub(super) body: &'a str,
}

impl<'a> FrontMatter<'a> {
    /// Reads a file's text. Without front matter all of it is the body.
    pub(super) fn read(text: &'a str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let Some((head, body)) = split(text) else { return Self { fields: Vec::new(), body: text } };
        let mut fields: Vec<(&str, Vec<&str>)> = Vec::new();
        for line in head.lines() {
            let trimmed = line.trim();
            if let (Some(item), Some((_, values))) = (trimmed.strip_prefix("- "), fields.last_mut()) {
                values.push(unquoted(item));
            } else if let Some((name, value)) = trimmed.split_once(':').filter(|_| !trimmed.starts_with('#'))
            {
                fields.push((name.trim(), values(value.trim())));
            }
        }
        Self { fields, body }
    }

    /// The values of a field; none where it is missing or empty.
    pub(super) fn list(&self, name: &str) -> Vec<&'a str> {
        let field = self.fields.iter().find(|(field, _)| field.eq_ignore_ascii_case(name));
        field.map(|(_, values)| values.clone()).unwrap_or_default()
    }

    /// The value of a field as one text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let values = self.list(name);
        (!values.is_empty()).then(|| values.join(", "))
    }
}

fn split(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix("---")?;
    let rest = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n'))?;
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return Some((&rest[..at], &rest[at + line.len()..]));
        }
        at += line.len();
    }
    None
}

/// `a, b`, `[a, b]` or one value. Commas within braces belong to a glob.
fn values(value: &str) -> Vec<&str> {
    let value = value.strip_prefix('[').and_then(|value| value.strip_suffix(']')).unwrap_or(value);
    let mut values = Vec::new();
    let (mut depth, mut from) = (0_usize, 0);
    let mut quote = None;
    for (at, c) in value.char_indices() {
        match (c, quote) {
            ('"' | '\'', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('{', None) => depth += 1,
            ('}', None) => depth = depth.saturating_sub(1),
            (',', None) if depth == 0 => {
                values.push(&value[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    values.push(&value[from..]);
    values.into_iter().map(unquoted).filter(|value| !value.is_empty()).collect()
}

fn unquoted(value: &str) -> &str {
    let value = value.trim();
    let within = |quote: char| value.strip_prefix(quote).and_then(|value| value.strip_suffix(quote));
    within('"').or_else(|| within('\'')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_they_are_meant() {
        let text = "---\r\n# a comment\r\ndescription: \"What it's for: all\"\r\nglobs: *.py, src/**/*.{ts,tsx}\r\nempty:\r\n\
                    list:\r\n  - a\r\n  - 'b'\r\nalwaysApply: true\r\n---\r\nThe rule.\r\n---\r\n";
        let read = FrontMatter::read(text);
        assert_eq!(read.body, "The rule.\r\n---\r\n");
        assert_eq!(read.text("description").as_deref(), Some("What it's for: all"));
        assert_eq!(read.list("globs"), ["*.py", "src/**/*.{ts,tsx}"]);
        assert_eq!(read.list("empty"), Vec::<&str>::new());
        assert_eq!(read.list("list"), ["a", "b"]);
        assert_eq!(read.list("alwaysapply"), ["true"]);
        assert_eq!(FrontMatter::read("---\nglobs: [\"a\", b]\n---\n").list("globs"), ["a", "b"]);
        for plain in ["No head.", "---\nnever closed", "--- \n---\n", ""] {
            assert_eq!(
                FrontMatter::read(plain),
                FrontMatter { fields: Vec::new(), body: plain },
                "{plain:?}"
            );
        }
    }
}
