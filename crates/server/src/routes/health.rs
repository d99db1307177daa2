//! For whoever watches over the server.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{Addresses, App, frame};
use crate::checkout::Checkout;
use crate::metrics;

/// A database that takes longer does not answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// What a proxy adds when it passes a request on.
const OF_A_PROXY: [&str; 5] = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];

/// `GET /healthz`: the process runs. Neither the database nor WeChat is asked: to restart this process would mend neither.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "operation",
    summary = "The process runs",
    responses((status = 200, description = "It does", body = String, content_type = "text/plain"))
)]
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: requests are welcome here.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "operation",
    summary = "Requests are welcome here: the database answers, and the server is not being stopped",
    responses(
        (status = 200, description = "They are", body = String, content_type = "text/plain"),
        (status = 503, description = "They are not; the reason", body = String, content_type = "text/plain")
    )
)]
pub(crate) async fn readyz(State(checkout): State<Arc<Checkout>>) -> Response {
    match readiness(&checkout).await {
        Ok(()) => "ready\n".into_response(),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")).into_response(),
    }
}

/// Whether requests are welcome.
///
/// # Errors
/// With the reason why not.
pub async fn readiness(checkout: &Checkout) -> Result<(), &'static str> {
    if checkout.stopping.has_begun() {
        return Err("the server is being stopped");
    }
    match tokio::time::timeout(PATIENCE, checkout.store.ping()).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => {
            tracing::warn!(cause = %error, "not ready");
            Err("the database does not answer")
        }
        Err(_) => Err("the database does not answer in time"),
    }
}

/// `GET /metrics`: for a Prometheus on this machine. To others there is no such address.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operation",
    summary = "Metrics, for a Prometheus on the same machine that asks by a local name, where no proxy stands in front; not found for others",
    responses(
        (status = 200, description = "In the text format of OpenMetrics", body = String, content_type = "application/openmetrics-text"),
        (status = 404, description = "`not_found`", body = wx_checkout::wire::Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn metrics(State(app): State<App>, request: Request) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let here = peer.is_some_and(|ConnectInfo(address)| address.ip().to_canonical().is_loopback());
    // A proxy on this machine is a peer of this machine, and some add no header that says so: behind one, nobody is here.
    let behind = app.front.addresses == Addresses::Forwarded;
    if !here || behind || is_passed_on(request.headers()) || !is_local_name(request.headers()) {
        return frame::not_found().await.into_response();
    }
    ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], metrics::render(&app.checkout).await).into_response()
}

/// A name of somebody's that was pointed at this machine is not this machine's.
fn is_local_name(headers: &HeaderMap) -> bool {
    let named = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let host = match named.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => host,
        _ => named,
    };
    host.eq_ignore_ascii_case("localhost")
        || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

fn is_passed_on(headers: &HeaderMap) -> bool {
    OF_A_PROXY.iter().any(|name| headers.contains_key(*name))
}
