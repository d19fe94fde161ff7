//! Who may ask: the bearer of the key, by a name of this machine, and no web page.
//! It must not know what is asked.
//!
//! A web page can send requests to loopback ports, and with DNS rebinding read the answers: its name then points to
//! 127.0.0.1, but the request still carries that name as its Host, and its Origin. Both are checked, so a page gets nothing,
//! with or without a key.

use crate::problem::{Dialect, Kind, Problem};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::middleware::Next;
use axum::response::Response;
use std::net::IpAddr;
use std::sync::Arc;
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer};

/// What is let in.
#[derive(Clone, Default)]
pub struct Access {
    /// The key that each request must bear; `None` for none.
    pub key: Option<String>,
    /// What this server's own page bears: as good as the key, and known only to who may read this user's files.
    pub page_key: Option<String>,
    /// The names by which this server is called.
    pub names: Names,
    /// Further names, such as `host.docker.internal`.
    pub hosts: Vec<String>,
    /// Web pages that may ask, by their origins, such as `http://localhost:3000`.
    pub origins: Vec<String>,
}

/// The names by which a server is called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Names {
    /// `localhost` and the addresses of loopback.
    #[default]
    Loopback,
    /// These and every other address: for a server that listens beyond loopback. A name is what rebinding needs.
    Addresses,
}

impl Access {
    /// Refuses what would leave the models open to the network.
    ///
    /// # Errors
    /// A sentence for the user.
    pub fn check(&self) -> Result<(), String> {
        match (self.names, self.key.as_deref()) {
            (_, Some("")) => Err("the API key is empty; give one with --api-key or WEFT_API_KEY".to_owned()),
            (Names::Addresses, None) => Err(
                "beyond this machine (--host) a key is required, or everybody in the network could use the models: \
                 give one with --api-key or WEFT_API_KEY"
                    .to_owned(),
            ),
            _ => Ok(()),
        }
    }

    /// What tells browsers which pages may ask; nothing where none may.
    pub(crate) fn cors(&self) -> Result<Option<CorsLayer>, String> {
        self.check()?;
        if self.origins.is_empty() {
            return Ok(None);
        }
        let origins: Result<Vec<HeaderValue>, String> = self
            .origins
            .iter()
            .map(|origin| match origin.parse::<HeaderValue>() {
                Ok(value) if origin.contains("://") && !origin.ends_with('/') => Ok(value),
                _ => {
                    Err(format!("`{origin}` is no origin of a web page: http://localhost:3000 would be one"))
                }
            })
            .collect();
        let layer = CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins?))
            .allow_methods(AllowMethods::mirror_request())
            .allow_headers(AllowHeaders::mirror_request());
        Ok(Some(layer))
    }

    /// Whether this is one of the keys; never without one.
    pub fn knows(&self, given: &str) -> bool {
        [&self.key, &self.page_key].into_iter().flatten().any(|key| is_same(given, key))
    }

    fn refusal(&self, headers: &HeaderMap, uri: &Uri) -> Option<Problem> {
        if let Some(problem) = self.refusal_of_caller(headers, uri) {
            return Some(problem);
        }
        // An image or a link in a page: without an Origin, but browsers say where it comes from.
        let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
        if !headers.contains_key(header::ORIGIN) && matches!(site, Some(b"cross-site" | b"same-site")) {
            return Some(Problem::new(Kind::Forbidden, "web pages may not ask"));
        }
        let open = uri.path() == "/health" || self.key.is_none();
        if open || bearer(headers).is_some_and(|given| self.knows(given)) {
            return None;
        }
        let message = "the API key is missing or wrong; send it as `Authorization: Bearer KEY`";
        Some(Problem::new(Kind::NoKey, message))
    }

    /// Whether it is called by another's name, or by another's page.
    fn refusal_of_caller(&self, headers: &HeaderMap, uri: &Uri) -> Option<Problem> {
        let forbidden = |message: String| Some(Problem::new(Kind::Forbidden, message));
        let host = headers.get(header::HOST).map(HeaderValue::to_str).and_then(Result::ok);
        // HTTP/1.0 has no Host; no browser speaks it.
        if let Some(host) = host.or_else(|| uri.authority().map(|authority| authority.as_str()))
            && !self.is_own_name(host)
        {
            return forbidden(format!(
                "this server is not called {host}; `weft serve --allow-host` adds a name"
            ));
        }
        if let Some(origin) = headers.get(header::ORIGIN)
            && !self.origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes())
            && !host.is_some_and(|host| is_origin_of(origin, host))
        {
            let origin = origin.to_str().unwrap_or("that name");
            return forbidden(format!(
                "web pages of {origin} may not ask; `weft serve --allow-origin` lets them"
            ));
        }
        None
    }

    fn is_own_name(&self, host: &str) -> bool {
        let name = without_port(host);
        if name.eq_ignore_ascii_case("localhost") || self.hosts.iter().any(|it| it.eq_ignore_ascii_case(name))
        {
            return true;
        }
        match (name.parse::<IpAddr>(), self.names) {
            (Ok(address), Names::Loopback) => address.is_loopback(),
            (Ok(_), Names::Addresses) => true,
            (Err(_), _) => false,
        }
    }
}

/// The middleware.
pub(crate) async fn guard(State(access): State<Arc<Access>>, request: Request, next: Next) -> Response {
    match access.refusal(request.headers(), request.uri()) {
        Some(problem) => problem.response(Dialect::of(request.uri().path())),
        None => next.run(request).await,
    }
}

/// The middleware of the page's own files and socket: whoever may call this server may have them. The socket asks for a key itself.
pub(crate) async fn guard_page(State(access): State<Arc<Access>>, request: Request, next: Next) -> Response {
    match access.refusal_of_caller(request.headers(), request.uri()) {
        Some(problem) => problem.response(Dialect::of(request.uri().path())),
        None => next.run(request).await,
    }
}

/// Whether the request bears the key.
pub fn has_key(headers: &HeaderMap, key: &str) -> bool {
    bearer(headers).is_some_and(|given| is_same(given, key))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// The comparison takes the same time wherever the first difference is.
fn is_same(given: &str, key: &str) -> bool {
    given.len() == key.len()
        && given.bytes().zip(key.bytes()).fold(0, |difference, (left, right)| difference | (left ^ right))
            == 0
}

/// Whether a page of this origin came from this very server: its name is checked already, so what is left are name and port.
fn is_origin_of(origin: &HeaderValue, host: &str) -> bool {
    let origin = origin.to_str().unwrap_or_default();
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
}

/// `localhost:8080` and `[::1]:8080` without what comes after the name.
fn without_port(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|&(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn kind(access: &Access, path: &str, pairs: &[(&'static str, &str)]) -> Option<Kind> {
        access.refusal(&headers(pairs), &path.parse().unwrap()).map(|problem| problem.kind)
    }

    #[test]
    fn only_the_exact_key_is_let_in() {
        let cases = [
            (Some("Bearer abc"), true),
            (Some("Bearer abd"), false),
            (Some("Bearer ab"), false),
            (Some("Bearer "), false),
            (Some("abc"), false),
            (None, false),
        ];
        for (value, expected) in cases {
            let pairs: Vec<_> = value.map(|value| ("authorization", value)).into_iter().collect();
            assert_eq!(has_key(&headers(&pairs), "abc"), expected, "{value:?}");
        }
    }

    #[test]
    fn names_of_this_machine_are_let_in_and_others_are_not() {
        let own = Access { hosts: vec!["host.docker.internal".into()], ..Access::default() };
        let cases = [
            ("localhost:8080", true, true),
            ("LOCALHOST", true, true),
            ("127.0.0.1:8080", true, true),
            ("[::1]:8080", true, true),
            ("host.docker.internal:8080", true, true),
            ("192.168.1.7:8080", false, true),
            ("evil.example:8080", false, false),
            ("localhost.evil.example", false, false),
            ("127.0.0.1.evil.example:8080", false, false),
        ];
        let network = Access { names: Names::Addresses, key: None, ..own.clone() };
        for (host, loopback, addresses) in cases {
            let refused = |access: &Access| kind(access, "/v1/models", &[("host", host)]);
            assert_eq!(refused(&own).is_none(), loopback, "{host}");
            assert_eq!(refused(&network).is_none(), addresses, "{host}");
        }
    }

    #[test]
    fn web_pages_are_refused_unless_they_are_named() {
        let access = Access { origins: vec!["http://localhost:3000".into()], ..Access::default() };
        let of = |pairs: &[(&'static str, &str)]| kind(&access, "/api/tags", pairs);
        assert_eq!(of(&[("origin", "http://localhost:3000")]), None);
        assert_eq!(of(&[("origin", "http://localhost:3001")]), Some(Kind::Forbidden));
        assert_eq!(of(&[("origin", "null")]), Some(Kind::Forbidden));
        assert_eq!(of(&[("sec-fetch-site", "cross-site")]), Some(Kind::Forbidden));
        assert_eq!(of(&[("sec-fetch-site", "none")]), None);
        let wrong = Access { origins: vec!["localhost:3000".into()], ..Access::default() };
        assert!(access.cors().is_ok() && wrong.cors().is_err());
    }

    #[test]
    fn the_servers_own_page_may_ask_and_one_of_another_port_may_not() {
        let access = Access::default();
        let of = |host: &str, origin: &str| kind(&access, "/api/tags", &[("host", host), ("origin", origin)]);
        assert_eq!(of("127.0.0.1:9338", "http://127.0.0.1:9338"), None);
        assert_eq!(of("localhost:9338", "http://LOCALHOST:9338"), None);
        assert_eq!(of("127.0.0.1:9338", "http://127.0.0.1:3000"), Some(Kind::Forbidden));
        assert_eq!(of("127.0.0.1:9338", "http://localhost:9338"), Some(Kind::Forbidden));
        // A page whose name was pointed here: its own origin, but no name of ours.
        assert_eq!(of("evil.example:9338", "http://evil.example:9338"), Some(Kind::Forbidden));
        assert_eq!(of("127.0.0.1:9338", "null"), Some(Kind::Forbidden));
    }

    #[test]
    fn the_pages_key_is_as_good_as_the_key_and_none_is_no_key() {
        let access = Access { key: Some("abc".into()), page_key: Some("def".into()), ..Access::default() };
        for (given, known) in [("abc", true), ("def", true), ("abd", false), ("", false)] {
            assert_eq!(access.knows(given), known, "{given}");
            let bearer = format!("Bearer {given}");
            assert_eq!(kind(&access, "/api/tags", &[("authorization", &bearer)]).is_none(), known, "{given}");
        }
        assert!(!Access::default().knows(""));
    }

    #[test]
    fn the_key_is_wanted_everywhere_but_for_health() {
        let access = Access { key: Some("abc".into()), ..Access::default() };
        assert_eq!(kind(&access, "/v1/models", &[]), Some(Kind::NoKey));
        assert_eq!(kind(&access, "/v1/models", &[("authorization", "Bearer abc")]), None);
        assert_eq!(kind(&access, "/health", &[]), None);
    }

    #[test]
    fn beyond_loopback_nothing_goes_without_a_key() {
        let open = Access { names: Names::Addresses, ..Access::default() };
        assert!(open.check().is_err_and(|message| message.contains("--api-key")));
        assert_eq!(Access { key: Some("abc".into()), ..open.clone() }.check(), Ok(()));
        assert!(Access { key: Some(String::new()), ..Access::default() }.check().is_err());
        assert_eq!(Access::default().check(), Ok(()));
    }
}
