//! Who may ask: the bearer of the token, and nobody else on this machine.
//! It must not tell why it refused.

use axum::http::{HeaderMap, header};

/// Whether the request carries the token. The comparison takes the same time wherever the first difference is.
pub(crate) fn allowed(headers: &HeaderMap, token: &str) -> bool {
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .unwrap_or_default();
    given.len() == token.len()
        && given.bytes().zip(token.bytes()).fold(0, |difference, (left, right)| difference | (left ^ right))
            == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_token_is_let_in() {
        let cases = [
            (Some("Bearer abc"), true),
            (Some("Bearer abd"), false),
            (Some("Bearer ab"), false),
            (Some("Bearer "), false),
            (Some("abc"), false),
            (None, false),
        ];
        for (value, expected) in cases {
            let mut headers = HeaderMap::new();
            if let Some(value) = value {
                headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            }
            assert_eq!(allowed(&headers, "abc"), expected, "{value:?}");
        }
    }
}
