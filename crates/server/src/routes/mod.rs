//! Every route of the server.

mod body;
mod client;
mod frame;
mod health;
mod notify;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};

use crate::checkout::Checkout;
use frame::Deadline;

/// The routes, in the frame that every answer leaves through.
pub fn router(checkout: Arc<Checkout>) -> Router {
    let client = Router::new()
        .route("/auth/exchange", post(client::exchange))
        .route("/payments/create", post(client::create))
        .route("/orders/verify", get(client::verify))
        .route("/orders/close", post(client::close))
        .route("/orders", get(client::list))
        .route("/orders/acknowledge", post(client::acknowledge))
        .route("/healthz", get(health::healthz))
        .route_layer(from_fn_with_state(Deadline::CLIENT, frame::within));
    let wechat = Router::new()
        .route("/notify/v3/payment", post(notify::payment))
        .route_layer(from_fn_with_state(Deadline::WECHAT, frame::within));
    client
        .merge(wechat)
        .fallback(frame::not_found)
        .method_not_allowed_fallback(frame::method_not_allowed)
        .layer(from_fn(frame::frame))
        .with_state(checkout)
}
