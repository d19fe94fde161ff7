//! What a model thinks before it answers, told from the answer while both stream in. Must not change either but for the blank
//! lines around the tags.
//!
//! Models that think write `<think>…</think>` before the answer, or only its end where the template has opened it. Anywhere else
//! the tags are text: an answer may be about them.

/// A piece of what a model writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Of its thoughts.
    Thinking(String),
    /// Of its answer.
    Text(String),
}

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing but white space came, or the beginning of the tag.
    Start,
    /// The tag has come, and no thought yet.
    Opened,
    Thinking,
    /// Thoughts are over, and no answer has begun.
    Closed,
    Answer,
}

/// Divides a stream. It holds back what may yet be part of a tag.
#[derive(Debug)]
pub struct ThinkSplitter {
    state: State,
    held: String,
}

impl ThinkSplitter {
    /// `opened`: the prompt ends within `<think>` ([`super::ChatPrompt::opens_thinking`]).
    #[must_use]
    pub fn new(opened: bool) -> Self {
        Self { state: if opened { State::Opened } else { State::Start }, held: String::new() }
    }

    /// Takes the next text and gives what is certain.
    pub fn push(&mut self, text: &str) -> Vec<Part> {
        self.held.push_str(text);
        let mut parts = Vec::new();
        while self.step(&mut parts) {}
        parts
    }

    /// Gives what is left at the end.
    pub fn finish(&mut self) -> Vec<Part> {
        let held = std::mem::take(&mut self.held);
        let part = match self.state {
            State::Start | State::Answer => Part::Text(held),
            State::Thinking => Part::Thinking(held.trim_end().to_owned()),
            State::Opened | State::Closed => return Vec::new(),
        };
        let is_empty = matches!(&part, Part::Text(text) | Part::Thinking(text) if text.is_empty());
        if is_empty { Vec::new() } else { vec![part] }
    }

    /// Whether the model is still thinking. At the end it means that it never came to an answer.
    #[must_use]
    pub fn is_thinking(&self) -> bool {
        matches!(self.state, State::Opened | State::Thinking)
    }

    /// Does what can be done with what is held; false where more must come first.
    fn step(&mut self, parts: &mut Vec<Part>) -> bool {
        match self.state {
            State::Start => {
                let begun = self.held.trim_start();
                if let Some(rest) = begun.strip_prefix(OPEN) {
                    self.held = rest.to_owned();
                    self.state = State::Opened;
                } else if OPEN.starts_with(begun) {
                    return false;
                } else {
                    self.state = State::Answer;
                }
                true
            }
            State::Opened | State::Closed => {
                // Blank lines only: thoughts and answers may begin with indented code.
                self.held = without_blank_lines(&self.held).to_owned();
                if self.held.trim().is_empty() {
                    return false;
                }
                self.state = if self.state == State::Opened { State::Thinking } else { State::Answer };
                true
            }
            State::Thinking => self.think(parts),
            State::Answer => {
                if !self.held.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut self.held)));
                }
                false
            }
        }
    }

    fn think(&mut self, parts: &mut Vec<Part>) -> bool {
        let (thought, rest) = match self.held.split_once(CLOSE) {
            Some((thought, rest)) => (thought.trim_end(), Some(rest)),
            None => (certain(&self.held), None),
        };
        let thought = thought.to_owned();
        let closed = rest.map(str::to_owned);
        let goes_on = closed.is_some();
        self.held = match closed {
            Some(rest) => rest,
            None => self.held.get(thought.len()..).unwrap_or_default().to_owned(),
        };
        if !thought.is_empty() {
            parts.push(Part::Thinking(thought));
        }
        if goes_on {
            self.state = State::Closed;
        }
        goes_on
    }
}

fn without_blank_lines(text: &str) -> &str {
    let blank = text.len() - text.trim_start().len();
    let start = text.get(..blank).and_then(|blank| blank.rfind('\n')).map_or(0, |at| at + 1);
    text.get(start..).unwrap_or(text)
}

/// The text without the white space at its end and what may be the beginning of the closing tag.
fn certain(text: &str) -> &str {
    let begun = (1..CLOSE.len()).rev().find(|&length| text.ends_with(&CLOSE[..length])).unwrap_or(0);
    text.get(..text.len() - begun).unwrap_or(text).trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(opened: bool, pieces: &[&str]) -> (String, String) {
        let mut splitter = ThinkSplitter::new(opened);
        let mut parts: Vec<Part> = pieces.iter().flat_map(|piece| splitter.push(piece)).collect();
        parts.extend(splitter.finish());
        let (mut thinking, mut text) = (String::new(), String::new());
        for part in parts {
            match part {
                Part::Thinking(part) => thinking.push_str(&part),
                Part::Text(part) => text.push_str(&part),
            }
        }
        (thinking, text)
    }

    #[test]
    fn thoughts_and_answers_are_told_apart_however_the_tokens_fall() {
        let cases = [
            (false, "Plain.", "", "Plain."),
            (false, "  indented", "", "  indented"),
            (
                false,
                "<think>\nHm, <b> is\n\nodd.\n</think>\n\nThe answer.",
                "Hm, <b> is\n\nodd.",
                "The answer.",
            ),
            (false, "\n<think></think>The answer.", "", "The answer."),
            (false, "<think>\n\n</think>\n\n    code", "", "    code"),
            (true, "Hm.\n</think>\nThe answer.", "Hm.", "The answer."),
            (true, "\nHm, </thin> and <think>", "Hm, </thin> and <think>", ""),
            (true, "", "", ""),
            (false, "<think>never closed </thi", "never closed </thi", ""),
            (false, "Use `<think>` and `</think>`.", "", "Use `<think>` and `</think>`."),
            (false, "<thing>", "", "<thing>"),
            (false, "<thi", "", "<thi"),
            (false, "<think>a</think>b</think>c", "a", "b</think>c"),
            (false, "<think>ä\n😀</think>é", "ä\n😀", "é"),
        ];
        for (opened, whole, thinking, text) in cases {
            let expected = (thinking.to_owned(), text.to_owned());
            assert_eq!(split(opened, &[whole]), expected, "{whole:?}");
            let letters: Vec<String> = whole.chars().map(String::from).collect();
            for size in 1..4 {
                let pieces: Vec<String> = letters.chunks(size).map(|piece| piece.concat()).collect();
                let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
                assert_eq!(split(opened, &pieces), expected, "{whole:?} in pieces of {size}");
            }
        }
    }

    #[test]
    fn text_is_given_at_once() {
        let mut splitter = ThinkSplitter::new(false);
        assert_eq!(splitter.push("<th"), []);
        assert_eq!(splitter.push("ink>H"), [Part::Thinking("H".into())]);
        assert!(splitter.is_thinking());
        assert_eq!(splitter.push("m.</"), [Part::Thinking("m.".into())]);
        assert_eq!(splitter.push("think>A <"), [Part::Text("A <".into())]);
        assert!(!splitter.is_thinking());
        assert_eq!(splitter.push("b"), [Part::Text("b".into())]);
    }
}
