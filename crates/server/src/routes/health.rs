//! For whoever watches over the server.

use std::sync::Arc;

use axum::extract::State;

use crate::checkout::Checkout;
use crate::problem::Refusal;

/// `GET /healthz`: the process runs and its database answers. WeChat is not asked.
pub(super) async fn healthz(State(checkout): State<Arc<Checkout>>) -> Result<&'static str, Refusal> {
    checkout.store.ping().await?;
    Ok("ok\n")
}
