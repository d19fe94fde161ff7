//! Texts at which an answer ends, looked for while it streams in: providers take few of them or none. It must not know what they mean.

/// Holds back what may yet be the beginning of a stop.
#[derive(Debug)]
pub(crate) struct Stops {
    stops: Vec<String>,
    held: String,
    stopped: bool,
}

impl Stops {
    pub(crate) fn new(stops: &[String]) -> Self {
        let stops = stops.iter().filter(|stop| !stop.is_empty()).cloned().collect();
        Self { stops, held: String::new(), stopped: false }
    }

    /// Takes a piece and gives what is certain.
    pub(crate) fn push(&mut self, piece: &str) -> String {
        if self.stopped {
            return String::new();
        }
        self.held.push_str(piece);
        let found = self.stops.iter().filter_map(|stop| self.held.find(stop)).min();
        if let Some(at) = found {
            self.stopped = true;
            self.held.truncate(at);
            return std::mem::take(&mut self.held);
        }
        let keep = self.stops.iter().map(|stop| overlap(&self.held, stop)).max().unwrap_or(0);
        let rest = self.held.split_off(self.held.len() - keep);
        std::mem::replace(&mut self.held, rest)
    }

    /// Whether one has come.
    pub(crate) fn stopped(&self) -> bool {
        self.stopped
    }

    /// What is left at the end.
    pub(crate) fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }
}

/// How many bytes at the end of `text` are the beginning of `stop`.
fn overlap(text: &str, stop: &str) -> usize {
    let lengths = stop.char_indices().map(|(at, _)| at).skip(1);
    lengths.filter(|length| text.ends_with(stop.get(..*length).unwrap_or_default())).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_stop_ends_the_text_however_it_is_cut() {
        let stops = ["<|end|>".to_owned(), "§§".to_owned(), String::new()];
        let cases = [
            ("a < b <| c", "a < b <| c", false),
            ("a<|end|>b", "a", true),
            ("a<<|end|>", "a<", true),
            ("x§§<|end|>", "x", true),
            ("x§", "x§", false),
        ];
        for (text, expected, stopped) in cases {
            for size in 1..8 {
                let mut found = Stops::new(&stops);
                let characters: Vec<char> = text.chars().collect();
                let pieces = characters.chunks(size).map(|piece| piece.iter().collect::<String>());
                let mut given: String = pieces.map(|piece| found.push(&piece)).collect();
                given.push_str(&found.finish());
                assert_eq!((given.as_str(), found.stopped()), (expected, stopped), "{text:?} by {size}");
            }
        }
    }
}
