//! Every route of the server.

pub(crate) mod body;
mod client;
mod describe;
pub(crate) mod frame;
pub(crate) mod health;
pub(crate) mod limit;
mod notify;
pub(crate) mod refusals;

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use axum::middleware::from_fn_with_state;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::checkout::Checkout;
use crate::limits::Limits;
use frame::Deadline;
pub use health::readiness;
pub use limit::Addresses;

/// What stands between the network and the checkout.
#[derive(Debug)]
pub struct Front {
    /// How often one may ask.
    pub limits: Limits,
    /// Whose word about addresses counts.
    pub addresses: Addresses,
}

/// What the routes share.
#[derive(Clone)]
struct App {
    checkout: Arc<Checkout>,
    front: Arc<Front>,
    document: Arc<OpenApi>,
}

impl FromRef<App> for Arc<Checkout> {
    fn from_ref(app: &App) -> Self {
        Self::clone(&app.checkout)
    }
}

impl FromRef<App> for Arc<OpenApi> {
    fn from_ref(app: &App) -> Self {
        Self::clone(&app.document)
    }
}

/// The routes that are limited per address.
fn limited() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(client::exchange))
        .routes(routes!(client::create))
        .routes(routes!(client::close))
        .routes(routes!(client::list))
        .routes(routes!(client::acknowledge))
        .routes(routes!(describe::openapi))
}

/// The route that is not: a payer always learns what became of the money.
fn spared() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(client::verify))
}

/// Whoever watches over the server asks often, and is not to be told that it asks too often.
fn watching() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(health::metrics))
}

/// WeChat's.
fn wechat() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(notify::v3_payment))
        .routes(routes!(notify::v3_refund))
        .routes(routes!(notify::v2_payment))
        .routes(routes!(notify::v2_refund))
}

/// The routes, in the frame that every answer leaves through.
pub fn router(checkout: Arc<Checkout>, front: Front) -> Router {
    let meters = checkout.meters.clone();
    let app = App { checkout, front: Arc::new(front), document: Arc::new(document()) };
    let client = limited()
        .route_layer(from_fn_with_state(app.clone(), limit::by_address))
        .merge(spared())
        .merge(watching())
        .route_layer(from_fn_with_state(Deadline::CLIENT, frame::within));
    let wechat = wechat().route_layer(from_fn_with_state(Deadline::WECHAT, frame::within));
    Router::from(client.merge(wechat))
        .fallback(frame::not_found)
        .method_not_allowed_fallback(frame::method_not_allowed)
        .layer(from_fn_with_state(meters, frame::frame))
        .with_state(app)
}

/// The OpenAPI document of the routes.
#[must_use]
pub fn document() -> OpenApi {
    let routes = OpenApiRouter::with_openapi(describe::document());
    routes.merge(limited()).merge(spared()).merge(watching()).merge(wechat()).into_openapi()
}
