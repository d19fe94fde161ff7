//! What a chat model answers when it is asked to fill in: its thoughts, an opening fence and the beginning of the cursor's line, which
//! many models say again, are taken off while the answer streams in. The rest is post-processing's part.
//! It must not look at what comes behind the beginning.

use crate::chat::{Part, ThinkSplitter};

const FENCE: &str = "```";
/// What follows a fence is a language's name, and no longer than this.
const MOST_NAME: usize = 24;
/// A shorter beginning of a line is likely to come again by chance.
const LEAST_REPEATED: usize = 3;

/// See the module's head.
#[derive(Debug)]
pub(super) struct ChatAnswer {
    thoughts: ThinkSplitter,
    /// The cursor's line up to the cursor.
    line: String,
    stage: Stage,
    held: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Fence,
    Line,
    Rest,
}

impl ChatAnswer {
    /// For a cursor behind `line`.
    pub(super) fn new(line: &str) -> Self {
        Self {
            thoughts: ThinkSplitter::new(false),
            line: line.to_owned(),
            stage: Stage::Fence,
            held: String::new(),
        }
    }

    /// Takes a piece and gives what is certain.
    pub(super) fn push(&mut self, piece: &str) -> String {
        let parts = self.thoughts.push(piece);
        self.take(parts);
        self.advance(false)
    }

    /// Gives what is left at the end.
    pub(super) fn finish(&mut self) -> String {
        let parts = self.thoughts.finish();
        self.take(parts);
        self.advance(true)
    }

    fn take(&mut self, parts: Vec<Part>) {
        for part in parts {
            if let Part::Text(text) = part {
                self.held.push_str(&text);
            }
        }
    }

    fn advance(&mut self, whole: bool) -> String {
        if self.stage == Stage::Fence && !self.take_fence(whole) {
            return String::new();
        }
        if self.stage == Stage::Line && !self.take_line(whole) {
            return String::new();
        }
        std::mem::take(&mut self.held)
    }

    /// False while more is needed to tell.
    fn take_fence(&mut self, whole: bool) -> bool {
        let text = self.held.trim_start();
        let fenced = text.strip_prefix(FENCE);
        if !whole
            && (FENCE.starts_with(text)
                || fenced.is_some_and(|rest| !rest.contains('\n') && rest.len() < MOST_NAME))
        {
            return false;
        }
        if let Some((_, body)) = fenced.and_then(|rest| rest.split_once('\n')) {
            self.held = body.to_owned();
        }
        self.stage = Stage::Line;
        true
    }

    fn take_line(&mut self, whole: bool) -> bool {
        let written = self.line.trim_start();
        if written.trim_end().len() >= LEAST_REPEATED {
            for line in [self.line.as_str(), written] {
                if let Some(rest) = self.held.strip_prefix(line) {
                    self.held = rest.to_owned();
                    break;
                }
                if !whole && line.starts_with(&self.held) {
                    return false;
                }
            }
        }
        self.stage = Stage::Rest;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_an_answer_however_it_is_cut() {
        // (line, answer, left)
        let cases = [
            ("    return ", "a + b", "a + b"),
            ("    return ", "    return a + b", "a + b"),
            ("    return ", "return a + b", "a + b"),
            ("    return ", "```python\n    return a + b\n```", "a + b\n```"),
            ("    return ", "```python\na + b\n```\n", "a + b\n```\n"),
            ("    return ", "<think>sum?</think>\n\nreturn a + b", "a + b"),
            ("    return ", "ret", "ret"),
            ("x", "x + 1", "x + 1"),
            ("", "\n    pass", "\n    pass"),
            ("", "", ""),
            ("", "``", "``"),
            ("s = ", "`text`", "`text`"),
            ("s = ", "größe", "größe"),
        ];
        for (line, answer, left) in cases {
            for size in [1, 2, 3, 5, 100] {
                let mut stripped = ChatAnswer::new(line);
                let characters: Vec<char> = answer.chars().collect();
                let pieces = characters.chunks(size).map(|piece| piece.iter().collect::<String>());
                let mut text: String = pieces.map(|piece| stripped.push(&piece)).collect();
                text.push_str(&stripped.finish());
                assert_eq!(text, left, "{line:?} {answer:?} in pieces of {size}");
            }
        }
    }
}
