//! Bodies of control calls.

use axum::Json;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::gateway::call::{BodyFault, read_whole};

/// A control call that cannot be understood, with what to do about it.
pub(crate) struct BadCall(pub(super) String);

impl IntoResponse for BadCall {
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, Json(json!({ "error": self.0 }))).into_response()
    }
}

/// A control call as it came, for dice, and what it says.
pub(super) struct Read<T> {
    pub(super) form: T,
    pub(super) bytes: axum::body::Bytes,
}

/// Reads a JSON body, whatever its Content-Type; an empty one is `{}`.
pub(super) async fn read<T: DeserializeOwned>(request: Request) -> Result<Read<T>, BadCall> {
    let (_, body) = read_whole(request).await;
    let bytes = body.map_err(|fault| {
        BadCall(match fault {
            BodyFault::TooLarge => "the body is larger than 65536 bytes, or was cut off".to_owned(),
            BodyFault::TooSlow => "the body did not come whole within 10 s".to_owned(),
        })
    })?;
    let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
    // serde's message names fields and positions, and may quote a value that is not of its type:
    // it goes back to the sender only, and is not logged.
    let form = serde_json::from_slice(text)
        .map_err(|error| BadCall(format!("the body is not what this call takes: {error}")))?;
    Ok(Read { form, bytes })
}
