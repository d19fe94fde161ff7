//! Fetching a model's file over HTTP from Hugging Face or a mirror, going on where it stopped.
//!
//! Must not do: check the hash, or send anything but the request for the file, and the user's token to the hub's own host: reqwest takes
//! it off where the hub redirects to another one, and a test watches that.
//!
//! No `If-Range` is sent: the address names a commit, so the bytes behind it cannot change, and a mirror
//! that breaks this rule is found out by the size in `Content-Range` and by the hash.

use std::path::Path;
use std::time::Duration;

use futures::StreamExt;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_RANGE, RANGE};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url};
use tokio::fs::File;
use tokio::io::{AsyncSeekExt, AsyncWriteExt};

use super::error::{Failure, SourceError};
use super::{Progress, PullOptions, Report, disk, partial_bytes};
use crate::catalogue::{CatalogueEntry, HuggingFaceSource};
use crate::store::{Doing, StoreError};

/// Fetches what is missing in `partial`. Broken connections are retried as the options say.
pub(super) async fn fetch(
    entry: &CatalogueEntry,
    source: &HuggingFaceSource,
    partial: &Path,
    options: &PullOptions,
    progress: Report<'_>,
) -> Result<(), Failure> {
    let url = address(entry, source, options)?;
    let client = client(&url, options)?;
    let mut fruitless = 0;
    loop {
        let start = partial_bytes(partial, entry)?;
        progress(Progress::Downloading { done: start, total: entry.bytes });
        if start == entry.bytes {
            return Ok(());
        }
        let error = match fetch_once(&client, url.clone(), entry, partial, start, options, progress).await {
            Ok(()) => return Ok(()),
            Err(Failure::Source(SourceError::Status { status: status @ (401 | 403) })) => {
                let page = format!("{}/{}", options.hugging_face_endpoint.trim_end_matches('/'), source.repo);
                return Err(SourceError::Gated { status, page, with_token: options.token.is_some() }.into());
            }
            Err(Failure::Source(error)) if error.is_transient() => error,
            Err(failure) => return Err(failure),
        };
        fruitless = if partial_bytes(partial, entry)? > start { 0 } else { fruitless + 1 };
        if fruitless > options.retries {
            return Err(error.into());
        }
        progress(Progress::Retrying { reason: error.to_string() });
        tokio::time::sleep(options.retry_delay * 2_u32.saturating_pow(fruitless.saturating_sub(1).min(6)))
            .await;
    }
}

fn address(
    entry: &CatalogueEntry,
    source: &HuggingFaceSource,
    options: &PullOptions,
) -> Result<Url, SourceError> {
    let endpoint = options.hugging_face_endpoint.trim_end_matches('/');
    let path = source.path.as_deref().unwrap_or(&entry.file);
    let text = format!("{endpoint}/{}/resolve/{}/{path}", source.repo, source.revision);
    Url::parse(&text).map_err(|error| {
        SourceError::Answer(format!(
            "{endpoint} is not a web address ({error}); set HF_ENDPOINT to one like https://HOST"
        ))
    })
}

/// A client for an address of the hub.
pub(crate) fn client(url: &Url, options: &PullOptions) -> Result<Client, SourceError> {
    let mut builder = Client::builder()
        .user_agent(concat!("weft/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(options.connect_timeout)
        .read_timeout(options.stall_timeout);
    // What runs on this machine is not behind the proxy.
    if is_this_machine(url) {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| SourceError::Connect(reasons(&error)))
}

/// The request with the user's token, where nobody on the way can read it.
pub(crate) fn authorized(request: RequestBuilder, url: &Url, options: &PullOptions) -> RequestBuilder {
    match &options.token {
        Some(token) if url.scheme() == "https" || is_this_machine(url) => request.bearer_auth(token.expose()),
        _ => request,
    }
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

async fn fetch_once(
    client: &Client,
    url: Url,
    entry: &CatalogueEntry,
    partial: &Path,
    start: u64,
    options: &PullOptions,
    progress: Report<'_>,
) -> Result<(), Failure> {
    // A compressed body has other lengths and offsets than the file.
    let mut request = authorized(client.get(url.clone()), &url, options).header(ACCEPT_ENCODING, "identity");
    if start > 0 {
        request = request.header(RANGE, format!("bytes={start}-"));
    }
    let response = request.send().await.map_err(|error| source_error(&error, options.stall_timeout))?;
    let mut done = accept(&response, entry, start)?;
    let failed = |error| disk::write_failed(entry, partial.parent().unwrap_or(partial), partial, error);

    let mut file = File::options()
        .create(true)
        .write(true)
        .truncate(false)
        .open(partial)
        .await
        .map_err(|error| StoreError::new(Doing::Creating, partial, error))?;
    if done < start {
        file.set_len(done).await.map_err(failed)?;
    }
    file.seek(std::io::SeekFrom::Start(done)).await.map_err(failed)?;

    let mut body = response.bytes_stream();
    let mut outcome = Ok(());
    while let Some(chunk) = body.next().await {
        let chunk = match chunk {
            Ok(chunk) => chunk,
            Err(error) => {
                outcome = Err(source_error(&error, options.stall_timeout));
                break;
            }
        };
        if done + chunk.len() as u64 > entry.bytes {
            outcome = Err(SourceError::Answer("the server sent more bytes than the model has".to_owned()));
            break;
        }
        file.write_all(&chunk).await.map_err(failed)?;
        done += chunk.len() as u64;
        progress(Progress::Downloading { done, total: entry.bytes });
    }
    // Tokio writes behind: what has arrived, and any error, is only certain after this.
    file.flush().await.map_err(failed)?;
    outcome?;
    if done < entry.bytes {
        return Err(SourceError::Broken(format!("it ended after {done} of {} bytes", entry.bytes)).into());
    }
    Ok(())
}

/// Where in the file the body of `response` begins.
fn accept(response: &Response, entry: &CatalogueEntry, start: u64) -> Result<u64, SourceError> {
    match response.status() {
        StatusCode::PARTIAL_CONTENT => {
            let range = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
            let (first, total) = range.and_then(parse_content_range).ok_or_else(|| {
                SourceError::Answer(format!(
                    "the server sent a part without saying which ({})",
                    range.unwrap_or("-")
                ))
            })?;
            if let Some(found) = total.filter(|total| *total != entry.bytes) {
                return Err(SourceError::WrongSize { expected: entry.bytes, found });
            }
            if first != start {
                return Err(SourceError::Answer(format!(
                    "asked for the bytes from {start}, got those from {first}"
                )));
            }
            Ok(start)
        }
        StatusCode::OK => match response.content_length() {
            // Not the model but, for example, the page of a login portal.
            Some(found) if found != entry.bytes => {
                Err(SourceError::WrongSize { expected: entry.bytes, found })
            }
            _ => Ok(0),
        },
        status => Err(SourceError::Status { status: status.as_u16() }),
    }
}

/// The first byte and the whole size in `bytes 5-9/10`; the size may be `*`, unknown (RFC 9110, 14.4).
fn parse_content_range(value: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = value.strip_prefix("bytes ")?.split_once('/')?;
    let (first, _) = range.split_once('-')?;
    let total = if total == "*" { None } else { Some(total.parse().ok()?) };
    Some((first.parse().ok()?, total))
}

/// What a request that got no answer says.
pub(crate) fn source_error(error: &reqwest::Error, stall: Duration) -> SourceError {
    if error.is_connect() {
        SourceError::Connect(reasons(error))
    } else if error.is_timeout() {
        SourceError::Stalled { seconds: stall.as_secs() }
    } else {
        SourceError::Broken(reasons(error))
    }
}

/// The error with its causes: reqwest's own text only says that sending failed. Some layers repeat what
/// the layer below says, and hyper's client only names its own kind of error.
fn reasons(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let words = inner.to_string();
        if !words.starts_with("client error (") && !text.contains(&words) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&words);
        }
        cause = inner.source();
    }
    if text.is_empty() { error.to_string() } else { text }
}

#[cfg(test)]
mod tests {
    use super::parse_content_range;

    #[test]
    fn content_ranges() {
        let cases = [
            ("bytes 5-9/10", Some((5, Some(10)))),
            ("bytes 0-0/*", Some((0, None))),
            ("bytes */10", None),
            ("bytes 5-9", None),
            ("items 5-9/10", None),
            ("bytes 5-9/ten", None),
            ("bytes -9/10", None),
            ("", None),
        ];
        for (value, expected) in cases {
            assert_eq!(parse_content_range(value), expected, "{value:?}");
        }
    }
}
