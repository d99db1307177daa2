//! The operator's port: an API, and the page that is made of it. It serves nothing of the client's, and the
//! client's port serves nothing of this.

mod comparisons;
mod describe;
mod frame;
mod frozen;
mod gate;
mod json;
mod letters;
mod orders;
mod overview;
mod page;
mod place;
mod problem;
mod reason;
mod refunds;

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRef, State};
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::get;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wx_checkout::domain::OrderId;

use crate::checkout::Checkout;
use crate::config::Admin;
use crate::metrics;
use crate::routes::health;
use crate::store::StoreError;
use gate::Gate;

/// What the operator's routes share.
#[derive(Clone)]
struct Desk {
    checkout: Arc<Checkout>,
    gate: Arc<Gate>,
    document: Arc<OpenApi>,
}

impl FromRef<Desk> for Arc<Checkout> {
    fn from_ref(desk: &Desk) -> Self {
        Self::clone(&desk.checkout)
    }
}

impl Desk {
    /// What the operator does is in the log, and beside the order's facts, before it is done.
    async fn audit(&self, id: &OrderId, what: &'static str, subject: &str) -> Result<(), StoreError> {
        tracing::info!(order = id.as_str(), what, subject, "the operator changes something");
        self.checkout.store.audit(id, what, subject, self.checkout.clock.now_ms()).await
    }
}

fn api() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(overview::overview))
        .routes(routes!(orders::list))
        .routes(routes!(orders::one))
        .routes(routes!(orders::look))
        .routes(routes!(orders::close))
        .routes(routes!(refunds::preview))
        .routes(routes!(refunds::refund))
        .routes(routes!(frozen::list))
        .routes(routes!(frozen::settle))
        .routes(routes!(letters::dead))
        .routes(routes!(letters::replay))
        .routes(routes!(letters::replay_all))
        .routes(routes!(letters::skip))
        .routes(routes!(comparisons::list, comparisons::compare))
        .routes(routes!(comparisons::day))
        .routes(routes!(describe::openapi))
}

/// The routes, in the frame that every answer leaves through.
pub fn router(checkout: Arc<Checkout>, admin: &Admin) -> Router {
    let desk = Desk { checkout, gate: Arc::new(Gate::new(admin)), document: Arc::new(document()) };
    let told = Router::from(api()).route("/metrics", get(metrics));
    let told = told.route_layer(from_fn_with_state(desk.clone(), gate::by_token));
    told.merge(page::files())
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .fallback(frame::not_found)
        .method_not_allowed_fallback(frame::method_not_allowed)
        .layer(from_fn_with_state(desk.clone(), gate::by_name))
        .layer(from_fn(frame::frame))
        .with_state(desk)
}

/// `GET /metrics`, as on the main port, and behind the token: for a Prometheus on another machine.
async fn metrics(State(desk): State<Desk>) -> impl IntoResponse {
    ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], metrics::render(&desk.checkout).await)
}

/// The OpenAPI document of the routes.
#[must_use]
pub fn document() -> OpenApi {
    OpenApiRouter::with_openapi(describe::document()).merge(api()).into_openapi()
}
