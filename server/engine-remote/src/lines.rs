//! From a body's chunks to lines of text.
//! It must not know what the lines hold.

/// Collects bytes and gives back whole lines (without their end).
#[derive(Debug, Default)]
pub(crate) struct LineBuffer {
    bytes: Vec<u8>,
}

impl LineBuffer {
    /// Adds a chunk and returns the lines that it completed.
    pub(crate) fn push(&mut self, chunk: &[u8]) -> Vec<Vec<u8>> {
        self.bytes.extend_from_slice(chunk);
        let Some(end) = self.bytes.iter().rposition(|&byte| byte == b'\n') else { return Vec::new() };
        let rest = self.bytes.split_off(end + 1);
        let whole = std::mem::replace(&mut self.bytes, rest);
        whole.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_whole_however_the_chunks_fall() {
        let mut buffer = LineBuffer::default();
        assert!(buffer.push(b"{\"a\"").is_empty());
        assert_eq!(buffer.push(b":1}\n{\"b\":2}\n{"), [b"{\"a\":1}".to_vec(), b"{\"b\":2}".to_vec()]);
        assert_eq!(buffer.push(b"}\n"), [b"{}".to_vec()]);
    }
}
