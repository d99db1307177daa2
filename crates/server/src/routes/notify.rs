//! Where WeChat's notifications come in. Nobody logs in here: the signature is the proof.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use wechatpay::v2::{ACKNOWLEDGEMENT, NOT_ACKNOWLEDGED};

use super::body::read;
use crate::checkout::{Checkout, NotifyError, Route};
use crate::gateway::Unheard;

/// A notification is about 2 KB.
const NOTIFICATION_BYTES: usize = 64 * 1024;

/// `POST /notify/v3/payment`
pub(super) async fn v3_payment(State(checkout): State<Arc<Checkout>>, request: Request) -> Response {
    v3(&checkout, Route::V3Payment, request).await
}

/// `POST /notify/v3/refund`
pub(super) async fn v3_refund(State(checkout): State<Arc<Checkout>>, request: Request) -> Response {
    v3(&checkout, Route::V3Refund, request).await
}

/// `POST /notify/v2/payment`
pub(super) async fn v2_payment(State(checkout): State<Arc<Checkout>>, request: Request) -> Response {
    v2(&checkout, Route::V2Payment, request).await
}

/// `POST /notify/v2/refund`
pub(super) async fn v2_refund(State(checkout): State<Arc<Checkout>>, request: Request) -> Response {
    v2(&checkout, Route::V2Refund, request).await
}

/// Version 3: an empty 204, or 4xx or 5xx with a reason.
async fn v3(checkout: &Checkout, route: Route, request: Request) -> Response {
    match take(checkout, route, request).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err((status, message)) => {
            (status, axum::Json(serde_json::json!({ "code": "FAIL", "message": message }))).into_response()
        }
    }
}

/// Version 2: these bytes and no others are an acknowledgement.
async fn v2(checkout: &Checkout, route: Route, request: Request) -> Response {
    let (status, body) = match take(checkout, route, request).await {
        Ok(()) => (StatusCode::OK, ACKNOWLEDGEMENT),
        Err((status, _)) => (status, NOT_ACKNOWLEDGED),
    };
    (status, [(header::CONTENT_TYPE, "text/xml; charset=utf-8")], body).into_response()
}

async fn take(checkout: &Checkout, route: Route, request: Request) -> Result<(), (StatusCode, &'static str)> {
    let headers = request.headers().clone();
    // The bytes as they came: re-encoding them is the classic way to break the signature.
    let Ok(body) = read(request, NOTIFICATION_BYTES).await else {
        return Err((StatusCode::BAD_REQUEST, "the body is too large or ended early"));
    };
    let header = |name: &'static str| headers.get(name).and_then(|value| value.to_str().ok());
    checkout.notified(route, header, &body).await.map_err(|error| {
        tracing::warn!(cause = %error, route = route.as_str(), "a notification was not acknowledged");
        match error {
            NotifyError::Unheard(Unheard::NotVerified(_) | Unheard::NoKeys) => {
                (StatusCode::UNAUTHORIZED, "the signature does not verify")
            }
            NotifyError::Unheard(Unheard::NotOpened(_)) => (StatusCode::BAD_REQUEST, "the resource does not decrypt"),
            NotifyError::NotStored(_) => (StatusCode::SERVICE_UNAVAILABLE, "not stored, send it again"),
        }
    })
}
