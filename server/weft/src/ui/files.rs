//! The page's files, as `cargo xtask page` has built them: looked for beside the program, so that building Weft needs no Node.
//! It must not serve anything else: only plain names below that folder are read.

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::path::{Component, Path, PathBuf};

/// The folder with the page, for who keeps it elsewhere.
const VARIABLE: &str = "WEFT_PAGE";

/// Where the page is looked for, seen from the program's folder: a build of xtask, an installation, the VS Code extension.
const BESIDE: [&str; 3] = ["page", "../share/weft/page", "../chat"];

/// What only headers can say of the page's policy; the page says the rest itself.
const OF_DOCUMENT: &str = "frame-ancestors 'none'; object-src 'none'";
/// A file of the page, looked at by itself, may do nothing.
const OF_FILE: &str = "default-src 'none'; frame-ancestors 'none'";

/// What to say where the page was not built.
pub(crate) const NOT_BUILT: &str = "the chat page was not built. In a checkout of Weft, `cargo xtask page` builds it beside the \
     program (it needs npm); WEFT_PAGE may name a folder with a built one";

/// The folder of the built page.
pub(crate) fn folder() -> Option<PathBuf> {
    let named = std::env::var_os(VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
    let program = std::env::current_exe().ok();
    let beside = program.as_deref().and_then(Path::parent);
    let candidates = beside.into_iter().flat_map(|folder| BESIDE.iter().map(|name| folder.join(name)));
    named.into_iter().chain(candidates).find(|folder| folder.join("index.html").is_file())
}

/// `/`: the page for browsers. Front ends of Ollama look here whether it runs.
pub(crate) async fn index(headers: HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !accepted.contains("text/html") {
        return "Weft is running".into_response();
    }
    let Some(folder) = folder() else {
        let text = format!("Weft is running, but {NOT_BUILT}.\n");
        return (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
    };
    read(&folder.join("index.html"), OF_DOCUMENT, "no-cache").await
}

/// A file of the page. Those in `assets` have their content's hash in their names.
pub(crate) async fn file(request: Request) -> Response {
    let name = request.uri().path().trim_start_matches('/');
    let path = Path::new(name);
    let is_plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    let Some(folder) = folder().filter(|_| is_plain && !name.contains(['\\', '%'])) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kept = if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    read(&folder.join(path), OF_FILE, kept).await
}

async fn read(path: &Path, policy: &'static str, kept: &'static str) -> Response {
    let Ok(bytes) = tokio::fs::read(path).await else { return StatusCode::NOT_FOUND.into_response() };
    let headers = [
        (header::CONTENT_TYPE, media_type(path)),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, kept),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    (headers, bytes).into_response()
}

fn media_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_the_types_that_browsers_insist_on() {
        let types = ["index.html", "assets/a.js", "assets/a.css", "icon.svg", "assets/a.wasm"]
            .map(|name| media_type(Path::new(name)).split(';').next());
        assert_eq!(
            types.map(Option::unwrap_or_default),
            ["text/html", "text/javascript", "text/css", "image/svg+xml", "application/octet-stream"]
        );
    }
}
