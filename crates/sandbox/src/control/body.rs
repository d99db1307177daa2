//! Bodies and queries of control calls, and how they are refused.

use axum::Json;
use axum::extract::{RawQuery, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::gateway::call::{BodyFault, read_whole};
use crate::text::shorten;

/// A sentence may quote what was sent; it goes back to the sender only, and is not logged.
const LONGEST: usize = 500;

/// A control call that cannot be understood, with what to do about it.
pub(crate) struct BadCall {
    status: StatusCode,
    error: String,
}

impl BadCall {
    pub(super) fn new(error: impl Into<String>) -> Self {
        Self::with_status(StatusCode::BAD_REQUEST, error)
    }

    pub(super) fn with_status(status: StatusCode, error: impl Into<String>) -> Self {
        let mut error = error.into();
        shorten(&mut error, LONGEST);
        Self { status, error }
    }
}

impl IntoResponse for BadCall {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "error": self.error }))).into_response()
    }
}

/// A control call as it came, for dice, and what it says.
pub(super) struct Read<T> {
    pub(super) form: T,
    pub(super) bytes: axum::body::Bytes,
}

/// Reads a JSON body, whatever its Content-Type; an empty one is `{}`.
pub(super) async fn read<T: DeserializeOwned>(request: Request) -> Result<Read<T>, BadCall> {
    no_query(request.uri().query())?;
    let (_, body) = read_whole(request).await;
    let bytes = body.map_err(|fault| {
        BadCall::new(match fault {
            BodyFault::TooLarge => "the body is larger than 65536 bytes, or was cut off",
            BodyFault::TooSlow => "the body did not come whole within 10 s",
        })
    })?;
    let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
    // serde's message names fields and positions.
    let form = serde_json::from_slice(text)
        .map_err(|error| BadCall::new(format!("the body is not the JSON that this call takes: {error}")))?;
    Ok(Read { form, bytes })
}

/// For calls that say everything in their path and body.
pub(super) fn no_query(query: Option<&str>) -> Result<(), BadCall> {
    match query.filter(|query| !query.is_empty()) {
        Some(query) => Err(BadCall::new(format!("this call takes no query, and got ?{query}"))),
        None => Ok(()),
    }
}

/// The same, for those that have no body either.
pub(super) fn bare(RawQuery(query): &RawQuery) -> Result<(), BadCall> {
    no_query(query.as_deref())
}
