//! The framing that the language server speaks on a stream (`Content-Length: N`, an empty line, N bytes), to and from whole messages.
//! It must not look into a message.

use std::io::{Error, ErrorKind, Result};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The longest message that is read, in bytes.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// Writes one message.
pub(super) async fn write(stream: &mut (impl AsyncWrite + Unpin), message: &str) -> Result<()> {
    stream.write_all(format!("Content-Length: {}\r\n\r\n", message.len()).as_bytes()).await?;
    stream.write_all(message.as_bytes()).await?;
    stream.flush().await
}

/// Reads one message; `None` at the end of the stream.
pub(super) async fn read(stream: &mut (impl AsyncBufRead + Unpin)) -> Result<Option<String>> {
    let mut length = None;
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        let header = line.trim_end();
        if header.is_empty() {
            break;
        }
        if let Some((name, value)) = header.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse::<usize>().ok();
        }
    }
    let wrong = |what: &str| Error::new(ErrorKind::InvalidData, what.to_owned());
    let length = length.filter(|length| *length <= MOST_BYTES);
    let mut bytes = vec![0; length.ok_or_else(|| wrong("a message without a usable length"))?];
    stream.read_exact(&mut bytes).await?;
    String::from_utf8(bytes).map(Some).map_err(|_| wrong("a message that is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::BufReader;

    #[tokio::test]
    async fn messages_come_back_whole_and_in_order() {
        let (mut writer, reader) = tokio::io::duplex(16);
        let sent = ["{}", "{\"text\":\"größer als der Puffer\"}", ""];
        let writing = async {
            for message in sent {
                write(&mut writer, message).await.unwrap();
            }
            drop(writer);
        };
        let reading = async {
            let mut reader = BufReader::new(reader);
            let mut read_messages = Vec::new();
            while let Some(message) = read(&mut reader).await.unwrap() {
                read_messages.push(message);
            }
            read_messages
        };
        assert_eq!(tokio::join!(writing, reading).1, sent);
    }

    #[tokio::test]
    async fn a_stream_that_makes_no_sense_is_an_error() {
        for text in ["Content-Length: many\r\n\r\n", "\r\n", "Content-Length: 99\r\n\r\n{}"] {
            assert!(read(&mut text.as_bytes()).await.is_err(), "{text:?}");
        }
        assert_eq!(read(&mut &b""[..]).await.unwrap(), None);
    }
}
