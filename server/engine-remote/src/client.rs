//! The HTTP client of one provider: proxy, certificates, time-outs, headers. It must not know what is sent.

use crate::ask::{Call, KeyHeader};
use crate::failure::Failure;
use crate::options::{EngineOptions, Proxy};
use crate::secret::Secret;
use engine::RemoteCause;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Url};
use std::sync::OnceLock;

/// Makes the client.
pub(crate) fn client(options: &EngineOptions) -> Result<Client, Failure> {
    let url = Url::parse(&options.base_url).map_err(|error| {
        wrong(options, &format!("its base_url `{}` is no address: {error}", options.base_url))
    })?;
    let mut builder = Client::builder()
        .connect_timeout(options.timeouts.connect)
        .tcp_nodelay(true)
        .user_agent(concat!("weft/", env!("CARGO_PKG_VERSION")))
        // A key must not follow a redirection to somewhere else.
        .redirect(Policy::none())
        .default_headers(headers(options)?);
    builder = match &options.proxy {
        // A proxy of the environment has no business with what runs here.
        Proxy::Environment if is_this_machine(&url) => builder.no_proxy(),
        Proxy::Environment => builder,
        Proxy::Off => builder.no_proxy(),
        Proxy::Url(proxy) => {
            let proxy = reqwest::Proxy::all(proxy)
                .map_err(|error| wrong(options, &format!("its proxy `{proxy}` cannot be used: {error}")))?;
            builder.no_proxy().proxy(proxy)
        }
    };
    if let Some(pem) = &options.certificates {
        let certificates = Certificate::from_pem_bundle(pem)
            .map_err(|error| wrong(options, &format!("its ca_file holds no certificates in PEM: {error}")))?;
        builder = certificates.into_iter().fold(builder, reqwest::ClientBuilder::add_root_certificate);
    }
    builder.build().map_err(|error| wrong(options, &format!("no HTTP client can be made: {error}")))
}

/// Whether an address is on this machine.
pub(crate) fn is_this_machine(url: &Url) -> bool {
    match url.host_str().unwrap_or_default() {
        "localhost" | "[::1]" => true,
        host => host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback()),
    }
}

/// The request of a call.
pub(crate) fn request(
    client: &Client,
    options: &EngineOptions,
    call: &Call,
    key: Option<&Secret>,
) -> Result<reqwest::RequestBuilder, Failure> {
    let url = format!("{}{}", options.base_url.trim_end_matches('/'), call.path);
    let mut request = client.post(url).json(&call.body);
    for (name, value) in &call.headers {
        request = request.header(*name, value);
    }
    let Some(key) = key.filter(|key| !key.is_empty()) else { return Ok(request) };
    let (name, text) = match call.key {
        KeyHeader::Bearer => (AUTHORIZATION, format!("Bearer {}", key.expose())),
        KeyHeader::Named(name) => (HeaderName::from_static(name), key.expose().to_owned()),
    };
    let mut value = HeaderValue::from_str(&text)
        .map_err(|_| Failure::new(RemoteCause::Auth, "the key has characters that no key has"))?;
    value.set_sensitive(true);
    Ok(request.header(name, value))
}

fn headers(options: &EngineOptions) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    if let Some(name) = &options.session_header {
        let unusable = || wrong(options, &format!("`{name}` is no name for its session_header"));
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unusable())?;
        headers.insert(header, HeaderValue::from_str(session()).map_err(|_| unusable())?);
    }
    for (name, value) in &options.headers {
        let unusable = || wrong(options, &format!("its header `{name}` cannot be sent as it is"));
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unusable())?;
        let mut value = HeaderValue::from_str(value.expose()).map_err(|_| unusable())?;
        value.set_sensitive(true);
        headers.insert(header, value);
    }
    Ok(headers)
}

/// The session of this process. It says nothing about its user: it is random, and another one each time.
fn session() -> &'static str {
    static SESSION: OnceLock<String> = OnceLock::new();
    SESSION.get_or_init(|| format!("{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..)))
}

fn wrong(options: &EngineOptions, what: &str) -> Failure {
    let name = &options.name;
    Failure::new(
        RemoteCause::Configuration,
        format!("the engine {name} cannot be used: {what}. See [engines.{name}] in config.toml"),
    )
}

/// A failure of the connection, without the address: the innermost cause says what it is ("connection refused").
pub(crate) fn network(error: &reqwest::Error) -> Failure {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    if error.is_connect() && error.is_timeout() {
        return Failure::new(RemoteCause::Timeout, "there was no connection in time").again();
    }
    Failure::new(RemoteCause::Network, cause.to_string()).again()
}
