//! Bodies of control calls.

use axum::Json;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::json;

const LARGEST_BODY: usize = 64 * 1024;

/// A control call that cannot be understood, with what to do about it.
pub(crate) struct BadCall(pub(super) String);

impl IntoResponse for BadCall {
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, Json(json!({ "error": self.0 }))).into_response()
    }
}

/// Reads a JSON body, whatever its Content-Type; an empty one is `{}`.
pub(super) async fn read<T: DeserializeOwned>(request: Request) -> Result<T, BadCall> {
    let body = to_bytes(request.into_body(), LARGEST_BODY)
        .await
        .map_err(|_| BadCall(format!("the body could not be read whole, or is larger than {LARGEST_BODY} bytes")))?;
    let text: &[u8] = if body.is_empty() { b"{}" } else { &body };
    // serde's message names fields and positions, and may quote a value that is not of its type:
    // it goes back to the sender only, and is not logged.
    serde_json::from_slice(text).map_err(|error| BadCall(format!("the body is not what this call takes: {error}")))
}
