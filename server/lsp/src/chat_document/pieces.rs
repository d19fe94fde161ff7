//! An answer on its way into a document: what of it can be written now. It must not change what the model said, but for lines that
//! would be taken for the document's own headings.

use super::page::{Fence, is_heading, may_become_heading};

/// See the module's head.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    /// What came and is not given out.
    held: String,
    /// Blanks that are given out with what follows them.
    blank: String,
    /// The line that has begun, as far as it is given out.
    line: String,
    fence: Fence,
    thinking: bool,
}

impl Pieces {
    /// A piece of the answer.
    pub(super) fn text(&mut self, text: &str) {
        self.end_thinking();
        self.held.push_str(text);
    }

    /// A piece of what the model thinks: it is folded.
    pub(super) fn thinking(&mut self, text: &str) {
        if !self.thinking {
            self.thinking = true;
            self.held.push_str("<details><summary>Thoughts</summary>\n\n");
        }
        self.held.push_str(text);
    }

    /// What can be written now. Nothing of it ends in a blank.
    pub(super) fn take(&mut self) -> String {
        let mut ready = self.lines(false);
        self.blank = ready.split_off(ready.trim_end().len());
        ready
    }

    /// What is left at the end. A code block that is open is closed.
    pub(super) fn take_all(&mut self) -> String {
        self.end_thinking();
        let mut ready = self.lines(true);
        ready.truncate(ready.trim_end().len());
        let mut fence = self.fence;
        fence.pass(&self.line);
        if let Some(closing) = fence.closing() {
            ready.push('\n');
            ready.push_str(&closing);
        }
        ready
    }

    fn end_thinking(&mut self) {
        if std::mem::take(&mut self.thinking) {
            self.held.push_str("\n\n</details>\n\n");
        }
    }

    fn lines(&mut self, all: bool) -> String {
        let mut ready = std::mem::take(&mut self.blank);
        let held = std::mem::take(&mut self.held);
        for part in held.split_inclusive('\n') {
            let is_whole = part.ends_with('\n');
            let begins = self.line.is_empty();
            if begins && !is_whole && !all && may_become_heading(part) {
                part.clone_into(&mut self.held);
                break;
            }
            if begins && !self.fence.is_open() && is_heading(part) {
                ready.push('\\');
            }
            ready.push_str(part);
            self.line.push_str(part);
            if is_whole {
                self.fence.pass(&self.line);
                self.line.clear();
            }
        }
        ready
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(parts: &[&str]) -> String {
        let mut pieces = Pieces::default();
        let mut whole = String::new();
        for part in parts {
            pieces.text(part);
            whole.push_str(&pieces.take());
            assert_eq!(whole.trim_end(), whole);
        }
        whole + &pieces.take_all()
    }

    #[test]
    fn an_answer_is_what_the_model_said() {
        let cases: &[(&[&str], &str)] = &[
            (&["a\n", "\nb", " c\n"], "a\n\nb c"),
            (&["#", "# Yo", "u\nx"], "\\## You\nx"),
            (&["## Your", " way"], "## Your way"),
            (&["```\n## You\n", "```\nx"], "```\n## You\n```\nx"),
            (&["```py\nx = 1"], "```py\nx = 1\n```"),
            (&["a\n```\nx\n```"], "a\n```\nx\n```"),
        ];
        for (parts, expected) in cases {
            assert_eq!(written(parts), *expected, "{parts:?}");
        }
    }

    #[test]
    fn thoughts_are_folded() {
        let mut pieces = Pieces::default();
        pieces.thinking("hm");
        pieces.text("Yes");
        assert_eq!(pieces.take_all(), "<details><summary>Thoughts</summary>\n\nhm\n\n</details>\n\nYes");
    }
}
