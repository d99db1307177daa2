//! Every route of the server.

mod body;
mod client;
mod frame;
mod health;
mod limit;
mod notify;

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};

use crate::checkout::Checkout;
use crate::limits::Limits;
use frame::Deadline;
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
}

impl FromRef<App> for Arc<Checkout> {
    fn from_ref(app: &App) -> Self {
        Self::clone(&app.checkout)
    }
}

/// The routes, in the frame that every answer leaves through.
pub fn router(checkout: Arc<Checkout>, front: Front) -> Router {
    let app = App { checkout, front: Arc::new(front) };
    let limited = Router::new()
        .route("/auth/exchange", post(client::exchange))
        .route("/payments/create", post(client::create))
        .route("/orders/close", post(client::close))
        .route("/orders", get(client::list))
        .route("/orders/acknowledge", post(client::acknowledge))
        .route("/healthz", get(health::healthz))
        .route_layer(from_fn_with_state(app.clone(), limit::by_address));
    let client = limited
        .route("/orders/verify", get(client::verify))
        .route_layer(from_fn_with_state(Deadline::CLIENT, frame::within));
    let wechat = Router::new()
        .route("/notify/v3/payment", post(notify::v3_payment))
        .route("/notify/v3/refund", post(notify::v3_refund))
        .route("/notify/v2/payment", post(notify::v2_payment))
        .route("/notify/v2/refund", post(notify::v2_refund))
        .route_layer(from_fn_with_state(Deadline::WECHAT, frame::within));
    client
        .merge(wechat)
        .fallback(frame::not_found)
        .method_not_allowed_fallback(frame::method_not_allowed)
        .layer(from_fn(frame::frame))
        .with_state(app)
}
