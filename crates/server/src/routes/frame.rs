//! What every request passes through: an id, a deadline, a log line, safe headers, problem+json.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;
use tracing::Instrument;
use wx_checkout::wire::ProblemCode;

use crate::metrics::Meters;
use crate::problem::Refusal;
use crate::random;

/// How long a route may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline(Duration);

impl Deadline {
    /// Below the 15 s that a client waits, above what one call of WeChat may take twice over.
    pub(super) const CLIENT: Self = Self(Duration::from_secs(14));
    /// WeChat waits 5 s for an acknowledgement.
    pub(super) const WECHAT: Self = Self(Duration::from_millis(4_500));
}

/// Ends a request at its deadline, a slow body included.
pub(super) async fn within(State(Deadline(limit)): State<Deadline>, request: Request, next: Next) -> Response {
    tokio::time::timeout(limit, next.run(request)).await.unwrap_or_else(|_| {
        Refusal::new(
            ProblemCode::Internal,
            "The request took too long and was given up. What happened to the money is what /orders/verify says; \
             repeat the request, a create under the same key.",
        )
        .into_response()
    })
}

/// The outermost layer.
pub(super) async fn frame(State(meters): State<Meters>, request: Request, next: Next) -> Response {
    let id = random::hex::<8>().unwrap_or_else(|_| "unnamed".to_owned());
    // The route's pattern, never the address itself: a token may stand in the query.
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    let method = request.method().clone();
    let span = tracing::info_span!("request", requestId = id, %method, route);
    let began = Instant::now();
    let logged = async {
        let response = caught(next.run(request)).await.unwrap_or_else(|_| {
            // Its message went to stderr, with the place.
            tracing::error!("ALERT: a request panicked: this is a fault of the server's code");
            Refusal::new(
                ProblemCode::Internal,
                "The server failed. What happened to the money is what /orders/verify says; try again later.",
            )
            .into_response()
        });
        let took = began.elapsed();
        meters.answered(&route, response.status().as_u16(), took);
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let code = response.extensions().get::<Refusal>().map(Refusal::name);
        tracing::info!(status = response.status().as_u16(), code, ms, "answered");
        response
    };
    let response = logged.instrument(span).await;
    with_headers(written(response, &id), &SAFE, &id)
}

/// Runs to the end, or to a panic. Everything that a request changes is a transaction of the database,
/// so nothing is left half done.
pub(crate) async fn caught<T>(running: impl Future<Output = T>) -> Result<T, Box<dyn Any + Send>> {
    let mut running = pin!(running);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| running.as_mut().poll(context))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await
}

/// A refusal becomes its problem here, where the id is known.
fn written(mut response: Response, id: &str) -> Response {
    match response.extensions_mut().remove::<Refusal>() {
        Some(refusal) => refusal.answer(id),
        None => response,
    }
}

/// What every answer of the client's port says to whoever shows it.
const SAFE: [(&str, &str); 5] = [
    ("x-content-type-options", "nosniff"),
    ("cache-control", "no-store"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("referrer-policy", "no-referrer"),
    ("strict-transport-security", "max-age=31536000"),
];

/// The answer with these headers and the request's name.
pub(crate) fn with_headers(mut response: Response, fixed: &[(&'static str, &'static str)], id: &str) -> Response {
    for (name, value) in fixed {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), id);
    }
    response
}

/// No such address.
pub(super) async fn not_found() -> Refusal {
    Refusal::new(ProblemCode::NotFound, "There is no such address here. Nothing was changed; check the path.")
}

/// Another method.
pub(super) async fn method_not_allowed() -> Refusal {
    Refusal::new(
        ProblemCode::MethodNotAllowed,
        "The address does not take this method. Nothing was changed; check the method.",
    )
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;

    async fn broken() -> &'static str {
        panic!("a fault of a handler's");
    }

    #[tokio::test]
    async fn a_panic_is_a_problem_and_the_next_request_is_served() {
        let router = Router::new()
            .route("/broken", get(broken))
            .route("/fine", get(|| async { "fine" }))
            .layer(from_fn_with_state(Meters::default(), frame));
        for (path, status) in [("/broken", 500), ("/fine", 200)] {
            let request = Request::get(path).body(Body::empty()).expect("a request");
            let response = router.clone().oneshot(request).await.expect("infallible");
            assert_eq!(response.status().as_u16(), status);
            assert_eq!(response.headers()["x-content-type-options"], "nosniff");
            let problem = response.headers()["content-type"] == "application/problem+json";
            let body = to_bytes(response.into_body(), 4096).await.expect("a body");
            assert_eq!(problem, status == 500);
            assert!(!String::from_utf8_lossy(&body).contains("a fault of a handler's"), "the client sees the message");
        }
    }
}
