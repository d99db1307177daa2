//! Where WeChat's notifications come in. Nobody logs in here: the signature is the proof.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::body::{Allowance, read};
use crate::checkout::{Checkout, NotifyError};

/// A notification is about 2 KB, and WeChat waits 5 s.
const NOTIFICATION: Allowance = Allowance { bytes: 64 * 1024, time: Duration::from_secs(4) };

/// `POST /notify/v3/payment`
#[utoipa::path(
    post,
    path = "/notify/v3/payment",
    tag = "notifications",
    summary = "WeChat Pay's payment notification, version 3: the signature is the proof",
    request_body(content = Object, description = "As WeChat Pay documents it, signed in the Wechatpay-* headers"),
    responses(
        (status = 204, description = "Stored and booked"),
        (status = "4XX", description = "Not acknowledged, with WeChat's FAIL", body = Object),
        (status = 503, description = "Not stored: send it again", body = Object)
    )
)]
pub(super) async fn payment(State(checkout): State<Arc<Checkout>>, request: Request) -> Response {
    let headers = request.headers().clone();
    // The bytes as they came: re-encoding them is the classic way to break the signature.
    let Ok(body) = read(request, NOTIFICATION).await else {
        return fail(StatusCode::BAD_REQUEST, "the body is too large, too slow or ended early");
    };
    let header = |name: &'static str| headers.get(name).and_then(|value| value.to_str().ok());
    match checkout.notified(header, &body).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => {
            tracing::warn!(cause = %error, "a notification was not acknowledged");
            match error {
                NotifyError::NotVerified(_) => fail(StatusCode::UNAUTHORIZED, "the signature does not verify"),
                NotifyError::NotOpened(_) => fail(StatusCode::BAD_REQUEST, "the resource does not decrypt"),
                NotifyError::NotStored(_) => fail(StatusCode::SERVICE_UNAVAILABLE, "not stored, send it again"),
            }
        }
    }
}

/// WeChat's own form of a refusal.
fn fail(status: StatusCode, message: &'static str) -> Response {
    (status, axum::Json(serde_json::json!({ "code": "FAIL", "message": message }))).into_response()
}
