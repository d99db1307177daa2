//! Every address of the sandbox. Paths are case-sensitive, as the gateway's are.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use tower_http::timeout::TimeoutLayer;

use crate::gateway::{close, prepay, query};
use crate::sandbox::Sandbox;
use crate::{control, gateway, login};

/// Who sends slower than this is let go, so that others are served.
const SLOWEST: Duration = Duration::from_secs(20);

type Shared = State<Arc<Sandbox>>;

pub(crate) fn router(sandbox: Arc<Sandbox>) -> Router {
    Router::new()
        .route("/sns/jscode2session", get(login::code_to_session))
        .route("/v3/pay/transactions/jsapi", post(prepay))
        .route("/v3/pay/transactions/out-trade-no/{number}", get(query_by_number))
        .route("/v3/pay/transactions/out-trade-no/{number}/close", post(close))
        .route("/v3/pay/transactions/id/{id}", get(query_by_transaction))
        .route("/_sandbox/login", post(control::login))
        .route("/_sandbox/pay", post(control::pay))
        .route("/_sandbox/clock", post(control::clock))
        .route("/_sandbox/events", get(control::events))
        .fallback(gateway::no_such_address)
        .method_not_allowed_fallback(gateway::no_such_address)
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, SLOWEST))
        .with_state(sandbox)
}

async fn prepay(State(sandbox): Shared, request: Request) -> Response {
    gateway::answer(&sandbox, request, prepay::prepay).await
}

async fn query_by_number(State(sandbox): Shared, Path(number): Path<String>, request: Request) -> Response {
    gateway::answer(&sandbox, request, |sandbox, call| query::by_number(sandbox, call, &number)).await
}

async fn query_by_transaction(State(sandbox): Shared, Path(id): Path<String>, request: Request) -> Response {
    gateway::answer(&sandbox, request, |sandbox, call| query::by_transaction(sandbox, call, &id)).await
}

async fn close(State(sandbox): Shared, Path(number): Path<String>, request: Request) -> Response {
    gateway::answer(&sandbox, request, |sandbox, call| close::close(sandbox, call, &number)).await
}
