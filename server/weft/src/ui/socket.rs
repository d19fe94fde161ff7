//! `/weft/ws`: one JSON-RPC message a frame, and a language server of its own for each page.
//! It must not know a method.

use super::{Ui, frames, session};
use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt, StreamExt};
use std::sync::Arc;
use tokio::io::{BufReader, DuplexStream};

/// The subprotocol; a browser can send no header but this one.
const PROTOCOL: &str = "weft";
/// How a page names its key, in hexadecimal, among the subprotocols.
const KEY: &str = "weft.key.";
/// The page closes for good with this code, and asks for the key. Of the range that is for applications.
const KEY_IS_WRONG: u16 = 4401;
/// The largest message of a page, in bytes.
const MOST_BYTES: usize = 16 * 1024 * 1024;
/// What may lie between page and server, in bytes.
const PIPE_BYTES: usize = 64 * 1024;

/// A page connects. A wrong key is told after the connection stands: browsers hide the status of a refused one from their pages.
pub(super) async fn connect(
    State(ui): State<Arc<Ui>>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let known = key(&headers).is_some_and(|key| ui.access.knows(&key));
    let upgrade = upgrade.protocols([PROTOCOL]).max_message_size(MOST_BYTES);
    upgrade.on_upgrade(move |socket| async move {
        if known { converse(socket, session::options(&ui)).await } else { refuse(socket).await }
    })
}

fn key(headers: &HeaderMap) -> Option<String> {
    let offered = headers.get(header::SEC_WEBSOCKET_PROTOCOL)?.to_str().ok()?;
    let hexadecimal = offered.split(',').find_map(|name| name.trim().strip_prefix(KEY))?;
    let digits = hexadecimal.as_bytes();
    if !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let pairs = digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    String::from_utf8(pairs.collect::<Option<_>>()?).ok()
}

async fn refuse(mut socket: WebSocket) {
    let frame = CloseFrame { code: KEY_IS_WRONG, reason: "the key is missing or wrong".into() };
    // The page may be gone already.
    let _ = socket.send(Message::Close(Some(frame))).await;
}

/// Until the page or the server ends it. What the page still waited for is dropped, and so cancelled, then: a server whose input ends would
/// finish it first.
async fn converse(socket: WebSocket, options: lsp::Options) {
    let (to_server, input) = tokio::io::duplex(PIPE_BYTES);
    let (output, from_server) = tokio::io::duplex(PIPE_BYTES);
    let (sink, stream) = socket.split();
    tokio::select! {
        () = lsp::serve(input, output, options) => {}
        () = receive(stream, to_server) => {}
        () = send(sink, from_server) => {}
    }
}

/// Page to server.
async fn receive(mut stream: SplitStream<WebSocket>, mut to_server: DuplexStream) {
    while let Some(Ok(message)) = stream.next().await {
        let Message::Text(text) = message else { continue };
        if frames::write(&mut to_server, text.as_str()).await.is_err() {
            break;
        }
    }
}

/// Server to page.
async fn send(mut sink: SplitSink<WebSocket, Message>, from_server: DuplexStream) {
    let mut from_server = BufReader::new(from_server);
    while let Ok(Some(message)) = frames::read(&mut from_server).await {
        if sink.send(Message::Text(message.into())).await.is_err() {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_read_from_the_subprotocols() {
        let read = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::SEC_WEBSOCKET_PROTOCOL, value.parse().unwrap());
            key(&headers)
        };
        assert_eq!(read("weft, weft.key.616263").as_deref(), Some("abc"));
        assert_eq!(read("weft.key.c3a4,weft").as_deref(), Some("ä"));
        for wrong in ["weft", "weft, weft.key.6", "weft, weft.key.zz", "weft.key.ff", "weft.key.+1"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(key(&HeaderMap::new()), None);
    }
}
