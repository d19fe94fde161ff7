//! `POST /v1/embeddings`. It must not compute anything: the host does.

use super::wire::fail;
use crate::options::OneOrMany;
use crate::problem::Problem;
use crate::{Api, Shared, body};
use axum::Json;
use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
struct Request {
    model: Option<String>,
    input: OneOrMany,
    encoding_format: Option<String>,
    dimensions: Option<u32>,
}

pub(super) async fn embed(api: Shared, body: Bytes) -> Response {
    answer(&api, &body).await.map_or_else(fail, |value| Json(value).into_response())
}

async fn answer(api: &Api, body: &Bytes) -> Result<Value, Problem> {
    let request: Request = body::parse(body)?;
    let encoded = match request.encoding_format.as_deref() {
        None | Some("float") => false,
        Some("base64") => true,
        Some(_) => return Err(Problem::field("encoding_format", "is float or base64")),
    };
    if request.dimensions.is_some() {
        return Err(Problem::field(
            "dimensions",
            "cannot be chosen: a vector is as long as the model makes it",
        ));
    }
    let model = api.host.resolve(request.model.as_deref())?;
    let embedded = api.host.embed(&model, request.input.into_vec()).await?;
    let data: Vec<Value> = embedded
        .vectors
        .iter()
        .enumerate()
        .map(|(index, vector)| {
            let vector = if encoded { base64(vector).into() } else { json!(vector) };
            json!({"object": "embedding", "index": index, "embedding": vector})
        })
        .collect();
    Ok(json!({
        "object": "list",
        "data": data,
        "model": model,
        "usage": {"prompt_tokens": embedded.tokens, "total_tokens": embedded.tokens},
    }))
}

/// The vector's little-endian bytes in base64, which OpenAI's own clients ask for.
fn base64(vector: &[f32]) -> String {
    use base64::Engine as _;
    let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
