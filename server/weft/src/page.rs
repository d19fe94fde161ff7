//! Reads a page for `@url`: one GET, without cookies, credentials or redirects. It must not decide which addresses may be asked
//! for, beyond refusing to connect to a private one where only the public network is allowed.

use assist::mentions::{Fetch, Network, Page, PageRequest, is_public};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, LOCATION};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// A server that says nothing for so long is given up.
const CONNECT: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_secs(15);
/// A page takes no longer than this, however slowly it drips.
const WHOLE: Duration = Duration::from_secs(60);

/// The reader of pages.
pub(crate) struct PageReader;

impl Fetch for PageReader {
    fn fetch(&self, request: PageRequest) -> BoxFuture<'_, Result<Page, String>> {
        async move { read(request).await.map_err(|error| reason(&error)) }.boxed()
    }
}

async fn read(request: PageRequest) -> Result<Page, reqwest::Error> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("weft/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        .timeout(WHOLE);
    if request.network != Network::Any {
        builder = builder.dns_resolver(Arc::new(PublicOnly));
    }
    let response = builder.build()?.get(request.url).send().await?;
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut page = Page {
        status: response.status().as_u16(),
        content_type: header(CONTENT_TYPE).unwrap_or_default(),
        redirect: header(LOCATION),
        ..Page::default()
    };
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        let room = request.most_bytes - page.body.len();
        page.body.extend_from_slice(chunk.get(..room.min(chunk.len())).unwrap_or_default());
        if chunk.len() > room {
            page.truncated = true;
            break;
        }
    }
    Ok(page)
}

/// Looks names up and keeps the addresses of the public network: a name that leads to a private one must not be connected to,
/// whatever it looks like.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // The port is put in by the caller.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(NOT_PUBLIC.into());
            }
            Ok::<Addrs, Box<dyn std::error::Error + Send + Sync>>(Box::new(public.into_iter()))
        })
    }
}

const NOT_PUBLIC: &str =
    "its name leads to this machine or a private network, which the setting `network` does not allow";

/// The innermost cause: the outer ones repeat the address.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "the server took too long".to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// Asks a server on this machine, which gives one answer; also what it was asked.
    async fn asked(network: Network, host: &str, answer: &'static str) -> (Result<Page, String>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let length = stream.read(&mut request).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8_lossy(&request[..length]).into_owned()
        });
        let url = format!("http://{host}:{port}/page").parse().unwrap();
        let page = PageReader.fetch(PageRequest { url, network, most_bytes: 5 }).await;
        if page.is_err() {
            server.abort();
        }
        (page, server.await.unwrap_or_default())
    }

    #[tokio::test]
    async fn a_page_is_read_once_and_not_beyond_its_limit() {
        let answer = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 9\r\n\r\nabcdefghi";
        let (page, request) = asked(Network::Any, "127.0.0.1", answer).await;
        let page = page.unwrap();
        assert_eq!((page.status, page.content_type.as_str(), page.truncated), (200, "text/plain", true));
        assert_eq!(page.body, b"abcde");
        assert!(
            !request.to_lowercase().contains("cookie") && !request.contains("authorization"),
            "{request}"
        );
        let answer = "HTTP/1.1 302 Found\r\nlocation: /else\r\ncontent-length: 0\r\n\r\n";
        let (page, _) = asked(Network::Any, "127.0.0.1", answer).await;
        assert_eq!(page.unwrap().redirect.as_deref(), Some("/else"));
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_refused_where_only_the_public_network_is_allowed() {
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        let (page, request) = asked(Network::Public, "localhost", answer).await;
        assert_eq!((page, request.as_str()), (Err(NOT_PUBLIC.to_owned()), ""));
    }
}
