//! What every request on the operator's port passes through: an id, a deadline, a log line, safe headers,
//! problem+json.

use std::time::Duration;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;
use tracing::Instrument;

use super::problem::{Code, Money, Refusal};
use crate::random;
use crate::routes::frame::{caught, with_headers};

/// Closing asks WeChat three times; nobody but the operator waits.
const DEADLINE: Duration = Duration::from_secs(25);

/// The page loads its own files and speaks to its own port, and to nothing else. It runs no script that
/// stands in HTML, and nobody frames it.
const PAGE: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                    base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/// What every answer of this port says to whoever shows it.
const SAFE: [(&str, &str); 7] = [
    ("x-content-type-options", "nosniff"),
    ("cache-control", "no-store"),
    ("content-security-policy", PAGE),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
];

/// The outermost layer.
pub(super) async fn frame(request: Request, next: Next) -> Response {
    let id = random::hex::<8>().unwrap_or_else(|_| "unnamed".to_owned());
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    let method = request.method().clone();
    let span = tracing::info_span!("admin", requestId = id, %method, route);
    let began = Instant::now();
    let logged = async {
        let response = match tokio::time::timeout(DEADLINE, caught(next.run(request))).await {
            Ok(Ok(response)) => response,
            Ok(Err(_)) => {
                tracing::error!("ALERT: a request panicked: this is a fault of the server's code");
                given_up().into_response()
            }
            Err(_) => given_up().into_response(),
        };
        let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let code = response.extensions().get::<Refusal>().map(Refusal::name);
        tracing::info!(status = response.status().as_u16(), code, ms, "answered");
        response
    };
    let mut response = logged.instrument(span).await;
    if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
        response = refusal.answer(&id);
    }
    with_headers(response, &SAFE, &id)
}

fn given_up() -> Refusal {
    Refusal::new(
        Code::Internal,
        "The server did not get to its end with this request. Whether a change was written down is not known: look at \
         the order, or repeat the request, a refund under the same outRefundNo: it is never made twice.",
    )
    .money(Money::Unknown)
}

/// No such address.
pub(super) async fn not_found() -> Refusal {
    Refusal::new(
        Code::NotFound,
        "There is no such address on the operator's port. Nothing was changed; check the path.",
    )
}

/// Another method.
pub(super) async fn method_not_allowed() -> Refusal {
    Refusal::new(
        Code::MethodNotAllowed,
        "The address does not take this method. Nothing was changed; check the method.",
    )
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::middleware::from_fn;
    use axum::routing::post;
    use tower::ServiceExt as _;

    use super::*;

    async fn asked(router: Router) -> serde_json::Value {
        let request = Request::post("/").body(Body::empty()).expect("a request");
        let response = router.layer(from_fn(frame)).oneshot(request).await.expect("infallible");
        assert_eq!(response.status().as_u16(), 500);
        let body = to_bytes(response.into_body(), 1 << 16).await.expect("a body");
        serde_json::from_slice(&body).expect("JSON")
    }

    #[tokio::test]
    async fn after_a_panic_nobody_knows_what_became_of_the_money() {
        let fails = async || -> &'static str { panic!("as a fault of the code would") };
        assert_eq!(asked(Router::new().route("/", post(fails))).await["money"], "unknown");
    }

    #[tokio::test(start_paused = true)]
    async fn past_its_deadline_nobody_knows_what_became_of_the_money() {
        let hangs = async || std::future::pending::<&'static str>().await;
        assert_eq!(asked(Router::new().route("/", post(hangs))).await["money"], "unknown");
    }
}
