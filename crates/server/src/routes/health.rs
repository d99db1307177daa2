//! For whoever watches over the server.

use std::sync::Arc;

use axum::extract::State;

use super::describe::Public;
use crate::checkout::Checkout;
use crate::problem::Refusal;

/// `GET /healthz`: the process runs and its database answers. WeChat is not asked.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "operation",
    summary = "The process runs and its database answers",
    responses((status = 200, description = "It does", body = String, content_type = "text/plain"), Public)
)]
pub(super) async fn healthz(State(checkout): State<Arc<Checkout>>) -> Result<&'static str, Refusal> {
    checkout.store.ping().await?;
    Ok("ok\n")
}
