//! Where WeChat's notifications come in. Nobody logs in here: the signature is the proof.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use wechatpay::v2::{ACKNOWLEDGEMENT, NOT_ACKNOWLEDGED};

use super::body::{Allowance, read};
use crate::checkout::{Checkout, NotifyError, Route};
use crate::gateway::Unheard;
use crate::metrics::Outcome;

/// A notification is about 2 KB, and WeChat waits 5 s.
const NOTIFICATION: Allowance = Allowance { bytes: 64 * 1024, time: Duration::from_secs(4) };

/// Reading and booking together: what takes longer is refused as WeChat documents it, before the frame
/// would give up in its own words.
const ANSWERED: Duration = Duration::from_millis(4_300);

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
pub(super) async fn v3_payment(State(checkout): State<Arc<Checkout>>, request: Request) -> Response {
    v3(&checkout, Route::V3Payment, request).await
}

/// `POST /notify/v3/refund`
#[utoipa::path(
    post,
    path = "/notify/v3/refund",
    tag = "notifications",
    summary = "WeChat Pay's refund notification, version 3: the signature is the proof",
    request_body(content = Object, description = "As WeChat Pay documents it, signed in the Wechatpay-* headers"),
    responses(
        (status = 204, description = "Stored and booked"),
        (status = "4XX", description = "Not acknowledged, with WeChat's FAIL", body = Object),
        (status = 503, description = "Not stored: send it again", body = Object)
    )
)]
pub(super) async fn v3_refund(State(checkout): State<Arc<Checkout>>, request: Request) -> Response {
    v3(&checkout, Route::V3Refund, request).await
}

/// `POST /notify/v2/payment`
#[utoipa::path(
    post,
    path = "/notify/v2/payment",
    tag = "notifications",
    summary = "WeChat Pay's payment notification, version 2: the signature in it is the proof",
    request_body(content = String, content_type = "text/xml", description = "As WeChat Pay documents it"),
    responses(
        (status = 200, description = "Stored and booked: the documented acknowledgement", body = String, content_type = "text/xml"),
        (status = "4XX", description = "Not acknowledged, with WeChat's FAIL", body = String, content_type = "text/xml"),
        (status = 503, description = "Not stored: send it again", body = String, content_type = "text/xml")
    )
)]
pub(super) async fn v2_payment(State(checkout): State<Arc<Checkout>>, request: Request) -> Response {
    v2(&checkout, Route::V2Payment, request).await
}

/// `POST /notify/v2/refund`
#[utoipa::path(
    post,
    path = "/notify/v2/refund",
    tag = "notifications",
    summary = "WeChat Pay's refund notification, version 2: a reason to ask, and no proof",
    request_body(content = String, content_type = "text/xml", description = "As WeChat Pay documents it"),
    responses(
        (status = 200, description = "Stored and booked: the documented acknowledgement", body = String, content_type = "text/xml"),
        (status = "4XX", description = "Not acknowledged, with WeChat's FAIL", body = String, content_type = "text/xml"),
        (status = 503, description = "Not stored: send it again", body = String, content_type = "text/xml")
    )
)]
pub(super) async fn v2_refund(State(checkout): State<Arc<Checkout>>, request: Request) -> Response {
    v2(&checkout, Route::V2Refund, request).await
}

/// Version 3: an empty 204, or 4xx or 5xx with a reason.
async fn v3(checkout: &Checkout, route: Route, request: Request) -> Response {
    match in_time(checkout, route, request).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err((status, message)) => {
            (status, axum::Json(serde_json::json!({ "code": "FAIL", "message": message }))).into_response()
        }
    }
}

/// Version 2: these bytes and no others are an acknowledgement.
async fn v2(checkout: &Checkout, route: Route, request: Request) -> Response {
    let (status, body) = match in_time(checkout, route, request).await {
        Ok(()) => (StatusCode::OK, ACKNOWLEDGEMENT),
        Err((status, _)) => (status, NOT_ACKNOWLEDGED),
    };
    (status, [(header::CONTENT_TYPE, "text/xml; charset=utf-8")], body).into_response()
}

async fn in_time(checkout: &Checkout, route: Route, request: Request) -> Result<(), (StatusCode, &'static str)> {
    tokio::time::timeout(ANSWERED, take(checkout, route, request)).await.unwrap_or_else(|_| {
        // It may be on disk by now, or soon: coming again, it changes nothing.
        checkout.meters.notified(route, Outcome::NotStored);
        tracing::warn!(route = route.as_str(), "a notification was not booked in time");
        Err((StatusCode::SERVICE_UNAVAILABLE, "not stored in time, send it again"))
    })
}

async fn take(checkout: &Checkout, route: Route, request: Request) -> Result<(), (StatusCode, &'static str)> {
    let headers = request.headers().clone();
    // The bytes as they came: re-encoding them is the classic way to break the signature.
    let Ok(body) = read(request, NOTIFICATION).await else {
        checkout.meters.notified(route, Outcome::Unreadable);
        return Err((StatusCode::BAD_REQUEST, "the body is too large, too slow or ended early"));
    };
    let header = |name: &'static str| headers.get(name).and_then(|value| value.to_str().ok());
    let notified = checkout.notified(route, header, &body).await;
    checkout.meters.notified(route, notified.as_ref().map_or_else(Outcome::from, |()| Outcome::Accepted));
    notified.map_err(|error| {
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
