//! `GET /v1/models` and `GET /v1/models/NAME`. It must not load anything.

use super::wire::{fail, seconds};
use crate::host::InstalledModel;
use crate::problem::Problem;
use crate::{Api, Shared};
use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

pub(super) async fn list(api: Shared) -> Response {
    match api.host.installed() {
        Ok(models) => {
            let data: Vec<Value> = models.iter().map(model).collect();
            Json(json!({"object": "list", "data": data})).into_response()
        }
        Err(error) => fail(error),
    }
}

pub(super) async fn show(api: Shared, Path(name): Path<String>) -> Response {
    found(&api, &name).map_or_else(fail, |model| Json(model).into_response())
}

fn found(api: &Api, name: &str) -> Result<Value, Problem> {
    let name = api.host.resolve(Some(name))?;
    Ok(model(&api.host.details(&name)?.model))
}

fn model(model: &InstalledModel) -> Value {
    json!({"id": model.name, "object": "model", "created": seconds(model.modified), "owned_by": "weft"})
}
