//! Requests as clients really send them: a method without parameters comes with `null`, `{}` or nothing.
//! The framework refuses the first two, so they are taken off here; and it refuses the last for a method that has some, all of which
//! are optional in Copilot's protocol, so an object is put there. It must not touch anything else.

use crate::ext;
use std::task::{Context, Poll};
use tower_lsp::jsonrpc::Request;
use tower_service::Service;

/// A service that takes useless parameters off before the one inside sees them.
#[derive(Debug)]
pub(crate) struct Lenient<S> {
    inner: S,
}

impl<S> Lenient<S> {
    pub(crate) fn new(inner: S) -> Self {
        Self { inner }
    }
}

impl<S: Service<Request>> Service<Request> for Lenient<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        self.inner.call(without_useless_parameters(request))
    }
}

fn without_useless_parameters(request: Request) -> Request {
    if ext::copilot::takes_any_parameters(request.method()) {
        return with_an_object(request);
    }
    if !matches!(request.method(), ext::WHY | ext::edit::MODELS | "shutdown" | "exit") {
        return request;
    }
    let (method, id, _) = request.into_parts();
    match id {
        Some(id) => Request::build(method).id(id).finish(),
        None => Request::build(method).finish(),
    }
}

/// With an object as parameters: clients in Lua and Lisp write an empty one as a list or as null.
fn with_an_object(request: Request) -> Request {
    if request.params().is_some_and(serde_json::Value::is_object) {
        return request;
    }
    let (method, id, params) = request.into_parts();
    let first = match params {
        Some(serde_json::Value::Array(list)) => list.into_iter().next(),
        _ => None,
    };
    let params = first.filter(serde_json::Value::is_object).unwrap_or_else(|| serde_json::json!({}));
    let builder = Request::build(method).params(params);
    match id {
        Some(id) => builder.id(id).finish(),
        None => builder.finish(),
    }
}
