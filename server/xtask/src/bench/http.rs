//! The little HTTP that talking to a llama-server on this machine takes: one request a connection.
//!
//! It must not reach beyond the loopback address: a client library would be compiled before anything else
//! on a fresh machine, for the benchmark alone.

use std::io::{BufRead, BufReader, Read, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

/// The longest silence of the other side.
const TIMEOUT: Duration = Duration::from_secs(600);

/// An answer whose body is read as it comes.
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) body: Box<dyn BufRead>,
}

/// Asks for a page of the server at `port`.
pub(super) fn get(port: u16, path: &str) -> Result<Response> {
    exchange(port, &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
}

/// Sends JSON to the server at `port`. Dropping the answer closes the connection, which ends the work.
pub(super) fn post(port: u16, path: &str, json: &str) -> Result<Response> {
    exchange(
        port,
        &format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{json}",
            json.len()
        ),
    )
}

fn exchange(port: u16, request: &str) -> Result<Response> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.write_all(request.as_bytes())?;
    response(stream)
}

fn response(stream: impl Read + 'static) -> Result<Response> {
    let mut reader = BufReader::new(stream);
    let first = header_line(&mut reader)?;
    let status = first.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.with_context(|| format!("`{first}` is not how an HTTP answer begins"))?;
    let (mut chunked, mut length) = (false, None);
    loop {
        let line = header_line(&mut reader)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        match name.to_ascii_lowercase().as_str() {
            "transfer-encoding" => chunked = value.trim().eq_ignore_ascii_case("chunked"),
            "content-length" => length = value.trim().parse::<u64>().ok(),
            _ => {}
        }
    }
    let body: Box<dyn BufRead> = match length {
        _ if chunked => Box::new(BufReader::new(Chunked { inner: reader, left: 0, ended: false })),
        Some(length) => Box::new(reader.take(length)),
        None => Box::new(reader),
    };
    Ok(Response { status, body })
}

fn header_line(reader: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        bail!("the server closed the connection without an answer");
    }
    Ok(line.trim_end().to_owned())
}

/// A body in chunks (RFC 9112, 7.1), read as if there were none. Trailers are left unread.
struct Chunked<R> {
    inner: R,
    /// Bytes of the chunk at hand that are still to come.
    left: usize,
    ended: bool,
}

impl<R: BufRead> Read for Chunked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.left == 0 {
            if self.ended {
                return Ok(0);
            }
            let mut line = String::new();
            self.inner.read_line(&mut line)?;
            let size = line.split(';').next().unwrap_or_default().trim();
            if size.is_empty() && !line.is_empty() {
                // The line end behind the chunk before.
                continue;
            }
            self.left = usize::from_str_radix(size, 16)
                .map_err(|_| std::io::Error::other(format!("`{size}` is not the size of a chunk")))?;
            self.ended = self.left == 0;
        }
        let wanted = buffer.len().min(self.left);
        let read = self.inner.read(buffer.get_mut(..wanted).unwrap_or_default())?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(answer: &'static str) -> Result<(u16, String)> {
        let mut response = response(answer.as_bytes())?;
        let mut text = String::new();
        response.body.read_to_string(&mut text)?;
        Ok((response.status, text))
    }

    #[test]
    fn bodies_come_whole_however_they_are_sent() {
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
                       4\r\ndata\r\nb;x=y\r\n: one\n\ntwo\n\r\n0\r\n\r\n";
        assert_eq!(read(chunked).unwrap(), (200, "data: one\n\ntwo\n".to_owned()));
        let counted = "HTTP/1.1 503 Busy\r\ncontent-length: 2\r\n\r\nno and more";
        assert_eq!(read(counted).unwrap(), (503, "no".to_owned()));
        assert_eq!(read("HTTP/1.0 200 OK\r\n\r\nuntil the end").unwrap().1, "until the end");
    }

    #[test]
    fn an_answer_cut_short_is_an_error() {
        assert!(read("").is_err());
        assert!(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nda").is_err());
        assert!(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ndata\r\n").is_err());
    }
}
