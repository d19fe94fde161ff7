//! From what a provider answers to the categories of errors that a user needs to tell apart. It must not retry: it says whether that can
//! help.

use crate::ask::text;
use crate::secret::Secret;
use engine::{EngineError, RemoteCause};
use reqwest::header::HeaderMap;
use serde_json::Value;
use std::time::{Duration, SystemTime};

/// An attempt that failed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Failure {
    pub(crate) cause: RemoteCause,
    /// What happened, for the user.
    pub(crate) reason: String,
    /// Whether the same request may succeed later.
    pub(crate) again: bool,
    /// When the provider wants it again.
    pub(crate) retry_after: Option<Duration>,
}

/// The longest text of a provider that is shown.
const MOST_CHARACTERS: usize = 300;

impl Failure {
    pub(crate) fn new(cause: RemoteCause, reason: impl Into<String>) -> Self {
        Self { cause, reason: reason.into(), again: false, retry_after: None }
    }

    pub(crate) fn again(self) -> Self {
        Self { again: true, ..self }
    }

    /// The error for the user, without any of the secrets.
    pub(crate) fn into_error(self, engine: &str, secrets: &[&Secret]) -> EngineError {
        let reason = secrets.iter().fold(self.reason, |reason, secret| secret.scrub(&reason));
        EngineError::remote(engine, self.cause, reason)
    }

    /// An answer whose status is not success.
    pub(crate) fn of_answer(status: u16, headers: &HeaderMap, body: &str) -> Self {
        let error = serde_json::from_str::<Value>(body).ok();
        let error = error.as_ref().map(|body| match body {
            // Gemini sends a list where a stream was asked for.
            Value::Array(list) => list.first().unwrap_or(body),
            body => body,
        });
        let inner = error.map(|body| body.get("error").filter(|inner| inner.is_object()).unwrap_or(body));
        let said = inner.map(said).unwrap_or_else(|| body.trim().to_owned());
        let mut failure = Self::of_status(status, &said, inner);
        failure.retry_after = retry_after(headers).or_else(|| inner.and_then(retry_info));
        failure
    }

    /// An error in the middle of a stream that began well.
    pub(crate) fn of_event(error: &Value) -> Self {
        let numbered = error.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
        let status =
            numbered.filter(|code| (400..600).contains(code)).unwrap_or_else(|| status_of_name(error));
        let mut failure = Self::of_status(status, &said(error), Some(error));
        failure.retry_after = retry_info(error);
        failure
    }

    fn of_status(status: u16, said: &str, error: Option<&Value>) -> Self {
        let cause = cause(status, said, error);
        let shown: String = said.chars().take(MOST_CHARACTERS).collect();
        let reason =
            if shown.is_empty() { format!("HTTP {status}") } else { format!("HTTP {status}: {shown}") };
        let again = matches!(cause, RemoteCause::Rate | RemoteCause::Overload);
        Self { cause, reason, again, retry_after: None }
    }
}

fn cause(status: u16, said: &str, error: Option<&Value>) -> RemoteCause {
    let lower = said.to_lowercase();
    let named = error.map(names).unwrap_or_default();
    let says = |texts: &[&str]| texts.iter().any(|text| lower.contains(text) || named.contains(text));
    if matches!(status, 400 | 413 | 422 | 500)
        && says(&[
            "context_length_exceeded",
            "exceed_context_size",
            "maximum context length",
            "context length",
            "context window",
            "context size",
            "prompt is too long",
            "too many tokens",
            "input token count",
            "`inputs` tokens",
            "request_too_large",
        ])
    {
        return RemoteCause::ContextTooLong;
    }
    match status {
        400 if says(&["api_key_invalid", "api key not valid"]) => RemoteCause::Auth,
        400 | 429
            if says(&["insufficient_quota", "credit balance", "billing_error", "billing_not_active"]) =>
        {
            RemoteCause::Quota
        }
        // Gemini has one name for both; only a rate says when it is over.
        429 if says(&["resource_exhausted"])
            && says(&["billing"])
            && error.and_then(retry_info).is_none() =>
        {
            RemoteCause::Quota
        }
        429 => RemoteCause::Rate,
        400 if says(&["content_filter", "content management policy"]) => RemoteCause::Filtered,
        401 | 403 | 407 => RemoteCause::Auth,
        402 => RemoteCause::Quota,
        408 => RemoteCause::Timeout,
        413 => RemoteCause::ContextTooLong,
        501 | 505 => RemoteCause::BadRequest,
        500.. => RemoteCause::Overload,
        _ => RemoteCause::BadRequest,
    }
}

/// Anthropic and others name the kind of an error in a stream instead of its number.
fn status_of_name(error: &Value) -> u16 {
    let names = names(error);
    let known = [
        ("overloaded", 529),
        ("rate_limit", 429),
        ("resource_exhausted", 429),
        ("quota", 429),
        ("authentication", 401),
        ("permission", 403),
        ("billing", 402),
        ("request_too_large", 413),
        ("invalid_request", 400),
        ("validation", 422),
        ("not_found", 404),
        ("timeout", 504),
    ];
    known.iter().find(|(name, _)| names.contains(name)).map_or(500, |(_, status)| *status)
}

/// What a provider calls an error, in lower case.
fn names(error: &Value) -> String {
    let details = error.get("details").and_then(Value::as_array).into_iter().flatten();
    let reasons = details.filter_map(|detail| text(detail, "/reason"));
    let inner = text(error, "/innererror/code");
    let own = ["/type", "/code", "/status", "/error_type"].iter().filter_map(|pointer| text(error, pointer));
    own.chain(inner).chain(reasons).collect::<Vec<_>>().join(" ").to_lowercase()
}

/// What a provider says of an error, on one line.
fn said(error: &Value) -> String {
    let message = ["/message", "/error", "/detail", "/msg"].iter().find_map(|pointer| {
        let value = error.pointer(pointer)?;
        Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    });
    let message = message.unwrap_or_else(|| error.to_string());
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `retry-after-ms`, or `Retry-After` in seconds or as a date (RFC 9110, 10.2.3).
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let header = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    if let Some(milliseconds) = header("retry-after-ms").and_then(|value| value.parse::<f64>().ok()) {
        return Duration::try_from_secs_f64(milliseconds / 1000.0).ok();
    }
    let value = header("retry-after")?;
    match value.parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        Err(_) => {
            let at = httpdate::parse_http_date(value).ok()?;
            Some(at.duration_since(SystemTime::now()).unwrap_or_default())
        }
    }
}

/// Google's `RetryInfo`: `"retryDelay": "23s"`.
fn retry_info(error: &Value) -> Option<Duration> {
    let details = error.get("details")?.as_array()?;
    let delay = details.iter().find_map(|detail| text(detail, "/retryDelay"))?;
    delay.strip_suffix('s')?.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    #[test]
    fn the_category_of_what_providers_answer() {
        use RemoteCause::{
            Auth, BadRequest, ContextTooLong, Filtered, Overload, Quota, Rate, Timeout, Unreadable,
        };
        let cases = [
            // OpenAI
            (
                401,
                r#"{"error":{"message":"Incorrect API key provided","type":"invalid_request_error","code":"invalid_api_key"}}"#,
                Auth,
                false,
            ),
            (
                429,
                r#"{"error":{"message":"Rate limit reached","type":"requests","code":"rate_limit_exceeded"}}"#,
                Rate,
                true,
            ),
            (
                429,
                r#"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"#,
                Quota,
                false,
            ),
            (
                400,
                r#"{"error":{"message":"This model's maximum context length is 8192 tokens","code":"context_length_exceeded"}}"#,
                ContextTooLong,
                false,
            ),
            (
                400,
                r#"{"error":{"message":"The response was filtered","code":"content_filter"}}"#,
                Filtered,
                false,
            ),
            (
                404,
                r#"{"error":{"message":"The model `x` does not exist","code":"model_not_found"}}"#,
                BadRequest,
                false,
            ),
            (500, r#"{"error":{"message":"The server had an error"}}"#, Overload, true),
            // Anthropic
            (
                529,
                r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
                Overload,
                true,
            ),
            (
                400,
                r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#,
                ContextTooLong,
                false,
            ),
            (
                400,
                r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low"}}"#,
                Quota,
                false,
            ),
            // Gemini
            (
                400,
                r#"[{"error":{"code":400,"message":"API key not valid","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}]"#,
                Auth,
                false,
            ),
            (
                429,
                r#"{"error":{"code":429,"message":"You exceeded your quota, check your billing","status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"7s"}]}}"#,
                Rate,
                true,
            ),
            (
                429,
                r#"{"error":{"code":429,"message":"You exceeded your quota, check your billing","status":"RESOURCE_EXHAUSTED"}}"#,
                Quota,
                false,
            ),
            // DeepSeek, Mistral, Ollama, Text Generation Inference, llama-server
            (402, r#"{"error":{"message":"Insufficient Balance"}}"#, Quota, false),
            (422, r#"{"detail":[{"loc":["body","suffix"],"msg":"bad"}]}"#, BadRequest, false),
            (400, r#"{"error":"\"llama3\" does not support insert"}"#, BadRequest, false),
            (
                422,
                r#"{"error":"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096","error_type":"validation"}"#,
                ContextTooLong,
                false,
            ),
            (503, r#"{"error":"Model is loading","estimated_time":20.0}"#, Overload, true),
            (
                400,
                r#"{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error"}}"#,
                ContextTooLong,
                false,
            ),
            // Nobody's
            (502, "<html>Bad Gateway</html>", Overload, true),
            (408, "", Timeout, false),
            (403, "no", Auth, false),
        ];
        for (status, body, expected, again) in cases {
            let failure = Failure::of_answer(status, &HeaderMap::new(), body);
            assert_eq!((failure.cause, failure.again), (expected, again), "{status} {body}");
            assert_ne!(failure.cause, Unreadable);
        }
    }

    #[test]
    fn errors_in_a_stream_have_names_instead_of_numbers() {
        let event = |text: &str| Failure::of_event(&serde_json::from_str(text).unwrap());
        assert_eq!(
            event(r#"{"type":"overloaded_error","message":"Overloaded"}"#).cause,
            RemoteCause::Overload
        );
        assert_eq!(event(r#"{"type":"rate_limit_error","message":"slow"}"#).cause, RemoteCause::Rate);
        assert_eq!(event(r#"{"code":402,"message":"no credits"}"#).cause, RemoteCause::Quota);
        assert_eq!(event(r#"{"message":"what"}"#).reason, "HTTP 500: what");
    }

    #[test]
    fn when_to_come_again() {
        let after = |name: &'static str, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_str(value).unwrap());
            retry_after(&headers)
        };
        assert_eq!(after("retry-after", "7"), Some(Duration::from_secs(7)));
        assert_eq!(after("retry-after-ms", "250"), Some(Duration::from_millis(250)));
        assert_eq!(after("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        assert_eq!(after("retry-after", "-1"), None);
        assert_eq!(after("retry-after", "soon"), None);
    }

    #[test]
    fn no_secret_is_shown() {
        let secret = Secret::new("sk-abcdef");
        let body = r#"{"error":{"message":"bad key sk-abcdef"}}"#;
        let failure = Failure::of_answer(401, &HeaderMap::new(), body);
        let shown = failure.into_error("openai", &[&secret]).to_string();
        assert!(shown.contains("bad key [key]") && shown.contains("weft key set openai"), "{shown}");
    }
}
