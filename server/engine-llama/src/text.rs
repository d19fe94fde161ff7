//! From the bytes of tokens to text: whole characters only, and nothing of a stop text.
//! It must not know the vocabulary.

/// Collects a suggestion's bytes and lets out what is certain to belong to it.
#[derive(Debug, Default)]
pub(crate) struct TextBuffer {
    bytes: Vec<u8>,
    stops: Vec<String>,
}

/// What a token added.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Released {
    /// This text, perhaps empty.
    Text(String),
    /// This text, and then a stop text came: the suggestion ends.
    Stop(String),
}

impl TextBuffer {
    pub(crate) fn new(stops: Vec<String>) -> Self {
        Self { bytes: Vec::new(), stops: stops.into_iter().filter(|stop| !stop.is_empty()).collect() }
    }

    /// Adds a token's bytes. Held back are an incomplete character and what may be the beginning of a stop.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Released {
        self.bytes.extend_from_slice(bytes);
        let first_stop = self.stops.iter().filter_map(|stop| find(&self.bytes, stop.as_bytes())).min();
        if let Some(at) = first_stop {
            let text = String::from_utf8_lossy(self.bytes.get(..at).unwrap_or_default()).into_owned();
            self.bytes.clear();
            return Released::Stop(text);
        }
        let held = self.stops.iter().map(|stop| overlap(&self.bytes, stop.as_bytes())).max().unwrap_or(0);
        let certain = self.bytes.len() - held;
        Released::Text(self.take_characters(certain))
    }

    /// What is left at the end. An incomplete character is dropped: half of one is no text.
    pub(crate) fn finish(&mut self) -> String {
        let rest = self.take_characters(self.bytes.len());
        self.bytes.clear();
        rest
    }

    fn take_characters(&mut self, limit: usize) -> String {
        let Some(certain) = self.bytes.get(..limit) else { return String::new() };
        let whole = match std::str::from_utf8(certain) {
            Ok(text) => text.len(),
            // `error_len` is None only where the end may yet be completed; true garbage is let out as U+FFFD.
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => limit,
        };
        let rest = self.bytes.split_off(whole);
        let text = String::from_utf8_lossy(&self.bytes).into_owned();
        self.bytes = rest;
        text
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// The length of the longest end of `bytes` that `stop` begins with.
fn overlap(bytes: &[u8], stop: &[u8]) -> usize {
    (1..stop.len().min(bytes.len() + 1)).rev().find(|&length| bytes.ends_with(&stop[..length])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(stops: &[&str], pieces: &[&[u8]]) -> (Vec<Released>, String) {
        let mut buffer = TextBuffer::new(stops.iter().map(|&stop| stop.to_owned()).collect());
        let released = pieces.iter().map(|piece| buffer.push(piece)).collect();
        (released, buffer.finish())
    }

    fn text(text: &str) -> Released {
        Released::Text(text.to_owned())
    }

    #[test]
    fn a_character_is_let_out_when_it_is_whole() {
        let (released, rest) = run(&[], &[b"a\xf0\x9f", b"\x98\x80b", b"\xe6"]);
        assert_eq!(released, [text("a"), text("😀b"), text("")]);
        assert_eq!(rest, "");
    }

    #[test]
    fn a_stop_text_is_never_let_out_even_in_pieces() {
        let (released, _) = run(&["\n+++++ "], &[b"x = 1\n++", b"+++", b" a.py"]);
        assert_eq!(released, [text("x = 1"), text(""), Released::Stop(String::new())]);
    }

    #[test]
    fn what_only_looked_like_a_stop_comes_later() {
        let (released, rest) = run(&["\n+++++ "], &[b"i\n++", b"i;"]);
        assert_eq!(released, [text("i"), text("\n++i;")]);
        assert_eq!(rest, "");
    }
}
