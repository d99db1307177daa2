//! The numbers that say whether anything wants the operator, and whether the server is well.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::comparisons::ReportShown;
use super::problem::{Answer, Refusal};
use super::{Desk, describe as refusals};
use crate::bills;
use crate::store::{Channel, Counts, Standing};

/// How things stand.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Overview {
    /// The server's time, milliseconds since 1970.
    now_ms: u64,
    /// This server's version.
    version: &'static str,
    orders: OrderCounts,
    /// Payments that fit no order, those of paid orders and of no order included.
    frozen_payments: u64,
    /// Refunds that ended without reaching the payer, or were refused.
    stopped_refunds: u64,
    /// To the merchant's own system.
    webhooks: LetterCounts,
    /// To WeChat, that goods are on their way.
    shipping: LetterCounts,
    /// The newest day's comparison with WeChat's bill; absent before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    last_comparison: Option<ReportShown>,
    /// When the oldest unresolved order was made, milliseconds since 1970; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    oldest_unresolved_ms: Option<u64>,
}

/// Orders by kind.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OrderCounts {
    all: u64,
    unresolved: u64,
    paid: u64,
    closed: u64,
    frozen: u64,
}

/// Letters to others.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LetterCounts {
    /// Neither delivered nor given up, those behind dead ones included.
    waiting: u64,
    /// Dead: each stops what follows about its order.
    dead: u64,
    /// When the oldest that waits was written, milliseconds since 1970; absent when none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    oldest_ms: Option<u64>,
}

/// `GET /admin/api/overview`
#[utoipa::path(
    get,
    path = "/admin/api/overview",
    tag = "operation",
    summary = "How things stand",
    responses((status = 200, description = "The numbers", body = Overview), refusals::Read),
    security(("operator" = []))
)]
pub(super) async fn overview(State(desk): State<Desk>) -> Answer<Overview> {
    let Counts { orders, unresolved, paid, frozen, frozen_payments, stopped_refunds, oldest_unresolved_ms } =
        desk.checkout.store.counts().await?;
    let standing = async |channel| {
        let Standing { waiting, dead, oldest_ms } = desk.checkout.store.standing(channel).await?;
        Ok::<_, Refusal>(LetterCounts { waiting, dead, oldest_ms })
    };
    Ok(Json(Overview {
        now_ms: desk.checkout.clock.now_ms(),
        version: env!("CARGO_PKG_VERSION"),
        orders: OrderCounts {
            all: orders,
            unresolved,
            paid,
            closed: orders.saturating_sub(unresolved.saturating_add(paid).saturating_add(frozen)),
            frozen,
        },
        frozen_payments,
        stopped_refunds,
        webhooks: standing(Channel::Webhook).await?,
        shipping: standing(Channel::Shipping).await?,
        last_comparison: bills::reports(&desk.checkout, None, 1).await?.pop().map(ReportShown::of),
        oldest_unresolved_ms,
    }))
}
