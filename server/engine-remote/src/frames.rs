//! From a body's bytes to its events: server-sent events (<https://html.spec.whatwg.org/multipage/server-sent-events.html>) or one JSON
//! object a line. It must not know what an event means.

/// How a body is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Server-sent events.
    Sse,
    /// A JSON object a line.
    Lines,
}

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Frame {
    /// The data; more than one line of it with line ends between.
    pub(crate) data: String,
}

/// What came is no such body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadFrame {
    /// It is not text in UTF-8.
    NotText,
    /// One event is longer than any provider sends.
    TooLong,
}

/// The longest event, in bytes. A piece of an answer has some hundred.
const LONGEST: usize = 4 * 1024 * 1024;

/// Collects bytes and gives whole events.
#[derive(Debug)]
pub(crate) struct Frames {
    framing: Framing,
    bytes: Vec<u8>,
    data: Option<String>,
    /// Whether anything came but blank lines and comments.
    pub(crate) any: bool,
}

impl Frames {
    /// For a body of this kind.
    pub(crate) fn new(framing: Framing) -> Self {
        Self { framing, bytes: Vec::new(), data: None, any: false }
    }

    /// Adds a chunk and returns the events that it completed.
    pub(crate) fn push(&mut self, chunk: &[u8]) -> Result<Vec<Frame>, BadFrame> {
        self.bytes.extend_from_slice(chunk);
        let mut frames = Vec::new();
        let Some(end) = self.bytes.iter().rposition(|byte| *byte == b'\n') else {
            return if self.bytes.len() > LONGEST { Err(BadFrame::TooLong) } else { Ok(frames) };
        };
        let rest = self.bytes.split_off(end + 1);
        let whole = std::mem::replace(&mut self.bytes, rest);
        for line in whole.split_inclusive(|byte| *byte == b'\n') {
            let line = std::str::from_utf8(line).map_err(|_| BadFrame::NotText)?;
            let line = line.strip_suffix('\n').unwrap_or(line);
            frames.extend(self.line(line.strip_suffix('\r').unwrap_or(line))?);
        }
        Ok(frames)
    }

    /// What is left when the body ends: a last line without a line end, which some servers send.
    pub(crate) fn finish(&mut self) -> Result<Option<Frame>, BadFrame> {
        let mut frames = self.push(b"\n\n")?;
        Ok(frames.pop())
    }

    fn line(&mut self, line: &str) -> Result<Option<Frame>, BadFrame> {
        if self.framing == Framing::Lines {
            self.any |= !line.trim().is_empty();
            return Ok((!line.trim().is_empty()).then(|| Frame { data: line.to_owned() }));
        }
        if line.is_empty() {
            return Ok(self.data.take().map(|data| Frame { data }));
        }
        if line.starts_with(':') {
            return Ok(None);
        }
        self.any = true;
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        // The name of an event repeats what its data says, with all providers.
        if field == "data" {
            let value = value.strip_prefix(' ').unwrap_or(value);
            match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            }
            if self.data.as_ref().is_some_and(|data| data.len() > LONGEST) {
                return Err(BadFrame::TooLong);
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(framing: Framing, body: &str, size: usize) -> Vec<String> {
        let mut buffer = Frames::new(framing);
        let mut frames = Vec::new();
        for chunk in body.as_bytes().chunks(size) {
            frames.extend(buffer.push(chunk).unwrap());
        }
        frames.extend(buffer.finish().unwrap());
        frames.into_iter().map(|frame| frame.data).collect()
    }

    #[test]
    fn events_are_whole_however_the_chunks_fall() {
        let sse =
            ": ping\r\n\r\nevent: a\r\ndata: {\"ö\":\r\ndata:1}\r\n\r\nid: 7\n\ndata: [DONE]\n\ndata: cut";
        let lines = "{\"a\":1}\n\n{\"b\":2}";
        for size in 1..sse.len() {
            assert_eq!(frames(Framing::Sse, sse, size), ["{\"ö\":\n1}", "[DONE]", "cut"], "{size}");
            assert_eq!(frames(Framing::Lines, lines, size), ["{\"a\":1}", "{\"b\":2}"], "{size}");
        }
    }

    #[test]
    fn what_is_no_text_or_endless_is_refused() {
        assert_eq!(Frames::new(Framing::Sse).push(b"data: \xff\n"), Err(BadFrame::NotText));
        assert_eq!(Frames::new(Framing::Sse).push(&vec![b'x'; LONGEST + 1]), Err(BadFrame::TooLong));
    }
}
