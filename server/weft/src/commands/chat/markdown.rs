//! Colours for Markdown that comes in pieces: headings, code blocks. Nothing is held back but the beginning of a line that could still
//! become a fence or a heading. It must not change the text: without its escape sequences it is what came in.

const BOLD: &str = "\u{1b}[1m";
const CODE: &str = "\u{1b}[36m";
const PLAIN: &str = "\u{1b}[0m";

/// A stream of Markdown for a terminal.
#[derive(Debug)]
pub(super) struct Styled {
    color: bool,
    /// The fence of the code block that is open.
    fence: Option<String>,
    /// The beginning of a line that is not decided yet.
    held: String,
    at_line_start: bool,
    /// Whether an escape sequence has to be ended with the line.
    open: bool,
}

impl Styled {
    pub(super) fn new(color: bool) -> Self {
        Self { color, fence: None, held: String::new(), at_line_start: true, open: false }
    }

    /// The next piece, as it is to be printed.
    pub(super) fn push(&mut self, piece: &str) -> String {
        if !self.color {
            return piece.to_owned();
        }
        let mut out = String::new();
        for line in piece.split_inclusive('\n') {
            if self.at_line_start {
                self.held.push_str(line);
                if is_undecided(&self.held) {
                    continue;
                }
                let line = std::mem::take(&mut self.held);
                self.begin_line(&line, &mut out);
            } else {
                self.go_on(line, &mut out);
            }
        }
        out
    }

    /// What was held back, and the end of the colours.
    pub(super) fn finish(&mut self) -> String {
        let mut out = String::new();
        let held = std::mem::take(&mut self.held);
        if !held.is_empty() {
            self.begin_line(&held, &mut out);
        }
        if std::mem::take(&mut self.open) {
            out.push_str(PLAIN);
        }
        out
    }

    fn begin_line(&mut self, line: &str, out: &mut String) {
        let trimmed = line.trim_start();
        let run: String = trimmed.chars().take_while(|one| *one == '`' || *one == '~').collect();
        let is_fence = run.len() >= 3;
        let style = match &self.fence {
            Some(fence) if is_fence && run.len() >= fence.len() && trimmed.trim_end() == run => {
                self.fence = None;
                CODE
            }
            Some(_) => CODE,
            None if is_fence => {
                self.fence = Some(run);
                CODE
            }
            None if trimmed.starts_with('#') => BOLD,
            None => "",
        };
        out.push_str(style);
        self.open = !style.is_empty();
        self.at_line_start = false;
        self.go_on(line, out);
    }

    fn go_on(&mut self, line: &str, out: &mut String) {
        let text = line.strip_suffix('\n');
        out.push_str(text.unwrap_or(line));
        if text.is_some() {
            if std::mem::take(&mut self.open) {
                out.push_str(PLAIN);
            }
            out.push('\n');
            self.at_line_start = true;
        }
    }
}

/// Blanks and marks alone could become anything.
fn is_undecided(line: &str) -> bool {
    !line.ends_with('\n') && line.trim_start().chars().all(|one| matches!(one, '`' | '~'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn styled(pieces: &[&str], color: bool) -> String {
        let mut styled = Styled::new(color);
        let mut out: String = pieces.iter().map(|piece| styled.push(piece)).collect();
        out.push_str(&styled.finish());
        out
    }

    #[test]
    fn code_and_headings_have_colours_however_the_text_is_cut() {
        let whole = "# Sum\nSo:\n```python\nx = `1`\n```\ndone";
        let expected = format!(
            "{BOLD}# Sum{PLAIN}\nSo:\n{CODE}```python{PLAIN}\n{CODE}x = `1`{PLAIN}\n{CODE}```{PLAIN}\ndone"
        );
        assert_eq!(styled(&[whole], true), expected);
        let pieces: Vec<String> = whole.chars().map(String::from).collect();
        let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
        assert_eq!(styled(&pieces, true), expected);
        assert_eq!(styled(&pieces, false), whole);
    }

    #[test]
    fn an_open_block_ends_with_the_text() {
        assert_eq!(styled(&["```\nx"], true), format!("{CODE}```{PLAIN}\n{CODE}x{PLAIN}"));
        assert_eq!(styled(&["``"], true), "``");
    }
}
